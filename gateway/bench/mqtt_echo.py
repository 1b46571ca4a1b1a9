"""The gateway's own MQTT link as an echo, in a process of its own so that its CPU can be told."""

import asyncio
import sys
from random import Random

import uvloop

from devices.ids import SiteId
from drivers.mqtt_link import BrokerLogin, MqttLink
from drivers.mqtt_port import MqttMessage
from gateway.clock import SystemClock


async def _echo(host: str, port: int) -> None:
    link = MqttLink(
        BrokerLogin(host, port),
        SiteId("bench"),
        now=SystemClock().now,
        random=Random(1),
        strangers=lambda _: None,
        changed=lambda *_: None,
    )

    def back(message: MqttMessage) -> None:
        link.publish("bench/pong", message.payload, qos=1)
        message.settled()

    link.subscribe("bench/ping", back)
    running = asyncio.create_task(link.run())
    while not link.fenced:  # noqa: ASYNC110 - told to nobody
        await asyncio.sleep(0.01)
    print("ready", flush=True)  # noqa: T201 - to the benchmark
    await running


if __name__ == "__main__":
    uvloop.run(_echo(sys.argv[1], int(sys.argv[2])))
