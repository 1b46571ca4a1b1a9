"""gateway.cli.policy: check, test and explain as a person runs them."""

import io
import json
from pathlib import Path

import pytest

from edge_rules.policy.explaining import Explainer
from edge_rules.policy.policy_file import load_policy
from gateway.cli.policy.explain import MAX_LINE, NOT_FACTS, TOO_LONG, explain_lines
from tests.conftest import REPOSITORY
from tests.system.gateway_process import menshen

SHIPPED = REPOSITORY / "simulators/estates/riverside/policy.yaml"
RULES = """\
policy: p
facts: checkpoint/1
rules:
  - {id: a, when: access.blocked, then: deny, reason: blocked}
  - {id: b, when: access.listed, then: admit, reason: listed}
"""
TESTS = """\
tests:
  - {given: {access: {blocked: true, listed: true}}, expect: {decision: deny}}
  - {given: {access: {blocked: false, listed: true}}, expect: {decision: OUTCOME}}
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(RULES, "utf-8")
    return path


def test_a_good_policy_is_ok_also_strictly() -> None:
    for words in (["check"], ["check", "--strict"]):
        done = menshen("policy", *words, str(SHIPPED))
        assert (done.returncode, done.stderr) == (0, "")
        assert "ok, 11 rules" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("access.blocked", "acces.blocked", "4:19: unknown name `acces`: did you mean `access"),
        ("access.blocked", "access.blocked +", "the end where"),
        ("access.blocked", "1 + 1", "a rule asks something true or false"),
        ("then: deny", "then: reject", "needs admit, deny or refer"),
        ("id: b", "id: a", "stands here twice"),
        ("checkpoint/1", "checkpoint/2", "2:8: facts"),
        ("policy: p", "policy: p\notherwise: admit", "admission always needs a rule"),
    ],
)
def test_a_fault_is_told_with_its_place(policy: Path, old: str, new: str, said: str) -> None:
    policy.write_text(RULES.replace(old, new), "utf-8")
    done = menshen("policy", "check", str(policy))
    assert done.returncode == 2
    assert done.stderr.startswith(f"{policy}:")
    assert said in done.stderr


def test_a_warning_is_a_fault_only_strictly(policy: Path) -> None:
    policy.write_text(RULES.replace("access.listed", "access.blocked"), "utf-8")
    lax, strict = (menshen("policy", "check", *more, str(policy)) for more in ([], ["--strict"]))
    wanted = "rule `b` asks the same as `a`, which says deny: deny always stands"
    assert lax.returncode == 0
    assert f"{policy}:5:5: warning: {wanted}" in lax.stdout
    assert strict.returncode == 2
    assert strict.stderr == f"{policy}:5:5: {wanted}\n"


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    done = menshen("policy", "check", str(tmp_path / "none.yaml"))
    assert done.returncode == 2
    assert "none.yaml:1:1: can't be read" in done.stderr


def test_tests_hold_or_not(policy: Path) -> None:
    policy.write_text(RULES + TESTS.replace("OUTCOME", "admit"), "utf-8")
    good = menshen("policy", "test", str(policy))
    assert good.returncode == 0
    assert "2 of 2 tests hold" in good.stdout
    assert "rule b: no test in which `access.listed` does not hold" in good.stdout
    assert "coverage: 3 of 4 outcomes of conditions" in good.stdout
    policy.write_text(RULES + TESTS.replace("OUTCOME", "refer"), "utf-8")
    bad = menshen("policy", "test", str(policy))
    assert bad.returncode == 1
    assert f"{policy}:8:5: test 2 does not hold: it expects refer, the policy says admit" in (
        bad.stdout
    )


def test_each_line_of_facts_has_its_answer_in_order() -> None:
    lines = [
        b'{"access": {"blocked": true, "listed": true}}', b"[]", b"not json", b"\xff\xfe",
        b"[" * 100_000, b'{"access": {"blocked": null, "listed": NaN}}',
        b'{"x": "' + b"y" * MAX_LINE + b'"}', b'{"access": {"blocked": false, "listed": true}}',
        b'{"now": "\\ud800", "access": 1}',
    ]  # fmt: skip
    sink = io.BytesIO()
    explainer = Explainer(load_policy(RULES, "p"))
    explain_lines(explainer, io.BytesIO(b"\n".join(lines)), sink)
    answers = [json.loads(line) for line in sink.getvalue().splitlines()]
    wrong = {"error": NOT_FACTS}
    assert answers[1:5] == [wrong] * 4
    assert answers[6] == {"error": TOO_LONG}
    decisions = [answers[at]["decision"] for at in (0, 5, 7, 8)]
    assert decisions == ["deny", "refer", "admit", "refer"]
    assert set(answers[0]) == {"decision", "reasons", "rules", "conditions", "missing"}


def test_the_command_explains_a_policy_file(policy: Path, tmp_path: Path) -> None:
    done = menshen("policy", "explain", str(policy), stdin='{"access": {"blocked": false}}\n')
    assert done.returncode == 0
    (answer,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert answer["missing"] == [{"rule": "b", "fact": "access.listed"}]
