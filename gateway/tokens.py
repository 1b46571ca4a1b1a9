"""The file of tokens: hashes only, appended to by the command line, re-read by the gateway."""

import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gateway.json_lines import append_line, read_lines

ROLES = frozenset({"viewer", "guard", "admin"})


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """One token as it is kept: whom it names, what it may do, its SHA-256."""

    id: str
    name: str
    role: str
    sha256: str
    made: str


class TokenFile:
    """`tokens.jsonl` of a data folder; what another process appends counts at the next question."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "tokens.jsonl"
        self._seen: tuple[int, int, int] | None = None
        self._by_hash: dict[str, TokenRecord] = {}
        self._by_id: dict[str, TokenRecord] = {}

    def by_hash(self, sha256: str) -> TokenRecord | None:
        """Return the live token with this hash."""
        self._refresh()
        return self._by_hash.get(sha256)

    def by_id(self, id_: str) -> TokenRecord | None:
        """Return the live token with this id."""
        self._refresh()
        return self._by_id.get(id_)

    def live(self) -> list[TokenRecord]:
        """List the tokens that were not revoked, oldest first."""
        self._refresh()
        return list(self._by_id.values())

    def add(self, name: str, role: str, sha256: str, made: str) -> TokenRecord:
        """Append a token; ValueError if a live one has that name."""
        if any(record.name == name for record in self.live()):
            msg = f"{name}: a token has this name; choose another or revoke that one first"
            raise ValueError(msg)
        record = TokenRecord(secrets.token_hex(4), name, role, sha256, made)
        self._append(asdict(record))
        return record

    def revoke(self, name: str) -> bool:
        """End the live token with this name or id; False if there is none."""
        for record in self.live():
            if name in (record.name, record.id):
                self._append({"revoke": record.id})
                return True
        return False

    def _append(self, line: dict[str, Any]) -> None:
        append_line(self._path, line)

    def _refresh(self) -> None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._seen, self._by_hash, self._by_id = None, {}, {}
            return
        seen = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if seen == self._seen:
            return
        records: dict[str, TokenRecord] = {}
        for line in read_lines(self._path):
            if "revoke" in line:
                records.pop(str(line["revoke"]), None)
            elif (record := _record(line)) is not None:
                records[record.id] = record
        self._seen, self._by_id = seen, records
        self._by_hash = {record.sha256: record for record in records.values()}


def _record(line: dict[str, Any]) -> TokenRecord | None:
    fields = [line.get(key) for key in ("id", "name", "role", "sha256", "made")]
    if not all(isinstance(field, str) for field in fields) or line["role"] not in ROLES:
        return None
    return TokenRecord(*map(str, fields))
