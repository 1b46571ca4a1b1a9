"""Everything that counts in a trust folder, file by file, and what of it ends soon."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509

from devices.errors import Fault, SetupError
from devices.moment import format_stamp
from edge_rules.certlogic.rule_book import Place
from edge_rules.certlogic.rule_files import VALUE_SET
from edge_rules.credentials.certificate import Signer
from edge_rules.credentials.pass_trust import pass_key_id
from edge_rules.credentials.trust import TrustContents, read_contents
from gateway.passes.pass_files import KEY, PassFolders, read_key
from gateway.trust_folder import files_of

DAY_MS = 86_400_000
SOON_DAYS = 30

Row = dict[str, Any]


@dataclass(slots=True)
class Inventory:
    """What counts, a row each, and every fault; a file at fault has no rows."""

    signers: list[Row] = field(default_factory=list)
    issuers: list[Row] = field(default_factory=list)
    pass_keys: list[Row] = field(default_factory=list)
    revocations: list[Row] = field(default_factory=list)
    rules: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def told(self) -> Row:
        """Lay it out as JSON has it."""
        return {
            "signers": self.signers, "issuers": self.issuers, "pass_keys": self.pass_keys,
            "revocations": self.revocations, "rules": self.rules,
            "faults": [str(fault) for fault in self.faults],
        }  # fmt: skip

    def warnings(self) -> Iterator[str]:
        """Say what should be seen to, though nothing is at fault."""
        for row in self.signers:
            if row["mark"]:
                where = f"{row['file']}: signer {row['kid']} of {row['country'] or 'no country'}"
                yield f"{where} {row['mark']}"
        if not (self.signers or self.issuers or self.pass_keys or self.faults):
            yield "nobody is believed: every signed code is refused"
        if sum(row["rules"] for row in self.rules) and not sum(row["count"] for row in self.rules):
            yield "none of the national rules counts here: see country in the site file"


def take_inventory(
    folder: Path | None, passes: PassFolders | None, place: Place | None, now_ms: int
) -> Inventory:
    """Read a folder file by file, and the keys of passes beside it."""
    found = Inventory()
    for path, data in files_of(folder, found.faults) if folder else ():
        try:
            contents = read_contents([(path, data)])
        except SetupError as error:
            found.faults += error.faults
        else:
            _take(found, Path(path), contents, place, now_ms)
    for key_path in passes.files() if passes else ():
        if key_path.name.endswith(KEY):
            _take_pass_key(found, key_path)
    return found


def _take_pass_key(found: Inventory, path: Path) -> None:
    try:
        row = {"file": path.name, "kid": pass_key_id(read_key(path)).hex()}
    except (OSError, ValueError) as error:
        found.faults.append(Fault(str(path), 1, 1, str(error)))
    else:
        if row not in found.pass_keys:  # one's own lies in the trust folder too
            found.pass_keys.append(row)


def _take(
    found: Inventory, path: Path, contents: TrustContents, place: Place | None, now_ms: int
) -> None:
    name = path.name
    for der, signer in contents.signers.items():
        found.signers.append({"file": name, **_signer(der, signer, now_ms)})
    for one in contents.cards.sets:
        kids: Row = {"kids": sorted(one.keys), "unfit": sorted(one.unfit)}
        found.issuers.append({"file": name, "issuer": one.issuer, **kids})
    dated: Row = {"file": name, "date": format_stamp(path.stat().st_mtime_ns // 1_000_000)}
    if len(contents.revoked):
        found.revocations.append({**dated, "of": "eu-dcc", "entries": len(contents.revoked)})
    for card_list in contents.cards.lists:
        row: Row = {**dated, "of": "smart-health-card", "entries": len(card_list.rids)}
        found.revocations.append({**row, "kid": card_list.kid, "counter": card_list.counter})
    book = contents.rules.book(place)
    if book.total or name.endswith(VALUE_SET):
        found.rules.append({"file": name, "rules": book.total, "count": len(book)})


def _signer(der: bytes, signer: Signer, now_ms: int) -> Row:
    return {
        "kid": b64encode(signer.kid).decode(),
        "country": signer.country,
        "subject": _subject(der),
        "from": format_stamp(signer.not_before_ms),
        "to": format_stamp(signer.not_after_ms),
        "usages": None if signer.usages is None else sorted(signer.usages),
        "key": signer.key_kind,
        "sha256": sha256(der).hexdigest(),
        "mark": _mark(signer, now_ms),
    }


def _mark(signer: Signer, now_ms: int) -> str | None:
    left_ms = signer.not_after_ms - now_ms
    if left_ms <= 0:
        return f"ended {format_stamp(signer.not_after_ms)[:10]}"
    if now_ms < signer.not_before_ms:
        return f"begins {format_stamp(signer.not_before_ms)[:10]}"
    if left_ms <= SOON_DAYS * DAY_MS:
        return f"ends in {left_ms // DAY_MS} days"
    return None


def _subject(der: bytes) -> str | None:
    """Name a certificate's subject; None where a strict parser refuses the certificate."""
    try:
        return x509.load_der_x509_certificate(der).subject.rfc4514_string()
    except (ValueError, TypeError):
        return None
