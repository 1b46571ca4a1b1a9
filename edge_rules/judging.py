"""From a visit to facts, from facts to a decision, and what stands above the policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from devices.moment import Moment
from devices.readings import Temperature, TemperatureKind
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.decision import Decision, Outcome, Say
from edge_rules.lane import (
    CODES_MISSING,
    CREDENTIAL,
    TEMPERATURE,
    LaneState,
    Measured,
    Mode,
    Visit,
)
from edge_rules.receiving import CLOCK_SUSPECT
from edge_rules.turn import SiteRules, Turn

PLAUSIBLE_CELSIUS = (
    30.0,
    45.0,
)  # of living skin at a gate; outside it the sensor saw something else
RULE_ERROR = "rule-error"
EMERGENCY = "emergency"  # whom a temperature that is missing holds up, only a policy may say
HEALTH_KINDS = frozenset(
    {CredentialKind.EU_DCC, CredentialKind.SMART_HEALTH_CARD, CredentialKind.COLOUR_CODE}
)

_BY_THE_CLOCK = frozenset(
    {CredentialStatus.VALID, CredentialStatus.EXPIRED, CredentialStatus.NOT_YET_VALID}
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

WAIT_FOR_GUARD = Say("请稍候,门卫会来看一下", "Please wait - a guard will look")


def needs_at(lane: LaneState, rules: SiteRules, now: Moment) -> frozenset[str]:
    """Name what a visit of this lane waits for at this time."""
    wanted = lane.rules.needs
    return wanted if rules.screening(now) else wanted - {TEMPERATURE}


def lacks(lane: LaneState, visit: Visit, rules: SiteRules, now: Moment) -> frozenset[str]:
    """Name what a visit still waits for; emergency services wait for no temperature."""
    has: set[str] = set() if visit.in_parts or visit.asking else {CREDENTIAL}
    measured = visit.measured_persons >= visit.persons or visit.credential.person == EMERGENCY
    return needs_at(lane, rules, now) - has - ({TEMPERATURE} if measured else set())


def missing_words(lane: LaneState, visit: Visit, turn: Turn) -> list[str]:
    """Say in reasons what a visit still waits for."""
    return [
        CODES_MISSING if what == CREDENTIAL and visit.in_parts else f"{what}-missing"
        for what in sorted(lacks(lane, visit, turn.rules, turn.now))
    ]


def highest(visit: Visit, rules: SiteRules) -> Measured | None:
    """Return the measurement that stands: the one most above its own limit.

    One without a value or without a limit stands before all others, since it can't be judged.
    """

    def excess(measured: Measured) -> float:
        limit, celsius = rules.limit_for(measured), measured.reading.celsius
        return float("inf") if limit is None or celsius is None else celsius - limit

    return max(visit.measured, key=excess, default=None)


def facts_of(
    lane: LaneState, visit: Visit, turn: Turn, *, second: Temperature | None = None
) -> dict[str, Any]:
    """Lay out `checkpoint/1` for one visit; what is not known is left out."""
    local = turn.now.utc.astimezone(turn.rules.zone)
    measured = highest(visit, turn.rules)
    if second is not None:
        measured = Measured(second, turn.now)
    credential = screened(visit.credential, turn)
    return {
        "site": turn.rules.site,
        "checkpoint": lane.rules.checkpoint,
        "lane": lane.rules.lane,
        "direction": lane.rules.direction.value,
        "now": turn.now.utc,
        "local": {
            "hour": local.hour,
            "minute": local.minute,
            "weekday": local.isoweekday(),
            "date": local.date().isoformat(),
        },
        "clock": {"trusted": turn.clock_trusted},
        "level": {"name": "normal", "severity": 0},
        "person": {
            "kind": credential.person or "unknown",
            "count": visit.group,
            "minor": credential.minor,
        },
        "credential": _credential_facts(credential, turn),
        "temperature": _temperature_facts(measured, turn, second=second is not None),
        "access": _access_facts(visit),
        "gate": {
            "door": lane.gate.door.value if lane.gate.door else None,
            "online": lane.gate.ready(turn.now),
            "mode": lane.mode.value,
        },
    }


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of a visit, what the policy alone said of it, and what stood above that."""

    decision: Decision
    said: Decision
    doubts: tuple[str, ...]


def judge(
    lane: LaneState,
    visit: Visit,
    facts: Mapping[str, Any],
    turn: Turn,
    *,
    measured_again: bool = False,
) -> Judged:
    """Decide on a visit: what stands above the policy can only take an admission away."""
    said = _asked(facts, turn)
    doubts = _doubts(lane, visit, turn)
    if measured_again:  # what was missing is there now
        doubts = [doubt for doubt in doubts if doubt != f"{TEMPERATURE}-missing"]
    return Judged(doubted(said, doubts), said, tuple(dict.fromkeys(doubts)))


def doubted(said: Decision, doubts: Sequence[str]) -> Decision:
    """Return what is left of a policy's decision under doubts: they make an admission a referral.

    They stand first among the reasons of a referral; a denial stays as it is.
    """
    if not doubts or said.outcome is Outcome.DENY:
        return said
    reasons = list(dict.fromkeys(doubts))
    if said.outcome is Outcome.REFER:
        reasons += [reason for reason in said.reasons if reason not in reasons]
    say = said.say if said.outcome is Outcome.REFER and said.say else WAIT_FOR_GUARD
    return replace(said, outcome=Outcome.REFER, reasons=tuple(reasons), say=say)


