"""What keeps a gateway from starting, or its broker away: one sentence with the remedy."""

import asyncio
import os
import signal
import socket
import sqlite3
import time
from contextlib import closing
from getpass import getuser
from pathlib import Path

import httpx
import pytest

from gateway.outbox.schema import FILE
from simulators.dcc_issuer import DccIssuer
from tests.servers import Server, free_port, mosquitto, program
from tests.system.gateway_process import (
    MENSHEN,
    SiteOnDisk,
    children_of,
    gateway,
    menshen,
    mqtt_lane,
    until,
)

pytestmark = pytest.mark.system


@pytest.fixture
def site(tmp_path: Path) -> SiteOnDisk:
    return SiteOnDisk(tmp_path, DccIssuer(7), [mqtt_lane("north-in")])


def test_every_fault_of_site_and_policy_is_listed_and_nothing_starts(site: SiteOnDisk) -> None:
    site.more = {"nmae": "x", "timezone": "Mars/Base"}
    path = site.write()
    done = menshen("run", path)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert any("nmae: unknown key" in line and f"{path}:" in line for line in lines)
    assert any("Mars/Base" in line for line in lines)
    site.more = {}
    path = site.write()
    policy = path.with_name("policy.yaml")
    policy.write_text(
        policy.read_text("utf-8").replace("temperature.celsius >=", "temperature.celsus >=")
    )
    done = menshen("check", path)
    assert done.returncode == 2
    assert f"{policy}:" in done.stderr
    assert "celsius" in done.stderr  # the name that was meant
    assert not site.data.exists()


def test_a_busy_port_is_one_sentence(site: SiteOnDisk) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        site.more = {"web": {"listen": f"127.0.0.1:{taken.getsockname()[1]}"}}
        done = menshen("run", site.write())
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "web: {listen:" in done.stderr


async def test_a_second_gateway_on_the_same_record_is_refused(
    site: SiteOnDisk, broker: Server
) -> None:
    site.more = {"broker": {"url": broker.url}}
    path = site.write()
    async with gateway(path) as first:
        await first.until_ready()
        done = await asyncio.to_thread(menshen, "run", path)
    assert done.returncode == 2
    assert "another gateway uses this data folder" in done.stderr


async def test_a_missing_broker_is_told_and_waited_for(site: SiteOnDisk, tmp_path: Path) -> None:
    port = free_port()
    site.more = {"broker": {"url": f"mqtt://127.0.0.1:{port}"}}
    async with gateway(site.write()) as running:
        await until(lambda: _says(running.log, f"127.0.0.1:{port}"), 15)
        async with running.api as api:
            assert (await api.get("/readyz")).status_code == 503
            alarms = (await api.get("/api/v1/events", params={"type": "alarm-raised"})).json()
        assert [e["alarm"] for e in alarms["events"]] == ["broker-offline"]
        config = tmp_path / "late.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        late = Server([program("mosquitto", "mosquitto"), "-c", str(config)], port)
        await asyncio.to_thread(late.start)
        try:
            await running.until_ready(60)
        finally:
            late.stop()


async def test_a_wrong_password_is_told_with_its_remedy(site: SiteOnDisk, tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text("")
    passwords.chmod(0o600)
    (tmp_path / "mine").write_text("wrong\n")
    options = f"user {getuser()}\npassword_file {passwords}\n"  # else it can't read its own file
    with mosquitto(tmp_path, options=options, anonymous=False) as broker:
        site.more = {"broker": {"url": broker.url, "username": "gateway", "password_file": "mine"}}
        async with gateway(site.write()) as running:
            await until(lambda: _says(running.log, "password"), 15)
            assert "wrong\n" not in running.log.read_text("utf-8")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_demonstration_runs_on_embedded_defaults_and_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    """What `make run` starts, on a page port of its own."""
    data = tmp_path / "data"
    _lay_out_on_a_free_port(data)
    for _ in range(2):  # a second start finds everything there
        began_s = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            MENSHEN, "run", "--data", str(data), cwd=tmp_path, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        said = b""
        async with asyncio.timeout(30):
            while b"/signin?token=" not in said:
                said += await process.stdout.readline()
        link = next(word for word in said.decode().split() if "/signin?token=" in word)
        assert time.monotonic() - began_s < 30
        async with httpx.AsyncClient(timeout=10) as browser:
            assert (await browser.get(link)).status_code == 303
            page = link.split("/signin", maxsplit=1)[0]

            async def somebody_passed(
                browser: httpx.AsyncClient = browser, page: str = page
            ) -> bool:
                asked = {"type": "passage-completed", "limit": "1000"}
                answer = await browser.get(f"{page}/api/v1/events", params=asked)
                return bool(answer.json()["events"])

            await until(somebody_passed, 60)
        children = children_of(process.pid)
        assert children, "no broker of its own"
        process.send_signal(number)
        stopping_s = time.monotonic()
        assert await asyncio.wait_for(process.wait(), 20) == 0
        assert time.monotonic() - stopping_s < 10  # promised are 5 s; this is a hang guard
        assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    with closing(sqlite3.connect(data / FILE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_no_broker_outlives_a_killed_gateway(tmp_path: Path) -> None:
    site = SiteOnDisk(tmp_path, DccIssuer(7), [mqtt_lane("north-in")], {"broker": "auto"})
    async with gateway(site.write()) as running:
        await running.until_ready()
        children = children_of(running.process.pid)
        assert children
        os.kill(running.process.pid, signal.SIGKILL)
        await running.process.wait()

        async def gone() -> bool:
            return not any(Path(f"/proc/{pid}").exists() for pid in children)

        await until(gone, 10)


def _lay_out_on_a_free_port(data: Path) -> None:
    from simulators.estates import ISSUER, lay_out  # noqa: PLC0415
    from simulators.issuer_folder import load_issuer  # noqa: PLC0415

    site, _ = lay_out(data / "estate", load_issuer(data / "estate" / ISSUER))
    site.write_text(site.read_text("utf-8").replace("127.0.0.1:8080", "127.0.0.1:0"), "utf-8")


async def _says(log: Path, word: str) -> bool:
    return word in log.read_text("utf-8")
