"""gateway.crashtest.witness between the gateway's own link and a real broker."""

import json

import pytest

from drivers.mqtt_link import BrokerLogin
from gateway.crashtest.evidence import Evidence, ReadingKey, Run
from gateway.crashtest.witness import Witness
from tests.servers import Server
from tests.system.links import SCAN, Watched, foreign

pytestmark = pytest.mark.system

COMMAND = "menshen/1/riverside/north-in/gate-1/command"


async def test_it_knows_what_the_gateway_acknowledged_and_what_it_opened(broker: Server) -> None:
    seen = Evidence(1000, runs=[Run(0)])
    witness = Witness(broker.port, seen, {"c-1"}.__contains__)
    async with witness.listening() as port:
        site = Watched(BrokerLogin("127.0.0.1", port), at_once=False)
        async with site.running(), foreign(broker) as device:
            await site.until_live()
            assert seen.runs[0].connected_ms
            for id_ in ("s-1", "s-2"):
                body = json.dumps({"id": id_, "text": "HC1:SECRET"})
                await device.publish(SCAN, body, qos=1)
            await site.until_heard(2)
            assert seen.acknowledged == set()
            site.heard[0].settled()
            await device.subscribe(COMMAND)
            for command in ("c-1", "c-2", "c-1"):
                site.link.publish(COMMAND, json.dumps({"id": command, "do": "open"}))
            site.link.publish(COMMAND, json.dumps({"id": "c-3", "do": "lock"}))
            async for message in device.messages:
                if isinstance(message.payload, bytes) and b"c-3" in message.payload:
                    break
    assert seen.acknowledged == {ReadingKey("scan-1", "s-1")}
    assert {c: w.on_record for c, w in seen.on_wire.items()} == {"c-1": True, "c-2": False}
    assert "SECRET" not in repr(seen)


async def test_a_broker_that_dies_ends_the_gateways_connection_too(broker: Server) -> None:
    witness = Witness(broker.port, Evidence(1000, [Run(0)]), lambda _: True)
    async with (
        witness.listening() as port,
        Watched(BrokerLogin("127.0.0.1", port)).running() as site,
    ):
        await site.until_live()
        broker.stop(kill=True)
        await site.until(lambda: not site.changes[-1][0])
        broker.start()
        await site.until_live()
