"""Which broker this machine can run, and how it is started."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from devices.errors import PartMissingError
from gateway.broker.limits import LIMITS

INSTALL_MOSQUITTO = "sudo apt-get install mosquitto"
BESIDE_THE_PATH = ("/usr/sbin", "/usr/local/sbin")  # not on an ordinary user's PATH in Debian
ASK_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True)
class BrokerProgram:
    """One broker that can run as a child on a loopback port."""

    name: str
    command: Callable[[Path, int], list[str]]
    """Write what it needs into a folder and return the command that serves a port."""
    shortcoming: str | None = None


def find_mosquitto() -> str | None:
    """Return mosquitto's path."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=":".join(BESIDE_THE_PATH))


def mosquitto_version(program: str) -> str | None:
    """Ask mosquitto for its version; None if it doesn't say within the deadline."""
    try:
        said = subprocess.run(  # noqa: S603 - the program was looked up, no text of others
            [program, "-h"], capture_output=True, timeout=ASK_WITHIN_S, check=False, text=True
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = said.split(maxsplit=3)
    return words[2] if words[:2] == ["mosquitto", "version"] else None


def best_program() -> BrokerProgram:
    """Choose mosquitto where it is installed, else amqtt; PartMissingError where neither is."""
    if (path := find_mosquitto()) is not None:
        return mosquitto_program(path)
    if find_spec("amqtt") is not None:
        return AMQTT
    part = "a broker"
    raise PartMissingError(part, INSTALL_MOSQUITTO)


def mosquitto_program(path: str) -> BrokerProgram:
    """Run a mosquitto with a generated configuration."""

    def command(folder: Path, port: int) -> list[str]:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        config = folder / "mosquitto.conf"
        config.write_text(embedded_conf(port), "utf-8")
        return [path, "-c", str(config)]

    return BrokerProgram("mosquitto", command)


def embedded_conf(port: int) -> str:
    """Write the embedded broker's configuration: this machine only, and so without accounts."""
    return (
        f"# Written anew at each start of the gateway.\nlistener {port} 127.0.0.1\n"
        f"allow_anonymous true\n\n{LIMITS}\nlog_dest stderr\nlog_type error\nlog_timestamp false\n"
        # A change of user would undo the tie to the gateway's life.
        "user root\n"
    )


AMQTT = BrokerProgram(
    "amqtt",
    lambda _, port: [sys.executable, "-m", "gateway.broker.amqtt_child", str(port)],
    "mosquitto is not installed; amqtt runs instead, for trying out only: it loses what devices "
    f"say while the gateway is away. Install the real one with: {INSTALL_MOSQUITTO}",
)
