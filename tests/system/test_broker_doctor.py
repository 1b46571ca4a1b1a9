"""The doctor before real brokers: well set, badly set, and with the gateway on it."""

from asyncio import to_thread
from collections.abc import Iterable
from pathlib import Path

import pytest

from devices.native.topics import gateway_topic
from gateway.broker.accounts import read_secret
from gateway.doctor.broker_checks import look_at_broker
from gateway.doctor.findings import Finding, State
from gateway.doctor.local_mosquitto import persistence_of
from gateway.site_file import load_site
from gateway.site_model import BrokerAt
from tests.gateway.broker.estate import configure, estate_broker, write_site
from tests.gateway.broker.talking import LAST, client, heard_until
from tests.servers import Server, free_port, program

CARELESS = "max_queued_messages 1000\nmax_inflight_messages 20\nset_tcp_nodelay false\n"


def by_check(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


def asked(folder: Path, broker: str) -> dict[str, Finding]:
    site = load_site(write_site(folder, broker))
    assert isinstance(site.broker, BrokerAt)
    return by_check(look_at_broker(site, site.broker))


def our_broker(folder: Path, port: int) -> str:
    secret = folder / "broker" / "gateway.password"
    at = f'{{url: "mqtt://127.0.0.1:{port}", username: gateway, password_file: {secret}}}'
    assert configure(write_site(folder, at), "--write", folder / "broker").exit_code == 0
    return at


def test_a_broker_that_nobody_set_up_is_found_out(tmp_path: Path) -> None:
    port = free_port()
    conf = tmp_path / "mosquitto.conf"
    conf.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
        f"persistence_location {tmp_path}/\n{CARELESS}"
    )
    server = Server([program("mosquitto", "mosquitto"), "-c", str(conf)], port)
    server.start()
    try:
        findings = asked(tmp_path, f'{{url: "mqtt://127.0.0.1:{port}"}}')
    finally:
        server.stop()
    assert {name: finding.state for name, finding in findings.items()} == {
        "broker": State.OK,
        "broker speed": State.WARN,
        "broker inflight": State.WARN,
        "broker queue": State.WARN,
        "broker persistence": State.BAD,
    }
    assert "set_tcp_nodelay true" in findings["broker speed"].remedy
    assert findings["broker inflight"].said == "20 unacknowledged at once"
    assert findings["broker queue"].said.startswith("10")  # 1000, or those in flight too


def test_the_broker_that_we_set_up_is_well(tmp_path: Path) -> None:
    port = free_port()
    at = our_broker(tmp_path, port)
    with estate_broker(tmp_path / "broker", port):
        findings = asked(tmp_path, at)
    assert [finding for finding in findings.values() if finding.state is not State.OK] == []
    assert len(findings) == 5


async def test_a_gateway_at_work_is_not_thrown_out(tmp_path: Path) -> None:
    port = free_port()
    at = our_broker(tmp_path, port)
    password = read_secret(tmp_path / "broker" / "gateway.password") or ""
    online, fence = (gateway_topic("riverside", name) for name in ("online", "fence"))
    with estate_broker(tmp_path / "broker", port):
        async with client(port, "gateway", password) as gateway:
            await gateway.subscribe(fence, qos=1)
            await gateway.publish(online, b'{"online": true}', qos=1, retain=True)
            findings = await to_thread(asked, tmp_path, at)
            await gateway.publish(fence, LAST, qos=1)
            assert await heard_until(gateway, fence) == []
    assert findings["broker"].said.endswith("the gateway is connected")


@pytest.mark.parametrize("spoilt", ["gateway.password", "doctor.password"])
def test_a_wrong_password_is_named(tmp_path: Path, spoilt: str) -> None:
    port = free_port()
    at = our_broker(tmp_path, port)
    (tmp_path / "broker" / spoilt).write_text("guess\n")
    with estate_broker(tmp_path / "broker", port):
        findings = asked(tmp_path, at)
    assert findings["broker"].state is State.BAD
    assert "refuses" in findings["broker"].said
    assert "guess" not in str(findings)


def test_a_broker_that_is_not_there_is_named(tmp_path: Path) -> None:
    findings = asked(tmp_path, f'{{url: "mqtt://127.0.0.1:{free_port()}"}}')
    assert list(findings) == ["broker"]
    assert "nothing listens there" in findings["broker"].said


def test_a_configuration_named_from_its_own_folder_is_found(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "m.conf").write_text(f"listener {port} 127.0.0.1\npersistence true\n")
    command = [
        "/usr/bin/env",
        "-C",
        str(tmp_path),
        program("mosquitto", "mosquitto"),
        "-c",
        "m.conf",
    ]
    server = Server(command, port)
    server.start()
    try:
        assert persistence_of(port) is True
        assert persistence_of(free_port()) is None
    finally:
        server.stop()
