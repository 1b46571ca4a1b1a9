"""SIGTERM ends the gateway within 5 s whatever hangs; what it could not drain comes again.

It ends itself with 1 when its parts take too long, so 0 says that they did not.
"""

import asyncio
import os
import signal
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from gateway.outbox.schema import FILE
from gateway.stopping import OUT_OF_TIME
from simulators.crowd import CrowdLane, send_visits
from simulators.dcc_issuer import DccIssuer
from simulators.issuer_folder import codes_of
from tests.devices.thermal_camera.recordings import handmade
from tests.servers import Server
from tests.system.gateway_process import Gateway, SiteOnDisk, children_of, gateway, mqtt_lane, until

pytestmark = pytest.mark.system

LANES = [f"lane-{n}" for n in range(4)]
CROWD = [CrowdLane(lane, f"{lane}-scan", f"{lane}-cam", f"{lane}-gate") for lane in LANES]


@contextmanager
def silent_store() -> Iterator[dict[str, Any]]:
    """A store that takes every connection and answers none."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=100)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        yield {"store": {"influx": {"url": url, "org": "o", "bucket": "b"}}}


@contextmanager
def deaf_pages(running: Gateway, count: int = 20) -> Iterator[None]:
    """Live pages that were opened and are never read."""
    pages, bearer = [], f"Authorization: Bearer {running.token}"
    for _ in range(count):
        page = socket.socket()
        page.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        at = urlsplit(running.page)
        page.connect((at.hostname, at.port))
        ask = "GET /api/v1/stream HTTP/1.1", "Host: x", "Last-Event-ID: 0", bearer, "", ""
        page.sendall("\r\n".join(ask).encode())
        pages.append(page)
    try:
        yield
    finally:
        for page in pages:
            page.close()


@contextmanager
def stuck_disk(site: SiteOnDisk) -> Iterator[None]:
    """A disk on which nothing gets written: another program holds the file."""
    with closing(sqlite3.connect(site.data / FILE, isolation_level=None, timeout=20)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def hung(pid: int) -> Iterator[None]:
    """A process that neither answers nor ends."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def at_work(
    folder: Path, broker: Server | str, more: dict[str, Any] | None = None
) -> AsyncIterator[tuple[Gateway, SiteOnDisk]]:
    """A gateway with people at its lanes."""
    issuer = DccIssuer(7)
    lanes = [mqtt_lane(lane, pass_within_ms=2000) for lane in LANES]
    at = broker if isinstance(broker, str) else {"url": broker.url}
    site = SiteOnDisk(folder, issuer, lanes, {"broker": at, **(more or {})})
    async with gateway(site.write()) as running:
        await running.until_ready()
        url = running.said.partition("mqtt://")[2].split()[0]
        crowd = asyncio.create_task(
            send_visits(f"mqtt://{url}", "riverside", CROWD, 20, 90, codes_of(issuer))
        )
        try:
            await until(lambda: _somebody_passed(running), 30)
            yield running, site
        finally:
            crowd.cancel()
            await asyncio.wait({crowd})


async def _somebody_passed(running: Gateway) -> bool:
    return bool(await running.events(type="passage-completed"))


async def ended(running: Gateway) -> tuple[int, float]:
    """Ask it to end; return its exit code and how long that took, in seconds."""
    began_s = time.monotonic()
    code = await running.stop()
    return code, time.monotonic() - began_s


