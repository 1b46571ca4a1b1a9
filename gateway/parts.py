"""The parts of one run of the gateway, and how they hear of each other."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import partial
from socket import socket
from typing import Any

from devices.ids import LaneId, SiteId
from drivers.driver import DriverContext
from drivers.mqtt_link import MqttLink
from edge_rules.inputs import AlarmSeen, Noted, PolicyOffered
from edge_rules.lane import Mode
from edge_rules.policies import Source
from edge_rules.restarting import resume
from gateway.access import Access
from gateway.broker.embedded import embedded_broker
from gateway.broker.login import broker_login
from gateway.clock import watch_source
from gateway.credential_parts import CredentialParts
from gateway.forwarding.store_forwarder import StoreForwarder
from gateway.machine import Machine
from gateway.outbox.outbox import Outbox
from gateway.outbox.past import Past
from gateway.outbox.writer import DISK_FULL
from gateway.policies.explanations import Explanations
from gateway.policies.file_watch import FileWatch
from gateway.policies.keeper import PolicyKeeper
from gateway.policies.order_desk import OrderDesk
from gateway.policies.shadow import Shadow
from gateway.policies.shelf import Shelf
from gateway.policies.starting import policies_at_start
from gateway.runtime import SiteRuntime
from gateway.setup import Setup
from gateway.site_file import DeviceSetup
from gateway.site_model import FIRST_STORE, BrokerAt, Influx
from gateway.site_rules import lane_rules, order_rules, site_rules
from gateway.supervision import supervise
from gateway.upwards.way_up import Lengths, way_up
from gateway.web.app import create_app
from gateway.web.feed import EventFeed
from gateway.web.listen import web_server

log = logging.getLogger("menshen")

STORE = FIRST_STORE  # the first forwarder's name in the outbox
STORE_ALARMS = frozenset({"store-differs", "store-uncounted"})
LOOK_AGAIN_S = 2.0  # how soon the page learns what no input said, such as a gate's silence
ALARM_SEVERITY = 3
RUN_BYTES = 4  # of a run's name in every id it makes


def open_outbox(setup: Setup, machine: Machine, make: Callable[..., Outbox] = Outbox) -> Outbox:
    """Open the site's record; nothing is written before its `start`."""
    site = setup.site
    return make(
        site.data_folder,
        site.site,
        retention_days=site.retention.visits_days,
        size_mb=site.retention.size_mb,
        forwarders=[one.name for one in site.store.stores] if site.store else [],
        now_ms=lambda: machine.clock.now().wall_ms,
        machinery=machine.outbox,
    )


