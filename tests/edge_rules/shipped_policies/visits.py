"""Visits as they might well be: random facts, most of them such as a calm day brings."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from edge_rules.facts import FIELDS, clean_facts
from tests.edge_rules.shipped_policies.shipped import Facts

CALM: dict[str, dict[str, list[Any]]] = {  # what a fact mostly is
    "clock": {"trusted": [True]},
    "person": {"kind": ["resident", "staff", "visitor", "delivery", "emergency", "unknown"],
               "count": [1, 2]},
    "credential": {"kind": ["estate-pass", "estate-pass", "eu-dcc", "smart-health-card",
                            "colour-code", "none"],
                   "status": ["valid"], "colour": ["green"], "rules_ok": [True]},
    "temperature": {"celsius": [36.4, 36.8], "limit": [37.3], "quality": ["good"],
                    "plausible": [True], "second": [False], "measured": []},
    "access": {"schedule_open": [True], "listed": [True]},
}  # fmt: skip
ODD: dict[str, list[Any]] = {  # what else it may be
    "person.minor": [True, False],
    "person.count": [0, 1, 2, 3],
    "credential.gates": [(), ("north-in",), ("south-in", "north-gate"), ("delivery",)],
    "credential.expires": [datetime(2026, 12, 1, tzinfo=UTC)],
    "credential.age": [timedelta(hours=3)],
    "temperature.celsius": [29.0, 34.0, 36.9, 37.2, 37.3, 38.4],
    "temperature.limit": [36.8, 37.3],
    "temperature.uncertainty": [0.0, 0.1, 0.5, -1.0],
    "access.occupancy": [0, 99, 100],
    "access.occupancy_limit": [0, 100],
    "access.wrong_attempts": [0, 4, 5],
}


@st.composite
def likely_facts(draw: st.DrawFn) -> Facts:
    """Facts of one visit: calm ones, of which some are odd, or lost."""
    lane = draw(st.sampled_from(["north-in", "delivery"]))
    facts: dict[str, Any] = {"lane": lane, "checkpoint": "north-gate", "direction": "in"}
    for group, fields in CALM.items():
        if group == "access" and draw(st.booleans()):
            continue  # an estate without access rules
        facts[group] = {name: draw(st.sampled_from(few)) for name, few in fields.items() if few}
    for fact in draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=3, unique=True)):
        group, _, name = fact.rpartition(".")
        held = facts.setdefault(group, {}) if group else facts
        held[name] = draw(st.sampled_from(_values(fact)))
    return clean_facts(facts)


def _values(fact: str) -> list[Any]:
    return [*sorted(FIELDS[fact].words), *ODD.get(fact, [True, False, 1, "x"]), None]
