"""gateway.bench.reload: a policy that changes under load loses nobody, judges nobody by halves."""

import json

from gateway.bench.reload import Plan, reload_lines


def test_every_visit_is_judged_by_one_policy_or_the_other() -> None:
    """In little; `menshen bench reload` takes seven minutes over it, and measures the waits."""
    [line] = map(json.loads, reload_lines(Plan(rules=30, blocks=1, seconds=4, every_s=1.3)))
    assert line["reloads"] >= 2
    assert line["visits"] == 800 + 800 + 200
    assert (line["lost"], line["strange"], line["wrong"]) == (0, 0, 0)
    assert line["rules"] == 30
    assert line["us"] >= 0 <= line["floor_us"]
