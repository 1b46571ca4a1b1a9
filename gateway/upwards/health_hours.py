"""The estate's hour of decisions, told once it is about ten people or more. Pure.

A window that has fewer widens by another hour, for a day at most: what had not ten people by then
is never told. So is a window of which rows have expired: told again it would differ by somebody.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from devices.moment import format_stamp
from gateway.ports import Event
from gateway.upwards.grouping import ADMIT, FEWEST_PEOPLE, OTHER, Key, group, tell
from gateway.upwards.sketches import celsius_sketch, people_sketch

HOUR_MS = 3_600_000
WIDEST_HOURS = 24

# A signature that held: nine forged codes must not make a tenth person visible.
_SIGNED = frozenset({"valid", "expired", "not-yet-valid", "revoked"})
_WORD = re.compile(r"[a-z0-9-]{1,64}")


class HealthHours:
    """The window that is open: from the mark `start` (a sequence) on."""

    def __init__(self, start: int, hour_ms: int = HOUR_MS) -> None:
        self.start = start
        self._hour_ms = hour_ms
        self._next = start + 1
        self._from_ms: int | None = None
        self._whole = True
        self._clear()

    def take(self, event: Event) -> None:
        """Count one event."""
        self._whole = self._whole and event["seq"] == self._next
        self._next = event["seq"] + 1
        if event["type"] != "passage-decided":
            return
        credential = event.get("credential") or {}
        key = (_word(event.get("decision")), _reason(event), _word(credential.get("kind")))
        self._counts[key] += 1
        subject = credential.get("subject")
        person = subject if credential.get("status") in _SIGNED else None
        if isinstance(person, str):
            self._people.setdefault(key, set()).add(person)
            self._measured(person, event.get("celsius"))
        if key[0] != ADMIT:
            self._refused[person] += 1

    def close(self, mark: int, from_ms: int, to_ms: int) -> dict[str, Any] | None:
        """Let the mark at a sequence end a minute; give the data if it ends the window too."""
        if self._from_ms is None or self._from_ms > to_ms:  # or the clock was set back
            self._from_ms = from_ms
        told = None
        if self._counts and self._whole:
            since_ms, hour_ms = self._from_ms, self._hour_ms
            if to_ms // hour_ms == since_ms // hour_ms:
                return None
            if to_ms - since_ms <= WIDEST_HOURS * hour_ms:
                told = self._told(mark, since_ms, to_ms)
                if told is None:
                    return None  # it widens
        self.start, self._next = mark, mark + 1
        self._clear()
        return told

    def _clear(self) -> None:
        self._from_ms = None
        self._whole = True
        self._counts: Counter[Key] = Counter()
        self._people: dict[Key, set[str]] = {}
        self._refused: Counter[str | None] = Counter()  # by person; None: whoever showed nothing
        self._celsius: dict[str, float] = {}

    def _measured(self, person: str, celsius: object) -> None:
        if isinstance(celsius, int | float) and not isinstance(celsius, bool):
            self._celsius[person] = max(float(celsius), self._celsius.get(person, float(celsius)))

    def _told(self, mark: int, from_ms: int, to_ms: int) -> dict[str, Any] | None:
        people = frozenset().union(*self._people.values())
        if len(people) < FEWEST_PEOPLE:
            return None
        cells = {k: (n, frozenset(self._people.get(k, ()))) for k, n in self._counts.items()}
        refusals = {key: n for key, n in self._counts.items() if key[0] != ADMIT}
        lines = tell(group(cells), refusals, self._most_refused())
        window = f"{self.start}-{mark}-{format_stamp(to_ms)}"
        celsius = celsius_sketch(list(self._celsius.values()))
        return {
            "about": "health",
            "from": format_stamp(from_ms),
            "to": format_stamp(to_ms),
            "after": self.start,
            "through": mark,
            "people": len(people),
            "decisions": [
                {
                    "decision": line.decision,
                    "reason": line.reason,
                    "credential": line.credential,
                    "count": line.count,
                }
                for line in lines
            ],
            "people_hll": people_sketch(window, people),
            "celsius_kll": celsius[0] if celsius else None,
            "celsius_people_each": celsius[1] if celsius else None,
        }

    def _most_refused(self) -> int:
        """Return how many refusals nine people can have had together."""
        unknown = self._refused[None]
        named = [n for person, n in self._refused.items() if person is not None]
        most = sorted([*named, *[1] * min(unknown, FEWEST_PEOPLE)], reverse=True)
        return sum(most[: FEWEST_PEOPLE - 1])


def _reason(event: Mapping[str, Any]) -> str:
    reasons = event.get("reasons")
    return _word(reasons[0]) if isinstance(reasons, list) and reasons else OTHER


def _word(value: object) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else OTHER
