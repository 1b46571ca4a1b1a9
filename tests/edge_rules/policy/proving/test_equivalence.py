"""edge_rules.policy.proving.equivalence: two policies decide alike on all facts, or not on some."""

import pytest
from hypothesis import HealthCheck, given, settings

from devices.errors import PartMissingError
from edge_rules.facts import clean_facts
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.proving import solver_library
from edge_rules.policy.proving.equivalence import equivalent
from edge_rules.policy.rules import Policy
from edge_rules.policy.written_facts import read_facts
from tests.edge_rules.policy.policies import with_rules
from tests.edge_rules.policy.proving.questions import riverside
from tests.edge_rules.policy.proving.test_same_decisions import cases, policies

FEVER = "temperature.celsius >= temperature.limit"


def outcomes(facts: dict[str, object], *both: Policy) -> list[str]:
    known = clean_facts(read_facts(facts))
    return [compile_policy(policy).decide(known).outcome.value for policy in both]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FEVER, "!(temperature.celsius < temperature.limit)"),
        ("person.count > 1", "person.count >= 2"),
        ('lane == "a" || lane == "b"', 'lane in ["b", "a"]'),
        ("access.listed && access.blocked", "access.blocked && access.listed"),
        ('lane.startsWith("north-")', 'lane >= "north-" && lane < "north."'),
        ('lane.matches("x") && access.listed', 'access.listed && lane.matches("x")'),
    ],
)
def test_the_same_said_in_another_way(one: str, other: str) -> None:
    mine, its = (with_rules((each, "admit")) for each in (one, other))
    assert equivalent(mine, its).holds is True


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        (FEVER, "temperature.celsius > temperature.limit", "limit"),
        ("level.severity < 3", '!(level.name in ["I", "II"])', "level"),  # another fact
        # the sum is an error in the year 9999, the difference is one after 292 years
        ('now < credential.expires + duration("1h")', 'now - credential.expires < duration("1h")',
         "expires"),
    ],
)  # fmt: skip
def test_what_is_not_quite_the_same(one: str, other: str, shown: str) -> None:
    mine, its = (with_rules((each, "admit")) for each in (one, other))
    answer = equivalent(mine, its)
    assert answer.holds is False
    assert shown in str(answer.facts)
    assert len(set(outcomes(answer.facts or {}, mine, its))) == 2


def test_a_difference_comes_with_facts_on_which_it_shows() -> None:
    one = riverside()
    other = riverside((FEVER, "temperature.celsius > temperature.limit"))
    assert equivalent(one, other).holds  # what no rule admits is referred
    answer = equivalent(one, other, reasons=True)
    assert answer.holds is False
    assert answer.facts is not None
    assert answer.facts["temperature"]["celsius"] == answer.facts["temperature"]["limit"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies(), policies(), cases())
def test_policies_that_are_proved_alike_decide_alike(
    one: Policy, other: Policy, known: dict[str, object]
) -> None:
    assert equivalent(one, one, timeout_s=2.0, reasons=True).holds is not False
    answer = equivalent(one, other, timeout_s=2.0)
    if answer.holds:
        mine, its = (compile_policy(each).decide(clean_facts(known)) for each in (one, other))
        assert mine.outcome is its.outcome
    elif answer.facts is not None:
        mine_said, its_said = outcomes(answer.facts, one, other)
        assert mine_said != its_said
    else:
        assert "fault of the prover" not in answer.why


def test_without_the_solver_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(solver_library, "find_spec", lambda _name: None)
    with pytest.raises(PartMissingError, match="-m pip install z3-solver"):
        equivalent(riverside(), riverside())
