"""What operators do: open with a reason, lock, release, restore, measure again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite

from devices.commands import Do
from devices.ids import LaneId
from devices.readings import Spot, Temperature, TemperatureKind
from devices.units import Celsius
from edge_rules.commanding import stand
from edge_rules.granting import decide, grant_opening, withdraw_grant
from edge_rules.inputs import Act, OperatorActed
from edge_rules.judging import PLAUSIBLE_CELSIUS
from edge_rules.lane import Authority, LaneState, Mode, standing_order
from edge_rules.turn import Turn

SECONDING_MS = 30_000  # two people act together, or they don't
ADMIN = "admin"

# How a guard measures tells whether it is the skin that was read, or the body.
METHODS: Mapping[str, tuple[Spot | None, TemperatureKind]] = {
    "ear": (Spot.EAR, TemperatureKind.BODY_EQUIVALENT),
    "axillary": (None, TemperatureKind.BODY_EQUIVALENT),
    "oral": (None, TemperatureKind.BODY_EQUIVALENT),
    "contact": (None, TemperatureKind.BODY_EQUIVALENT),
    "forehead": (Spot.FOREHEAD, TemperatureKind.SURFACE),
    "canthus": (Spot.CANTHUS, TemperatureKind.SURFACE),
    "wrist": (Spot.WRIST, TemperatureKind.SURFACE),
}


@dataclass(frozen=True, slots=True)
class ActResult:
    """What an act led to: the opening's command, or the word for why it was refused."""

    command: str | None = None
    refused: str | None = None
    visit: str | None = None  # that it started, or decided anew


def operate(lane: LaneState, act: OperatorActed, turn: Turn) -> tuple[LaneState, ActResult]:
    """Carry out one act at one lane; a refused act is on record too."""
    if act.act is Act.SECOND_MEASURE:
        return _second_measure(lane, act, turn)
    refused = _refusal(lane, act, turn)
    seconding = lane.seconding
    if refused == "needs-second-person":
        seconding = (act.by, turn.now.boot_ms + SECONDING_MS)
    elif act.act is Act.OPEN:
        seconding = None
    lane = replace(lane, seconding=seconding)
    mode = lane.mode if refused else _MODES.get(act.act, lane.mode)
    record_act(lane.rules.lane, act, turn, refused=refused, mode=mode.value)
    if refused:
        return lane, ActResult(refused=refused)
    if act.act is Act.OPEN:
        grant = turn.new_id()
        lane = withdraw_grant(_answered(lane), "superseded", turn)
        lane = grant_opening(lane, grant, Authority.OPERATOR, turn)
        return lane, ActResult(command=lane.grant.command if lane.grant else None)
    if act.act is Act.RESTORE and lane.mode is Mode.NORMAL:
        return stand(lane, Do.RESTORE, turn), ActResult()  # a gate may have missed the last one
    return set_mode(lane, mode, turn), ActResult()


def set_mode(lane: LaneState, mode: Mode, turn: Turn) -> LaneState:
    """Change what stands at a lane; a live grant ends, the gate is told until it confirms."""
    if mode is lane.mode:
        return lane
    do = standing_order(lane.rules, mode)
    if mode is Mode.NORMAL:
        do = Do.RESTORE if lane.mode is Mode.RELEASED else Do.UNLOCK
    reason = "superseded" if mode is Mode.NORMAL else mode.value
    lane = withdraw_grant(lane, reason, turn)
    return stand(replace(lane, mode=mode), do, turn)


_MODES = {Act.LOCK: Mode.LOCKDOWN, Act.RELEASE: Mode.RELEASED, Act.RESTORE: Mode.NORMAL}


def _refusal(lane: LaneState, act: OperatorActed, turn: Turn) -> str | None:
    if act.act is Act.OPEN and lane.mode is Mode.RELEASED:
        return "already-released"
    if act.act is Act.OPEN and lane.mode is Mode.LOCKDOWN and act.role != ADMIN:
        by, until_ms = lane.seconding or (act.by, 0.0)
        if by == act.by or turn.now.boot_ms > until_ms:
            return "needs-second-person"
    if act.act is Act.LOCK and lane.mode is Mode.RELEASED:
        return "released"  # a release outranks a lockdown: restore first
    if act.act is Act.RESTORE and lane.mode is not Mode.LOCKDOWN and lane.occupied:
        return "passage-occupied"
    return None


def _second_measure(lane: LaneState, act: OperatorActed, turn: Turn) -> tuple[LaneState, ActResult]:
    referred = next(r for r in lane.referred if r.visit.id == act.target)
    low, high = PLAUSIBLE_CELSIUS
    refused = None
    if act.celsius is None or not low <= act.celsius <= high:
        refused = "implausible"
    elif act.method not in METHODS:
        refused = "unknown-method"
    elif lane.grant is not None:
        refused = "lane-busy"  # the one live grant is somebody else's
    measured = {} if act.celsius is None or not isfinite(act.celsius) else {"celsius": act.celsius}
    record_act(
        lane.rules.lane, act, turn, refused=refused, method=act.method, supersedes=referred.event,
        **measured,
    )  # fmt: skip
    if refused or act.celsius is None or act.method is None:
        return lane, ActResult(refused=refused)
    spot, kind = METHODS[act.method]
    reading = Temperature(
        act.key, turn.now.wall_ms, Celsius(act.celsius), spot, kind, quality="good"
    )
    kept = tuple(r for r in lane.referred if r is not referred)
    lane = replace(lane, referred=kept)
    lane = decide(lane, referred.visit, turn, second=reading, supersedes=referred.event)
    return lane, ActResult(command=lane.grant.command if lane.grant else None)


def _answered(lane: LaneState) -> LaneState:
    return replace(lane, referred=tuple(replace(r, answered=True) for r in lane.referred))


def record_act(
    lane: LaneId, act: OperatorActed, turn: Turn, visit: str | None = None, /, **more: object
) -> None:
    """Put an act on record; `visit` is the one it is about, its target where none is given."""
    body = {
        "act": act.act.value, "by": act.by, "role": act.role, "reason": act.reason,
        "key": act.key,  # so that the same act is known again after a restart
        **more,
    }  # fmt: skip
    turn.record("operator-acted", body, lane=lane, visit=visit or act.target)
