"""Reads a record as a stranger would, and complains of every promise that it breaks."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Event = Mapping[str, Any]

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

    def __init__(self, admissible: Callable[[Event], bool]) -> None:
        self.faults: list[str] = []
        self._admissible = admissible
        self._mode: dict[str, str] = {}
        self._live: dict[str, str] = {}  # the one grant of each lane
        self._admits: dict[str, Event] = {}
        self._acts: dict[str, Event] = {}  # per lane, the opening that was not used yet
        self._asked: dict[str, str] = {}  # per lane, who asked to open in a lockdown
        self._read: dict[str, Event] = {}
        self._admitted: Counter[str] = Counter()
        self._decided: Counter[str] = Counter()
        self._ended: set[str] = set()
        self._let_in: dict[str, list[str]] = {}  # per decision, whose readings it used up
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
            self.faults.append(f"readings without an ending: {sorted(open_)}")
        if twice := {r for r, times in self._decided.items() if times > 1}:
            self.faults.append(f"readings decided twice: {sorted(twice)}")
        if lost := self._read.keys() & self._scans() - self._decided.keys() - self._left():
            self.faults.append(f"scans without a decision: {sorted(lost)}")
        if open_ := self._grants - self._grants_ended.keys():
            self.faults.append(f"grants without an end: {sorted(open_)}")
        openings = {c for c, e in self._commands.items() if e["do"] == "open"}
        if open_ := openings - self._results.keys():
            self.faults.append(f"openings without a result: {sorted(open_)}")
        return self

    def _scans(self) -> set[str]:
        return {r for r, e in self._read.items() if e["kind"] == "scan"}

    def _left(self) -> set[str]:
        """Readings whose visit ended in `visit-abandoned` without a decision."""
        return self._ended - self._decided.keys()

    def _reading_received(self, event: Event) -> None:
        if event["kind"] in {"scan", "temperature"}:
            if event["reading"] in self._read:
                self._complain(event, "the same reading taken twice")
            self._read[event["reading"]] = event

    def _passage_decided(self, event: Event) -> None:
        if "supersedes" in event:
            self._admitted.subtract(self._let_in.pop(event["supersedes"], ()))
        else:
            self._decided.update(set(event["readings"]))
        self._ended |= set(event["readings"])
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
        self._admitted.update(event["readings"])
        self._let_in[event["id"]] = event["readings"]
        if any(self._admitted[reading] > 1 for reading in event["readings"]):
            self._complain(event, "one reading let two in")

    def _subjects(self, event: Event) -> set[str]:
        shown = [self._read[r]["credential"] for r in event["readings"] if r in self._scans()]
        return {c["subject"] for c in shown if c["status"] != "unreadable"}

    def _temperatures(self, event: Event) -> list[float | None]:
        """The highest of a visit; one without a value stands above all."""
        taken = [self._read[r] for r in event["readings"] if self._read[r]["kind"] == "temperature"]
        values = [reading["celsius"] for reading in taken]
        return [None] if None in values else values and [max(values)]

    def _visit_abandoned(self, event: Event) -> None:
        self._ended |= set(event["readings"])

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


def unanswered(events: Iterable[Event]) -> dict[str, list[Event]]:
    """List per lane the referrals that asked for a guard."""
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event["type"] == "passage-decided" and event["decision"] == "refer":
            found[event["lane"]].append(event)
    return found
