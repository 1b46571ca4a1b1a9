"""`menshen bench credential`: a judgement beside the bare signature verification that is in it.

It counts the time of the processor: judging waits for nothing, whatever else the machine does.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from statistics import median

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from rich.console import Console
from rich.progress import track

from edge_rules.credentials.credential import Credential, CredentialStatus
from gateway.bench.figures import time_line

ROUNDS = 15  # of ours and the floor, in turn: what the machine does meanwhile falls on both
IN_A_ROW = 10  # of one credential, so that the clock's own cost does not count
NS_A_US = 1000

Verification = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Shown:
    """One credential: from its text to what a lane may know, and the bare verifications in it."""

    judge: Callable[[], Credential]
    verifications: tuple[Verification, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """Credentials of one kind, all of them good."""

    name: str
    shown: Sequence[Shown]


def credential_lines(kinds: Sequence[Kind], *, rounds: int = ROUNDS) -> Iterator[str]:
    """Measure each kind and give one JSON line for it."""
    gc.freeze()  # they are the benchmark's own: no judge should pay for looking them over
    for kind in track(kinds, "kinds", console=Console(stderr=True)):
        for one in kind.shown:
            if (status := one.judge().status) is not CredentialStatus.VALID:
                msg = f"{kind.name}: a good credential is judged {status}"
                raise RuntimeError(msg)
        ours, floor = _in_turn(kind.shown, rounds)
        yield time_line(kind.name, ours, floor)


def _in_turn(shown: Sequence[Shown], rounds: int) -> tuple[float, float]:
    """Return µs of a judgement and of its bare verifications: the median credential's.

    Of each credential the quickest turn counts. Nothing makes a processor quicker than it is, and
    what neighbours take from its caches they take from the judgement, not from the verification.
    """
    ours, floor = ([inf] * len(shown) for _ in range(2))
    for _ in range(rounds):
        for at, one in enumerate(shown):
            ours[at] = min(ours[at], _took_us(one.judge))
            floor[at] = min(floor[at], sum(map(_took_us, one.verifications)))
    return median(ours), median(floor)


def _took_us(call: Callable[[], object]) -> float:
    began_ns = time.thread_time_ns()
    for _ in range(IN_A_ROW):
        call()
    return (time.thread_time_ns() - began_ns) / NS_A_US / IN_A_ROW


def ecdsa(key: EllipticCurvePublicKey, signature: bytes, data: bytes) -> Verification:
    """Make the bare verification of an ES256 signature; the key is ready, and so is the DER."""
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    return partial(key.verify, encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))


def pss(key: RSAPublicKey, signature: bytes, data: bytes) -> Verification:
    """Make the bare verification of a PS256 signature."""
    digest = hashes.SHA256()
    scheme = padding.PSS(padding.MGF1(digest), digest.digest_size)
    return partial(key.verify, signature, data, scheme, digest)
