"""gateway.policies.keeper: sound policies are kept, then come into force; others change nothing."""

from pathlib import Path

import pytest

from devices.errors import SetupError
from edge_rules.policies import Source
from gateway.policies.keeper import NotKeptError
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
