"""A site made ready to be simulated: its own rules, the simulation's issuer, a store, a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from devices.errors import Fault, SetupError
from gateway.setup import Setup, load_setup
from gateway.site_model import Influx, Store
from simulators.dcc_issuer import DccIssuer, HealthCodes
from simulators.estates import POLICY, SITE, lay_out
from simulators.scenario import Scenario
from simulators.virtual_clock import WALL_AT_START_MS

MEMORY = Path("/dev/shm")  # noqa: S108 - the disk of a virtual world is memory
STORE = Store(influx=Influx(url="http://virtual", org="virtual", bucket="virtual"))


def issuer() -> DccIssuer:
    """Return the issuer of all virtual people."""
    return DccIssuer("virtual")


def codes() -> HealthCodes:
    """Return what they carry."""
    return HealthCodes(issuer(), lambda: WALL_AT_START_MS)


@contextmanager
def staged(scenario: Scenario, path: Path) -> Iterator[Setup]:
    """Give the site beside a scenario, cut down to the lanes that the scenario has.

    SetupError: the two don't fit, or the site file has faults.
    """
    if path.exists() is False:
        what = "a virtual run needs the site file beside its scenario"
        raise SetupError([Fault(str(path), 1, 1, what)])
    with TemporaryDirectory(prefix="menshen-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        setup = _loaded(path, Path(folder))
        if setup.site.site != scenario.site:
            what = f"site: is {setup.site.site}, the scenario's is {scenario.site}"
            raise SetupError([Fault(str(path), 1, 1, what)])
        yield _cut_down(setup, scenario)


def _loaded(path: Path, folder: Path) -> Setup:
    """Load a site whose trust is the virtual issuer alone."""
    estate = folder / "estate"
    estate.mkdir()
    for name in (SITE, POLICY):
        source = path if name == SITE else path.parent / name
        if source.exists():
            (estate / name).write_bytes(source.read_bytes())
    site, _ = lay_out(estate, issuer())
    return load_setup(site, data=folder / "data")


def _cut_down(setup: Setup, scenario: Scenario) -> Setup:
    names = {here.lane for here in scenario.lanes}
    lanes = tuple(lane for lane in setup.site.lanes if lane.lane in names)
    site = setup.site.model_copy(update={"store": STORE, "lanes": lanes})
    devices = tuple(device for device in setup.devices if device.lane in names)
    return replace(setup, site=site, devices=devices)
