"""The office that hands out passes: signs them, keeps their numbers, takes them back."""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devices.errors import MenshenError
from devices.moment import format_stamp
from edge_rules.credentials.pass_terms import ID_BYTES, PassTerms
from edge_rules.credentials.weekly_times import times_text
from gateway.passes.envelope import SignedPass, seal
from gateway.passes.ledger import PassLedger, PassRecord
from gateway.passes.pass_files import KEY, REVOKED, PassFolders, revocations
from gateway.passes.request import PassRequest
from gateway.passes.signing import end_signing, public_file, signing_key
from gateway.whole_file import write_whole

CLOCKS_DIFFER_S = 60  # a pass of this second must hold at a gateway whose clock is behind


class PassError(MenshenError):
    """A pass that can't be handed out, or a share that can't be written; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A pass to hand over: it, its record, and the phone's key, which is kept nowhere else."""

    signed: SignedPass
    record: PassRecord
    phone: EllipticCurvePrivateKey | None


class PassOffice:
    """Issues and revokes for one site; several processes may do so at once."""

    def __init__(self, folders: PassFolders, site: str, estate: str) -> None:
        self._folders = folders
        self._site = site
        self._estate = estate
        self._ledger = PassLedger(folders.own)

    def issue(self, asked: PassRequest, now_ms: int) -> Issued:
        """Sign a pass of this moment and put it on record; OSError where the folder fails."""
        phone = generate_private_key(SECP256R1()) if asked.rotating else None
        self._folders.own.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = signing_key(self._folders.own)
        terms = self._terms(asked, now_ms // 1000, phone)
        record = PassRecord(
            terms.id.hex(),
            terms.person,
            terms.minor,
            terms.gates,
            times_text(terms.times),
            terms.uses_per_day,
            asked.rotating,
            key.kid.hex(),
            format_stamp(terms.issued_s * 1000),
            format_stamp(terms.since_s * 1000),
            format_stamp(terms.until_s * 1000),
        )
        self._ledger.add(record)
        return Issued(seal(terms, key), record, phone)

    def records(self) -> list[tuple[PassRecord, str | None]]:
        """List all passes, oldest first, each with when it was revoked."""
        return self._ledger.records()

    def named(self, name: str) -> list[tuple[PassRecord, str | None]]:
        """Find passes by the first digits of their number, at least eight."""
        return self._ledger.named(name)

    def revoke(self, name: str, now_ms: int) -> PassRecord | None:
        """Take back the one pass whose number begins so; None if there is none, or several."""
        found = self._ledger.named(name)
        if len(found) != 1:
            return None
        record, revoked = found[0]
        if revoked is None:
            self._ledger.revoke(record.id, format_stamp(now_ms))
        return record

    def rotate(self, *, end_old: bool) -> str:
        """Sign with a new key from here on; return its identifier.

        Old passes hold until they end, unless `end_old`: then none of before holds any more.
        """
        own = self._folders.own
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        end_signing(own)
        key = signing_key(own)
        if end_old:
            new = public_file(own, key.kid).name
            for path in [*self._folders.shared_from(self._site), *own.glob(f"*{KEY}")]:
                if path.name.endswith(KEY) and path.name != new:
                    path.unlink(missing_ok=True)
        return key.kid.hex()

    def share(self, now_ms: int) -> None:
        """Lay keys and revocations into the trust folder, where other gateways read them.

        PassError where it takes no file: here all of it holds already.
        """
        shared = self._folders.shared
        if shared is None or not shared.is_dir():
            return
        live = format_stamp(now_ms)
        ended = {record.id for record, _ in self.records() if record.until < live}
        ids = (one for one in self._ledger.revoked if one.hex() not in ended)
        try:
            for public in self._folders.own.glob(f"*{KEY}"):
                _put(shared / public.name, public.read_bytes())
            _put(shared / f"{self._site}{REVOKED}", revocations(ids).encode())
        except OSError as error:
            msg = (
                f"{shared}: takes no file ({error.strerror}); it holds here, but other gateways "
                "hear nothing of it: let the gateway's user write there, or copy "
                f"{self._folders.own}/*{KEY} and send them the revoked numbers"
            )
            raise PassError(msg) from error

    def _terms(
        self, asked: PassRequest, now_s: int, phone: EllipticCurvePrivateKey | None
    ) -> PassTerms:
        point = None
        if phone is not None:
            public = phone.public_key()
            point = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        issued_s = now_s - CLOCKS_DIFFER_S
        return PassTerms(
            os.urandom(ID_BYTES),
            self._estate,
            asked.person,
            issued_s,
            asked.since_s if asked.since_s > now_s else min(asked.since_s, issued_s),
            asked.until_s,
            asked.minor,
            asked.gates,
            asked.times,
            asked.uses_per_day,
            point,
        )


def _put(path: Path, data: bytes) -> None:
    """Write what changed, and nothing else: whoever watches the folder is not woken for it."""
    if not path.exists() or path.read_bytes() != data:
        write_whole(path, data, mode=0o644)
