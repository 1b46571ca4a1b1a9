"""One estate's gateway put together: outbox, runtime, broker, devices, page, store, in that order.

What is started first stops last, so that nothing is read which could no longer be recorded.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from gateway.access import Access
from gateway.machine import Machine
from gateway.parts import Parts, open_outbox
from gateway.runtime import SiteRuntime
from gateway.setup import Setup
from gateway.site_model import BrokerAt
from gateway.supervision import background
from gateway.upwards.way_up import Lengths
from gateway.web.listen import listen

OUTBOX_CLOSES_S = 1.4  # and half a second for a try that is under way


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway at work."""

    runtime: SiteRuntime
    access: Access
    page: str  # its address
    broker: BrokerAt | None  # None where no device speaks MQTT


@asynccontextmanager
async def running(setup: Setup, lengths: Lengths | None = None) -> AsyncIterator[Running]:
    """Run one estate's gateway while the block runs; MenshenError where it can't start."""
    site = setup.site
    folder = site.data_folder
    async with AsyncExitStack() as stack:
        # The port first: a second gateway must not touch the record before it is told so.
        bound = stack.enter_context(listen(site.web.host, site.web.port))
        machine = Machine()
        outbox = open_outbox(setup, machine)
        stack.push_async_callback(outbox.close, OUTBOX_CLOSES_S)
        past = outbox.past()
        outbox.start()
        parts = Parts(setup, outbox, past, machine, lengths)
        stack.callback(parts.close)
        broker = await stack.enter_async_context(parts.broker())
        access = Access(folder)
        page = await stack.enter_async_context(parts.page(access, bound))
        await stack.enter_async_context(background(*parts.tasks(broker)))
        yield Running(parts.runtime, access, page, broker)