class Parts:
    """The parts of one run, and how they hear of each other."""

    def __init__(
        self,
        setup: Setup,
        outbox: Outbox,
        past: Past,
        machine: Machine,
        lengths: Lengths | None = None,
    ) -> None:
        self._setup = setup
        self._outbox = outbox
        self._machine = machine
        self._clock = machine.clock
        self._random = machine.random
        self._run = machine.token(RUN_BYTES)
        self._lengths = lengths or Lengths()
        self._link: MqttLink | None = None
        self._feed = EventFeed(outbox, last_seq=outbox.last_seq)
        self._shelf = Shelf(setup.site.data_folder)
        self._loader = machine.loader()
        self._lost: list[str] = []  # policies that stood and can't be had again
        self.runtime = self._resumed(past)
        self.keeper = self._keeper(past)
        self._credentials = CredentialParts(
            setup, machine, self._run, self.runtime, self._feed, self._alarm
        )
        outbox.watch(self.keeper.shadow.committed)
        outbox.watch_trouble(self._disk_troubled)
        for lost in self._lost:
            self._alarm("policy-lost", lost)
        if outbox.repair is not None:
            log.warning("%s", outbox.repair)
            self._alarm("outbox-repaired", str(outbox.repair))

    def _resumed(self, past: Past) -> SiteRuntime:
        setup, now = self._setup, self._clock.now()
        policies = policies_at_start(
            past.policies, setup.policy, self._shelf, now, self._lost.append
        )
        modes = {LaneId(lane): Mode(mode) for lane, mode in past.modes.items()}
        state, effects = resume(
            site_rules(setup, now), policies, self._run, lane_rules(setup), modes, past.recent,
            now, past.earlier,
        )  # fmt: skip
        runtime = SiteRuntime(
            state,
            clock=self._clock,
            disk=self._outbox,
            name=setup.site.name.model_dump(),
            lane_names={
                LaneId(lane.lane): lane.name.model_dump() if lane.name else None
                for lane in setup.site.lanes
            },
            committed=self._feed.committed,
            lane_changed=self._feed.lane_changed,
            missing=self._missing,
        )
        runtime.carry_out(effects)
        if policies.file != setup.policy.hash:  # edited while no gateway ran
            runtime.take(PolicyOffered(setup.policy, Source.FILE))
        return runtime

    def _keeper(self, past: Past) -> PolicyKeeper:
        shadow = Shadow(
            lambda: self.runtime.state.policies.current.policy,
            lambda type_, body: self.runtime.take(Noted(type_, body)),
            self._clock,
        )
        own = {self._setup.policy.hash: self._setup.policy_text}
        keeper = PolicyKeeper(
            lambda: self.runtime.state.policies,
            self.runtime.take,
            self._shelf,
            self._loader,
            shadow,
            Explanations(self._shelf, self._loader, own),
        )
        keeper.start(self._setup.policy, self._setup.policy_text, past.shadow, self._lost.append)
        return keeper

    def close(self) -> None:
        """Let the workers go."""
        self._credentials.close()
        self._loader.shutdown(wait=False, cancel_futures=True)

    @asynccontextmanager
    async def broker(self) -> AsyncIterator[BrokerAt | None]:
        """Have a broker while the block runs, if any device needs one."""
        at = self._setup.site.broker
        if not any(device.kind.uses_mqtt for device in self._setup.devices):
            yield None
        elif at != "auto":
            yield at
        else:
            folder = self._setup.site.data_folder / "broker"
            failed = partial(self._alarm, "broker-offline")
            async with embedded_broker(folder, failed=failed) as embedded:
                yield embedded

    @asynccontextmanager
    async def page(self, access: Access, bound: socket) -> AsyncIterator[str]:
        """Serve the page while the block runs; give its address."""
        tls, at = self._setup.site.web.tls, self._setup.site.at
        server = web_server(
            create_app(
                self.runtime,
                self._outbox,
                access,
                self._feed,
                self.keeper,
                self._credentials.passes,
                self._credentials.front_desk,
            ),
            cert=at(tls.cert) if tls else None,
            key=at(tls.key) if tls else None,
        )
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        host, port = bound.getsockname()[:2]
        try:
            yield f"{'https' if tls else 'http'}://{host}:{port}"
        finally:
            self._feed.close()
            server.should_exit = True
            await serving

    def tasks(self, broker: BrokerAt | None) -> list[Coroutine[Any, Any, None]]:
        """Give everything that runs beside the page."""
        clock = partial(watch_source, self.runtime.take, self._machine.clock_source)
        watch = FileWatch(self._setup.site.policy_path, self._setup.policy_text, self.keeper)
        tasks = [
            self._look_again(),
            self._supervised("clock", clock),
            self._supervised("policy file", watch.run),
            self._supervised("shadow policy", self.keeper.shadow.run),
        ]
        tasks += [self._supervised(name, run) for name, run in self._credentials.tasks()]
        if broker is not None:
            self._link = MqttLink(
                broker_login(self._setup.site, broker),
                SiteId(self._setup.site.site),
                now=self._clock.now,
                random=self._random,
                strangers=partial(self._alarm, "device-unknown"),
                changed=self._broker_changed,
                connect=self._machine.connect,
                token=self._machine.token,
            )
            tasks.append(self._supervised("MQTT", self._link.run))
            tasks += self._upwards(self._link)
            desk = OrderDesk(
                order_rules(self._setup),
                self._link,
                self.keeper,
                lambda: self.runtime.state,
                self.runtime.take,
                self._clock,
            )
            tasks.append(self._supervised("orders", desk.run))
        tasks += [self._driver(device) for device in self._setup.devices]
        if self._setup.site.store is not None:
            tasks += map(self._forwarder, self._setup.site.store.stores)
        return tasks

    def _driver(self, device: DeviceSetup) -> Coroutine[Any, Any, None]:
        context = DriverContext(
            site=SiteId(self._setup.site.site),
            lane=device.lane,
            device=device.device,
            deliver=self._credentials.intake.deliver,
            now=self._clock.now,
            run_id=self._run,
            digest=self._credentials.digest,
            mqtt=self._link if device.kind.uses_mqtt else None,
        )
        driver = device.kind.build(context, device.settings)
        self.runtime.drivers[device.device] = driver
        return self._supervised(device.device, driver.run, device)

    def _forwarder(self, influx: Influx) -> Coroutine[Any, Any, None]:
        token = influx.token_file
        store = self._machine.store(
            influx.url, influx.org, influx.bucket, self._setup.site.at(token) if token else None
        )
        forwarder = StoreForwarder(
            influx.name,
            self._setup.site.site,
            self._outbox,
            store,
            self._clock,
            self._store_told,
            random=self._random,
        )
        return self._supervised(f"store {influx.name}", forwarder.run)

    def _upwards(self, link: MqttLink) -> list[Coroutine[Any, Any, None]]:
        complain = partial(self._alarm, "hq-unreadable")
        runs = way_up(
            self.runtime,
            self._outbox,
            link,
            self._clock,
            complain,
            random=self._random,
            lengths=self._lengths,
        )
        return [self._supervised(name, run) for name, run in runs.items()]

    def _store_told(self, word: str, body: Mapping[str, Any]) -> None:
        if word in STORE_ALARMS:
            log.warning("%s", body["detail"])
            self._alarm(word, body["detail"])
        else:
            self.runtime.take(Noted(word, body))

    def _supervised(
        self,
        name: str,
        run: Callable[[], Awaitable[None]],
        device: DeviceSetup | None = None,
    ) -> Coroutine[Any, Any, None]:
        failed = partial(self._alarm, "part-failed", device=device)
        return supervise(name, run, failed, self._random)

    async def _look_again(self) -> None:
        """Tell the page what changed without an input, such as a gate that fell silent."""
        shown: dict[str, Mapping[str, Any]] = {}
        while True:
            await asyncio.sleep(LOOK_AGAIN_S)
            for view in self.runtime.lanes():
                if shown.get(view["lane"]) != view:
                    shown[view["lane"]] = view
                    self._feed.lane_changed(view)

    def _missing(self) -> list[str]:
        missing = ["outbox"] if self._outbox.trouble else []
        if self._link is not None and not self._link.fenced:
            missing.append("broker")
        return missing

    def _broker_changed(self, connected: bool, why: str | None) -> None:
        if not connected and why is not None:
            log.warning("%s", why)
            self._alarm("broker-offline", why)

    def _disk_troubled(self, trouble: str | None) -> None:
        if trouble is not None:
            log.warning("%s", trouble)
            self._alarm("disk-full" if trouble == DISK_FULL else "disk-failing", trouble)

    def _alarm(self, alarm: str, detail: str, device: DeviceSetup | None = None) -> None:
        self.runtime.take(
            AlarmSeen(
                alarm,
                ALARM_SEVERITY,
                device.lane if device else None,
                device.device if device else None,
                detail,
            )
        )
