"""edge_rules.policy.proving.properties: what holds is proved, a hole is found, doubt is said."""

from pathlib import Path

import pytest

from edge_rules.decision import Outcome
from edge_rules.policy.policy_file import load_policy
from edge_rules.policy.proving import search, translator
from edge_rules.policy.proving.properties import prove
from edge_rules.policy.proving.property_model import TOO_LARGE
from tests.conftest import REPOSITORY
from tests.edge_rules.policy.policies import with_rules
from tests.edge_rules.policy.proving.questions import NO_FEVER, asked, decided, riverside

SHIPPED = sorted((REPOSITORY / "edge_rules/shipped_policies").glob("*.yaml"))
OVER = ("temperature.celsius >= temperature.limit", "temperature.celsius > temperature.limit")
UNDER = ("temperature.celsius < temperature.limit", "temperature.celsius <= temperature.limit")
FEVER, STAFF = "temperature.celsius >= temperature.limit", 'person.kind == "staff"'


@pytest.mark.parametrize("text", [NO_FEVER, NO_FEVER.replace("→", "->")])
def test_nobody_with_a_fever_is_admitted_at_riverside(text: str) -> None:
    answer = asked(riverside(), text)
    assert (answer.holds, answer.vacuous, answer.facts) == (True, False, None)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_policies_are_what_they_say(path: Path) -> None:
    policy = load_policy(path.read_text("utf-8"), path.name)
    assert asked(policy, NO_FEVER).holds
    for each in policy.properties:
        answer = prove(policy, each)
        assert (answer.holds, answer.vacuous) == (True, False), each.text


@pytest.mark.parametrize(
    "text",
    [
        'decision == "admit" → temperature.celsius < temperature.limit',
        '!has(temperature.celsius) → decision != "admit"',
        '!has(credential.status) → decision != "admit"',
        'temperature.quality == "poor" → decision != "admit"',
        'credential.status == "revoked" → "revoked" in rules && "credential-revoked" in reasons',
        '!has(credential.colour) && decision == "deny" '
        '→ credential.status in ["invalid", "revoked"]',
        'decision == "admit" → size(reasons) == 1 && rules.all(r, r == "healthy")',
        'decision == "admit" → reasons.exists(r, r.startsWith("hea"))',
        'temperature.celsius <= defaults.cold_limit → decision != "admit"',
        'lane.matches("^n") → temperature.celsius >= temperature.limit → decision != "admit"',
        'lane.startsWith("north") && lane == "north-1" && decision == "admit" → lane != "north-2"',
        'temperature.celsius + 0.1 < 30.0 → decision != "admit"',
        '!has(credential.colour) && credential.status == "expired" '
        '→ "credential-expired" in reasons',
        "decision in ['admit', 'deny', 'refer']",
    ],
)
def test_more_that_holds_at_riverside(text: str) -> None:
    assert asked(riverside(), text).holds is True


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ([OVER, UNDER], NO_FEVER),  # the boundary itself
        ([OVER], 'temperature.celsius >= temperature.limit → "fever" in rules'),
        ([("|| !temperature.plausible", ""), ("&& temperature.plausible", "")],
         '!temperature.plausible → decision != "admit"'),
        ([], 'credential.status == "revoked" → !("temperature-high" in reasons) '
             '&& !("fever" in rules)'),  # rules that disagree are both on record
        ([], 'decision == "admit" → temperature.celsius < 40.0'),
        ([], 'decision == "refer" → size(reasons) < 3'),
        ([], 'lane.matches("^north-[0-9]+$") → decision != "admit"'),
        ([], 'now.getHours("Asia/Shanghai") < 6 → decision != "admit"'),
        ([], 'size(lane) == 3 && lane.endsWith("\\\\") → decision != "admit"'),
        ([], 'size(credential.gates) == 64 && lane in credential.gates → decision != "admit"'),
        ([], 'lane < checkpoint && checkpoint < "b" → decision != "admit"'),
        ([], 'temperature.celsius * 2.0 == 74.5 → decision != "admit"'),
        ([], 'credential.age > duration("1h") && now - credential.issued < duration("1ms") '
             '→ decision != "admit"'),
    ],
)  # fmt: skip
def test_a_hole_is_found_and_the_policy_confirms_it(
    changes: list[tuple[str, str]], text: str
) -> None:
    policy = riverside(*changes)
    answer = asked(policy, text)
    assert answer.holds is False
    assert decided(policy, answer).outcome in Outcome


def test_a_rule_that_guards_its_fact_lets_others_admit_without_it() -> None:
    text = '!has(temperature.celsius) → decision != "admit"'
    strict = with_rules((FEVER, "refer"), (STAFF, "admit"))
    assert asked(strict, text).holds  # what is missing refers
    lax = with_rules((f"has(temperature.celsius) && {FEVER}", "refer"), (STAFF, "admit"))
    answer = asked(lax, text)
    assert answer.facts == {"person": {"kind": "staff"}}  # and nothing beside it
    assert decided(lax, answer).outcome is Outcome.ADMIT


