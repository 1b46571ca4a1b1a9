"""gateway.passes.keeper: what changes on disk or over the API holds at the running gateway."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from edge_rules.credentials.pass_trust import PassTrust
from edge_rules.inputs import AlarmSeen, Noted
from gateway.clock import SystemClock
from gateway.passes import keeper as keeper_module
from gateway.passes.pass_files import PassFolders, Stamp, load_passes
from gateway.passes.request import PassAsked, RequestError, request
from gateway.passes.signing import signing_key
from tests.gateway.web.pass_desk import Heard, pass_desk, site_passes
from tests.gateway.web.server import until


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_module, "LOOK_S", 0.01)


@asynccontextmanager
async def following(folder: Path, shared: Path | None = None) -> AsyncIterator[Heard]:
    heard = Heard()
    running = asyncio.create_task(pass_desk(folder, heard, shared=shared).run())
    try:
        await until(lambda: bool(heard.trusted))
        yield heard
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def now_ms() -> int:
    return SystemClock().now().wall_ms


async def test_what_another_process_issues_and_revokes_holds_here(tmp_path: Path) -> None:
    office = site_passes(tmp_path).office()
    asked = request(PassAsked("resident"), site_passes(tmp_path).bounds, 1)
    async with following(tmp_path) as heard:
        assert len(heard.trusted[-1].keys) == 0
        issued = office.issue(asked, now_ms())
        await until(lambda: len(heard.trusted[-1].keys) == 1)
        office.revoke(issued.record.id, now_ms())
        await until(lambda: bool(heard.trusted[-1].revoked))
        assert heard.trusted[-1].revoked == {bytes.fromhex(issued.record.id)}
    noted = [(one.type, dict(one.body)) for one in heard.inputs if isinstance(one, Noted)]
    assert noted[-1] == ("passes-changed", {"keys": 1, "revoked": 1})
    assert issued.record.id not in repr(heard.inputs)


async def test_a_list_that_arrives_in_the_trust_folder_holds_here(tmp_path: Path) -> None:
    shared = tmp_path / "trust"
    shared.mkdir()
    async with following(tmp_path / "data", shared) as heard:
        signing_key(shared)
        (shared / "x.pass-revoked.json").write_text(json.dumps({"revoked": ["00" * 16]}))
        await until(lambda: heard.trusted[-1].revoked == {bytes(16)})
        assert len(heard.trusted[-1].keys) == 1


async def test_a_file_that_cant_be_read_leaves_all_as_it_was_and_raises_an_alarm(
    tmp_path: Path,
) -> None:
    shared = tmp_path / "trust"
    shared.mkdir()
    signing_key(shared)
    async with following(tmp_path / "data", shared) as heard:
        known = heard.trusted[-1]
        bad = shared / "x.pass-revoked.json"
        bad.write_text('{"revoked": [')
        await until(lambda: any(isinstance(one, AlarmSeen) for one in heard.inputs))
        *_, alarm = heard.inputs
        assert isinstance(alarm, AlarmSeen)
        assert alarm.alarm == "passes-unreadable"
        assert str(alarm.detail).startswith("x.pass-revoked.json: must be")
        assert heard.trusted[-1] is known
        bad.write_text(json.dumps({"revoked": ["00" * 16]}))
        await until(lambda: bool(heard.trusted[-1].revoked))


async def test_nothing_is_read_while_nothing_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    stamps = PassFolders.stamps

    def load(*args: Any) -> PassTrust:  # noqa: ANN401
        done.append("read")
        return load_passes(*args)

    def look(folders: PassFolders) -> tuple[Stamp, ...]:
        done.append("look")
        return stamps(folders)

    monkeypatch.setattr(keeper_module, "load_passes", load)
    monkeypatch.setattr(PassFolders, "stamps", look)
    async with following(tmp_path):
        await until(lambda: done.count("look") >= 10)
    assert done.count("read") == 1


async def test_a_pass_issued_by_the_desk_holds_at_once_and_its_issue_is_on_record(
    tmp_path: Path,
) -> None:
    heard = Heard()
    desk = pass_desk(tmp_path, heard)
    told = await desk.issue(PassAsked("visitor", printed=True), "admin-post")
    assert told["text"].startswith("MP1:")
    assert told["link"].startswith("/pass#1.")
    assert len(heard.trusted[-1].keys) == 1
    await desk.revoke(told["id"][:8], "admin-post")
    assert heard.trusted[-1].revoked == {bytes.fromhex(told["id"])}
    noted = [one for one in heard.inputs if isinstance(one, Noted)]
    assert [one.type for one in noted] == [
        "passes-changed",
        "pass-issued",
        "passes-changed",
        "pass-revoked",
    ]
    _, issued, _, revoked = noted
    assert issued.body["by"] == revoked.body["by"] == "admin-post"
    assert issued.body["subject"] == revoked.body["subject"]
    assert told["id"] not in repr(heard.inputs)
    (listed,) = await desk.records()
    assert listed["revoked"]


async def test_what_cant_be_is_not_issued(tmp_path: Path) -> None:
    desk = pass_desk(tmp_path)
    with pytest.raises(RequestError, match="kind: must be one of"):
        await desk.issue(PassAsked("guest"), "admin-post")
    assert await desk.records() == []
    assert await desk.revoke("00000000", "admin-post") is None


async def test_a_trust_folder_that_takes_nothing_raises_an_alarm(
    tmp_path: Path,
) -> None:
    shared, heard = tmp_path / "trust", Heard()
    shared.mkdir()
    (shared / "riverside.pass-revoked.json").mkdir()
    desk = pass_desk(tmp_path / "data", heard, shared=shared)
    told = await desk.issue(PassAsked("visitor"), "admin-post")
    alarms = [one.alarm for one in heard.inputs if isinstance(one, AlarmSeen)]
    assert "passes-unshared" in alarms
    assert told["id"]
