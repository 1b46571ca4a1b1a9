"""The real command on a real site: files in a folder, a process, its API."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from simulators.dcc_issuer import DccIssuer
from simulators.estates import POLICY, lay_out

MENSHEN = str(Path(sys.executable).with_name("menshen"))
START_S = 30.0
STOP_S = 20.0
LAST_WORD = "Ctrl-C"  # of its greeting

LEGAL = {
    "controller": "Test", "contact": "nobody", "basis": "test", "document": "none",
    "ends": "2099-12-31",
}  # fmt: skip


def limit(spot: str) -> dict[str, Any]:
    """A limit of nobody's authority for the skin of one spot."""
    return {
        "spot": spot, "kind": "surface", "celsius": 37.5, "authority": "test", "document": "none",
        "date": "2026-01-01",
    }  # fmt: skip


def mqtt_lane(name: str, **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    """An inward lane whose three devices speak the native protocol."""
    return {
        "lane": name,
        "checkpoint": "north-gate",
        "direction": "in",
        "needs": ["credential", "temperature"],
        "devices": [
            {"device": f"{name}-scan", "driver": "mqtt-scanner"},
            {"device": f"{name}-cam", "driver": "mqtt-thermometer"},
            {"device": f"{name}-gate", "driver": "mqtt-gate", "fail": "secure",
             "egress": "mechanical"},
        ],
        **changed,
    }  # fmt: skip


@dataclass
class SiteOnDisk:
    """A site file with its policy and trust, made for one test."""

    folder: Path
    issuer: DccIssuer
    lanes: Sequence[Mapping[str, Any]]
    more: dict[str, Any] = field(default_factory=dict)

    def write(self) -> Path:
        """Lay the files out; the page listens on any free port."""
        lay_out(self.folder, self.issuer)  # for its policy and its trust
        site = {
            "site": "riverside",
            "name": {"zh": "滨河花园", "en": "Riverside Gardens"},
            "web": {"listen": "127.0.0.1:0"},
            "policy": POLICY,
            "trust": "trust",
            "legal": LEGAL,
            "limits": [limit("forehead"), limit("face")],
            "lanes": list(self.lanes),
            **self.more,
        }
        path = self.folder / "site.yaml"
        path.write_text(yaml.safe_dump(site, allow_unicode=True, sort_keys=False), "utf-8")
        return path

    @property
    def data(self) -> Path:
        return self.folder / "data"


def menshen(*args: object, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """Run one command to its end."""
    return subprocess.run(
        [MENSHEN, *map(str, args)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@dataclass
class Gateway:
    """A gateway process; `api` asks it as an administrator."""

    site: Path
    log: Path
    token: str
    process: "asyncio.subprocess.Process"
    page: str
    link: str
    said: str  # on stdout, until it ran

    @property
    def api(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.page, headers={"Authorization": f"Bearer {self.token}"}, timeout=10
        )

    async def until_ready(self, within_s: float = START_S) -> None:
        async with self.api as api:
            await until(lambda: _is_ready(api), within_s)

    async def events(self, **filters: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        """All events of the record, page by page, as any program would read them."""
        found: list[dict[str, Any]] = []
        after: int | None = 0
        async with self.api as api:
            while after is not None:
                asked = {"after": after, "limit": 1000, **filters}
                answer = (await api.get("/api/v1/events", params=asked)).json()
                found += answer["events"]
                after = answer["next"]
        return found

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it as an operator would; return its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), STOP_S)


@asynccontextmanager
async def gateway(
    site: Path, *args: str, environ: Mapping[str, str] | None = None
) -> AsyncIterator[Gateway]:
    """Run `menshen run` while the block runs, with more in its environment."""
    token = menshen("token", "create", site, "--role", "admin")
    assert token.returncode == 0, token.stderr
    log = site.parent / f"gateway-{time.monotonic_ns()}.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            MENSHEN, "run", str(site), *args,
            stdout=asyncio.subprocess.PIPE, stderr=errors, start_new_session=True,
            env={**os.environ, **(environ or {})},
        )  # fmt: skip
    try:
        said = await _greeting(process, log)
        link = re.search(r"(http://\S+)/signin\?token=\S+", said)
        assert link, said
        yield Gateway(site, log, token.stdout.strip(), process, link[1], link[0], said)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _greeting(process: "asyncio.subprocess.Process", log: Path) -> str:
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(START_S):
        while LAST_WORD not in said:
            line = await process.stdout.readline()
            assert line, f"the gateway ended: {log.read_text('utf-8')}"
            said += line.decode()
    return said


async def until(holds: Any, within_s: float) -> None:  # noqa: ANN401
    """Ask again and again until it holds; what another process does tells nobody."""
    async with asyncio.timeout(within_s):
        while not await holds():
            await asyncio.sleep(0.02)


async def _is_ready(api: httpx.AsyncClient) -> bool:
    try:
        return (await api.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


def children_of(pid: int) -> list[int]:
    """The processes that a process started and that still live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def is_there(program: str) -> bool:
    """Whether this machine has a program."""
    return shutil.which(program) is not None
