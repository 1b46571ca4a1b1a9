"""gateway.cli.policy.diff as a person runs it."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from devices.errors import PartMissingError
from edge_rules.policy.comparison import Comparison
from edge_rules.policy.proving.answers import Answer
from gateway.cli.policy.diff import diff
from gateway.cli.policy.diff_lines import DiffLines
from gateway.outbox.outbox import Outbox
from tests.conftest import REPOSITORY
from tests.edge_rules.policy.policies import with_rules
from tests.gateway.outbox.records import NOW_MS, stored
from tests.gateway.outbox.test_recorded_visits import FACTS, visit
from tests.system.gateway_process import menshen

SHIPPED = REPOSITORY / "simulators/estates/riverside/policy.yaml"
FEVER = "temperature.celsius >= temperature.limit"


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The shipped policy, a fever at its very limit admitted."""
    text = SHIPPED.read_text("utf-8").partition("tests:")[0]
    text = text.replace(FEVER, FEVER.replace(">=", ">"))
    text = text.replace("celsius < temperature.limit", "celsius <= temperature.limit")
    path = tmp_path / "new.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_policy_and_itself_are_alike() -> None:
    done = menshen("policy", "diff", SHIPPED, SHIPPED, "--count", "500")
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 of 500 facts made up (seed 0) are decided differently" in done.stdout


def test_a_difference_is_told_with_facts_that_a_test_can_take(changed: Path) -> None:
    done = menshen("policy", "diff", SHIPPED, changed, "--count", "2000")
    assert (done.returncode, done.stderr) == (1, "")
    assert "refer → admit" in done.stdout
    assert "(A: fever; B: healthy)" in done.stdout
    (given, *_) = [
        line.partition("given: ")[2] for line in done.stdout.splitlines() if "given: " in line
    ]
    facts = yaml.safe_load(given)
    assert facts["temperature"]["celsius"] == facts["temperature"]["limit"]
    rules = changed.read_text("utf-8")
    for path, outcome in ((SHIPPED, "refer"), (changed, "admit")):
        tried = changed.with_name("tried.yaml")
        expect = f"tests:\n  - {{given: {given}, expect: {{decision: {outcome}}}}}\n"
        text = rules if path == changed else path.read_text("utf-8").partition("tests:")[0]
        tried.write_text(text + expect, "utf-8")
        assert menshen("policy", "test", tried).returncode == 0


def test_json_says_the_same_a_line_each(changed: Path) -> None:
    done = menshen("policy", "diff", "--json", SHIPPED, changed, "--count", "2000", "--seed", "3")
    *lines, last = [json.loads(line) for line in done.stdout.splitlines()]
    summary = last["summary"]
    assert summary["generated"]["seed"] == 3
    assert summary["generated"]["differ"] == sum(line["count"] for line in lines) > 0
    assert lines[0]["before"]["decision"] == "refer"
    assert lines[0]["after"]["decision"] == "admit"
    assert {"policy", "condition", "holds", "zh", "en"} <= lines[0]["why"][0].keys()
    assert set(summary["A"]) == {"file", "policy", "hash"}


async def test_recorded_visits_are_tried_too(tmp_path: Path, changed: Path) -> None:
    outbox = Outbox(tmp_path, "riverside", now_ms=lambda: NOW_MS)
    outbox.start()
    good = {"celsius": 37.3, "limit": 37.3, "quality": "good", "plausible": True}
    await stored(outbox, visit(1, facts={**FACTS, "temperature": good}), visit(2))
    await outbox.close()
    asked = ("policy", "diff", SHIPPED, changed, "--count", "0", "--data", tmp_path)
    done = menshen(*asked)
    assert done.returncode == 1
    assert "1 of 2 visits on record are decided differently" in done.stdout
    assert "visit visit-v-1 (seq 1)" in done.stdout
    (line, _) = [json.loads(line) for line in menshen(*asked, "--json").stdout.splitlines()]
    assert (line["source"], line["where"]["visit"]) == ("recorded", "visit-v-1")


def test_bad_input_is_told(tmp_path: Path) -> None:
    for words in (
        [SHIPPED, tmp_path / "none.yaml"],
        [SHIPPED, SHIPPED, "--data", tmp_path],
        [SHIPPED, SHIPPED, "--count", "-1"],
    ):
        done = menshen("policy", "diff", *words)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1


def test_a_proof_needs_its_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "z3", None)
    with pytest.raises(PartMissingError, match="pip install"):
        diff(SHIPPED, SHIPPED, count=0, prove=True)


def test_what_is_not_proved_is_no_proof() -> None:
    one, other = with_rules(("access.blocked", "deny")), with_rules(("access.blocked", "refer"))
    for answer, differ, said in (
        (Answer(holds=True), False, "proved: all facts are decided alike"),
        (Answer(holds=None, why="loops"), True, "not proved: loops"),
        (Answer(holds=False, facts={"access": {"blocked": True}}), True, "deny → refer, 1×"),
    ):
        lines = DiffLines(
            Comparison(one, other), (SHIPPED, SHIPPED), (one, other), as_json=False
        )  # fmt: skip
        lines.proved(answer)
        assert lines.differ is differ
        assert said in "\n".join(lines.all())


def test_policies_that_mean_the_same_are_proved_alike(tmp_path: Path) -> None:
    pytest.importorskip("z3")
    text = SHIPPED.read_text("utf-8").partition("tests:")[0]
    path = tmp_path / "same.yaml"
    path.write_text(text.replace(FEVER, f"'!({FEVER.replace('>=', '<')})'"), "utf-8")
    done = menshen("policy", "diff", SHIPPED, path, "--count", "500", "--prove")
    assert (done.returncode, done.stderr) == (0, "")
    assert "proved: all facts are decided alike" in done.stdout


def test_a_difference_that_only_a_proof_finds_is_shown(tmp_path: Path) -> None:
    pytest.importorskip("z3")
    text = SHIPPED.read_text("utf-8").partition("tests:")[0]
    path = tmp_path / "new.yaml"
    path.write_text(text.replace(FEVER, FEVER.replace(">=", ">")), "utf-8")
    done = menshen("policy", "diff", SHIPPED, path, "--count", "0", "--prove")
    assert done.returncode == 1
    assert "disproved" in done.stdout
    assert "[proved]" in done.stdout
