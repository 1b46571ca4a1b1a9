"""Whether the wall clock can be believed: set, by something that knows the time, and not stepped.

Lives are measured on CLOCK_BOOTTIME and need none of this. Dates on credentials do: what a clock in
doubt is good for is for the policy to say (`clock.trusted`), and the doubt is on record.
"""

from dataclasses import replace

from edge_rules.inputs import ClockJudged
from edge_rules.receiving import CLOCK_SUSPECT
from edge_rules.turn import CLOCK_BUILT_MS, ClockTrust, Turn

STEP_MS = 1500.0  # a leap second and the jitter of reading two clocks are less
SLEW = 0.001  # of the time passed: NTP slews by 0.0005 at most, a poor crystal by less
GRACE_MS = 300_000.0  # a box finds its time server within minutes of its start
SEVERITY = 3

STEPPED = "stepped"
NOT_SYNCHRONISED = "not-synchronised"
NEVER_SET = "never-set"


def watch_clock(clock: ClockTrust, turn: Turn) -> ClockTrust:
    """Compare the two clocks with those of the last input; a step of the wall clock is doubtful."""
    now = turn.now
    offset_ms = now.wall_ms - now.boot_ms
    step_ms = 0.0
    if clock.offset_ms is not None:
        moved_ms = offset_ms - clock.offset_ms
        if abs(moved_ms) > STEP_MS + SLEW * max(0.0, now.boot_ms - clock.at_ms):
            step_ms = moved_ms
    stepped = clock.stepped or (step_ms != 0.0 and clock.why is None)
    seen = replace(clock, offset_ms=offset_ms, at_ms=now.boot_ms, stepped=stepped)
    return _told(seen, turn, step_ms)


def judge_clock(clock: ClockTrust, given: ClockJudged, turn: Turn) -> ClockTrust:
    """Take the machine's word on who set its clock; what it was set by once, it was set by."""
    return _told(replace(clock, known=given.source is not None), turn)


def clock_looked_at(clock: ClockTrust, turn: Turn) -> ClockTrust:
    """Believe a clock that stepped again once somebody has acknowledged the alarm."""
    stands = any(a.alarm == CLOCK_SUSPECT and a.device is None for a in turn.alarms)
    return clock if stands or not clock.stepped else _told(replace(clock, stepped=False), turn)


def _told(clock: ClockTrust, turn: Turn, step_ms: float = 0.0) -> ClockTrust:
    why = _why(clock, turn)
    turn.clock_trusted = why is None
    if why != clock.why or step_ms:
        turn.record(
            "clock-judged", {"trusted": why is None, "why": why, "step_ms": round(step_ms) or None}
        )
    alarmed = clock.alarmed and why is not None
    lasting = turn.now.boot_ms - turn.rules.started.boot_ms >= GRACE_MS
    if why is not None and not alarmed and (lasting or why == STEPPED):
        turn.alarm(CLOCK_SUSPECT, SEVERITY, None, None, detail=why)
        alarmed = True
    return replace(clock, why=why, alarmed=alarmed)


def _why(clock: ClockTrust, turn: Turn) -> str | None:
    if turn.now.wall_ms < CLOCK_BUILT_MS:
        return NEVER_SET
    if not clock.known:
        return NOT_SYNCHRONISED
    return STEPPED if clock.stepped else None
