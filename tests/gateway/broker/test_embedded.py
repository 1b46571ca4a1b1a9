"""gateway.broker.embedded: a broker that lives and ends with the gateway."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from aiomqtt import MqttError

from devices.errors import DeviceLinkError, PartMissingError
from gateway.broker import programs
from gateway.broker.child_program import ChildProgram
from gateway.broker.embedded import embedded_broker
from gateway.broker.programs import AMQTT, BrokerProgram, best_program
from tests.gateway.broker.talking import LAST, client, heard_until, say_all
from tests.servers import free_port

MOSQUITTO = best_program()
HANG_GUARD_S = 30.0


def nobody(_: str) -> None:
    pytest.fail("the broker failed")


def alive(pid: int) -> bool:
    """Whether a process still runs; a zombie that nobody waited for does not."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def pids_in(folder: Path) -> list[int]:
    """The mosquittos that run a configuration of this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = path.read_bytes().split(b"\0")
            if str(folder / "mosquitto.conf").encode() in words and b"mosquitto" in words[0]:
                found.append(int(path.parent.name))
    return found


async def answers(port: int) -> bool:
    with suppress(MqttError, TimeoutError, OSError):
        async with client(port) as device:
            await device.publish("lane/scan", b"again", qos=1)
            return True
    return False


def listening_on(port: int) -> set[str]:
    """Local addresses, as the kernel writes them, on which this machine listens at a port."""
    table = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    rows = [line.split() for line in table.splitlines()]
    return {row[1] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"}


@pytest.mark.parametrize("program", [MOSQUITTO, AMQTT], ids=lambda program: program.name)
async def test_devices_and_gateway_talk_over_it(tmp_path: Path, program: BrokerProgram) -> None:
    async with (
        embedded_broker(tmp_path, failed=nobody, program=program, usual_port=free_port()) as at,
        client(at.port) as gateway,
        client(at.port) as device,
    ):
        await gateway.subscribe("lane/#", qos=1)
        await say_all(device, ["lane/scan"] * 20)
        await device.publish("lane/end", LAST, qos=1)
        assert len(await heard_until(gateway, "lane/end")) == 20


async def test_the_usual_port_is_taken_when_free_and_left_when_not(tmp_path: Path) -> None:
    usual = free_port()
    async with (
        embedded_broker(tmp_path / "a", failed=nobody, usual_port=usual) as one,
        embedded_broker(tmp_path / "b", failed=nobody, usual_port=usual) as other,
    ):
        assert one.port == usual
        assert other.port != usual
        assert {one.host, other.host} == {"127.0.0.1"}


async def test_no_other_machine_can_reach_it(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path, failed=nobody, usual_port=free_port()) as at:
        assert listening_on(at.port) == {f"0100007F:{at.port:04X}"}


async def test_one_that_dies_comes_back_on_its_port(tmp_path: Path) -> None:
    faults: asyncio.Queue[str] = asyncio.Queue()
    async with embedded_broker(
        tmp_path, failed=faults.put_nowait, usual_port=free_port(), random=Random(1)
    ) as at:
        (pid,) = pids_in(tmp_path)
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(HANG_GUARD_S):
            fault = await faults.get()
            while not await answers(at.port):  # noqa: ASYNC110 - its answer is the event
                await asyncio.sleep(0.02)
    assert fault == f"broker: mosquitto on 127.0.0.1:{at.port} ended with -9"


async def test_it_ends_with_the_block_also_when_that_fails(tmp_path: Path) -> None:
    pids = []
    with suppress(KeyError):
        async with embedded_broker(tmp_path, failed=nobody, usual_port=free_port()):
            pids = pids_in(tmp_path)
            raise KeyError
    assert len(pids) == 1
    assert not alive(pids[0])


GATEWAY = """
import asyncio, sys
from pathlib import Path
from gateway.broker.embedded import embedded_broker
from gateway.broker.programs import AMQTT, best_program

async def main():
    program = AMQTT if sys.argv[2] == "amqtt" else best_program()
    folder, port = Path(sys.argv[1]), int(sys.argv[3])
    async with embedded_broker(folder, failed=print, program=program, usual_port=port) as at:
        print(at.port, flush=True)
        await asyncio.sleep(3600)

runner = asyncio.run
if sys.argv[4] == "uvloop":
    import uvloop
    runner = uvloop.run
runner(main())
"""


def children_of(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(path.parent.name))
    return found


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("name", ["mosquitto", "amqtt"])
def test_it_dies_with_a_gateway_that_is_killed(tmp_path: Path, name: str, loop: str) -> None:
    command = [sys.executable, "-c", GATEWAY, str(tmp_path), name, str(free_port()), loop]
    gateway = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with gateway:
        assert gateway.stdout is not None
        assert int(gateway.stdout.readline()) > 0
        (child,) = children_of(gateway.pid)
        assert alive(child)
        gateway.kill()
    deadline = time.monotonic() + HANG_GUARD_S
    while alive(child):
        assert time.monotonic() < deadline, "the broker outlived its gateway"
        time.sleep(0.01)


def files_of(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.rglob("*") if path.is_file())


async def test_what_devices_say_stands_in_no_file_and_no_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    secret = "HC1:SECRETTEXT"
    for program in (MOSQUITTO, AMQTT):
        async with (
            embedded_broker(tmp_path, failed=nobody, program=program, usual_port=free_port()) as at,
            client(at.port) as device,
        ):
            await device.publish("lane/scan", secret, qos=1, retain=True)
    printed = capfd.readouterr()
    assert secret not in files_of(tmp_path) + caplog.text + printed.out + printed.err


async def test_amqtt_itself_prints_nothing_of_what_it_carries(tmp_path: Path) -> None:
    port = free_port()
    child = await asyncio.create_subprocess_exec(
        *AMQTT.command(tmp_path, port),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(HANG_GUARD_S):
        while not await answers(port):  # noqa: ASYNC110 - its answer is the event
            await asyncio.sleep(0.02)
        child.kill()
        printed, _ = await child.communicate()
    assert printed == b""


async def test_amqtt_says_once_what_it_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with embedded_broker(tmp_path, failed=nobody, program=AMQTT, usual_port=free_port()):
        pass
    (said,) = [record.message for record in caplog.records if "amqtt" in record.message]
    assert "for trying out only" in said
    assert "apt-get install mosquitto" in said


def test_without_mosquitto_amqtt_is_chosen_and_without_both_the_remedy_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(programs, "BESIDE_THE_PATH", ())
    monkeypatch.setenv("PATH", "/nowhere")
    assert best_program() is AMQTT
    monkeypatch.setitem(sys.modules, "amqtt", None)
    with pytest.raises(PartMissingError, match="sudo apt-get install mosquitto"):
        best_program()


async def test_one_that_can_not_start_says_why(tmp_path: Path) -> None:
    broken = BrokerProgram("mosquitto", lambda _, __: ["/usr/sbin/mosquitto", "-c", "/nowhere"])
    with pytest.raises(DeviceLinkError, match=r"does not start: mosquitto on .* ended with \d"):
        async with embedded_broker(tmp_path, failed=nobody, program=broken):
            pass


async def test_one_that_never_listens_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.broker.child_program.START_WITHIN_S", 0.3)
    child = ChildProgram("sleeper", ["/bin/sleep", "3600"], free_port())
    with pytest.raises(DeviceLinkError, match="sleeper does not listen"):
        await child.start()
    assert child.pid is None
