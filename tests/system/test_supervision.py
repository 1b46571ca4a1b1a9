"""Whatever hangs or dies beside them, the lanes go on deciding."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from simulators.crowd import CrowdLane, Ledger, send_visits
from simulators.dcc_issuer import DccIssuer
from simulators.issuer_folder import codes_of
from tests.devices.thermal_camera.recordings import handmade
from tests.servers import Server
from tests.system.gateway_process import Gateway, SiteOnDisk, gateway, mqtt_lane, until
from tests.system.test_stopping import deaf_pages, silent_store

pytestmark = pytest.mark.system

LANES = [f"lane-{n}" for n in range(4)]
CROWD = [CrowdLane(lane, f"{lane}-scan", f"{lane}-cam", f"{lane}-gate") for lane in LANES]
CALM_PER_S = 4.0  # a person a second at each lane: everybody finds it free
VISITS = 24


async def everybody_comes_in(broker: Server, issuer: DccIssuer) -> None:
    """Let people come at an easy pace: each must be let in within their gate's patience."""
    ledger: Ledger = await send_visits(
        broker.url, "riverside", CROWD, CALM_PER_S, VISITS / CALM_PER_S, codes_of(issuer)
    )
    assert len(ledger.opened) == VISITS
    assert len(ledger.on("passage")) == VISITS


@contextmanager
def requests_that_hang(running: Gateway, count: int = 20) -> Iterator[None]:
    """Requests whose heads or bodies never end."""
    at, clients = urlsplit(running.page), []
    head = (
        f"POST /api/v1/lanes/lane-0/open HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        f"{running.token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"
    )
    for number in range(count):
        clients.append(socket.create_connection((at.hostname, at.port), 10))
        clients[-1].sendall(head.encode() + (b'\r\n{"reason"' if number % 2 else b""))
    try:
        yield
    finally:
        for client in clients:
            client.close()


async def test_no_store_page_or_request_that_hangs_holds_a_lane(
    tmp_path: Path, broker: Server
) -> None:
    issuer = DccIssuer(7)
    lanes = [mqtt_lane(lane) for lane in LANES]
    with silent_store() as store:
        path = SiteOnDisk(tmp_path, issuer, lanes, {"broker": {"url": broker.url}, **store}).write()
        async with gateway(path) as running:
            await running.until_ready()
            with deaf_pages(running, 100), requests_that_hang(running):
                await until(lambda: _is_recorded(running, "store-degraded"), 30)
                await everybody_comes_in(broker, issuer)
                events = await running.events(type="passage-decided")
    assert {e["decision"] for e in events} == {"admit"}
    assert max(e["latency_ms"] for e in events) < 1000  # they waited for nobody


async def test_a_driver_that_dies_comes_back_alone_later_each_time(
    tmp_path: Path, broker: Server
) -> None:
    issuer, recording = DccIssuer(7), tmp_path / "camera.cptv"
    recording.write_bytes(handmade())
    seen = mqtt_lane("seen")
    seen["devices"][1] = {"device": "cam", "driver": "thermal-recording", "loop": True,
                          "path": recording.name}  # fmt: skip
    lanes = [seen, *(mqtt_lane(lane) for lane in LANES)]
    path = SiteOnDisk(tmp_path, issuer, lanes, {"broker": {"url": broker.url}}).write()
    async with gateway(path) as running:
        await running.until_ready()
        recording.unlink()  # as a camera that is pulled out
        await until(lambda: _is_recorded(running, "alarm-raised"), 30)
        await everybody_comes_in(broker, issuer)
        (alarm, *_) = await running.events(type="alarm-raised")
        assert (alarm["alarm"], alarm["lane"], alarm["device"]) == ("part-failed", "seen", "cam")
        assert recording.name in alarm["detail"]
        assert 1 < await _times(running, "cam", "device-offline") < 8  # in six seconds and more
        before = await _times(running, "cam", "device-online")
        recording.write_bytes(handmade())
        await until(lambda: _is_back(running, before), 60)


async def test_a_serial_scanner_without_its_port_is_told_and_waited_for(
    tmp_path: Path, broker: Server
) -> None:
    issuer = DccIssuer(7)
    lost = mqtt_lane("lost")
    lost["devices"][0] = {"device": "wired", "driver": "serial-scanner", "baud": 9600,
                          "port": str(tmp_path / "tty"), "framing": "crlf"}  # fmt: skip
    lanes = [lost, *(mqtt_lane(lane) for lane in LANES)]
    path = SiteOnDisk(tmp_path, issuer, lanes, {"broker": {"url": broker.url}}).write()
    async with gateway(path) as running:
        await running.until_ready()
        await everybody_comes_in(broker, issuer)
        log = running.log.read_text("utf-8")
    assert log.count("wired: ") == 1


async def _is_recorded(running: Gateway, type_: str) -> bool:
    return bool(await running.events(type=type_))


async def _times(running: Gateway, device: str, type_: str) -> int:
    return [e["device"] for e in await running.events(type=type_)].count(device)


async def _is_back(running: Gateway, before: int) -> bool:
    return await _times(running, "cam", "device-online") > before
