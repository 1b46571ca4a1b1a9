"""docs/asyncapi.yaml: it is AsyncAPI 3.0, its examples are what it says, and so is what we send."""

import json
from collections.abc import Iterator
from typing import Any

import cbor2
import pytest
import yaml
from jsonschema import Draft7Validator

from devices.errors import DeviceProtocolError
from devices.native.messages import decode_message
from devices.native.topics import FROM_DEVICES, TO_DEVICES
from gateway.upwards.received import read_received
from gateway.upwards.windows import Message, windows
from tests.conftest import REPOSITORY
from tests.gateway.upwards.street import ESTATE, Street

SCHEMA = REPOSITORY / "tests" / "data" / "asyncapi" / "3.0.0" / "schema.json"
DOCUMENT: dict[str, Any] = yaml.safe_load(
    (REPOSITORY / "docs" / "asyncapi.yaml").read_text("utf-8")
)
MESSAGES = DOCUMENT["components"]["messages"]


def faults(name: str, payload: object) -> list[str]:
    """What is wrong with a message; its schema may point anywhere into the document."""
    schema = {**MESSAGES[name]["payload"], "components": DOCUMENT["components"]}
    if "$ref" in schema:
        schema = {"allOf": [MESSAGES[name]["payload"]], "components": DOCUMENT["components"]}
    return [f"{e.json_path}: {e.message}" for e in Draft7Validator(schema).iter_errors(payload)]


def examples() -> Iterator[tuple[str, Any]]:
    for name, message in MESSAGES.items():
        for example in message["examples"]:
            yield name, example["payload"]


def test_the_document_is_asyncapi_3_0() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    found = [f"{e.json_path}: {e.message}" for e in Draft7Validator(schema).iter_errors(DOCUMENT)]
    assert found == []


def test_every_channel_has_an_operation_and_every_reference_its_end() -> None:
    used = {op["channel"]["$ref"] for op in DOCUMENT["operations"].values()}
    assert used == {f"#/channels/{name}" for name in DOCUMENT["channels"]}
    for reference in references(DOCUMENT):
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def references(place: object) -> Iterator[str]:
    if isinstance(place, dict):
        for key, value in place.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(place, list):
        for value in place:
            yield from references(value)


@pytest.mark.parametrize(("name", "payload"), list(examples()))
def test_examples_are_what_their_schemas_say(name: str, payload: object) -> None:
    assert faults(name, payload) == []


@pytest.mark.parametrize("channel", sorted(FROM_DEVICES | TO_DEVICES))
def test_every_channel_of_a_device_is_there(channel: str) -> None:
    address = DOCUMENT["channels"][channel]["address"]
    assert address == f"menshen/1/{{site}}/{{lane}}/{{device}}/{channel}"


@pytest.mark.parametrize(
    ("name", "payload"), [(n, p) for n, p in examples() if n in FROM_DEVICES and n != "frame"]
)
def test_examples_of_devices_are_what_the_gateway_reads(name: str, payload: object) -> None:
    decode_message(name, json.dumps(payload).encode())


def test_the_example_of_a_picture_is_one() -> None:
    ((_, payload),) = [(n, p) for n, p in examples() if n == "frame"]
    decode_message("frame", cbor2.dumps({**payload, "pixels": bytes(4)}))
    with pytest.raises(DeviceProtocolError):
        decode_message("frame", cbor2.dumps({**payload, "pixels": bytes(3)}))


def test_quality_and_retention_are_those_of_the_contract() -> None:
    ways = {
        op["channel"]["$ref"].rpartition("/")[2]: op["bindings"]["mqtt"]
        for op in DOCUMENT["operations"].values()
    }
    kept = {name for name, way in ways.items() if way["retain"]}
    assert kept == {"state", "online", "gatewayOnline", "hqStatus"}
    assert {name for name, way in ways.items() if way["qos"] == 0} == {"frame", "command", "show"}


def sent() -> list[Message]:
    street = Street()
    for n in range(40):
        street.decided(f"p-{n}", *(("refer", "temperature-high") if n % 3 else ("admit", "fine")))
        street.event("passage-completed", lane="north-in", direction="out")
    street.event("alarm-raised", alarm="forced", severity=3, lane="north-in", device="gate-1")
    street.hour_ends()
    return [message for batch in windows(street.events, ESTATE) for message in batch.messages]


def test_what_the_gateway_sends_up_is_what_the_document_says() -> None:
    names = []
    for message in sent():
        event = json.loads(message.payload)
        about = event["data"].get("about")
        name = {"lane": "laneMinute", "health": "healthHour"}.get(about, message.channel)
        assert faults(name, event) == []
        names.append(name)
    assert set(names) == {"laneMinute", "healthHour", "alarm"}


def test_what_the_hq_says_is_what_the_gateway_reads() -> None:
    for name, payload in examples():
        if name == "received":
            assert read_received(json.dumps(payload).encode()) == payload["through"]
    assert faults("received", {"through": 0}) != []


def test_a_schema_that_is_wrong_is_found() -> None:
    event = json.loads(sent()[-1].payload)
    event["data"]["people"] = 9
    assert faults("healthHour", event) != []
