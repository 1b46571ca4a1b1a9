"""`menshen bench mqtt`: our link as an echo through mosquitto, beside a C client as such."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import track

from devices.errors import MenshenError, PartMissingError
from gateway.bench.figures import quantile, rate_line, time_line
from gateway.broker.embedded import embedded_broker

SINGLE = 3_000  # round trips, one at a time
CROWD = 20_000  # with as many under way as the gateway holds
DEPTH = 100
ROUNDS = 3  # of both, in turn: what the machine does meanwhile falls on both
RUN_WITHIN_S = 120
READY_WITHIN_S = 20


def mqtt_lines() -> list[str]:
    """Compile the floor, measure both echoes in turn; return one JSON line a figure."""
    return asyncio.run(_beside_a_broker())


async def _beside_a_broker() -> list[str]:
    with TemporaryDirectory(prefix="menshen-bench-") as name:
        folder = Path(name)
        floor = _compile(folder)
        async with embedded_broker(folder, failed=_died, usual_port=0) as broker:
            return await asyncio.to_thread(_measure, floor, broker.port)


def _died(why: str) -> None:
    raise MenshenError(why)


def _measure(floor: Path, port: int) -> list[str]:
    here = ["127.0.0.1", str(port)]
    echoes = {
        "ours": [sys.executable, "-m", "gateway.bench.mqtt_echo", *here],
        "floor": [str(floor), "echo", *here],
    }
    singles: dict[str, list[float]] = {who: [] for who in echoes}
    crowds_s: dict[str, list[float]] = {who: [] for who in echoes}
    cpu_us: dict[str, list[float]] = {who: [] for who in echoes}
    for _ in track(range(ROUNDS), "MQTT round trips", console=Console(stderr=True)):
        for who, command in echoes.items():
            with _echo(command) as echo:
                singles[who] += _drive(floor, port, SINGLE, 1)[:-1]
                before_s = _cpu_s(echo)
                crowds_s[who].append(_drive(floor, port, CROWD, DEPTH)[-1] / 1e6)
                cpu_us[who].append((_cpu_s(echo) - before_s) * 1e6 / CROWD)
    rates = {who: CROWD / quantile(took_s, 0.5) for who, took_s in crowds_s.items()}
    return [
        time_line(
            "mqtt-round-trip",
            quantile(singles["ours"], 0.5),
            quantile(singles["floor"], 0.5),
            p99_us=round(quantile(singles["ours"], 0.99)),
            floor_p99_us=round(quantile(singles["floor"], 0.99)),
        ),
        rate_line("mqtt-throughput", rates["ours"], rates["floor"], in_flight=DEPTH),
        time_line("mqtt-cpu", quantile(cpu_us["ours"], 0.5), quantile(cpu_us["floor"], 0.5)),
    ]


def _compile(folder: Path) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not Path("/usr/include/mosquitto.h").exists():
        part = "a C compiler with libmosquitto's headers"
        raise PartMissingError(part, "apt-get install gcc libc6-dev libmosquitto-dev")
    program = folder / "echo"
    with as_file(files(__package__).joinpath("echo.c")) as source:
        made = subprocess.run(  # noqa: S603
            [compiler, "-O2", "-o", str(program), str(source), "-lmosquitto"],
            capture_output=True, text=True, timeout=RUN_WITHIN_S, check=False,
        )  # fmt: skip
    if made.returncode:
        msg = f"the floor does not compile: {made.stderr.strip()}"
        raise MenshenError(msg)
    return program


@contextmanager
def _echo(command: list[str]) -> Iterator["subprocess.Popen[str]"]:
    echo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        if echo.stdout is None or echo.stdout.readline().strip() != "ready":
            msg = f"the echo {command[0]} did not start"
            raise MenshenError(msg)
        yield echo
    finally:
        echo.terminate()
        echo.wait(READY_WITHIN_S)


def _drive(driver: Path, port: int, count: int, depth: int) -> list[float]:
    """Return each round trip and, last, the whole time; in microseconds."""
    command = [str(driver), "drive", "127.0.0.1", str(port), str(count), str(depth)]
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, timeout=RUN_WITHIN_S, check=False
    )
    if done.returncode:
        msg = f"the bench's driver failed: {done.stderr.strip()}"
        raise MenshenError(msg)
    return [int(line) / 1000 for line in done.stdout.split()]


def _cpu_s(process: "subprocess.Popen[str]") -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")
