"""What a trust folder holds, on its way between two processes.

It travels in pieces, each so small that taking it in keeps nobody waiting: hashes as one block of
bytes, signers by the dozen.
"""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import islice
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from devices.errors import Fault, SetupError
from edge_rules.credentials.card_issuers import CardTrust
from edge_rules.credentials.trust import TrustContents

SIGNERS_A_PIECE = 16
RIDS_A_PIECE = 2000


def contents_of(answer: bytes) -> TrustContents:
    """Take in what was read; SetupError with all its faults."""
    pieces = BytesIO(answer)
    first: TrustContents | list[Fault] = pickle.load(pieces)  # noqa: S301 - our own program's
    if not isinstance(first, TrustContents):
        raise SetupError(first)
    rids: dict[str, float] = {}  # of the list before
    while pieces.tell() < len(answer):
        kind, piece = pickle.load(pieces)  # noqa: S301
        match kind:
            case "signers":
                first.signers.update(piece)
            case "set":
                first.cards.sets.append(piece)
            case "list":
                first.cards.lists.append(piece)
                rids = piece.rids
            case _:
                rids.update(piece)
    return first


def answer_of(contents: TrustContents) -> Iterator[bytes]:
    """Lay out what was read, piece by piece."""
    cards = contents.cards
    yield pickled(replace(contents, signers={}, cards=CardTrust()))
    signers = iter(contents.signers.items())
    while some := dict(islice(signers, SIGNERS_A_PIECE)):
        yield pickled(("signers", some))
    yield from (pickled(("set", one)) for one in cards.sets)
    for one in cards.lists:
        yield pickled(("list", replace(one, rids={})))
        entries = iter(one.rids.items())
        while more := dict(islice(entries, RIDS_A_PIECE)):
            yield pickled(("rids", more))


def key_of(der: bytes) -> object:
    """Read a key back in."""
    return load_der_public_key(der)  # by itself it has no name that pickling finds


class _Pickler(pickle.Pickler):
    """Lays public keys out as DER, since they have no form of their own."""

    def reducer_override(self, one: Any) -> Any:  # noqa: ANN401 - of any type
        if isinstance(one, EllipticCurvePublicKey | RSAPublicKey):
            der = one.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return key_of, (der,)
        return NotImplemented


def pickled(one: object) -> bytes:
    """Lay one piece out."""
    buffer = BytesIO()
    _Pickler(buffer, protocol=5).dump(one)
    return buffer.getvalue()
