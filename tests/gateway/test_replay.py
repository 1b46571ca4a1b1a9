"""gateway.cli.replay: a scene on paper, recorded, and judged again under other policies."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from devices.ids import DeviceId, LaneId
from devices.moment import parse_stamp
from edge_rules.credentials.credential import CredentialStatus
from edge_rules.effects import Record
from edge_rules.inputs import Act
from gateway.cli import replay_lines
from gateway.cli.policy.changes import as_json
from gateway.cli.replay_lines import ReplayLines
from gateway.outbox.outbox import Outbox
from gateway.outbox.recorded_visits import RecordedVisits
from tests.edge_rules.policy.policies import with_rules
from tests.edge_rules.scene import Scene
from tests.gateway.outbox.records import stored
from tests.gateway.outbox.test_onlooker import state
from tests.gateway.outbox.test_recorded_visits import visit
from tests.system.gateway_process import menshen

HEAD = {"id", "type", "at", "lane", "device", "visit"}
SAME = """\
policy: same
facts: checkpoint/1
rules:
  - {id: forged, when: 'credential.status == "invalid"', then: deny, reason: credential-forged}
  - {id: unclear, when: '!(credential.status in ["valid", "invalid"])', then: refer,
     reason: credential-unclear}
  - {id: fever, when: 'credential.status == "valid" && temperature.celsius >= temperature.limit',
     then: refer, reason: temperature-high}
  - {id: healthy, when: 'credential.status == "valid" && temperature.celsius < temperature.limit',
     then: admit, reason: healthy}
