"""Whom a site believes: its signers, what they took back, and by which rules it judges."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from devices.errors import Fault, SetupError
from devices.strict_json import JsonRefusedError, parse_strict
from edge_rules.certlogic.rule_book import Place, RuleBook
from edge_rules.certlogic.rule_files import RULES, VALUE_SET, RuleFiles
from edge_rules.credentials.card_issuers import CardIssuers, CardTrust, read_issuers, read_lists
from edge_rules.credentials.certificate import CertificateError, Signer, read_certificate
from edge_rules.credentials.dcc_revocation import (
    Batch,
    DccRevocations,
    RevocationError,
    read_batches,
)
from edge_rules.credentials.pass_trust import PassTrust

REVOKED = ".dcc-revoked.json"
CARD_ISSUERS = ".jwks.json"
CARDS_REVOKED = ".shc-revoked.json"
MAX_TOLD = 20  # faults of one file

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----((?:(?!-----).)*)-----END \1-----", re.DOTALL)


@dataclass(slots=True)
class TrustContents:
    """What files hold, as far as no site is asked: `signers` by their certificates in DER.

    `digest` tells these files from others, `rules_digest` those among them that hold rules.
    """

    signers: dict[bytes, Signer] = field(default_factory=dict)
    revoked: DccRevocations = field(default_factory=DccRevocations)
    rules: RuleFiles = field(default_factory=RuleFiles)
    cards: CardTrust = field(default_factory=CardTrust)
    digest: str = ""
    rules_digest: str = ""


def read_contents(files: Iterable[tuple[str, bytes]]) -> TrustContents:
    """Read files, each given by its name and its bytes; SetupError lists every fault.

    `*.pem` holds one or more certificates, `*.cer` one in DER, `*.dcc-revoked.json` batches of
    revoked certificates, `*.rules.json` and `*.valueset.json` the rules of nations, `*.jwks.json`
    the keys of those who issue SMART Health Cards and `*.shc-revoked.json` lists of revoked cards.
    """
    found = TrustContents()
    faults: list[Fault] = []
    batches: list[Batch] = []
    whole, ruling = sha256(), sha256()
    for name, data in files:
        own = sha256(data).hexdigest()
        entry = f"{name.rpartition('/')[2]} {own}\n".encode()
        whole.update(entry)
        if name.endswith((RULES, VALUE_SET)):
            ruling.update(entry)
            faults += found.rules.read(name, data)
        elif name.endswith(REVOKED):
            try:
                batches += read_batches(data)
            except RevocationError as fault:
                faults.append(Fault(name, 1, 1, str(fault)))
        elif name.endswith((CARD_ISSUERS, CARDS_REVOKED)):
            faults += _read_cards(name, data, found.cards)
        else:
            _read_signers(name, data, found.signers, faults)
    if faults:
        raise SetupError(faults)
    found.revoked = DccRevocations(batches)
    found.digest, found.rules_digest = whole.hexdigest(), ruling.hexdigest()
    return found


class TrustStore:
    """The signers of one site. Several may share a key identifier: all of them are tried."""

    def __init__(self, files: Iterable[tuple[str, bytes]] = (), place: Place | None = None) -> None:
        """Read files as `read_contents` does; of the rules those of `place` count."""
        contents = read_contents(files)
        self._hold(contents, contents.rules.book(place))

    @classmethod
    def of(cls, contents: TrustContents, book: RuleBook) -> "TrustStore":
        """Make a store of what was read elsewhere, and of its rules for a place."""
        store = cls.__new__(cls)
        store._hold(contents, book)  # noqa: SLF001 - our own
        return store

    def _hold(self, contents: TrustContents, book: RuleBook) -> None:
        self.believe(contents.signers.values(), contents.revoked)
        self.rules = book
        self.cards = CardIssuers(contents.cards)
        self.passes = PassTrust()  # read apart from these files, and anew while the site runs
        self.digest, self.rules_digest = contents.digest, contents.rules_digest

    def believe(self, signers: Iterable[Signer], revoked: DccRevocations) -> None:
        """Take these signers, and what they took back, for those of the site."""
        self.signers: Sequence[Signer] = tuple(signers)
        self.revoked = revoked
        self._by_kid: dict[bytes, tuple[Signer, ...]] = {}
        for signer in self.signers:
            self._by_kid[signer.kid] = (*self._by_kid.get(signer.kid, ()), signer)

    def candidates(self, kid: bytes) -> tuple[Signer, ...]:
        """Return every signer with this key identifier."""
        return self._by_kid.get(kid, ())


def _read_signers(name: str, data: bytes, found: dict[bytes, Signer], faults: list[Fault]) -> None:
    for line, der in _certificates(name, data, faults):
        try:
            found.setdefault(der, read_certificate(der))
        except CertificateError as fault:
            faults.append(Fault(name, line, 1, str(fault)))


def _read_cards(name: str, data: bytes, cards: CardTrust) -> Iterator[Fault]:
    before = len(cards.faults)
    try:
        content = parse_strict(data)
    except JsonRefusedError as refused:
        yield Fault(name, refused.line, refused.column, refused.what)
        return
    read = read_issuers if name.endswith(CARD_ISSUERS) else read_lists
    read(content, cards)
    told = cards.faults[before:]
    yield from (Fault(name, 1, 1, what) for what in told[:MAX_TOLD])
    if len(told) > MAX_TOLD:
        yield Fault(name, 1, 1, f"and {len(told) - MAX_TOLD} more faults")


def _certificates(name: str, data: bytes, faults: list[Fault]) -> Iterator[tuple[int, bytes]]:
    if name.endswith(".cer"):
        if data.lstrip().startswith(b"-----"):
            faults.append(Fault(name, 1, 1, "is PEM, and *.cer is DER: name it *.pem"))
        else:
            yield 1, data
        return
    if not name.endswith(".pem"):
        endings = f"*{REVOKED}, *{RULES}, *{VALUE_SET}, *{CARD_ISSUERS} or *{CARDS_REVOKED}"
        faults.append(Fault(name, 1, 1, f"must be *.pem (PEM), *.cer (DER), {endings}"))
        return
    blocks = list(_PEM.finditer(data))
    if not blocks:
        faults.append(Fault(name, 1, 1, "holds no -----BEGIN CERTIFICATE----- block"))
    for block in blocks:
        line = data.count(b"\n", 0, block.start()) + 1
        label = block[1].decode("ascii")
        if label != "CERTIFICATE":
            what = f"holds a {label}: only signers' certificates belong here"
            faults.append(Fault(name, line, 1, what))
            continue
        try:
            yield line, b64decode(b"".join(block[2].split()), validate=True)
        except binascii.Error:
            faults.append(Fault(name, line, 1, "the certificate's base64 is broken"))
