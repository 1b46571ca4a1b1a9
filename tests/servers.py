"""Real servers for tests: each on a free loopback port, in its own folder, gone with the test."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

START_DEADLINE_S = 20.0

QUEUE_LIMITS = "max_queued_messages 100000\nmax_inflight_messages 100\nset_tcp_nodelay true\n"


def free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A child process that listens; `restart` brings it back on the same port."""

    command: list[str]
    port: int
    health: str | None = None
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        scheme = "http" if self.health else "mqtt"
        return f"{scheme}://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_DEADLINE_S
        while not self._answers():
            assert self.process.poll() is None, f"{self.command[0]} ended at once"
            assert time.monotonic() < deadline, f"{self.command[0]} does not answer"
            time.sleep(0.02)

    def stop(self, *, kill: bool = False) -> None:
        if self.process is not None:
            self.process.kill() if kill else self.process.terminate()
            self.process.wait(START_DEADLINE_S)
            self.process = None

    def restart(self, *, kill: bool = False) -> None:
        self.stop(kill=kill)
        self.start()

    def _answers(self) -> bool:
        if self.health:
            with suppress(URLError, OSError):
                return bool(urlopen(self.url + self.health, timeout=1).status == 200)
            return False
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


def program(name: str, package: str) -> str:
    """Find a server's program; a test machine must have it."""
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin")
    assert found, f"{name} is missing: apt-get install {package}"
    return found


@contextmanager
def mosquitto(folder: Path, *, options: str = "", anonymous: bool = True) -> Iterator[Server]:
    """Run a broker, without accounts unless told, its queue limits set on purpose."""
    port = free_port()
    config = folder / "mosquitto.conf"
    listener = f"listener {port} 127.0.0.1\nallow_anonymous {str(anonymous).lower()}\n"
    config.write_text(listener + QUEUE_LIMITS + options)
    server = Server([program("mosquitto", "mosquitto"), "-c", str(config)], port)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def victoria_metrics(folder: Path) -> Iterator[Server]:
    """Run the time-series store that speaks the InfluxDB 2 write API."""
    port = free_port()
    command = [
        program("victoria-metrics", "victoria-metrics"),
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={folder / 'victoria'}",
        "-dedup.minScrapeInterval=1ms",
        "-retentionPeriod=10y",
    ]
    server = Server(command, port, health="/health")
    server.start()
    try:
        yield server
    finally:
        server.stop()
