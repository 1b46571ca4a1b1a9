"""From a site's data folder to its certificate: counted, destroyed, looked for again, signed.

What was counted is written down before the first file goes: a stand-down that was cut off is ended
by the next one, and its certificate still names every file.
"""

import json
import os
import secrets
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices.ids import LaneId
from devices.moment import format_stamp
from edge_rules.effects import Record
from gateway.keys import SUBJECT_KEY, load_signing_key
from gateway.outbox.draft import draft_of
from gateway.outbox.ledger import Cursor, Ledger
from gateway.outbox.schema import FILE, FolderLock, open_for_writing
from gateway.passes.pass_files import FOLDER as PASSES
from gateway.passes.pass_files import PassFolders
from gateway.site_model import SiteFile
from gateway.stand_down.certificate import KIND, sign
from gateway.stand_down.destroying import COPY_ON_WRITE, destroy, file_system
from gateway.stand_down.inventory import about_persons, describe, read_record
from gateway.stand_down.wording import sentences
from gateway.upwards.hq_forwarder import FORWARDER as HQ

BEGUN = "stand-down.begun.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be destroyed, and what no forwarder has yet (points, by forwarder)."""

    files: tuple[Path, ...]
    facts: Mapping[str, Any]

    @property
    def waiting(self) -> Mapping[str, int | None]:
        """How many points a forwarder still needs; None where the record can't be read."""
        waiting: Mapping[str, int | None] = self.facts["unforwarded"]
        return waiting


class StandDown:
    """One stand-down of one data folder; no gateway runs on it meanwhile."""

    def __init__(self, site: SiteFile, now_ms: int, *, recordings: bool = False) -> None:
        self._site = site
        self._folder = site.data_folder
        self._now_ms = now_ms
        self._elsewhere = tuple(_recordings(site))
        self._recorded = self._elsewhere if recordings else ()
        self._lock = FolderLock(self._folder)

    def close(self) -> None:
        """Let a gateway in again."""
        self._lock.release()

    def plan(self) -> Plan:
        """Count everything; destroy nothing."""
        begun = self._folder / BEGUN
        if begun.exists():
            facts = json.loads(begun.read_text("utf-8"))
        else:
            facts = self._facts(self._files())
        return Plan(tuple(self._files()), facts)  # reading left some, too

    def carry_out(self, plan: Plan, ended_ms: int) -> dict[str, Any]:
        """Destroy, begin an empty record, and return the certificate, which is also kept."""
        self._write(BEGUN, plan.facts)
        # The key first: without it no hash can be joined to a person any more, whatever happens.
        # The site's own passes last: they tell which files of the trust folder came from here.
        own = self._folder / PASSES
        for path in sorted(plan.files, key=lambda p: (p.parent == own, p.name != SUBJECT_KEY)):
            destroy(path)
        self._begin_anew(plan.facts)
        facts = {k: v for k, v in plan.facts.items() if k not in {"standing", "last_seq"}}
        certificate = sign(
            {**facts, "ended": format_stamp(ended_ms), "text": sentences(facts)},
            load_signing_key(self._folder),
        )
        name = f"stand-down-{format_stamp(ended_ms)[:19].replace(':', '')}Z.json"
        self._write(name, certificate)
        (self._folder / BEGUN).unlink()
        return certificate

    def _files(self) -> list[Path]:
        shared = PassFolders.of(self._folder, self._site.trust_folder).shared_from(self._site.site)
        return about_persons(self._folder, (*self._recorded, *shared))

    def _facts(self, files: list[Path]) -> dict[str, Any]:
        site = self._site
        stores = [one.name for one in site.store.stores] if site.store else []
        record, readable = None, True
        try:
            record = read_record(self._folder, tuple(stores))
        except sqlite3.DatabaseError:
            readable = False
        kind = file_system(self._folder)
        return {
            "certificate": KIND,
            "site": site.site,
            "name": site.name.model_dump(),
            "controller": site.legal.controller if site.legal else None,
            "begun": format_stamp(self._now_ms),
            "destroyed": [describe(path) for path in files],
            "rows": record.rows if record else None if not readable else 0,
            "first": record.first if record else None,
            "last": record.last if record else None,
            "unforwarded": record.waiting if record else {} if readable else {"outbox": None},
            "kept": record.kept if record else [],
            "left": [str(path.name) for path in self._elsewhere if path not in self._recorded],
            "file_system": kind,
            "copy_on_write": kind in COPY_ON_WRITE,
            "standing": record.standing if record else {},
            "last_seq": record.last_seq if record else 0,
        }

    def _begin_anew(self, facts: Mapping[str, Any]) -> None:
        """Begin an empty record: its numbers go on, and so does what stands at the lanes."""
        last = max(int(facts["last_seq"]), 0 if facts["rows"] is not None else self._now_ms)
        run = secrets.token_hex(4)
        records = [Record(f"{run}-0", "stood-down", self._now_ms, {"rows": facts["rows"]})]
        records += [
            Record(f"{run}-{at}", "stood-down", self._now_ms, {"mode": mode}, LaneId(lane))
            for at, (lane, mode) in enumerate(facts["standing"].items(), 1)
        ]
        stores = [one.name for one in self._site.store.stores] if self._site.store else []
        with closing(Ledger(open_for_writing(self._folder / FILE))) as ledger:
            ledger.restart_at(last + 1)
            cursors = {name: Cursor(last, last) for name in (*stores, HQ)}
            ledger.commit([[draft_of(record, self._site.site) for record in records]], cursors)
            ledger.checkpoint(truncate=True)

    def _write(self, name: str, facts: Mapping[str, Any]) -> None:
        draft = self._folder / f".{name}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(facts, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._folder / name)


def _recordings(site: SiteFile) -> list[Path]:
    """List pictures of people that the site file names outside its data folder."""
    named = [
        site.at(Path(str(device.own["path"])))
        for _, device in site.devices()
        if device.driver == "thermal-recording" and "path" in device.own
    ]
    return sorted({path for path in named if path.is_file()})