async def test_at_work_it_drains(tmp_path: Path, broker: Server) -> None:
    async with at_work(tmp_path, broker) as (running, site):
        code, _ = await ended(running)
        assert code == 0
    with closing(sqlite3.connect(site.data / FILE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_with_a_store_that_never_answers(tmp_path: Path, broker: Server) -> None:
    with silent_store() as store:
        async with at_work(tmp_path, broker, store) as (running, _):
            assert (await ended(running))[0] == 0


async def test_with_pages_that_are_never_read(tmp_path: Path, broker: Server) -> None:
    async with at_work(tmp_path, broker) as (running, _):
        with deaf_pages(running):
            await asyncio.sleep(1)  # their buffers fill
            assert (await ended(running))[0] == 0


async def test_with_a_broker_that_hangs(tmp_path: Path, broker: Server) -> None:
    assert broker.process is not None
    async with at_work(tmp_path, broker) as (running, _):
        with hung(broker.process.pid):
            assert (await ended(running))[0] == 0


async def test_with_a_broker_of_its_own_that_hangs_and_does_not_outlive_it(tmp_path: Path) -> None:
    async with at_work(tmp_path, "auto") as (running, _):
        (child,) = children_of(running.process.pid)
        with hung(child):
            assert (await ended(running))[0] == 0
            assert not Path(f"/proc/{child}").exists()


async def test_with_a_disk_that_takes_nothing(tmp_path: Path, broker: Server) -> None:
    async with at_work(tmp_path, broker) as (running, site):
        with stuck_disk(site):
            await asyncio.sleep(1)  # records wait
            assert (await ended(running))[0] == 0


async def test_with_all_of_that_at_once_it_ends_and_leaves_nobody(tmp_path: Path) -> None:
    with silent_store() as store:
        async with at_work(tmp_path, "auto", store) as (running, site):
            (child,) = children_of(running.process.pid)
            with deaf_pages(running), stuck_disk(site), hung(child):
                await asyncio.sleep(1)
                assert (await ended(running))[0] in (0, OUT_OF_TIME)
                await until(lambda: _gone(child), 10)


@asynccontextmanager
async def with_a_thread_for_ever(folder: Path) -> AsyncIterator[Gateway]:
    """A camera's recording on a file system that hangs: whoever reads it can't be ended."""
    recording, camera = folder / "camera.cptv", {"device": "cam", "driver": "thermal-recording"}
    recording.write_bytes(handmade())
    lane = mqtt_lane("north-in")
    lane["devices"][1] = {**camera, "path": recording.name, "loop": True}
    site = SiteOnDisk(folder, DccIssuer(7), [lane], {"broker": "auto"})
    async with gateway(site.write()) as running:
        await running.until_ready()
        recording.unlink()
        os.mkfifo(recording)  # the next round opens it, and waits for ever
        writer = os.open(recording, os.O_RDWR)
        try:
            await until(lambda: _has_open(running, recording), 20)
            yield running
        finally:
            os.close(writer)


async def test_a_part_that_nothing_can_end_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async with with_a_thread_for_ever(tmp_path) as running:
        (child,) = children_of(running.process.pid)
        assert (await ended(running))[0] == OUT_OF_TIME
        assert "did not come to rest" in running.log.read_text("utf-8")
        await until(lambda: _gone(child), 10)


async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    async with with_a_thread_for_ever(tmp_path) as running:
        (child,) = children_of(running.process.pid)
        running.process.send_signal(signal.SIGTERM)
        await until(lambda: _is_stopping(running), 10)
        running.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running.process.wait(), 10) == -signal.SIGTERM
        assert "did not come to rest" not in running.log.read_text("utf-8")
        await until(lambda: _gone(child), 10)


async def test_systemd_is_told_of_each_state(tmp_path: Path, broker: Server) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as inbox:
        inbox.bind(str(tmp_path / "notify"))
        inbox.setblocking(False)
        site = SiteOnDisk(tmp_path, DccIssuer(7), [mqtt_lane("a")], {"broker": {"url": broker.url}})
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
        heard: list[str] = []

        async def until_heard(word: str) -> None:
            async with asyncio.timeout(30):
                while word not in heard:
                    heard.append((await asyncio.get_running_loop().sock_recv(inbox, 1000)).decode())

        async with gateway(site.write(), environ=told) as running:
            await until_heard("READY=1")
            await until_heard("STATUS=at work")
            await until_heard("WATCHDOG=1")
            os.kill(running.process.pid, signal.SIGSTOP)  # what a loop that stalls looks like
            await _silence(inbox)
            os.kill(running.process.pid, signal.SIGCONT)
            heard.clear()
            await until_heard("WATCHDOG=1")
            assert await running.stop() == 0
        await until_heard("STOPPING=1\nSTATUS=stopping")


async def _silence(inbox: socket.socket) -> None:
    """Take what was under way, until nothing has come for three periods."""
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(1.0):
                await asyncio.get_running_loop().sock_recv(inbox, 1000)


async def _is_stopping(running: Gateway) -> bool:
    """Whether the first signal has been taken: its handler is the kernel's own again."""
    status = Path(f"/proc/{running.process.pid}/status").read_text("utf-8")
    caught = int(status.partition("SigCgt:\t")[2].split()[0], 16)
    return not caught >> (signal.SIGTERM - 1) & 1


async def _has_open(running: Gateway, path: Path) -> bool:
    held = Path(f"/proc/{running.process.pid}/fd").iterdir()
    return any(fd.is_symlink() and fd.readlink() == path for fd in held)


async def _gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()
