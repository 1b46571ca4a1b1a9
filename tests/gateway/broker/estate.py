"""A small estate's site file, and the broker made for it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from typer.testing import CliRunner, Result

from gateway.broker.broker_files import OWN_PART
from gateway.cli.broker import app
from tests.servers import Server, program

SITE = """\
site: riverside
name: {zh: 滨河花园, en: Riverside Gardens}
broker: BROKER
policy: policy.yaml
lanes:
  - lane: north-in
    checkpoint: north
    direction: in
    needs: [credential]
    devices:
      - {device: scan-1, driver: mqtt-scanner}
      - {device: gate-1, driver: mqtt-gate, fail: secure, egress: mechanical}
  - lane: south-in
    checkpoint: south
    direction: in
    needs: [credential]
    devices:
      - {device: scan-2, driver: mqtt-scanner}
      - {device: serial-1, driver: serial-scanner, port: /dev/ttyUSB0, baud: 9600, framing: crlf}
      - {device: term-1, driver: mqtt-mapped, topic: vendor/term-1/code, as: scan,
         fields: {text: /code}}
      - {device: term-2, driver: mqtt-mapped, topic: "+/2/#", as: scan, fields: {text: /code}}
      - {device: gate-2, driver: mqtt-gate, fail: secure, egress: mechanical}
"""


def write_site(folder: Path, broker: str = "auto", text: str = SITE) -> Path:
    path = folder / "site.yaml"
    path.write_text(text.replace("BROKER", broker))
    return path


def configure(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["config", *map(str, arguments)])


@contextmanager
def estate_broker(folder: Path, port: int) -> Iterator[Server]:
    """Run a real mosquitto on files that `broker config --write` made."""
    conf = folder / "mosquitto.conf"
    # What runs the tests as root would otherwise become a user who can't enter their folder.
    user = "user root\n" if os.geteuid() == 0 else ""
    conf.write_text(conf.read_text().replace(OWN_PART, OWN_PART + user))
    server = Server([program("mosquitto", "mosquitto"), "-c", str(conf)], port)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def mosquitto_passwd(path: Path, user: str, password: str) -> list[str]:
    """The command of mosquitto's own that writes a password file."""
    found = shutil.which("mosquitto_passwd")
    assert found, "mosquitto_passwd is missing: apt-get install mosquitto"
    return [found, "-b", "-c", str(path), user, password]
