"""A site made ready to be simulated: its own rules, the simulation's issuer, a store, a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from devices.errors import Fault, SetupError
from edge_rules.credentials.trust import TrustStore
from gateway.policies.loading import load, read_text
from gateway.setup import Setup
from gateway.site_file import load_site_devices
from gateway.site_model import Influx, Store
from simulators.dcc_issuer import DccIssuer, HealthCodes
from simulators.scenario import Scenario
from simulators.virtual_clock import WALL_AT_START_MS

MEMORY = Path("/dev/shm")  # noqa: S108 - the disk of a virtual world is memory
STORE = Store(influx=Influx(url="http://virtual", org="virtual", bucket="virtual"))


def codes() -> HealthCodes:
    """Return what virtual people carry."""
    return HealthCodes(_issuer(), lambda: WALL_AT_START_MS)


@contextmanager
def staged(scenario: Scenario, path: Path) -> Iterator[Setup]:
    """Give a site cut down to the lanes of a scenario, on a disk that is gone afterwards.

    SetupError: the two don't fit, or the files of the site have faults.
    """
    with TemporaryDirectory(prefix="menshen-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        site, devices = load_site_devices(path, data=Path(folder) / "data")
        names = {here.lane for here in scenario.lanes}
        strange = sorted(names - {str(lane.lane) for lane in site.lanes})
        if site.site != scenario.site or strange:
            what = f"it is no site of this scenario: site {site.site}, no lane {strange}"
            raise SetupError([Fault(str(path), 1, 1, what)])
        policy = load(read_text(site.policy_path), str(site.policy_path))
        lanes = tuple(lane for lane in site.lanes if lane.lane in names)
        yield Setup(
            site.model_copy(update={"store": STORE, "lanes": lanes}),
            tuple(device for device in devices if device.lane in names),
            policy.compiled,
            TrustStore([("virtual.pem", _issuer().certificate_pem)]),
            policy.text,
        )


def _issuer() -> DccIssuer:
    return DccIssuer("virtual")
