"""What the evidence of a crash test shows. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from devices.moment import parse_stamp
from gateway.crashtest.evidence import Evidence, OpenedGate, ReadingKey
from gateway.ports import Event

ENDINGS = frozenset({"passage-decided", "visit-abandoned"})
END_IN_A_VISIT = frozenset({"scan", "temperature"})
ROUNDING_MS = 2  # two stamps of the same clock, each cut down to its millisecond
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Each kind of fault with what it befell: readings, endings, openings or points."""

    lost: Mapping[str, list[str]]
    doubled: Mapping[str, list[str]]
    unrecorded: list[str]
    late: list[str]
    only_broker: list[str]
    openings: int

    @property
    def clean(self) -> bool:
        """Whether every promise held; what only the broker knew is not of our promises."""
        return not (_count(self.lost) or _count(self.doubled) or self.unrecorded or self.late)

    def figures(self) -> dict[str, Any]:
        """Give the counts, the totals first."""
        return {
            "lost": _count(self.lost),
            "doubled": _count(self.doubled),
            "unrecorded_openings": len(self.unrecorded),
            "late_openings": len(self.late),
            "openings": self.openings,
            "lost_by_kind": {kind: len(found) for kind, found in self.lost.items()},
            "doubled_by_kind": {kind: len(found) for kind, found in self.doubled.items()},
            "only_the_broker_had": len(self.only_broker),
        }

    def examples(self) -> dict[str, list[str]]:
        """Name a few of each kind that is not empty."""
        named = {f"lost {kind}": found for kind, found in self.lost.items()}
        named |= {f"doubled {kind}": found for kind, found in self.doubled.items()}
        named |= {"unrecorded openings": self.unrecorded, "late openings": self.late}
        return {kind: found[:EXAMPLES] for kind, found in named.items() if found}


def judge(seen: Evidence) -> Verdict:
    """Hold what was seen against what is promised."""
    taken = [e for e in seen.events if e["type"] == "reading-received"]
    received = Counter(ReadingKey(e["device"], e["reading"]) for e in taken)
    ended = (e for e in seen.events if e["type"] in ENDINGS and not e.get("supersedes"))
    endings = Counter(chain.from_iterable(map(_ended, ended)))
    awaited = {(e["lane"], e["reading"]) for e in taken if e["kind"] in END_IN_A_VISIT}
    commanded = {e["command"]: e for e in seen.events if e["type"] == "gate-commanded"}
    broker_had = {ReadingKey(s.device, s.id) for s in seen.sent if s.acknowledged}
    return Verdict(
        lost={
            "readings": _names(seen.acknowledged - received.keys()),
            "endings": _names(awaited - endings.keys()),
            "points": _names(seen.due - seen.stored.keys()),
        },
        doubled={
            "readings": _repeated(received),
            "endings": _repeated(endings),
            "openings": _repeated(Counter((o.gate, o.command) for o in seen.opened))
            + _repeated(Counter((o.gate, o.grant) for o in seen.opened if o.grant)),
            "points": _names(seen.stored.keys() - seen.points) + _repeated(seen.stored),
        },
        unrecorded=sorted(_unrecorded(seen, commanded)),
        late=sorted(_late(seen, commanded)),
        only_broker=_names(broker_had - received.keys() - seen.acknowledged),
        openings=len(seen.opened),
    )


def _ended(event: Event) -> Iterator[tuple[str, str]]:
    return ((event["lane"], reading) for reading in event["readings"])


def _unrecorded(seen: Evidence, commanded: Mapping[str, Event]) -> Iterator[str]:
    for command, on_wire in seen.on_wire.items():
        if not on_wire.on_record or command not in commanded:
            yield f"{command}: left without being on record"
    for opened in seen.opened:
        if opened.command not in seen.on_wire:
            yield f"{opened.command}: {opened.gate} opened, the gateway sent nothing"


def _late(seen: Evidence, commanded: Mapping[str, Event]) -> Iterator[str]:
    sent_ms = {s.id: s.wall_ms for s in seen.sent}
    scans = _scans_by_grant(seen.events)
    for opened in seen.opened:
        command = commanded.get(opened.command)
        if command is None:
            continue  # unrecorded, which is worse
        at_ms = parse_stamp(command["at"])
        if opened.wall_ms > at_ms + seen.open_within_ms + ROUNDING_MS:
            yield f"{opened.command}: opened {opened.wall_ms - at_ms} ms after its decision"
        if _outlived_a_run(seen, at_ms, opened):
            yield f"{opened.command}: a later run was there when the gate opened"
        began_ms = max((r.began_ms for r in seen.runs if r.began_ms <= at_ms), default=0)
        if any(sent_ms.get(scan, at_ms) < began_ms for scan in scans.get(opened.grant or "", ())):
            yield f"{opened.command}: its scan was sent before the gateway started"


def _outlived_a_run(seen: Evidence, at_ms: int, opened: OpenedGate) -> bool:
    return any(
        at_ms < run.began_ms and run.connected_ms is not None and run.connected_ms < opened.wall_ms
        for run in seen.runs
    )


def _scans_by_grant(events: Iterable[Event]) -> dict[str, list[str]]:
    """Find the readings behind each grant; their ids are unique in a crash test."""
    return {
        e["grant"]: e["readings"] for e in events if e["type"] == "passage-decided" and e["grant"]
    }


def _names(found: Iterable[object]) -> list[str]:
    return sorted(map(str, found))


def _repeated(counted: Mapping[Any, int]) -> list[str]:
    return _names(what for what, times in counted.items() if times > 1)


def _count(by_kind: Mapping[str, list[str]]) -> int:
    return sum(map(len, by_kind.values()))
