"""edge_rules.orders.way_home: an order that shuts residents out is found, whenever and wherever."""

from random import Random
from zoneinfo import ZoneInfo

import pytest

from devices.moment import parse_stamp
from edge_rules.orders.checking import OrderRefusal
from edge_rules.orders.way_home import Doorway, way_home
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.policy_file import load_policy

DOORWAYS = (Doorway("riverside", "north", "north-in"), Doorway("riverside", "south", "south-in"))
FROM_MS = parse_stamp("2026-11-23T00:00:00Z")  # a Monday, 08:00 in Shanghai
DAY_MS = 86_400_000
HEAD = "policy: ordered\nfacts: checkpoint/1\nrules:\n"
HEALTHY = (
    'credential.status == "valid" && temperature.celsius < temperature.limit'
    ' && temperature.quality == "good"'
)


def rule(id_: str, when: str, then: str) -> str:
    return f"  - {{id: {id_}, when: '{when}', then: {then}, reason: {id_}}}\n"


def judged(rules: str, otherwise: str = "refer", days: float = 2) -> OrderRefusal | None:
    text = load_policy(f"{HEAD}{rules}otherwise: {otherwise}\n", "order")
    until_ms = FROM_MS + round(days * DAY_MS)
    return way_home(
        text, compile_policy(text), DOORWAYS, ZoneInfo("Asia/Shanghai"),
        from_ms=FROM_MS, until_ms=until_ms, chance=Random("o-1"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "rules",
    [
        rule("all", "true", "deny"),
        rule("shown", 'credential.kind != "none"', "deny")
        + rule("none", 'credential.kind == "none"', "deny"),
        rule("curfew", "local.hour >= 21 || local.hour < 5", "deny") + rule("ok", HEALTHY, "admit"),
        rule("late", "local.hour == 3", "deny") + rule("ok", HEALTHY, "admit"),
        rule("tuesday", "local.weekday == 2", "deny") + rule("ok", HEALTHY, "admit"),
        rule("a-date", 'local.date == "2026-11-24"', "deny") + rule("ok", HEALTHY, "admit"),
        rule("then", 'now >= timestamp("2026-11-24T00:00:00Z")', "deny")
        + rule("ok", HEALTHY, "admit"),
        rule("south", 'lane == "south-in"', "deny") + rule("ok", HEALTHY, "admit"),
        rule("residents", 'person.kind == "resident"', "deny") + rule("ok", HEALTHY, "admit"),
        rule("unknown", 'person.kind == "unknown"', "deny") + rule("ok", HEALTHY, "admit"),
        rule("open", 'gate.mode == "normal"', "deny") + rule("ok", HEALTHY, "admit"),
        rule("never", 'level.name == "I"', "admit"),
    ],
)  # fmt: skip
def test_who_can_get_home_only_sometimes_or_somewhere_has_no_way_home(rules: str) -> None:
    otherwise = "deny" if "never" in rules else "refer"
    refusal = judged(rules, otherwise)
    assert refusal is not None
    assert refusal.word == "order-no-way-home"


def test_a_rule_that_refers_only_for_want_of_facts_is_no_way_home() -> None:
    rules = rule("cold", "temperature.celsius < 100.0", "deny")
    rules += rule("hot", "temperature.celsius >= 100.0", "deny")
    assert judged(rules) is not None


@pytest.mark.parametrize(
    ("rules", "otherwise"),
    [
        (rule("ok", HEALTHY, "admit"), "deny"),
        (rule("ok", HEALTHY, "admit") + rule("bad", 'credential.status == "invalid"', "deny"),
         "refer"),
        (rule("night", "local.hour >= 21 || local.hour < 5", "refer")
         + rule("day", "local.hour < 21 && local.hour >= 5", "admit"), "deny"),
        (rule("visitors", 'person.kind == "visitor"', "deny") + rule("ok", HEALTHY, "admit"),
         "deny"),
        (rule("friday", "local.weekday == 5", "deny") + rule("ok", HEALTHY, "admit"), "deny"),
    ],
)  # fmt: skip
def test_a_policy_that_lets_residents_in_or_refers_them_is_fine(rules: str, otherwise: str) -> None:
    assert judged(rules, otherwise) is None


def test_a_long_order_is_looked_at_to_its_end() -> None:
    rules = rule("later", 'local.date >= "2026-12-10"', "deny") + rule("ok", HEALTHY, "admit")
    assert judged(rules, "deny", days=16) is None
    assert judged(rules, "deny", days=30) is not None
