"""Tasks that live as long as the gateway: one that dies comes back alone, later each time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STOP_WITHIN_S = 1.2  # a farewell to the broker takes up to 1 s; the whole gateway stops in 5


async def supervise(
    name: str,
    run: Callable[[], Awaitable[None]],
    failed: Callable[[str], None],
    random: Random,
) -> None:
    """Run for ever; `failed` gets a sentence each time it ends by itself."""
    pause_s = FIRST_PAUSE_S
    loop = asyncio.get_running_loop()
    while True:
        since_s = loop.time()
        try:
            await run()
            fault = "ended by itself"
        except Exception as error:  # whatever it is, only this one task may suffer from it
            log.exception("%s failed", name)
            fault = str(error) or type(error).__name__
        failed(f"{name}: {fault}")
        if loop.time() - since_s > LONGEST_PAUSE_S:
            pause_s = FIRST_PAUSE_S
        await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


@asynccontextmanager
async def background(*runs: Awaitable[None]) -> AsyncIterator[None]:
    """Run tasks beside the block; cancel them at its end and wait for that, within a deadline."""
    tasks = [asyncio.ensure_future(run) for run in runs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_WITHIN_S)
            for task in late:
                log.warning("%s did not stop in %s s", task.get_name(), STOP_WITHIN_S)
