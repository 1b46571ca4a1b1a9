"""edge_rules.policy.proving: the formulas decide as the compiled policy does, on any facts."""

from datetime import timedelta
from typing import Any

import pytest
import z3
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from edge_rules.cel.environment import Checked, Environment
from edge_rules.cel.errors import ExpressionRefusedError
from edge_rules.cel.evaluation import check_expression
from edge_rules.cel.extensions import RULE_OVERLOADS, RULES
from edge_rules.cel.types import BOOL
from edge_rules.decision import Decision, Outcome
from edge_rules.facts import FIELDS, clean_facts
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.conditions import VARIABLES
from edge_rules.policy.proving.decision_model import DecisionModel, words_of
from edge_rules.policy.proving.manner import manner_of
from edge_rules.policy.proving.terms import NO
from edge_rules.policy.proving.translator import Scene, scene_of
from edge_rules.policy.rules import Policy, Rule
from tests.edge_rules.cel.bindings import nested
from tests.edge_rules.cel.random_expressions import VALUES, expressions, facts
from tests.edge_rules.policy.proving.concrete import pinned

WORDS = {name: sorted(field.words) for name, field in FIELDS.items() if field.words}
ENVIRONMENT = Environment(VARIABLES, dialect=RULES, functions=RULE_OVERLOADS)
RANGES = ("local.hour", "level.severity", "person.count")

FUNCTIONS = (  # that random expressions don't use
    "lane.matches('a.*')", "lane.lowerAscii() == site", "gate.door.indexOf('b') < 1",
    "string(person.count) == '1'", "int(lane) > 0", "math.bitAnd(person.count, 3) == 2",
    "now.getHours('Asia/Shanghai') < 20", "now.getHours('+08:00') == 16", "now.getHours() < 9",
    "now.getDate('UTC') == 23", "level.since.getDayOfWeek('-01:00') == 0", "now.getMinutes() < 1",
    "now.getMilliseconds() == 0", "credential.age.getHours() == -216",
    "credential.age.getSeconds() > 0", "credential.age.getMilliseconds() == 0",
    "now - level.since < duration('3h')",
    "timestamp(person.count) < now", "timestamp(int(now)) == now", "uint(person.count) > 1u",
    "int(uint(temperature.celsius + 0.3)) == 36", "int(temperature.celsius * 1e300) == 1",
    "math.greatest(temperature.celsius, temperature.limit) > 37.0",
    "math.least([temperature.celsius, -temperature.limit, 5.0]) < 0.0",
    "math.greatest(person.count, level.severity) == 2", "math.abs(person.count - 3) == 1",
    "math.sign(person.count) == 1", "math.abs(temperature.celsius) == 1.0",
    "math.sign(temperature.celsius) == -1.0", "math.sqrt(temperature.celsius) > 6.0",
    "math.round(temperature.celsius) == 37.0", "math.ceil(temperature.limit) == 38.0",
    "math.floor(-temperature.limit) == -38.0", "math.trunc(temperature.celsius + 0.3) == 36.0",
    "math.isNaN(temperature.celsius / temperature.limit)", "math.sqrt(person.count) > 1.0",
    "math.isInf(temperature.celsius * 1e308)", "math.isFinite(temperature.celsius / 0.0)",
    "temperature.celsius / 2.0 > 18.2", "temperature.celsius > 36", "person.count < 1.5",
    "temperature.celsius in [36.5, 37.3]",
    "credential.gates[0] == 'ab'", "credential.gates[person.count] < site",
    "lane in credential.gates",
    "credential.gates.exists(g, g.startsWith('a'))", "credential.gates.all(g, g != lane)",
    "credential.gates.exists_one(g, g == 'ab')", "size(credential.gates.filter(g, g < 'b')) == 1",
    "credential.gates.map(g, g == site)[0]", "credential.gates == temperature.reasons",
    "credential.gates.map(g, g + lane).exists(g, g == 'abab')", "[lane, site] == ['ab', 'ab']",
    "{'ab': 1}[lane] == 1", "lane in {'ab': 1}", "dyn(lane) == 'ab'", "type(lane) == string",
    "lane.startsWith('a')", "lane.startsWith(site)", "lane.startsWith('')", "bytes(lane) == b'ab'",
    "lane.substring(1) == 'b'", "size(lane) == 2", "person.count % 2 == 1", "-person.count < 0",
    "person.count * person.count > 3", "person.count / access.occupancy > 1",
)  # fmt: skip


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """Conditions over all kinds of facts, words and small numbers among them."""
    kind = draw(st.integers(0, 6))
    if kind == 0:
        name = draw(st.sampled_from(sorted(WORDS)))
        word = draw(st.sampled_from(WORDS[name]))
        return f"{name} {draw(st.sampled_from(['==', '!=', '<', '>=']))} '{word}'"
    if kind == 1:
        name, number = draw(st.sampled_from(RANGES)), draw(st.integers(-1, 8))
        return f"{name} {draw(st.sampled_from(['==', '<', '>']))} {number}"
    if kind == 2:
        return draw(st.sampled_from(FUNCTIONS))
    if kind == 3:
        joint = draw(st.sampled_from([" && ", " || "]))
        return f"({joint.join(draw(st.lists(conditions(), min_size=2, max_size=3)))})"
    return draw(expressions(BOOL, draw(st.integers(1, 3))))


