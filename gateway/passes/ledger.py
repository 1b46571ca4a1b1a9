"""Which passes were handed out and which were taken back, by number and without a name."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge_rules.credentials.pass_terms import ID_BYTES
from gateway.json_lines import append_line, read_lines

LEDGER = "passes.jsonl"
SHORTEST = 8  # hex digits that name a pass, as long as they name one only


@dataclass(frozen=True, slots=True)
class PassRecord:
    """One pass as it is kept; dates are RFC 3339, `times` as a person writes them."""

    id: str  # 32 hex digits
    person: str
    minor: bool
    gates: tuple[str, ...]
    times: str
    uses_per_day: int | None
    rotating: bool
    kid: str
    made: str
    since: str
    until: str


class PassLedger:
    """`passes.jsonl` of a folder; the gateway and the command line append to it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LEDGER

    def records(self) -> list[tuple[PassRecord, str | None]]:
        """List all passes, oldest first, each with when it was revoked."""
        records: dict[str, PassRecord] = {}
        ended: dict[str, str] = {}
        for line in self._lines():
            if "revoke" in line:
                ended.setdefault(str(line["revoke"]), str(line.get("at")))
            elif (record := _record(line)) is not None:
                records[record.id] = record
        return [(record, ended.get(id_)) for id_, record in records.items()]

    @property
    def revoked(self) -> frozenset[bytes]:
        """The numbers of those taken back."""
        ids = (str(line["revoke"]) for line in self._lines() if "revoke" in line)
        return frozenset(bytes.fromhex(id_) for id_ in ids if _is_id(id_))

    def named(self, name: str) -> list[tuple[PassRecord, str | None]]:
        """Find passes by the first digits of their number, at least eight."""
        wanted = name.lower().replace("-", "")
        if len(wanted) < SHORTEST:
            return []
        return [found for found in self.records() if found[0].id.startswith(wanted)]

    def add(self, record: PassRecord) -> None:
        """Put a pass on record; it is handed out only after that."""
        append_line(self._path, asdict(record))

    def revoke(self, id_: str, at: str) -> None:
        """Take a pass back for good."""
        append_line(self._path, {"revoke": id_, "at": at})

    def _lines(self) -> list[Mapping[str, Any]]:
        try:
            return list(read_lines(self._path))
        except FileNotFoundError:
            return []


def _is_id(text: str) -> bool:
    return len(text) == 2 * ID_BYTES and not set(text) - set("0123456789abcdef")


def _record(line: Mapping[str, Any]) -> PassRecord | None:
    try:
        record = PassRecord(**{**line, "gates": tuple(line["gates"])})
    except (TypeError, KeyError):
        return None  # of another edition
    return record if isinstance(record.id, str) and _is_id(record.id) else None