def _asked(facts: Mapping[str, Any], turn: Turn) -> Decision:
    try:
        return turn.policy.decide(facts)
    except Exception:  # whatever is wrong with a policy, a guard looks
        turn.alarm(RULE_ERROR, 4, None, None)
        return Decision(Outcome.REFER, (RULE_ERROR,))


def _doubts(lane: LaneState, visit: Visit, turn: Turn) -> list[str]:
    doubts = [visit.doubt] if visit.doubt else []
    doubts += missing_words(lane, visit, turn)
    if visit.counting.why and lane.rules.platform_refers:
        doubts.append(visit.counting.why)
    if turn.repeats(visit.user):
        doubts.append("repeated-scan")
    doubts += _bounds_of_pass(lane, visit, turn)
    if lane.mode is Mode.LOCKDOWN:
        doubts.append("lockdown")
    if lane.mode is not Mode.RELEASED and not lane.gate.ready(turn.now):
        doubts.append("gate-offline")
    return doubts


def _bounds_of_pass(lane: LaneState, visit: Visit, turn: Turn) -> list[str]:
    """Name what a pass is bound to and this visit is not, also where the policy forgot to ask."""
    doubts, credential = [], visit.credential
    if credential.gates and not {lane.rules.lane, lane.rules.checkpoint} & set(credential.gates):
        doubts.append("wrong-gate")
    most = credential.uses_per_day
    if most is not None and visit.user and turn.used_today(visit.user) >= most:
        doubts.append("uses-exhausted")
    return doubts


def screened(credential: Credential, turn: Turn) -> Credential:
    """Return the credential as far as it may be believed at this time.

    Once screening has ended none says anything of health; a code that changes with the clock
    proves nothing while the clock is in doubt.
    """
    if credential.rotating and not turn.clock_trusted and credential.status in _BY_THE_CLOCK:
        return replace(credential, status=CredentialStatus.UNVERIFIED, reason=CLOCK_SUSPECT)
    if credential.kind not in HEALTH_KINDS or turn.rules.screening(turn.now):
        return credential
    return Credential(credential.kind, CredentialStatus.UNVERIFIED, "screening-ended")


def credential_record(credential: Credential) -> dict[str, str | None]:
    """Lay out what a record keeps of a credential."""
    return {
        "kind": credential.kind.value,
        "status": status_of(credential),
        "reason": credential.reason,
        "subject": credential.subject,
    }


def status_of(credential: Credential) -> str | None:
    """Return how its judgement ended; nothing shown was not judged."""
    return None if credential.kind is CredentialKind.NONE else credential.status.value


def said_record(judged: Judged) -> dict[str, Any] | None:
    """Lay out what the policy alone said, where what stands above it made something else of it."""
    said, left = judged.said, judged.decision
    if (said.outcome, said.reasons) == (left.outcome, left.reasons):
        return None
    return {"decision": said.outcome.value, "reasons": list(said.reasons)}


def _credential_facts(credential: Credential, turn: Turn) -> dict[str, Any]:
    issued, expires = (_utc(ms) for ms in (credential.issued_ms, credential.expires_ms))
    return {
        "kind": credential.kind.value,
        "status": status_of(credential),
        "reason": credential.reason,
        "issuer": credential.issuer,
        "entry": credential.entry,
        "issued": issued,
        "expires": expires,
        "age": None if issued is None else turn.now.utc - issued,
        "colour": credential.colour,
        "gates": credential.gates,
        "rules_ok": credential.rules_ok,
        "failing_rule": credential.failing_rule,
        "uses_today": turn.used_today(credential.subject) if credential.subject else None,
    }


def _access_facts(visit: Visit) -> dict[str, Any]:
    vouched = visit.counting.vouched
    return {"listed": vouched.listed if vouched else None}


def _temperature_facts(measured: Measured | None, turn: Turn, *, second: bool) -> dict[str, Any]:
    if measured is None or not turn.rules.screening(turn.now):
        return {}
    reading = measured.reading
    low, high = PLAUSIBLE_CELSIUS
    return {
        "celsius": reading.celsius,
        "uncertainty": reading.uncertainty,
        "limit": _limit(measured, turn.rules, second=second),
        "kind": reading.kind.value if reading.kind else None,
        "spot": reading.spot.value if reading.spot else None,
        "quality": reading.quality,
        "plausible": None if reading.celsius is None else low <= reading.celsius <= high,
        "second": second,
        "measured": _utc(reading.at_ms if reading.at_ms is not None else measured.arrived.wall_ms),
    }


def _limit(measured: Measured, rules: SiteRules, *, second: bool) -> float | None:
    """Return the limit in °C that one measurement is held to, None where there is none.

    A guard's reading of the body, for which the authority gave no limit, is held to the strictest
    one of the skin: skin is the colder of the two.
    """
    limit = rules.limit_for(measured)
    if limit is not None or not second or measured.reading.kind is TemperatureKind.SURFACE:
        return limit
    skin = [value for (_, kind), value in rules.limits.items() if kind is TemperatureKind.SURFACE]
    return min(skin, default=None)


def _utc(wall_ms: int | None) -> datetime | None:
    if wall_ms is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=wall_ms)
    except OverflowError:
        return None  # a date outside the calendar is a fact that is missing
