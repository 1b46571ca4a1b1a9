"""Which checks there are: those of any machine, and those of a site."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.doctor.broker_checks import BROKER_WITHIN_S, look_at_broker, look_at_embedded
from gateway.doctor.certificates import look_at_tls, look_at_trust
from gateway.doctor.disk import look_at_disk
from gateway.doctor.examination import Check
from gateway.doctor.machine import look_at_clock, look_at_mosquitto, look_at_python
from gateway.doctor.serial_ports import look_at_ports, serial_paths
from gateway.doctor.surroundings import look_at_law, look_at_page, look_at_store
from gateway.site_file import load_site_devices
from gateway.site_model import SiteFile

ANY_SITE = "riverside"
USUAL_DATA = Path("data")
SLOW_DISK_S = 20.0


def checks_for(path: Path | None) -> list[Check]:
    """List the checks of this machine and, with a site file, of that site; SetupError."""
    if path is None:
        return [
            *_of_machine(own_broker=True),
            _embedded(ANY_SITE),
            Check("disk", lambda: look_at_disk(USUAL_DATA), SLOW_DISK_S),
        ]
    site, devices = load_site_devices(path)
    ports = serial_paths(site, devices)
    now = datetime.now(UTC)
    today = now.astimezone(ZoneInfo(site.timezone)).date()
    by_mqtt = any(device.kind.uses_mqtt for device in devices)
    return [
        *_of_machine(own_broker=by_mqtt and site.broker == "auto"),
        *([_broker(site)] if by_mqtt else []),
        Check("disk", lambda: look_at_disk(site.data_folder), SLOW_DISK_S),
        Check("serial", lambda: look_at_ports(ports)),
        Check("trust", lambda: look_at_trust(site, now)),
        Check("tls", lambda: look_at_tls(site, now)),
        Check("legal", lambda: look_at_law(site, today)),
        Check("store", lambda: look_at_store(site)),
        Check("page", lambda: look_at_page(site.web)),
    ]


def _of_machine(*, own_broker: bool) -> list[Check]:
    return [
        Check("python", look_at_python),
        Check("mosquitto", lambda: look_at_mosquitto(needed=own_broker)),
        Check("clock", lambda: look_at_clock(datetime.now(UTC))),
    ]


def _broker(site: SiteFile) -> Check:
    at = site.broker
    if at == "auto":
        return _embedded(site.site)
    return Check("broker", lambda: look_at_broker(site, at), BROKER_WITHIN_S)


def _embedded(site: str) -> Check:
    return Check("broker", lambda: look_at_embedded(site), BROKER_WITHIN_S)
