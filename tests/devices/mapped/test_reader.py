"""devices.mapped.reader and devices.mapped.message."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.ids import is_id
from devices.mapped.reader import MAX_BYTES, MappedReader
from devices.mapped.settings import MappedSettings
from devices.readings import (
    Direction,
    Door,
    GateState,
    Passage,
    Reading,
    Scan,
    Spot,
    Temperature,
    TemperatureKind,
    Unreadable,
)

KEY = b"k" * 32
TOPIC = "vendor/door-1"
AT_MS = 1_600_000_000_500

# In the manner of a face terminal: a message about many things, numbers as texts, a portrait.
RECORD = {
    "operator": "RecPush",
    "info": {
        "RecordID": "1702",
        "time": "2020-09-13T20:26:40+08:00",
        "temperature": "36.6",
        "qr": "HC1:SECRET",
        "direction": "entr",
        "name": "Somebody",
        "pic": "A" * 100_000,
    },
}
SCAN = {"as": "scan", "fields": {"text": "/info/qr", "id": "/info/RecordID", "at": "/info/time"}}
TEMPERATURE = {
    "as": "temperature",
    "fields": {"celsius": "/info/temperature", "spot": "forehead", "kind": "surface"},
    "only": {"/operator": "RecPush"},
}
PASSAGE = {
    "as": "passage",
    "fields": {"direction": "/info/direction"},
    "words": {"direction": {"ENTR": "in", "exit": "out"}},
}
STATE = {
    "as": "state",
    "fields": {"door": "/door", "boot": "/boot", "tick_ms": "/up", "at": "/t"},
    "words": {"door": {"0": "closed", "1": "open"}},
}


def reader(keys: dict[str, Any], key: bytes = KEY) -> MappedReader:
    return MappedReader(MappedSettings.model_validate(keys), key)


def read(keys: dict[str, Any], body: object, *, topic: str = TOPIC) -> Reading | None:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return reader(keys).read(topic, payload, AT_MS)


def test_one_message_of_a_terminal_read_three_ways() -> None:
    scan = read(SCAN, RECORD)
    assert isinstance(scan, Scan)
    assert (scan.text, scan.at_ms, scan.symbology) == ("HC1:SECRET", AT_MS - 500, None)
    assert is_id(scan.id)
    measured = read(TEMPERATURE, RECORD)
    assert isinstance(measured, Temperature)
    assert measured.celsius == pytest.approx(36.6)
    assert (measured.spot, measured.kind) == (Spot.FOREHEAD, TemperatureKind.SURFACE)
    assert (measured.at_ms, measured.quality) == (None, None)
    passed = read(PASSAGE, RECORD)
    assert isinstance(passed, Passage)
    assert (passed.direction, passed.grant) == (Direction.IN, None)


def test_a_gates_state() -> None:
    state = read(STATE, {"door": 1, "boot": 7, "up": "1200", "t": 1_600_000_000})
    assert state == GateState(1_600_000_000_000, Door.OPEN, "7", 1200)
    assert read(STATE, {"door": "held"}) == GateState(None, Door.HELD, None, None)


def test_a_text_alone_or_behind_an_identifier() -> None:
    keys = {"as": "scan", "fields": {"text": ""}, "payload": "text"}
    scan = read(keys, b"]Q1HC1:A")
    assert isinstance(scan, Scan)
    assert (scan.text, scan.symbology) == ("HC1:A", "]Q1")
    whole = read({"as": "scan", "fields": {"text": ""}}, b'"HC1:A"')
    assert isinstance(whole, Scan)
    number = read({"as": "scan", "fields": {"text": "/card"}}, {"card": 12_345})
    assert isinstance(number, Scan)
    assert number.text == "12345"


def test_messages_about_something_else_are_left_out() -> None:
    assert read(TEMPERATURE, {"operator": "HeartBeat", "info": {}}) is None
    assert read(TEMPERATURE, {"info": {}}) is None


@pytest.mark.parametrize("value", ["warm", None, True, [], {}, "NaN", float("nan")])
def test_a_temperature_that_is_no_number_is_missing(value: object) -> None:
    measured = read(TEMPERATURE, {"operator": "RecPush", "info": {"temperature": value}})
    assert isinstance(measured, Temperature)
    assert measured.celsius is None


def test_words_that_mean_nothing_are_missing_or_refused() -> None:
    fields = {"celsius": "/c", "spot": "/s", "kind": "/k", "quality": "/q"}
    keys = {"as": "temperature", "fields": fields, "words": {"quality": {"ok": "good"}}}
    body = {"c": 36.6, "s": "Forehead", "k": "?", "q": "OK"}
    measured = read(keys, body)
    assert isinstance(measured, Temperature)
    assert (measured.spot, measured.kind, measured.quality) == (Spot.FOREHEAD, None, "good")
    assert isinstance(read(PASSAGE, {"info": {"direction": "sideways"}}), Unreadable)
    assert isinstance(read(STATE, {"door": 2}), Unreadable)


@pytest.mark.parametrize(
    ("keys", "body", "fault"),
    [
        (SCAN, b"\xff", "not UTF-8"),
        (SCAN, b"{", "not JSON"),
        (SCAN, b"[" * 5000, "nested deeper"),
        (SCAN, b'"' + b"x" * MAX_BYTES + b'"', f"at most {MAX_BYTES}"),
        (SCAN, {"info": {"qr": ""}}, "text (/info/qr) is no text of 1 to 8192 characters"),
        (SCAN, {"info": {"qr": "x" * 8193}}, "text (/info/qr)"),
        (SCAN, {"info": {"qr": True}}, "text (/info/qr)"),
        (SCAN, rb'{"info": {"qr": "HC1:\ud800"}}', "text (/info/qr)"),
        (SCAN, {"info": "HC1:SECRET"}, "text (/info/qr)"),
        (TEMPERATURE, {"operator": "RecPush"}, "celsius (/info/temperature) is not in the message"),
        (PASSAGE, RECORD["info"], "direction (/info/direction) is neither in nor out"),
    ],
)
def test_what_cant_be_read_is_described_and_not_quoted(
    keys: dict[str, Any], body: object, fault: str
) -> None:
    found = read(keys, body)
    assert isinstance(found, Unreadable)
    assert fault in found.fault
    assert found.channel == keys["as"]
    for secret in ("SECRET", "Somebody", "HC1"):
        assert secret not in repr(found)


def test_a_megabyte_of_quotes_costs_next_to_nothing() -> None:
    for piece in (b'\\"', b'"', b'["', b'{"a":'):
        started = time.process_time()
        assert isinstance(read(SCAN, piece * (MAX_BYTES // len(piece))), Unreadable)
        assert time.process_time() - started < 5


def test_a_shape_shows_the_names_of_the_mapping_alone() -> None:
    found = read(SCAN, {"info": {"qr": 1.5, "name": "Somebody"}, "Li Wei": 1})
    assert isinstance(found, Unreadable)
    assert found.shape == "{info: {qr: number, ?: string(8)}, ?: number}"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["info", "qr", "temperature", "door", "operator"]), inner)
    ),
    max_leaves=12,
)


@given(st.binary(max_size=200) | JSON.map(lambda body: json.dumps(body).encode()))
def test_no_payload_raises_and_no_number_is_wild(payload: bytes) -> None:
    for keys in (SCAN, TEMPERATURE, PASSAGE, STATE):
        found = reader(keys).read(TOPIC, payload, AT_MS)
        if isinstance(found, Temperature) and found.celsius is not None:
            assert abs(found.celsius) < 1e308
        if isinstance(found, Scan):
            assert found.text.encode()


def id_of(reading: Reading | None) -> str:
    assert isinstance(reading, Scan | Temperature | Passage)
    return reading.id


def numbered(id_: str) -> bytes:
    return json.dumps({**RECORD, "info": {**RECORD["info"], "RecordID": id_}}).encode()  # type: ignore[dict-item]


@pytest.mark.parametrize("id_", ["1702", "a-1", "0" * 8 + "-" + "1" * 8])
def test_an_id_of_the_vendors_that_fits_stays(id_: str) -> None:
    assert id_of(reader(SCAN).read(TOPIC, numbered(id_), AT_MS)) == id_


@pytest.mark.parametrize("id_", ["13800138000", "110101199003070000", "Record 7", "ä", "x" * 33])
def test_an_id_that_may_be_a_persons_outlives_a_second_delivery_and_is_not_shown(id_: str) -> None:
    mapped = reader(SCAN)
    first = id_of(mapped.read(TOPIC, numbered(id_), AT_MS))
    assert id_of(mapped.read(TOPIC, numbered(id_) + b" ", AT_MS + 60_000)) == first
    assert id_ not in first
    assert is_id(first)
    assert id_of(mapped.read("vendor/door-2", numbered(id_), AT_MS)) != first


def test_without_an_id_a_message_is_one_a_second() -> None:
    mapped, payload = reader(TEMPERATURE), json.dumps(RECORD).encode()
    first = id_of(mapped.read(TOPIC, payload, AT_MS))
    assert id_of(mapped.read(TOPIC, payload, AT_MS + 499)) == first
    assert id_of(mapped.read(TOPIC, payload, AT_MS + 500)) != first
    assert id_of(mapped.read(TOPIC, payload + b" ", AT_MS)) != first


def test_an_id_says_nothing_without_the_key() -> None:
    payload = numbered("13800138000")
    ids = {id_of(reader(SCAN, bytes([n]) * 32).read(TOPIC, payload, AT_MS)) for n in range(50)}
    assert len(ids) == 50
    assert all(is_id(id_) for id_ in ids)
