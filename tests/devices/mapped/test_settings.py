"""devices.mapped.settings."""

from typing import Any

import pytest
from pydantic import ValidationError

from devices.mapped.settings import MappedSettings
from devices.readings import Spot, TemperatureKind

SCAN = {"as": "scan", "fields": {"text": "/info/qr"}}
TEMPERATURE = {
    "as": "temperature",
    "fields": {"celsius": "/info/temp", "spot": "forehead", "kind": "surface"},
    "unit": "fahrenheit",
}


def changed(of: dict[str, Any], **keys: object) -> dict[str, Any]:
    fields = keys.pop("fields", {})
    assert isinstance(fields, dict)
    merged = {k: v for k, v in {**of["fields"], **fields}.items() if v is not None}
    return {**of, "fields": merged, **keys}


def test_the_limit_can_be_found_where_spot_and_kind_are_said_outright() -> None:
    said = MappedSettings.model_validate(TEMPERATURE)
    assert said.measures == (Spot.FOREHEAD, TemperatureKind.SURFACE)
    pointed = MappedSettings.model_validate(changed(TEMPERATURE, fields={"spot": "/spot"}))
    assert pointed.measures is None
    assert MappedSettings.model_validate(SCAN).measures is None


@pytest.mark.parametrize(
    "keys",
    [
        SCAN,
        TEMPERATURE,
        changed(SCAN, fields={"text": ""}, payload="text"),
        changed(TEMPERATURE, fields={"celsius": ""}, payload="text"),
        changed(TEMPERATURE, fields={"uncertainty": 0.3, "quality": "/q"}, only={"/type": 3}),
        changed(TEMPERATURE, fields={"spot": "/s"}, words={"spot": {"额头": "forehead"}}),
        {"as": "passage", "fields": {"direction": "in"}},
        {"as": "state", "fields": {"door": "/d"}, "words": {"door": {"0": "closed"}}},
    ],
)
def test_what_makes_sense_is_taken(keys: dict[str, Any]) -> None:
    MappedSettings.model_validate(keys)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"as": "scan", "fields": {}}, ["fields.text: is missing", "JSON pointer such as /data/"]),
        (changed(SCAN, fields={"text": "HC1:X"}), ["fields.text: give a JSON pointer"]),
        (changed(SCAN, fields={"celsius": "/t"}), ["fields.celsius: a scan has none", "text, id"]),
        (changed(SCAN, fields={"id": "/a~b"}), ["fields.id: /a~b: after ~"]),
        (changed(SCAN, unit="kelvin"), ["unit: only a temperature"]),
        (
            changed(TEMPERATURE, fields={"spot": None, "kind": None}),
            ["fields.spot: is missing", "forehead, canthus", "fields.kind: is missing", "surface"],
        ),
        (changed(TEMPERATURE, fields={"spot": "neck"}), ["fields.spot", "or one of forehead"]),
        (changed(TEMPERATURE, fields={"celsius": 36.5}), ["fields.celsius: give a JSON pointer"]),
        (changed(TEMPERATURE, fields={"uncertainty": "some"}), ["fields.uncertainty", "a number"]),
        (changed(TEMPERATURE, unit="degrees"), ["'celsius', 'fahrenheit'"]),
        (changed(TEMPERATURE, words={"door": {"1": "open"}}), ["words.door", "spot, kind"]),
        (
            {"as": "passage", "fields": {"direction": "/d"}, "words": {"direction": {"1": "up"}}},
            ["words.direction.1: must mean one of in, out"],
        ),
        (changed(SCAN, only={"type": "x"}), ["only.type: give a JSON pointer"]),
        (changed(SCAN, only={"/type": " "}), ["only./type: give the value"]),
        (changed(SCAN, payload="text"), ['payload: a text has no parts: map one field, to ""']),
        ({"as": "scans", "fields": {}}, ["'scan', 'temperature', 'passage' or 'state'"]),
    ],
)
def test_what_makes_none_is_told_with_what_would_be_right(
    keys: dict[str, Any], said: list[str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        MappedSettings.model_validate(keys)
    (fault,) = caught.value.errors()
    assert all(words in fault["msg"] for words in said), fault["msg"]
