"""The broker as the gateway will meet it: login, Nagle, queues, what it writes to disk."""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from devices.errors import DeviceLinkError, PartMissingError
from devices.native.topics import gateway_topic
from drivers.mqtt_login import BrokerLogin
from gateway.broker.access_list import DOCTOR
from gateway.broker.accounts import read_secret
from gateway.broker.embedded import embedded_broker
from gateway.broker.limits import MAX_INFLIGHT_MESSAGES, MAX_QUEUED_MESSAGES
from gateway.broker.login import broker_login
from gateway.broker.programs import best_program
from gateway.doctor.broker_talk import PROBES, BrokerTalk
from gateway.doctor.findings import Finding, bad, missing, ok, warn
from gateway.doctor.local_mosquitto import persistence_of
from gateway.site_model import BrokerAt, SiteFile, is_loopback

BROKER_WITHIN_S = 40.0
NAGLE_MS = 25  # Nagle's algorithm and a delayed acknowledgement cost 40 ms


@dataclass(frozen=True, slots=True)
class Logins:
    """The gateway's own login and, where the broker has one for us, the doctor's."""

    gateway: BrokerLogin
    doctor: BrokerLogin | None


def look_at_embedded(site: str) -> Iterator[Finding]:
    """Tell whether the gateway's own broker starts here, and measure it."""
    try:
        program = best_program()
    except PartMissingError as error:
        yield missing("broker", "no broker to run", error.remedy)
        return
    with tempfile.TemporaryDirectory(prefix="menshen-doctor-") as folder:
        yield from asyncio.run(_tried(site, Path(folder)))
    if program.shortcoming:
        yield warn("broker", program.name, program.shortcoming)


async def _tried(site: str, folder: Path) -> list[Finding]:
    faults: list[str] = []
    async with embedded_broker(folder, failed=faults.append, usual_port=0) as at:
        login = BrokerLogin(at.host, at.port)
        return await asyncio.to_thread(
            lambda: [
                ok("broker", "the embedded broker starts"),
                *_measured(login, gateway_topic(site, DOCTOR)),
            ]
        )


def look_at_broker(site: SiteFile, at: BrokerAt) -> Iterator[Finding]:
    """Tell whether the site's broker lets the gateway in, and measure it."""
    logins = logins_of(site, at)
    topic = gateway_topic(site.site, DOCTOR)
    try:
        yield _let_in(logins, gateway_topic(site.site, "online"))
    except DeviceLinkError as error:
        yield bad(
            "broker", str(error), "menshen broker config, with this site file, shows the accounts"
        )
        return
    yield from _measured(logins.doctor or logins.gateway, topic)
    yield _persistence(at)


def logins_of(site: SiteFile, at: BrokerAt) -> Logins:
    """Read the passwords; SetupError where a file is empty or can't be read."""
    login = broker_login(site, at)
    if at.password_file is None:
        return Logins(login, None)
    beside = site.at(at.password_file).with_name(f"{DOCTOR}.password")
    if not beside.is_file():
        return Logins(login, None)
    return Logins(login, replace(login, username=DOCTOR, password=read_secret(beside)))


def _let_in(logins: Logins, online: str) -> Finding:
    """Try the gateway's login, unless the gateway uses it now: that would throw it out."""
    if logins.doctor is not None:
        with BrokerTalk(logins.doctor) as talk:
            if any(map(_says_online, talk.hear(online))):
                return ok("broker", f"{logins.gateway.url}: the gateway is connected")
    with BrokerTalk(logins.gateway):
        return ok("broker", f"{logins.gateway.url} lets the gateway in")


def _says_online(payload: bytes) -> bool:
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("online") is True


def _measured(login: BrokerLogin, topic: str) -> Iterator[Finding]:
    with BrokerTalk(login) as talk:
        plain_ms = talk.acknowledged_ms(topic)
        talk.hear(topic)
        try:
            echo_ms = talk.echo_ms(topic)
        except DeviceLinkError:
            remedy = f"let {login.username} write and read it (its ACL)"
            yield bad("broker echo", f"what is published on {topic} does not come back", remedy)
            return
        yield _nagle(plain_ms, echo_ms)
        yield from _limits(*talk.limits(topic))


def _nagle(plain_ms: float, echo_ms: float) -> Finding:
    said = f"{echo_ms:.1f} ms there and back (acknowledged in {plain_ms:.1f} ms)"
    if echo_ms - plain_ms > NAGLE_MS:
        remedy = "set_tcp_nodelay true in mosquitto.conf (TCP_NODELAY is missing on its side)"
        return warn("broker speed", said, remedy)
    return ok("broker speed", said)


def _limits(inflight: int, kept: int) -> Iterator[Finding]:
    said = f"{_at_least(inflight)} unacknowledged at once"
    if inflight < MAX_INFLIGHT_MESSAGES:
        remedy = f"max_inflight_messages {MAX_INFLIGHT_MESSAGES} in mosquitto.conf"
        yield warn("broker inflight", said, remedy)
    else:
        yield ok("broker inflight", said)
    said = f"{_at_least(kept)} kept for a gateway that is busy"
    if kept < PROBES:
        remedy = f"max_queued_messages {MAX_QUEUED_MESSAGES} in mosquitto.conf"
        yield warn("broker queue", f"{said}, the rest dropped without a word", remedy)
    else:
        yield ok("broker queue", said)


def _at_least(count: int) -> str:
    return f"{count} or more" if count >= PROBES else str(count)


def _persistence(at: BrokerAt) -> Finding:
    """Tell whether the broker writes what waits, and with it the texts of codes, to a file."""
    remedy = "persistence false in mosquitto.conf, and delete its mosquitto.db"
    keeps = persistence_of(at.port) if is_loopback(at.host) else None
    if keeps is None:
        said = "whether it writes codes to a file can't be seen from here"
        return warn("broker persistence", said, f"see to it there: {remedy}")
    if keeps:
        return bad("broker persistence", "it writes the texts of people's codes to a file", remedy)
    return ok("broker persistence", "off")
