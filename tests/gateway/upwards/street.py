"""A record in memory: events as the outbox gives them, with people who come to the gates."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from devices.moment import format_stamp
from gateway.ports import Event
from gateway.upwards.standing import Standing
from gateway.upwards.windows import MARK, Estate, mark_body

SITE = "riverside"
LANES = ("north-in", "south-in")
ESTATE = Estate(SITE, LANES)
HOUR_MS = 3_600_000
EIGHT_MS = 1_795_507_200_000 // HOUR_MS * HOUR_MS
MINUTE_MS = 60_000
STOOD = {"door": "closed", "mode": "normal", "waiting": 0, "devices": {"gate-1": True}}
STANDS = Standing("p-1", "normal", True, dict.fromkeys(LANES, STOOD))

OUTCOMES = (
    ("admit", "healthy"),
    ("refer", "temperature-high"),
    ("refer", "fact-missing"),
    ("deny", "credential-expired"),
)


class Street:
    """Writes events with sequence numbers and stamps."""

    def __init__(self, first_seq: int = 1, at_ms: int = EIGHT_MS) -> None:
        self.events: list[Event] = []
        self.seq = first_seq
        self.at_ms = at_ms

    def event(self, type_: str, **body: Any) -> Event:  # noqa: ANN401
        head = {"seq": self.seq, "id": f"e-{self.seq}", "type": type_}
        event = {**head, "at": format_stamp(self.at_ms), "site": SITE, **body}
        self.events.append(event)
        self.seq += 1
        return event

    def decided(
        self,
        person: str | None,
        decision: str = "admit",
        reason: str = "healthy",
        *,
        lane: str = "north-in",
        celsius: float | None = 36.5,
        kind: str = "eu-dcc",
        status: str = "valid",
    ) -> Event:
        credential = {"kind": kind if person else "none", "status": status, "subject": person}
        return self.event(
            "passage-decided", lane=lane, decision=decision, reasons=[reason], policy="p-1",
            credential=credential, celsius=celsius, latency_ms=3.2,
        )  # fmt: skip

    def mark(self, minutes: int = 1) -> Event:
        """End the minute that runs (or the last few)."""
        to_ms = (self.at_ms // MINUTE_MS + 1) * MINUTE_MS
        self.at_ms = to_ms
        return self.event(MARK, **mark_body(to_ms - minutes * MINUTE_MS, to_ms, STANDS))

    def hour_ends(self) -> Event:
        """Go on to the end of the hour and mark it."""
        self.at_ms = (self.at_ms // HOUR_MS + 1) * HOUR_MS - MINUTE_MS
        return self.mark()


@st.composite
def streets(draw: st.DrawFn, most_people: int = 40) -> list[Event]:
    """Some hours at the gates: few people or many, who come once or often, with code or without."""
    street = Street()
    people = [f"person-{n}" for n in range(draw(st.integers(1, most_people)))]
    for _ in range(draw(st.integers(1, 4))):
        for _ in range(draw(st.integers(1, 4))):
            visits = draw(st.lists(st.tuples(
                st.sampled_from([*people, None]), st.sampled_from(OUTCOMES),
                st.sampled_from(LANES), st.sampled_from(["eu-dcc", "estate-pass"]),
                st.sampled_from([None, 35.9, 36.4, 36.9, 38.2]),
            ), max_size=25))  # fmt: skip
            for person, (decision, reason), lane, kind, celsius in visits:
                street.decided(person, decision, reason, lane=lane, kind=kind, celsius=celsius)
                if decision == "admit":
                    street.event("passage-completed", lane=lane, direction="in")
            if draw(st.booleans()):
                street.event("alarm-raised", alarm="fault", severity=3, lane=None, device=None)
            street.mark()
        street.hour_ends()
    return street.events


def of_type(events: Sequence[Event], type_: str) -> list[Event]:
    return [event for event in events if event["type"] == type_]
