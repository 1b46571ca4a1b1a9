"""The way up put together: marks in the record, and the forwarder that reads between them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random

from drivers.mqtt_port import MqttPort
from edge_rules.inputs import Noted
from gateway.outbox.outbox import Outbox
from gateway.ports import Clock
from gateway.runtime import SiteRuntime
from gateway.upwards.health_hours import HOUR_MS
from gateway.upwards.hq_forwarder import HqForwarder
from gateway.upwards.minute_marks import MinuteMarks
from gateway.upwards.standing import Standing, standing
from gateway.upwards.windows import MINUTE_MS, Estate

LEVEL = "normal"  # until an order of the HQ can raise it


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long windows are; only tests and trials shorten them."""

    minute_ms: int = MINUTE_MS
    hour_ms: int = HOUR_MS


def way_up(
    runtime: SiteRuntime,
    outbox: Outbox,
    port: MqttPort,
    clock: Clock,
    complain: Callable[[str], None],
    *,
    random: Random,
    lengths: Lengths,
) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """Build it; give what is to run, by name."""

    def stands() -> Standing:
        policy = runtime.state.policies.current.policy.hash
        return standing(
            runtime.lanes(),
            policy=policy,
            level=LEVEL,
            clock_trusted=runtime.state.clock.why is None,
        )

    estate = Estate(runtime.site, tuple(runtime.state.lanes), lengths.hour_ms)
    marks = MinuteMarks(
        outbox,
        clock,
        lambda type_, body: runtime.take(Noted(type_, body)),
        stands,
        minute_ms=lengths.minute_ms,
    )
    forwarder = HqForwarder(estate, outbox, port, clock, stands, complain, random=random)
    return {"window marks": marks.run, "HQ": forwarder.run}
