"""A time-series store of the benchmark's own."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

from devices.errors import MenshenError, PartMissingError

START_WITHIN_S = 20.0


@contextmanager
def victoria_metrics(folder: Path) -> Iterator[str]:
    """Run VictoriaMetrics on a free loopback port; give its address."""
    program = shutil.which("victoria-metrics")
    if program is None:
        part = "victoria-metrics"
        raise PartMissingError(part, "apt-get install victoria-metrics")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={folder}"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet)  # noqa: S603
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(START_WITHIN_S)


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline_s = time.monotonic() + START_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline_s:
        with suppress(OSError), urlopen(f"{url}/health", timeout=1):  # noqa: S310 - loopback
            return
        time.sleep(0.05)
    msg = f"victoria-metrics did not start on {url}"
    raise MenshenError(msg)
