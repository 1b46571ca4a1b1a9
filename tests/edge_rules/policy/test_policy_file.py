"""edge_rules.policy.policy_file: every fault of a file, with its place."""

import pytest

from edge_rules.decision import Outcome, Say
from edge_rules.policy.conditions import MAX_FAULTS
from edge_rules.policy.policy_file import MAX_READ_AGAIN, load_policy
from tests.edge_rules.policy.policies import HEAD, faults_of

RULE = "rules:\n  - {id: a, when: access.listed, then: admit, reason: ok}\n"

SHOWN_IN_THE_CONTRACT = """\
policy: riverside-gate
facts: checkpoint/1              # the schema
defaults: {cold_limit: 34.0}
rules:
  - id: fever
    when: temperature.celsius >= temperature.limit
    then: refer                  # a second measurement decides
    reason: temperature-high
    say: {zh: 体温偏高,请稍候, en: Skin temperature high - please wait}
  - id: code-not-green
    when: credential.kind == "colour-code" && credential.colour != "green"
    then: deny
    reason: code-not-green
  - id: healthy
    when: >-
      credential.status == "valid" && temperature.quality == "good"
      && temperature.celsius > defaults.cold_limit && temperature.celsius < temperature.limit
    then: admit
    reason: healthy
otherwise: refer
tests:
  - given: {credential: {kind: estate-pass, status: valid}, temperature: {celsius: 38.1, limit: 37}}
    expect: {decision: refer, reasons: [temperature-high]}
"""


def test_a_sound_file_becomes_a_policy() -> None:
    policy = load_policy(SHOWN_IN_THE_CONTRACT, "p.yaml")
    assert (policy.name, policy.schema, policy.otherwise) == (
        "riverside-gate", "checkpoint/1", Outcome.REFER,
    )  # fmt: skip
    fever, code, healthy = policy.rules
    assert (fever.id, fever.then, fever.place) == ("fever", Outcome.REFER, (5, 5))
    # YAML takes the comma for the end of the text; the words are whole all the same
    assert fever.say == Say("体温偏高,请稍候", "Skin temperature high - please wait")
    assert (code.say, healthy.reason) == (None, "healthy")
    (test,) = policy.tests
    assert (test.outcome, test.reasons) == (Outcome.REFER, ("temperature-high",))


FAULTY = """\
policy: riverside gate
facts: checkpoint/2
defaults: {cold_limit: 34.0, x-y: 3, z: .nan, t: 2026-01-01}
colour: red
rules:
  - id: fever
    when: temperature.celsus >= temperature.limit
    then: refuse
    reason: Too Warm
    say: {zh: 好}
  - id: fever
    when: >-
      temperature.celsius >= 37 &&
      temperature.quality == "god"
        && temprature.celsius + 1 > 2
    then: admit
    reason: ok
    sey: 1
  - id: a
    when: 'credential.kind == ''eu-dcc'' && credential.colour = "green"'
    then: admit
    reason: ok
  - id: b
    when: "credential.kind == \\"eu-dcc\\" &&
       credential.age > duration(\\"5 minutes\\") && now.getHours(\\"Asia/Shangai\\") > 3"
    then: admit
    reason: ok
  - id: c
    when: |
      site == 'a' ||
        site.matches('(a')  // a comment
        || !access.listd
    then: admit
    reason: ok
  - 17
  - {id: [d], when: temperature.celsius + 1.0, then: admit, reason: ok}
  - {when: 3, then: , reason: ok, say: hello}
otherwise: admit
tests:
  - given: {credental: {status: valid}, temperature: {celsus: 3}, gate: open}
    expect: {decision: admitt, rules: [fver], reasons: ok}
  - expect: {}
"""


