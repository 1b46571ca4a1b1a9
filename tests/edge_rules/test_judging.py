"""edge_rules.judging: what is kept of a judgement, from which it can be made again."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_rules.decision import Decision, Outcome
from edge_rules.facts import GROUPS, TOP, Field, Kind, clean_facts
from edge_rules.inputs import Act
from edge_rules.judging import doubted
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.policy_file import load_policy
from edge_rules.policy.probes import probe_facts
from edge_rules.policy.written_facts import read_facts, write_facts
from tests.conftest import REPOSITORY
from tests.edge_rules.scene import IN, Scene

YEARS = timedelta(days=292 * 365)  # CEL's durations reach no further
MANY_KINDS = """\
policy: p
facts: checkpoint/1
rules:
  - {id: age, when: 'credential.age < duration("48h")', then: admit, reason: fresh}
  - {id: old, when: 'now - credential.issued >= duration("48h")', then: refer, reason: old}
  - {id: hot, when: temperature.celsius >= temperature.limit, then: refer, reason: hot}
  - {id: gate, when: lane in credential.gates, then: deny, reason: gate}
  - {id: name, when: 'credential.issuer.matches("^[a-z]+$")', then: refer, reason: name}
"""


def values(field: Field) -> st.SearchStrategy[Any]:
    if field.words:
        return st.sampled_from(sorted(field.words))
    return {
        Kind.BOOL: st.booleans(),
        Kind.INT: st.integers(field.low, field.high),
        Kind.DOUBLE: st.floats(allow_nan=False, allow_infinity=False),
        Kind.STRING: st.text(max_size=20),
        Kind.STRINGS: st.lists(st.text(max_size=5), max_size=4),
        Kind.TIMESTAMP: st.datetimes(timezones=st.just(UTC)),
        Kind.DURATION: st.timedeltas(-YEARS, YEARS),
    }[field.kind]


def groups(fields: Mapping[str, Field]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={n: values(field) for n, field in fields.items()})


def all_facts() -> st.SearchStrategy[dict[str, Any]]:
    inner = st.fixed_dictionaries({name: groups(fields) for name, fields in GROUPS.items()})
    return st.builds(lambda top, rest: clean_facts({**top, **rest}), groups(TOP), inner)


def read_back(facts: Mapping[str, Any]) -> dict[str, Any]:
    text = json.dumps(write_facts(facts), allow_nan=False).encode("utf-8").decode("utf-8")
    return clean_facts(read_facts(json.loads(text)))


@given(all_facts())
@settings(max_examples=300, deadline=None)
def test_facts_on_record_are_the_facts_that_were_judged(facts: dict[str, Any]) -> None:
    assert read_back(facts) == facts


def test_facts_on_record_are_decided_on_alike() -> None:
    shipped = (REPOSITORY / "simulators/estates/riverside/policy.yaml").read_text("utf-8")
    for text in (MANY_KINDS, shipped):
        policy = load_policy(text, "p")
        decide = compile_policy(policy).decide
        for facts in probe_facts([policy], Random(5), 2000):
            assert decide(read_back(facts)) == decide(facts)


def test_the_first_and_last_days_of_the_calendar_come_back() -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)
    for moment in (datetime(1, 1, 1, tzinfo=UTC), last, datetime(900, 2, 3, 4, 5, 6, 7000, UTC)):
        facts = clean_facts({"now": moment})
        assert read_back(facts) == facts


def test_a_record_keeps_what_the_policy_said_where_a_doubt_outweighed_it() -> None:
    scene = Scene()
    scene.operate(Act.LOCK)
    scene.measure()
    (event,) = [event for event in scene.scan() if event["type"] == "passage-decided"]
    assert (event["decision"], event["reasons"]) == ("refer", ["lockdown"])
    assert event["doubts"] == ["lockdown"]
    assert event["said"] == {"decision": "admit", "reasons": ["healthy"]}
    assert event["lane"] == IN


def test_a_record_says_nothing_more_where_no_doubt_counts() -> None:
    scene = Scene()
    scene.measure()
    (event,) = [event for event in scene.scan() if event["type"] == "passage-decided"]
    assert (event["doubts"], event["said"]) == ([], None)


def test_a_record_of_what_no_policy_was_asked_names_the_doubt() -> None:
    scene = Scene()
    (event,) = [event for event in scene.scan(at_ms=0) if event["type"] == "passage-decided"]
    assert (event["doubts"], event["said"]) == (event["reasons"], None)
    assert "facts" not in event


def test_doubts_take_an_admission_away_and_nothing_else() -> None:
    said = {outcome: Decision(outcome, ("why",), ("rule",)) for outcome in Outcome}
    assert doubted(said[Outcome.ADMIT], []) == said[Outcome.ADMIT]
    assert doubted(said[Outcome.DENY], ["lockdown"]) == said[Outcome.DENY]
    referred = [doubted(said[each], ["a", "a"]) for each in (Outcome.ADMIT, Outcome.REFER)]
    assert [(each.outcome, each.reasons) for each in referred] == [
        (Outcome.REFER, ("a",)), (Outcome.REFER, ("a", "why")),
    ]  # fmt: skip
