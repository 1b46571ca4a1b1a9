"""gateway.bench.policy: the floor decides as the policy does, and every figure has its floor."""

import json

import pytest

from devices.setup_file import SetupFile
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.policy_file import read_policy
from gateway.bench import policy
from gateway.bench.twelve_rules import RULES, written_by_hand


def test_the_hand_written_twelve_decide_as_the_policy_does() -> None:
    compiled = compile_policy(read_policy(SetupFile("bench", policy.data_of(0), {}), ""))
    by_hand = written_by_hand()
    visits = policy.distinct_visits(2_000)
    assert len({json.dumps(visit) for visit in visits}) == len(visits)
    fired: set[str] = set()
    for visit in visits:
        assert compiled.decide(visit) == by_hand(visit)
        fired.update(by_hand(visit).rules)
    assert len(fired) >= 8


def test_every_figure_has_its_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "SIZES", (10, 50))
    monkeypatch.setattr(policy, "PEER_VISITS", 5)
    lines = [json.loads(line) for line in policy.policy_lines(cold=100, rounds=2)]
    ours = [line for line in lines if line["name"] == "policy"]
    wanted = [(size, kind) for size in (len(RULES), 10, 50) for kind in ("hot", "cold")]
    assert [(line["rules"], line["facts"]) for line in ours] == wanted
    assert [line["rules"] for line in lines if line["name"] == "policy-load"] == [50]
    assert all(line["us"] > 0 and line["floor_us"] > 0 and line["ratio"] > 0 for line in lines)
