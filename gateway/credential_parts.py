"""The parts of one run that judge who somebody is: intake, passes, trust, platform, list, keys."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from devices.digest import digest_under
from devices.ids import LaneId
from drivers.platform_port import PlatformContext
from edge_rules.credentials.pass_trust import PassTrust
from edge_rules.credentials.trust import TrustStore
from edge_rules.inputs import Noted
from edge_rules.lane import LaneState
from gateway.colour_desk import ColourDesk
from gateway.intake import Intake
from gateway.key_rotation import KeyRotation
from gateway.keys import load_subject_key
from gateway.machine import Machine
from gateway.names import Names
from gateway.passes.keeper import PassKeeper
from gateway.passes.site_passes import site_passes
from gateway.people.front_desk import GuardsDesk
from gateway.runtime import SiteRuntime
from gateway.setup import Setup
from gateway.trust.keeper import TrustKeeper
from gateway.web.feed import EventFeed

log = logging.getLogger("menshen")


class CredentialParts:
    """What shares the key of subjects and whom the site believes; `alarm` hears of an outage."""

    def __init__(
        self,
        setup: Setup,
        machine: Machine,
        run: str,
        runtime: SiteRuntime,
        feed: EventFeed,
        alarm: Callable[[str, str], None],
    ) -> None:
        self._setup = setup
        self._machine = machine
        self._clock = machine.clock
        self._runtime = runtime
        self._alarm = alarm
        self._pass_worker = machine.loader()  # no policy in work may hold up a revocation
        self._trust_worker = machine.loader()  # nor may a list of a million
        key = load_subject_key(setup.site.data_folder, self._clock.now().wall_ms)
        self._digest = digest_under(key)
        references = {
            device.device: getattr(device.settings, "reference_celsius", None)
            for device in setup.devices
        }
        self.intake = Intake(runtime.take, setup.trust, key, run, references, machine.worker())
        if setup.site.web.show_names:
            self.intake.names = runtime.names = Names(
                self._lane,
                lambda: runtime.state.rules.screening(self._clock.now()),
                feed.people_changed,
            )
        self.passes = PassKeeper(
            site_passes(setup.site),
            setup.trust.passes,
            self._pass_trust_changed,
            runtime.take,
            key,
            self._pass_worker,
            self._clock,
        )
        self.front_desk = GuardsDesk(
            setup.site.data_folder, self.passes.by_number, self._pass_worker, self._clock
        )
        self._trust = self._trust_keeper()
        self._desk = self._colour_desk(key, machine.random)

    def tasks(self) -> Iterator[tuple[str, Callable[[], Awaitable[None]]]]:
        """Give what runs for as long as the gateway, by name."""
        yield "passes", self.passes.run
        yield "key of subjects", self._key_rotation().run
        if self._trust is not None:
            yield "trust folder", self._trust.run
            yield "ends of signers", self._trust.watch_ends
        if self._desk is not None:
            yield "colour platform", self._desk.platform.run

    def digest(self, payload: bytes) -> str:
        """Name a message under whichever key is in use."""
        return self._digest(payload)

    def close(self) -> None:
        """Let the workers go."""
        self.intake.close()
        if self._desk:
            self._desk.close()
        for worker in (self._pass_worker, self._trust_worker):
            worker.shutdown(wait=False, cancel_futures=True)

    def _trust_keeper(self) -> TrustKeeper | None:
        setup = self._setup
        if setup.trust_source is None:
            return None
        return TrustKeeper(
            setup.trust_source, setup.trust, self._trust_changed, self._runtime.take,
            self._trust_worker, self._clock,
        )  # fmt: skip

    def _colour_desk(self, key: bytes, random: Random) -> ColourDesk | None:
        site = self._setup.site
        if site.colour_code is None:
            return None
        context = PlatformContext(
            self._clock.now, random, self._machine.token, self._platform_changed
        )
        platform = site.colour_code.platform.beside(site.at(Path()))
        desk = ColourDesk(
            site.colour_code.codes(), self._machine.platform(platform, context), site.site, key,
            site.colour_code.cache_s * 1000, self._clock, self._runtime.take,
        )  # fmt: skip
        self.intake.colours = self._runtime.desk = desk
        return desk

    def _key_rotation(self) -> KeyRotation:
        site, runtime = self._setup.site, self._runtime
        return KeyRotation(
            site.data_folder,
            ZoneInfo(site.timezone),
            site.retention.subject_days or site.retention.visits_days,
            lambda: runtime.state,
            lambda: not runtime.holding and not (self._desk and self._desk.busy),
            self._rekey,
            runtime.take,
            self._clock,
            self._pass_worker,
            self._machine.token,
        )

    def _lane(self, lane: LaneId) -> LaneState | None:
        return self._runtime.state.lanes.get(lane)

    def _rekey(self, key: bytes) -> None:
        """Hash everybody under another key from here on."""
        self.intake.subject_key = self.passes.subject_key = key
        self._digest = digest_under(key)
        if self._desk:
            self._desk.rekey(key)

    def _pass_trust_changed(self, passes: PassTrust) -> None:
        self.intake.trust.passes = passes

    def _trust_changed(self, trust: TrustStore) -> None:
        trust.passes = self.intake.trust.passes  # read on a way of their own
        self.intake.trust = trust

    def _platform_changed(self, up: bool, why: str) -> None:
        log.warning("%s", why)
        word = "platform-online" if up else "platform-offline"
        self._runtime.take(Noted(word, {"detail": why}))
        if not up:
            self._alarm(word, why)
