"""Twelve rules of a checkpoint, twice: as a policy, and as somebody would write them in Python."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from edge_rules.decision import Decision, Outcome
from edge_rules.policy.combining import Firing, combine

_HEALTHY = (
    'credential.status == "valid" && temperature.quality == "good" && temperature.plausible'
    " && temperature.celsius > 34.0 && temperature.celsius < temperature.limit"
)
RULES: Final[tuple[tuple[str, str, str], ...]] = (  # reason and id, condition, outcome
    ("temperature-high", "temperature.celsius >= temperature.limit", "refer"),
    ("temperature-low", "temperature.celsius <= 34.0", "refer"),
    ("temperature-implausible",
     'temperature.quality != "good" || !temperature.plausible', "refer"),
    ("credential-invalid", 'credential.status == "invalid"', "deny"),
    ("credential-revoked", 'credential.status == "revoked"', "deny"),
    ("credential-expired", 'credential.status == "expired"', "refer"),
    ("credential-not-yet-valid", 'credential.status == "not-yet-valid"', "refer"),
    ("credential-unreadable", 'credential.status == "unreadable"', "refer"),
    ("credential-unverified", 'credential.status == "unverified"', "refer"),
    ("code-not-green", 'credential.kind == "colour-code" && credential.colour != "green"', "deny"),
    ("blocked", "access.blocked", "deny"),
    ("healthy", _HEALTHY, "admit"),
)  # fmt: skip


def written_by_hand() -> Callable[[Mapping[str, Any]], Decision]:
    """Return a new decider that keeps the decisions it has made, as the compiled policy does."""
    known: dict[tuple[int, ...], Decision] = {}

    def decide(facts: Mapping[str, Any]) -> Decision:
        fired = _fired(facts)
        return known.get(fired) or known.setdefault(fired, _decision(fired))

    return decide


def _decision(fired: tuple[int, ...]) -> Decision:
    firings = [Firing(RULES[n][0], Outcome(RULES[n][2]), RULES[n][0]) for n in fired]
    return combine(firings, Outcome.REFER)


def _fired(facts: Mapping[str, Any]) -> tuple[int, ...]:  # noqa: C901 - as it is written
    credential, temperature = facts["credential"], facts["temperature"]
    status = credential["status"]
    celsius, limit = temperature["celsius"], temperature["limit"]
    quality, plausible = temperature["quality"], temperature["plausible"]
    fired: tuple[int, ...] = ()
    if celsius >= limit:
        fired += (0,)
    if celsius <= 34.0:
        fired += (1,)
    if quality != "good" or not plausible:
        fired += (2,)
    if status == "invalid":
        fired += (3,)
    if status == "revoked":
        fired += (4,)
    if status == "expired":
        fired += (5,)
    if status == "not-yet-valid":
        fired += (6,)
    if status == "unreadable":
        fired += (7,)
    if status == "unverified":
        fired += (8,)
    if credential["kind"] == "colour-code" and credential["colour"] != "green":
        fired += (9,)
    if facts["access"]["blocked"]:
        fired += (10,)
    if status == "valid" and quality == "good" and plausible and celsius > 34.0 and celsius < limit:
        fired += (11,)
    return fired
