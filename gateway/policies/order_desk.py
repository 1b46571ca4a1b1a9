"""Orders of the HQ as they arrive: read, checked one by one, obeyed or refused on record."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from devices.errors import SetupError
from devices.native.topics import order_topic
from devices.orders.errors import OrderError
from devices.orders.order import EVERYBODY, POLICY, Order, decode_order, order_id
from devices.orders.signed import SignedOrder, decode_signed
from drivers.mqtt_port import MqttMessage, MqttPort
from edge_rules.inputs import Input, OrderGiven, OrderRefused
from edge_rules.orders.checking import OrderRefusal, check_again, check_order
from edge_rules.orders.signatures import OrderKeys
from edge_rules.orders.singling_out import singled_out
from edge_rules.orders.way_home import Doorway, way_home
from edge_rules.site import SiteState
from gateway.policies.keeper import NotKeptError, PolicyKeeper
from gateway.policies.loading import Loaded
from gateway.ports import Clock

log = logging.getLogger(__name__)

MOST_WAITING = 16

CROWDED = "orders-crowded"
NOT_SET_UP = "orders-not-set-up"
FAULTY = "order-policy-faulty"
NOT_KEPT = "order-not-kept"


@dataclass(frozen=True, slots=True)
class OrderRules:
    """What a site file says of orders, and what of the site they have to respect."""

    site: str
    keys: OrderKeys | None
    max_hours: int
    doorways: Sequence[Doorway]
    zone: ZoneInfo


class OrderDesk:
    """One kind of order, to this site and to all; `run` lives until it is cancelled."""

    def __init__(
        self,
        rules: OrderRules,
        port: MqttPort,
        keeper: PolicyKeeper,
        state: Callable[[], SiteState],
        take: Callable[[Input, Callable[[], None] | None], None],
        clock: Clock,
    ) -> None:
        self._rules = rules
        self._keeper = keeper
        self._state = state
        self._take = take
        self._clock = clock
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)
        for whom in (rules.site, EVERYBODY):
            port.subscribe(order_topic(whom, POLICY), self._hear)

    def _hear(self, message: MqttMessage) -> None:
        # At once: judging takes long, and readings that came later are acknowledged behind it. An
        # order that a crash loses comes again, since the HQ retains it.
        message.settled()
        try:
            self._waiting.put_nowait(message.payload)
        except asyncio.QueueFull:
            what = f"more than {MOST_WAITING} orders wait; send them one after the other"
            self._refuse(None, None, OrderRefusal(CROWDED, what))

    async def run(self) -> None:
        """Take one order after the other, for ever."""
        while True:
            await self._judge(await self._waiting.get())

    async def _judge(self, payload: bytes) -> None:
        """Obey one message, or refuse it."""
        signed: SignedOrder | None = None
        try:
            signed = decode_signed(payload)
            refusal = self._signature(signed)
            order = None if refusal else decode_order(signed.text)
        except OrderError as error:
            refusal, order = OrderRefusal(error.word, str(error)), None
        if order is not None and signed is not None:
            if order.id in self._state().policies.known:
                return  # it had its effect
            found = await self._checked(order, signed.key)
            if isinstance(found, Loaded):
                self._take(OrderGiven(order, signed.key, found.compiled), None)
                return
            refusal = found
        if refusal is not None:
            id_ = order.id if order else order_id(signed.text) if signed else None
            self._refuse(id_, signed.key if signed else None, refusal)

    def _signature(self, signed: SignedOrder) -> OrderRefusal | None:
        if self._rules.keys is None:
            what = "the site file has no orders: {keys}, so no order can be believed"
            return OrderRefusal(NOT_SET_UP, what)
        return self._rules.keys.check(signed)

    async def _checked(self, order: Order, key: str) -> Loaded | OrderRefusal:
        """Check an order whose signature holds; what costs work comes last."""
        state, now_ms = self._state(), self._clock.now().wall_ms
        rules, last = self._rules, state.policies.sequences.get(key, 0)
        refusal = check_order(
            order, site=rules.site, kind=POLICY, now_ms=now_ms, max_hours=rules.max_hours
        ) or check_again(order, now_ms, last, clock_trusted=state.clock.why is None)
        if refusal is not None:
            return refusal
        try:
            loaded = await self._keeper.load(order.policy, "policy")
        except SetupError as error:
            return OrderRefusal(FAULTY, str(error.faults[0]))
        judge = partial(_unfit, loaded, order, rules, now_ms)
        refusal = await self._keeper.beside(judge)
        if refusal is not None:
            return refusal
        try:
            await self._keeper.keep_order(loaded)
        except NotKeptError as error:
            return OrderRefusal(NOT_KEPT, str(error))
        return loaded

    def _refuse(self, id_: str | None, key: str | None, refusal: OrderRefusal) -> None:
        log.warning("an order was refused: %s", refusal.word)
        self._take(OrderRefused(id_, key, POLICY, refusal.word, refusal.detail), None)


def _unfit(loaded: Loaded, order: Order, rules: OrderRules, now_ms: int) -> OrderRefusal | None:
    return singled_out(loaded.policy) or way_home(
        loaded.policy,
        loaded.compiled,
        rules.doorways,
        rules.zone,
        from_ms=now_ms,
        until_ms=order.ends_ms,
        chance=Random(order.id),
    )
