"""Reads a record as a stranger would, and complains of every promise that it breaks."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Event = Mapping[str, Any]
Key = tuple[str, str]  # lane and id: devices of two lanes may use the same

ALWAYS = {
    "passage-decided": {
        "decision", "reasons", "rules", "policy", "readings", "credential", "celsius", "grant",
        "latency_ms",
    },
    "reading-received": {"device", "reading", "kind", "fenced"},
    "visit-abandoned": {"readings", "grant"},
    "gate-commanded": {"command", "grant"},
    "gate-opened": {"command", "grant"},
    "gate-unknown": {"command", "grant"},
    "alarm-raised": {"alarm", "severity", "lane", "device"},
    "passage-completed": {"grant"},
    "passage-not-taken": {"grant", "reason"},
}  # fmt: skip


class Audit:
    """One record, event by event, oldest first; `faults` says what is wrong with it."""

    def __init__(self, admissible: Callable[[Event], bool] = lambda _: True) -> None:
        self.faults: list[str] = []
        self._admissible = admissible
        self._mode: dict[str, str] = {}
        self._live: dict[str, str] = {}  # the one grant of each lane
        self._admits: dict[str, Event] = {}
        self._acts: dict[str, Event] = {}  # per lane, the opening that was not used yet
        self._asked: dict[str, str] = {}  # per lane, who asked to open in a lockdown
        self._read: dict[Key, Event] = {}
        self._admitted: Counter[Key] = Counter()
        self._decided: Counter[Key] = Counter()
        self._ended: set[Key] = set()
        self._let_in: dict[str, list[Key]] = {}  # per decision, whose readings it used up
        self._commands: dict[str, Event] = {}
        self._results: Counter[str] = Counter()
        self._grants: set[str] = set()
        self._grants_ended: Counter[str] = Counter()

    def read(self, events: Iterable[Event]) -> "Audit":
        """Take events in the order of the record."""
        for event in events:
            type_ = event["type"]
            if lacking := ALWAYS.get(type_, set()) - event.keys():
                self._complain(event, f"lacks {sorted(lacking)}")
            getattr(self, "_" + type_.replace("-", "_"), lambda _: None)(event)
            if event.get("mode") and event.get("lane"):
                self._mode[event["lane"]] = event["mode"]
        return self

    def end(self) -> "Audit":
        """Complain of what should have ended by now."""
        if open_ := self._read.keys() - self._ended:
            self.faults.append(f"readings without an ending: {_named(open_)}")
        if twice := {r for r, times in self._decided.items() if times > 1}:
            self.faults.append(f"readings decided twice: {_named(twice)}")
        if lost := self._scans() - self._decided.keys() - self._left():
            self.faults.append(f"scans without a decision: {_named(lost)}")
        if endless := self._grants - self._grants_ended.keys():
            self.faults.append(f"grants without an end: {sorted(endless)}")
        openings = {c for c, e in self._commands.items() if e["do"] == "open"}
        if unanswered := openings - self._results.keys():
            self.faults.append(f"openings without a result: {sorted(unanswered)}")
        return self

    def _scans(self) -> set[Key]:
        return {r for r, e in self._read.items() if e["kind"] == "scan"}

    def _left(self) -> set[Key]:
        """Return readings whose visit ended in `visit-abandoned` without a decision."""
        return self._ended - self._decided.keys()

    def _reading_received(self, event: Event) -> None:
        if event["kind"] in {"scan", "temperature"}:
            key = (event["lane"], event["reading"])
            if key in self._read:
                self._complain(event, "the same reading taken twice")
            self._read[key] = event

    def _passage_decided(self, event: Event) -> None:
        if "supersedes" in event:
            self._admitted.subtract(self._let_in.pop(event["supersedes"], ()))
        else:
            self._decided.update(set(_keys(event)))
        self._ended |= set(_keys(event))
        if event["decision"] != "admit":
            if event["grant"] is not None:
                self._complain(event, "a grant without an admit")
            return
        if not self._admissible(event):
            self._complain(event, "admits what must not come in")
        if len(self._subjects(event)) > 1:
            self._complain(event, "admits two subjects as one")
        if "supersedes" not in event and self._temperatures(event) != [event["celsius"]]:
            self._complain(event, "admits on another temperature than the highest")
        if event["grant"] is None:
            return
        if self._mode.get(event["lane"], "normal") != "normal":
            self._complain(event, f"grants in {self._mode[event['lane']]}")
        self._admits[event["grant"]] = event
        self._admitted.update(_keys(event))
        self._let_in[event["id"]] = _keys(event)
        if any(self._admitted[key] > 1 for key in _keys(event)):
            self._complain(event, "one reading let two in")

    def _subjects(self, event: Event) -> set[str]:
        shown = [r["credential"] for r in self._readings(event) if r["kind"] == "scan"]
        return {c["subject"] for c in shown if c["status"] != "unreadable"}

    def _temperatures(self, event: Event) -> list[float | None]:
        """Return the highest of a visit; one without a value stands above all."""
        taken = [r for r in self._readings(event) if r["kind"] == "temperature"]
        values = [reading["celsius"] for reading in taken]
        return [None] if None in values else values and [max(values)]

    def _readings(self, event: Event) -> list[Event]:
        return [self._read[key] for key in _keys(event) if key in self._read]

    def _visit_abandoned(self, event: Event) -> None:
        self._ended |= set(_keys(event))

    def _gate_commanded(self, event: Event) -> None:
        lane, grant = event["lane"], event["grant"]
        self._commands[event["command"]] = event
        if event["do"] != "open":
            return
        if event["authority"] == "policy" and self._admits.pop(grant, None) is None:
            self._complain(event, "opens without an admit of its own")
        if event["authority"] == "operator":
            self._opened_by_hand(event)
        if event["authority"] == "exit" and grant is not None:
            self._complain(event, "an exit has no grant")
        if grant is not None:
            if lane in self._live:
                self._complain(event, "a second live grant")
            self._live[lane] = grant
            self._grants.add(grant)

    def _opened_by_hand(self, event: Event) -> None:
        act = self._acts.pop(event["lane"], None)
        if act is None:
            self._complain(event, "opens without an operator's act")
        elif self._mode.get(event["lane"]) == "lockdown" and act["role"] != "admin":
            if self._asked.get(event["lane"], act["by"]) == act["by"]:
                self._complain(event, "one guard opened in a lockdown")
            self._asked.pop(event["lane"], None)

    def _operator_acted(self, event: Event) -> None:
        if event["act"] == "open" and event["refused"] is None:
            self._acts[event["lane"]] = event
        if event["refused"] == "needs-second-person":
            self._asked[event["lane"]] = event["by"]

    def _passage_completed(self, event: Event) -> None:
        if event["grant"] is not None:
            self._end_grant(event)

    def _passage_not_taken(self, event: Event) -> None:
        self._end_grant(event)

    def _end_grant(self, event: Event) -> None:
        if self._live.get(event["lane"]) != event["grant"]:
            self._complain(event, "ends a grant that is not live")
        self._live.pop(event["lane"], None)
        self._grants_ended[event["grant"]] += 1

    def _gate_opened(self, event: Event) -> None:
        self._result(event)

    def _gate_unknown(self, event: Event) -> None:
        self._result(event)

    def _result(self, event: Event) -> None:
        if event["command"] not in self._commands:
            self._complain(event, "a result of a command that is not on record")
        self._results[event["command"]] += not event.get("late", False)
        if self._results[event["command"]] > 1:
            self._complain(event, "a second result of one command")

    def _complain(self, event: Event, what: str) -> None:
        self.faults.append(f"{event['type']} {event['id']}: {what}")


def _keys(event: Event) -> list[Key]:
    return [(event["lane"], reading) for reading in event["readings"]]


def _named(keys: Iterable[Key]) -> list[str]:
    return sorted(f"{reading} at {lane}" for lane, reading in keys)