def checked(text: str) -> Checked:
    try:
        return check_expression(text, ENVIRONMENT)
    except ExpressionRefusedError:  # `[]` of two kinds, a constant out of range
        reject()


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    texts = draw(st.lists(conditions(), min_size=1, max_size=4))
    rules = tuple(
        Rule(
            f"r{at}",
            checked(text),
            draw(st.sampled_from(Outcome)),
            draw(st.sampled_from(["a", "b", "fact-missing"])),
            None,
            (at, 1),
        )
        for at, text in enumerate(texts)
    )
    otherwise = draw(st.sampled_from([Outcome.REFER, Outcome.DENY]))
    return Policy("p", "p.yaml", "checkpoint/1", rules, otherwise, ())


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Facts as `facts()` makes them, with words too."""
    known = draw(facts())
    if draw(st.integers(0, 5)) == 0:
        known["credential.age"] = timedelta(days=200_000)  # beyond CEL's 64 bits
    words = {name: st.sampled_from(of) for name, of in WORDS.items()}
    return nested(known | draw(st.fixed_dictionaries({}, optional=words)))


def whole_cases() -> st.SearchStrategy[dict[str, Any]]:
    """Facts of which none is missing."""
    values = {name: VALUES[field.kind] for name, field in FIELDS.items() if name not in WORDS}
    words = {name: st.sampled_from(of) for name, of in WORDS.items()}
    return st.fixed_dictionaries(values | words).map(nested)


def modelled(policy: Policy) -> tuple[Scene, DecisionModel]:
    scene = scene_of(manner_of([rule.when for rule in policy.rules], words_of([policy])), {})
    return scene, DecisionModel(policy, scene)


def agrees(model: DecisionModel, decision: Decision) -> z3.BoolRef:
    """Say that all of a decision is as the policy has it."""
    parts = [model.is_(decision.outcome)]
    parts += [when == (word in decision.reasons) for word, when in model.reasons.items()]
    parts += [when == (id_ in decision.rules) for id_, when in model.rules.items()]
    parts += [model.reasons.get(word, NO) for word in decision.reasons]
    return z3.And(parts)


def compared(policy: Policy, given_facts: dict[str, Any]) -> None:
    known = clean_facts(given_facts)
    decision = compile_policy(policy).decide(known)
    scene, model = modelled(policy)
    wanted = agrees(model, decision)
    solver = z3.Solver()
    solver.set("timeout", 3_000)  # no answer is no fault
    solver.add(*pinned(scene, known), *scene.constraints)
    assert solver.check(wanted) != z3.unsat
    if not scene.opaque.places:
        assert solver.check(z3.Not(wanted)) != z3.sat
    elif not scene.opaque.free:
        while solver.check(z3.Not(wanted)) == z3.sat:
            lessons = scene.opaque.lessons(solver.model())
            assert lessons  # a wrong decision that nothing corrects
            solver.add(*lessons)


@settings(max_examples=150, deadline=None)
@given(policies(), cases())
def test_the_formulas_decide_as_the_policy_does(policy: Policy, known: dict[str, Any]) -> None:
    compared(policy, known)


@pytest.mark.parametrize("text", FUNCTIONS)
@settings(max_examples=6, deadline=None)
@given(whole_cases())
def test_each_function_is_what_the_policy_finds(text: str, known: dict[str, Any]) -> None:
    rule = Rule("only", checked(text), Outcome.ADMIT, "a", None, (1, 1))
    compared(Policy("p", "p.yaml", "checkpoint/1", (rule,), Outcome.REFER, ()), known)
