"""gateway.cli.policy.prove: answers, counterexamples that `explain` reads, and exit codes."""

import json
import sys
from pathlib import Path

import pytest

from edge_rules.policy.proving import solver_library
from gateway.cli import main
from tests.conftest import REPOSITORY
from tests.system.gateway_process import menshen

RIVERSIDE = REPOSITORY / "simulators/estates/riverside/policy.yaml"
NO_FEVER = 'temperature.celsius >= temperature.limit → decision != "admit"'
RULES = """\
policy: p
facts: checkpoint/1
rules:
  - id: fever
    when: has(temperature.celsius) && temperature.celsius >= temperature.limit
    then: refer
    reason: warm
  - {id: staff, when: person.kind == "staff", then: admit, reason: staff}
properties:
  - id: fever
    property: temperature.celsius >= temperature.limit -> decision != "admit"
  - '!has(temperature.celsius) → decision != "admit"'
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(RULES, "utf-8")
    return path


def test_the_shipped_policy_is_proved() -> None:
    done = menshen("policy", "prove", str(RIVERSIDE), NO_FEVER)
    assert (done.returncode, done.stderr) == (0, "")
    first, last = done.stdout.splitlines()
    assert first == f"proved: {NO_FEVER}"
    assert last.endswith("1 of 1 properties proved")


def test_a_hole_is_shown_as_facts_that_explain_reads(policy: Path) -> None:
    done = menshen("policy", "prove", "--json", str(policy))
    assert (done.returncode, done.stderr) == (1, "")
    proved, hole = (json.loads(line) for line in done.stdout.splitlines())
    assert (proved["id"], proved["answer"], proved["vacuous"]) == ("fever", "proved", False)
    assert (hole["answer"], hole["decision"], hole["reasons"]) == (
        "counterexample", "admit", ["staff"],
    )  # fmt: skip
    assert hole["facts"] == {"person": {"kind": "staff"}}
    told = menshen("policy", "explain", str(policy), stdin=json.dumps(hole["facts"]))
    assert json.loads(told.stdout)["decision"] == "admit"


def test_each_property_has_a_line_of_its_own(policy: Path) -> None:
    done = menshen("policy", "prove", str(policy))
    assert done.returncode == 1
    fever, hole, count = done.stdout.splitlines()
    assert fever.startswith("proved: fever: temperature.celsius >=")
    assert hole.endswith('admit (staff) on {"person": {"kind": "staff"}}')
    assert count == f"{policy}: 1 of 2 properties proved"


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["false → decision == 'admit'"], "proved, but only because its premise can never", 0),
        (["site.lowerAscii() == 'x' → decision != 'admit'"], "cannot say: site.lowerAscii()", 1),
    ],
)
def test_what_a_proof_is_worth_is_told(
    policy: Path, words: list[str], said: str, code: int
) -> None:
    done = menshen("policy", "prove", str(policy), *words)
    assert said in done.stdout
    assert done.returncode == code


def test_bad_properties_are_faults_with_their_places(policy: Path) -> None:
    done = menshen("policy", "prove", str(policy), "true -> sight == 'x'", "\n 1 + 1")
    assert (done.returncode, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert first == "property 1:1:9: unknown name `sight`: did you mean `site`?"
    assert second.startswith("property 2:2:4: a property says something true or false")


def test_nothing_to_prove_is_a_fault(policy: Path) -> None:
    policy.write_text(RULES.partition("properties:")[0], "utf-8")
    done = menshen("policy", "prove", str(policy))
    assert done.returncode == 2
    assert "has no properties" in done.stderr


def test_without_the_solver_the_exit_code_is_3(
    policy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(solver_library, "find_spec", lambda _name: None)
    monkeypatch.setattr(sys, "argv", ["menshen", "policy", "prove", str(policy)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    assert "-m pip install z3-solver" in capsys.readouterr().err
