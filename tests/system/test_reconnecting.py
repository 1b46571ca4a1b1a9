"""A broker that comes back is not stormed: links return one by one, and later each time."""

import asyncio
from collections import Counter
from random import Random

from devices.ids import SiteId
from drivers.mqtt_link import FIRST_PAUSE_S, BrokerLogin, MqttLink
from simulators.real_clock import real_now

SITES = 40
WATCHED_S = 4.0
BUCKET_S = 0.02


def link_to(port: int, number: int) -> MqttLink:
    return MqttLink(
        BrokerLogin("127.0.0.1", port),
        SiteId(f"site-{number}"),
        now=real_now,
        random=Random(number),
        strangers=lambda _: None,
        changed=lambda *_: None,
    )


async def test_a_thousand_gateways_would_not_return_in_step() -> None:
    loop = asyncio.get_running_loop()
    came_s: list[float] = []

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came_s.append(loop.time())
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    links = [asyncio.create_task(link_to(port, number).run()) for number in range(SITES)]
    await asyncio.sleep(WATCHED_S)
    for link in links:
        link.cancel()
    await asyncio.wait(links)
    server.close()
    # Pauses of 0.2, 0.4, 0.8 and 1.6 s, each at least half of itself: seven tries at most.
    assert 3 * SITES <= len(came_s) <= 7 * SITES
    again = [at for at in came_s if at > came_s[0] + FIRST_PAUSE_S * 4]
    waves = Counter(int(at / BUCKET_S) for at in again)
    assert max(waves.values()) < SITES / 3
