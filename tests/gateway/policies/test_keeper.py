"""gateway.policies.keeper: sound policies are kept, then come into force; others change nothing."""

import sys
from pathlib import Path

import pytest

from devices.errors import SetupError
from edge_rules.policies import Source
from gateway.policies.keeper import LONG_TEXT, NotKeptError
from gateway.policies.loading import load
from gateway.policies.shelf import FOLDER
from tests.gateway.policies.desk import Desk, referring


async def test_a_text_is_on_disk_before_its_policy_judges(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    offered = await desk.keeper.offer(referring("new"), Source.API, "admin-post", "policy")
    assert (offered.name, offered.state, desk.judging) == ("new", "in-force", "new")
    [kept] = desk.kept_when_taken
    assert offered.policy in kept
    again = await desk.keeper.offer(referring("new"), Source.API, "admin-post", "policy")
    assert again.state == "unchanged"
    assert len([e for e in desk.scene.events if e["type"] == "policy-changed"]) == 1


async def test_a_text_that_can_not_be_kept_judges_nobody_unless_it_is_the_sites_file(
    tmp_path: Path,
) -> None:
    (tmp_path / FOLDER).write_text("in the way", "utf-8")
    desk = Desk(tmp_path)
    with pytest.raises(NotKeptError, match="takes no policy"):
        await desk.keeper.offer(referring("new"), Source.API, "admin-post", "policy")
    assert desk.judging == "plain"
    await desk.keeper.offer(referring("filed"), Source.FILE, None, "policy.yaml")
    assert desk.judging == "filed"


async def test_a_policy_whose_own_test_fails_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    test = "tests:\n  - {given: {credential: {kind: eu-dcc}}, expect: {decision: admit}}\n"
    with pytest.raises(SetupError):
        await desk.keeper.offer(referring("new") + test, Source.FILE, None, "policy.yaml")
    refused = desk.keeper.view()["refused"]
    assert refused["fault"].startswith("policy.yaml:6:5: test 1 does not hold")
    assert desk.judging == "plain"


async def test_a_bad_trial_is_told_to_who_asked_and_to_nobody_else(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    before = len(desk.scene.events)
    with pytest.raises(SetupError):
        await desk.keeper.try_in_shadow("policy: x", "admin-post", "policy")
    assert len(desk.scene.events) == before
    assert desk.keeper.view()["shadow"] is None


async def test_a_long_policy_is_read_in_a_process_of_its_own_and_is_the_same(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    rules = "".join(
        f"  - {{id: door-{n}, when: 'gate.door == \"b-{n}\"', then: refer, reason: ask}}\n"
        for n in range(800)
    )
    text = f"policy: long\nfacts: checkpoint/1\nrules:\n{rules}"
    assert len(text) > LONG_TEXT
    offered = await desk.keeper.offer(text, Source.FILE, None, "policy.yaml")
    assert (desk.judging, offered.policy) == ("long", load(text, "x").compiled.hash)
    with pytest.raises(SetupError) as error:
        await desk.keeper.offer(text + "otherwise: admit\n", Source.FILE, None, "policy.yaml")
    assert [fault.line for fault in error.value.faults] == [804]


async def test_a_reader_that_dies_costs_nothing_but_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    desk = Desk(tmp_path)
    text = referring("long") + "#" * LONG_TEXT
    await desk.keeper.offer(text, Source.FILE, None, "policy.yaml")
    assert desk.judging == "long"
