"""What VictoriaMetrics holds of the record's points."""

import asyncio
import json
from collections import Counter
from urllib.parse import urlencode

from gateway.crashtest.children import CrashTestError
from gateway.crashtest.evidence import PointKey
from gateway.crashtest.http_get import get

MEASUREMENTS = ("passage", "gate", "device", "store")  # each has a `count`; `queue` is no record
VISIBLE_WITHIN_S = 15.0  # new series take a moment after a flush


async def stored_points(port: int, wanted: int) -> Counter[PointKey]:
    """Count every point; asks again for a while where it shows fewer than are wanted."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + VISIBLE_WITHIN_S
    while True:
        found = await _export(port)
        if len(found) >= wanted or loop.time() > deadline_s:
            return found
        await asyncio.sleep(0.2)


async def _export(port: int) -> Counter[PointKey]:
    await get(port, "/internal/force_flush")
    names = "|".join(f"{name}_count" for name in MEASUREMENTS)
    asked = urlencode({"match[]": f'{{__name__=~"{names}"}}'})
    status, body = await get(port, f"/api/v1/export?{asked}")
    if status != 200:
        msg = f"the store's export answered {status}"
        raise CrashTestError(msg)
    found: Counter[PointKey] = Counter()
    for line in body.splitlines():
        row = json.loads(line)
        row["metric"]["__name__"] = row["metric"]["__name__"].removesuffix("_count")
        row["metric"].pop("db", None)
        series = tuple(sorted(row["metric"].items()))
        found.update(PointKey(series, ms) for ms in row["timestamps"])
    return found
