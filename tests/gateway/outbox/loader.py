"""A process that fills an outbox and says what was acknowledged to it, until it is killed."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

from gateway.outbox.outbox import Outbox
from gateway.ports import Event
from tests.gateway.outbox.records import decided, record

IN_FLIGHT = 30


async def load(folder: Path, first: int, seed: int) -> None:
    """Append tickets of one to four records numbered on and on; print each one that is settled."""
    random = Random(seed)
    outbox = Outbox(folder, "riverside")
    outbox.start()
    number, waiting = first, 0
    settled = asyncio.Event()

    def tell(events: Sequence[Event]) -> None:
        nonlocal waiting
        waiting -= 1
        ids = " ".join(event["id"] for event in events)
        os.write(1, f"{ids}\n".encode())
        settled.set()

    while True:
        records = []
        for _ in range(random.randint(1, 4)):
            make = decided if random.random() < 0.5 else record
            records.append(make(f"r-{number}", visit=None))
            number += 1
        waiting += 1
        outbox.append(records, tell)
        while waiting >= IN_FLIGHT:
            settled.clear()
            await settled.wait()
        await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(load(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
