"""The office of a site's passes as a running gateway has it, in a folder of a test's own."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from devices.moment import Moment
from edge_rules.credentials.pass_trust import PassTrust
from edge_rules.inputs import Input
from gateway.clock import SystemClock
from gateway.passes.keeper import PassKeeper
from gateway.passes.pass_files import PassFolders
from gateway.passes.request import PassBounds
from gateway.passes.site_passes import SitePasses
from gateway.people.front_desk import GuardsDesk
from gateway.ports import Clock

ZONE = ZoneInfo("Asia/Shanghai")
NAME = {"zh": "滨河花园", "en": "Riverside Gardens"}
KEY = b"site's own key, 32 bytes long ..."


@dataclass
class StandingClock:
    """A clock that a test sets."""

    at: Moment

    def now(self) -> Moment:
        return self.at


@dataclass
class Heard:
    """What the gateway hears of a desk."""

    trusted: list[PassTrust] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)


def site_passes(folder: Path, shared: Path | None = None) -> SitePasses:
    """Passes of a small site."""
    gates = {"north-in", "north-gate", "south-in"}
    return SitePasses(
        PassFolders.of(folder, shared),
        PassBounds(gates, ZONE),
        "riverside",
        "riverside",
        NAME,
        ZONE,
        None,
    )


def pass_desk(
    folder: Path, heard: Heard | None = None, clock: Clock | None = None, shared: Path | None = None
) -> PassKeeper:
    """Open a desk; what it tells the gateway goes to `heard`."""
    heard = heard or Heard()
    return PassKeeper(
        site_passes(folder, shared),
        PassTrust(),
        heard.trusted.append,
        heard.inputs.append,
        KEY,
        ThreadPoolExecutor(1),
        clock or SystemClock(),
    )


def desks(folder: Path) -> tuple[PassKeeper, GuardsDesk]:
    """Open both desks: of passes, and of what a guard may ask."""
    passes = pass_desk(folder)
    return passes, GuardsDesk(folder, passes.by_number, ThreadPoolExecutor(1), SystemClock())
