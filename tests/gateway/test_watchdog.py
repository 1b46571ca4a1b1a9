"""gateway.watchdog: what systemd would hear, on a real datagram socket."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.supervision import background
from gateway.watchdog import PINGS_A_PERIOD, ServiceManager, keep_alive

PERIOD_S = 0.3


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as inbox:
        inbox.bind(str(tmp_path / "notify"))
        inbox.settimeout(10)
        yield inbox


def environ(inbox: socket.socket, **more: str) -> dict[str, str]:
    at = inbox.getsockname()
    name = at if isinstance(at, str) else "@" + at[1:].decode()
    return {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": str(int(PERIOD_S * 1e6)), **more}


def said(inbox: socket.socket) -> list[str]:
    """All that lies in the socket by now."""
    found = []
    inbox.setblocking(False)
    try:
        while True:
            found.append(inbox.recv(1000).decode())
    except BlockingIOError:
        return found


def test_each_state_is_one_datagram(heard: socket.socket) -> None:
    manager = ServiceManager(environ(heard))
    manager.ready()
    manager.status("at work")
    manager.status("at work")
    manager.alive()
    manager.stopping()
    assert said(heard) == [
        "READY=1", "STATUS=at work", "WATCHDOG=1", "STOPPING=1\nSTATUS=stopping",
    ]  # fmt: skip


def test_an_abstract_socket_is_reached_too() -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as inbox:
        inbox.bind(f"\0menshen-{os.getpid()}-{time.monotonic_ns()}")
        ServiceManager(environ(inbox)).ready()
        assert said(inbox) == ["READY=1"]


def test_children_do_not_inherit_what_is_meant_for_us(heard: socket.socket) -> None:
    words = environ(heard, PATH="/bin")
    ServiceManager(words)
    assert words == {"PATH": "/bin"}


@pytest.mark.parametrize(
    ("more", "period_s"),
    [
        ({}, PERIOD_S),
        ({"WATCHDOG_PID": str(os.getpid())}, PERIOD_S),
        ({"WATCHDOG_PID": "1"}, None),  # meant for another process
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"NOTIFY_SOCKET": ""}, None),
    ],
)
def test_only_a_watchdog_of_ours_counts(
    heard: socket.socket, more: dict[str, str], period_s: float | None
) -> None:
    assert ServiceManager(environ(heard, **more)).period_s == period_s


def test_nobody_to_tell_is_no_fault(tmp_path: Path, heard: socket.socket) -> None:
    ServiceManager({}).ready()
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
    deaf = ServiceManager(environ(heard))
    began_s = time.monotonic()
    for _ in range(2000):  # more than a socket holds: a manager that hangs holds nobody up
        deaf.alive()
    assert time.monotonic() - began_s < 10


async def test_the_loop_pings_while_it_takes_inputs(heard: socket.socket) -> None:
    taken: list[float] = []
    missing = ["broker"]
    enough = asyncio.Event()

    def take() -> None:
        taken.append(time.monotonic())
        if len(taken) == 3:
            missing.clear()
        if len(taken) > 2 * PINGS_A_PERIOD:
            enough.set()

    async with background(keep_alive(ServiceManager(environ(heard)), take, lambda: missing)):
        async with asyncio.timeout(20):
            await enough.wait()
    words = said(heard)
    assert words.count("WATCHDOG=1") >= len(taken) - 1
    assert [w for w in words if w.startswith("STATUS=")] == [
        "STATUS=waiting for broker", "STATUS=at work",
    ]  # fmt: skip


async def test_a_loop_that_was_held_up_does_not_ping(
    heard: socket.socket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("gateway.watchdog.TAKEN_WITHIN_S", 0.05)
    took = asyncio.Event()

    def slow() -> None:
        time.sleep(0.1)  # the rules, or whatever else runs on the lanes' loop
        took.set()

    with caplog.at_level(logging.WARNING):
        async with background(keep_alive(ServiceManager(environ(heard)), slow, list)):
            async with asyncio.timeout(20):
                await took.wait()
                took.clear()
                await took.wait()
    assert "WATCHDOG=1" not in said(heard)
    assert "held up" in caplog.text


async def test_a_runtime_that_takes_nothing_is_not_alive(heard: socket.socket) -> None:
    def broken() -> None:
        raise RuntimeError

    async with asyncio.timeout(20):
        with pytest.raises(RuntimeError):
            await keep_alive(ServiceManager(environ(heard)), broken, list)
    assert said(heard) == []