"""
SECOND: dict[str, Any] = {"celsius": 36.6, "method": "forehead"}


def scene_of_a_day() -> Scene:
    """Eight visits: as they should be, at the limit, forged, unclear, locked, measured twice."""
    scene = Scene()
    for number, (celsius, status) in enumerate(
        [(36.5, "valid"), (37.3, "valid"), (36.5, "invalid"), (36.5, "expired"), (None, "valid"),
         (38.0, "valid")]
    ):  # fmt: skip
        scene.measure(celsius)
        scene.scan(f"s-{number}", CredentialStatus(status))
        scene.wait(9000)
        scene.gate_says()
    visit = [event for event in scene.events if event["type"] == "passage-decided"][-1]["visit"]
    scene.operate(Act.SECOND_MEASURE, target=visit, **SECOND)
    scene.wait(9000)
    scene.operate(Act.LOCK)
    scene.measure()
    scene.scan("s-locked")
    scene.wait(9000)
    scene.scan(at_ms=0)  # too old: no policy is asked
    return scene


def records(scene: Scene, **changed: Any) -> list[Record]:  # noqa: ANN401
    return [_record({**event, **changed}) for event in scene.events]


def _record(event: Mapping[str, Any]) -> Record:
    body = {key: value for key, value in event.items() if key not in HEAD}
    lane, device = event.get("lane"), event.get("device")
    return Record(
        event["id"], event["type"], parse_stamp(event["at"]), body,
        LaneId(lane) if lane else None, DeviceId(device) if device else None, event.get("visit"),
    )  # fmt: skip


async def recorded(folder: Path, *given: Record) -> Path:
    # Its clock stands at the events' own time: older ones would be destroyed at once.
    outbox = Outbox(folder, "riverside", now_ms=lambda: given[-1].at_ms)
    outbox.start()
    await stored(outbox, *given)
    await outbox.close()
    return folder


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    return await recorded(tmp_path / "data", *records(scene_of_a_day()))


def policy(folder: Path, old: str = "", new: str = "") -> Path:
    path = folder / "policy.yaml"
    path.write_text(SAME.replace(old, new) if old else SAME, "utf-8")
    return path


def test_the_same_policy_changes_nothing_and_leaves_no_trace(data: Path, tmp_path: Path) -> None:
    before = state(data)
    done = menshen("replay", data, "--policy", policy(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 of 7 visits and 1 second measurements on record" in done.stdout
    assert "1 more were referred without asking a policy" in done.stdout
    assert state(data) == before


def test_a_changed_limit_is_told_with_the_visit_and_why(data: Path, tmp_path: Path) -> None:
    lax = policy(tmp_path, "temperature.celsius >= ", "temperature.celsius > ")
    text = lax.read_text("utf-8").replace("celsius < temp", "celsius <= temp")
    lax.write_text(text, "utf-8")
    done = menshen("replay", data, "--policy", lax)
    assert done.returncode == 1
    assert "refer → admit, 1×  (then: fever; now: healthy)" in done.stdout
    assert "then: refer (temperature-high), rules fever" in done.stdout
    assert "celsius > temperature.limit does not hold (temperature.celsius = 37.3" in done.stdout


def test_a_lockdown_stands_above_the_other_policy_too(data: Path, tmp_path: Path) -> None:
    reason = policy(tmp_path, "reason: healthy", "reason: well")
    done = menshen("replay", data, "--policy", reason, "--json")
    *lines, last = map(json.loads, done.stdout.splitlines())
    assert [(line["before"]["reasons"], line["after"]["reasons"]) for line in lines] == [
        (["healthy"], ["well"]), (["healthy"], ["well"]),
    ]  # fmt: skip
    assert last["summary"]["changes"] == [{"before": "admit", "after": "admit", "count": 2}]
    strict = policy(tmp_path, "then: admit", "then: deny")
    done = menshen("replay", data, "--policy", strict, "--json")
    *lines, _ = map(json.loads, done.stdout.splitlines())
    assert [line["doubts"] for line in lines if line["doubts"]] == [["lockdown"]]


async def test_records_from_before_doubts_were_kept_come_out_alike(tmp_path: Path) -> None:
    scene = scene_of_a_day()
    for event in scene.events:
        event.pop("doubts", None)
        event.pop("said", None)
    folder = await recorded(tmp_path / "old", *records(scene))
    assert menshen("replay", folder, "--policy", policy(tmp_path)).returncode == 0
    strict = policy(tmp_path, "then: admit", "then: deny")
    done = menshen("replay", folder, "--policy", strict, "--json")
    *lines, _ = map(json.loads, done.stdout.splitlines())
    assert [line["doubts"] for line in lines if line["doubts"]] == [["lockdown"]]


def test_rules_that_are_gone_or_say_something_else_are_named(data: Path, tmp_path: Path) -> None:
    for old, new, said in (
        ("id: fever", "id: hot", "The new policy has no rule fever"),
        ("then: deny", "then: refer", "Rule forged now says refer (credential-forged)"),
    ):
        path = policy(tmp_path, old, new)
        if "hot" in new:
            text = path.read_text("utf-8").replace("temperature-high", "hot")
            path.write_text(text, "utf-8")
        done = menshen("replay", data, "--policy", path)
        assert done.returncode == 1
        assert said in done.stdout


def test_only_what_is_asked_for_is_judged(data: Path, tmp_path: Path) -> None:
    path = policy(tmp_path)
    for words, count in (
        (["--lane", "north-in"], "0 of 7"),
        (["--lane", "south-in"], "0 of 0"),
        (["--to", "2020-01-01T00:00:00Z"], "0 of 0"),
        (["--from", "2020-01-01T00:00:00Z"], "0 of 7"),
    ):
        done = menshen("replay", data, "--policy", path, *words)
        assert (done.returncode, count in done.stdout) == (0, True)


def test_bad_input_is_told_in_a_line(data: Path, tmp_path: Path) -> None:
    good = policy(tmp_path)
    bad = tmp_path / "bad.yaml"
    bad.write_text(SAME.replace("credential.status", "credential.statsu", 1), "utf-8")
    for words, said in (
        ([data, "--policy", bad], "did you mean"),
        ([data, "--policy", tmp_path / "none.yaml"], "can't be read"),
        ([tmp_path / "none", "--policy", good], "is no folder"),
        ([data, "--policy", good, "--from", "yesterday"], "not an RFC 3339 time"),
        ([data], "--policy"),
    ):
        done = menshen("replay", *words)
        assert done.returncode == 2
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


async def test_what_can_not_be_judged_is_no_silent_success(tmp_path: Path) -> None:
    folder = await recorded(tmp_path / "odd", visit(1, facts=None))
    done = menshen("replay", folder, "--policy", policy(tmp_path))
    assert done.returncode == 1
    assert "1 have no facts on record that can be read" in done.stdout


async def test_what_is_kept_of_many_changes_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_lines, "MAX_KINDS", 3)
    monkeypatch.setattr(replay_lines, "MAX_EACH", 2)
    monkeypatch.setattr(replay_lines, "MAX_POLICIES", 2)
    many = [
        visit(n, reasons=[f"why-{n % 7}"], rules=[f"rule-{n % 7}"], policy=f"p-{n}")
        for n in range(70)
    ]  # fmt: skip
    folder = await recorded(tmp_path / "many", *many)
    visits = RecordedVisits(folder)
    lines = ReplayLines(with_rules(("true", "deny")), tmp_path)
    for event, asked in visits:
        assert lines.take(event, asked, as_json=False) is None
    assert lines.changed == 70
    assert len(lines._kinds) == 3
    assert all(len(kind.cases) == 2 for kind in lines._kinds.values())
    assert len(lines._earlier) == 2
    text = "\n".join(lines.end_text(visits))
    assert "70 of 70 visits on record (up to seq 70) come out otherwise" in text
    assert "… and 8 more: --json lists them" in text
    assert "more kinds of changes" in text


def test_json_is_written_whatever_a_text_holds() -> None:
    assert json.loads(as_json({"issuer": "a\ud800中"})) is not None