def test_every_fault_of_a_file_is_listed_in_one_go() -> None:
    wanted = [
        ("1:9", "needs a name"), ("2:8", "needs checkpoint/1"), ("3:35", "defaults.x-y"),
        ("3:41", "defaults.z: needs"), ("3:50", "defaults.t: needs"), ("4:9", "unknown key"),
        ("7:23", "did you mean `temperature.celsius`?"), ("8:11", "needs admit, deny or refer"),
        ("9:13", "kebab-case"), ("10:5", "say.en: needs words"),
        ("11:9", "`fever` stands here twice, first on line 6"),
        ("14:30", 'never "god": did you mean `good`?'), ("15:12", "unknown name `temprature`"),
        ("18:10", "did you mean `say`?"), ("20:63", "write `==`"), ("25:34", "not a duration"),
        ("25:65", "unknown time zone"), ("32:20", "did you mean `access.listed`?"),
        ("35:5", "needs keys: id"), ("36:6", "needs an id"),
        ("36:41", "asks something true or false, this is double"), ("37:5", "id: is missing"),
        ("37:12", "when: needs an expression"), ("37:15", "then: is missing"),
        ("37:40", "say: needs keys: zh, en"), ("38:12", "admission always needs a rule"),
        ("40:13", "did you mean `credential`?"), ("40:63", "did you mean `celsius`?"),
        ("40:73", "is a group of facts"), ("41:24", "needs admit, deny or refer"),
        ("41:40", "did you mean `fever`?"), ("41:56", "needs a list of reasons"),
        ("42:5", "given: needs keys"), ("42:5", "expects nothing"),
    ]  # fmt: skip
    found = faults_of(FAULTY)
    assert [fault.split(": ")[0] for fault in found] == [place for place, _ in wanted]
    for fault, (_, what) in zip(found, wanted, strict=True):
        assert what in fault


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "1:1", "needs keys: policy"),
        ("17", "1:1", "needs keys"),
        ("policy: [", "1:10", "not YAML"),
        ("policy: a\npolicy: b\n", "2:1", "stands here twice"),
        ("policy: p\n" + RULE, "1:1", "facts: is missing"),
        ("facts: checkpoint/1\n" + RULE, "1:1", "policy: is missing"),
        (HEAD, "1:1", "rules: needs a list of rules"),
        (HEAD + "rules: []\n", "3:1", "needs from 1 to"),
        (HEAD + "rules: {a: b}\n", "3:1", "needs a list of rules"),
        (HEAD + RULE + "otherwise: admit\n", "5:12", "admission always needs a rule"),
        (HEAD + RULE + "otherwise: 3\n", "5:12", "needs refer or deny"),
        (HEAD + RULE + "tests: 3\n", "5:8", "needs a list of tests"),
        (HEAD + RULE + "defaults: 3\n", "5:11", "needs names with values"),
        (HEAD + RULE + "defaults: {a: [1, b]}\n", "5:12", "needs true or false"),
        (HEAD + RULE + "defaults: {a: 99999999999999999999}\n", "5:15", "needs true or false"),
    ],
)
def test_a_broken_frame_is_one_fault(text: str, where: str, what: str) -> None:
    (fault,) = faults_of(text)
    assert fault.startswith(f"{where}: ")
    assert what in fault


@pytest.mark.parametrize("style", [">", ">-", "\n      ", "'"])
def test_a_comment_may_not_swallow_the_lines_below_it(style: str) -> None:
    lines = ["access.listed // known people", "&& !access.blocked"]
    close = style if style == "'" else ""
    block = "\n      " if style[0] == ">" else ""
    when = f"{style}{block}{lines[0]}\n      {lines[1]}{close}"
    text = f"{HEAD}rules:\n  - id: a\n    when: {when}\n    then: admit\n    reason: ok\n"
    faults = faults_of(text)
    assert len(faults) == 1
    assert "swallows the lines below" in faults[0]
    kept = text.replace(when, f"|\n      {lines[0]}\n      {lines[1]}")
    assert load_policy(kept, "p.yaml").rules


def test_constants_of_every_kind_can_be_used() -> None:
    head = HEAD + (
        "defaults: {on: true, n: 3, x: 1.5, s: north, t: 2026-11-23T00:00:00Z, many: [a, b],\n"
        "           span: 90m}\n"
    )
    when = (
        "defaults.on && access.occupancy < defaults.n && temperature.celsius > defaults.x"
        " && lane == defaults.s && now > defaults.t && site in defaults.many"
        " && credential.age < duration(defaults.span)"
    )
    rule = f"rules:\n  - {{id: a, when: '{when}', then: admit, reason: ok}}\n"
    assert load_policy(head + rule, "p.yaml").rules
    (fault,) = faults_of(head.replace("90m", "90 m") + rule)
    assert "not a duration" in fault


def test_yaml_takes_true_for_a_bool_and_the_policy_for_a_condition() -> None:
    text = HEAD + "rules:\n  - {id: a, when: true, then: refer, reason: ok}\n"
    assert load_policy(text, "p.yaml").rules[0].id == "a"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 50_000,
        "a" * 1_000_000,
        "\x00" * 1_000_000,
        "- " * 100_000,
        "&a " * 9,
    ],
    ids=["lists", "maps", "word", "zeros", "items", "anchors"],
)
def test_a_hostile_file_is_a_fault(text: str) -> None:
    assert 1 <= len(faults_of(text)) <= 2


def test_a_megabyte_of_an_expression_is_one_fault() -> None:
    for bomb in ("(" * 1_000_000, "a" * 1_000_000, "1 + " * 250_000):
        (fault,) = faults_of(
            f"{HEAD}rules:\n  - {{id: a, when: '{bomb}', then: refer, reason: b}}\n"
        )
        assert fault.startswith("4:20: ")
        assert len(fault) < 200


def test_of_very_many_faulty_conditions_the_first_are_told() -> None:
    rules = "".join(f"  - {{id: r{n}, when: truth, then: deny, reason: b}}\n" for n in range(200))
    faults = faults_of(f"policy: p\nfacts: checkpoint/1\nrules:\n{rules}")
    assert len(faults) == MAX_FAULTS + 1
    assert "was not read" in faults[-1]


@pytest.mark.parametrize("comments", [1, MAX_READ_AGAIN])
def test_a_fault_has_its_place_in_small_files_and_in_large(comments: int) -> None:
    text = f"{HEAD}{RULE.replace('admit', 'adm')}{'#' * comments}"
    assert faults_of(text) == ["4:40: rules.0.then: needs admit, deny or refer"]