def test_an_overflow_refers() -> None:
    policy = with_rules(
        ("credential.uses_today + 1 > 30", "refer"), ("credential.uses_today > 40", "admit")
    )
    assert asked(policy, 'credential.uses_today > 30 → decision != "admit"').holds
    answer = asked(policy, 'credential.uses_today > 30 → "reason-1" in reasons')
    assert answer.facts == {"credential": {"uses_today": 2**63 - 1}}
    assert decided(policy, answer).reasons == ("rule-error",)


def test_the_next_double_is_found() -> None:
    policy = with_rules(("temperature.celsius > 37.3", "refer"), ("access.listed", "admit"))
    answer = asked(policy, 'temperature.celsius > 37.2 → decision != "admit"')
    assert answer.holds is False
    nothing_between = "temperature.celsius > 37.3 && temperature.celsius < 37.300000000000004"
    assert asked(policy, f"{nothing_between} → false").vacuous
    assert asked(policy, "temperature.celsius > 1.7976931348623157e308 → false").vacuous
    assert asked(policy, "temperature.celsius >= 1.7976931348623157e308 → false").holds is False


@pytest.mark.parametrize(
    ("text", "vacuous"),
    [
        ('temperature.celsius > 39 && temperature.celsius < 38.0 → decision != "admit"', True),
        ('credential.status == "valid" → credential.status == "revoked" → false', True),
        ('temperature.celsius > 39 → decision == "admit" → temperature.celsius > 38.0', False),
    ],
)
def test_a_premise_that_is_never_met_is_told(text: str, *, vacuous: bool) -> None:
    answer = asked(riverside(), text)
    assert (answer.holds, answer.vacuous) == (True, vacuous)


def test_what_follows_must_be_sure() -> None:
    """A premise that can't be judged is not met, what follows and can't be judged does not hold."""
    policy = with_rules((STAFF, "admit"))
    assert asked(policy, "access.listed → has(access.listed)").holds
    answer = asked(policy, 'decision == "admit" → temperature.celsius < 40.0')
    assert answer.facts == {"person": {"kind": "staff"}}


@pytest.mark.parametrize(
    ("condition", "construct"),
    [
        (
            'credential.issuer.lowerAscii() == "north"',
            "p.yaml:4:5: rule rule-1: `credential.issuer.lowerAscii()`",
        ),
        ('{"a": 7}[credential.issuer] == person.count', '`{"a": 7}[credential.issuer]`'),
    ],
)
def test_what_no_formula_describes_is_said_with_its_place(condition: str, construct: str) -> None:
    policy = with_rules((condition, "admit"))
    assert asked(
        policy, 'has(credential.issuer) || decision != "admit"'
    ).holds  # whatever it may give
    answer = asked(policy, 'decision != "admit"')
    assert answer.holds is None
    assert construct in answer.why
    assert "can't be translated" in answer.why


def test_an_answer_that_takes_too_long_is_no_proof() -> None:
    """Fermat's last theorem for cubes: true, and not for a solver to find in half a second."""
    names = ("access.occupancy", "person.count", "access.wrong_attempts")
    bounds = " && ".join(f"{name} > 0 && {name} < 1000000" for name in names)
    one, two, three = (f"{name} * {name} * {name}" for name in names)
    policy = with_rules((f"{bounds} && {one} + {two} == {three}", "admit"))
    answer = asked(policy, f'{bounds} → decision != "admit"', timeout_s=0.5)
    assert (answer.holds, answer.facts) == (None, None)
    assert "no answer in time" in answer.why


def test_no_time_is_no_proof() -> None:
    assert asked(riverside(), NO_FEVER, timeout_s=0.0).holds is None


def test_a_question_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translator, "MAX_PARTS", 30)
    answer = asked(riverside(), NO_FEVER)
    assert (answer.holds, answer.why) == (None, TOO_LARGE)


def test_a_case_that_the_policy_does_not_confirm_is_our_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = riverside(OVER, UNDER)
    monkeypatch.setattr("edge_rules.policy.proving.properties.clean_facts", lambda _: {})
    answer = asked(policy, 'temperature.celsius >= temperature.limit → decision == "deny"')
    assert (answer.holds, answer.why) == (None, search.OURS)


def test_a_rule_for_each_of_two_thousand_doors() -> None:
    doors = [
        (f'gate.door == "b-{n}" && temperature.celsius >= {36 + n % 20 / 10}', "deny")
        for n in range(2_000)
    ]
    policy = with_rules(*doors, (FEVER, "refer"), ('credential.status == "valid"', "admit"))
    assert asked(policy, NO_FEVER, timeout_s=100.0).holds
