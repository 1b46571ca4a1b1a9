"""drivers.native_device and the drivers of its kinds."""

import json
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.arrival import Fence
from devices.commands import Show
from devices.errors import DeviceLinkError
from devices.native.topics import FROM_DEVICES
from devices.readings import Online, Scan, ThermalFrame, Unreadable
from drivers import mqtt_camera, mqtt_gate, mqtt_scanner, mqtt_thermometer
from drivers.driver import GateDriver, ShowingDriver
from tests.drivers.paper_port import NORTH, Desk, PaperPort, context

OWN = {
    mqtt_scanner: {"scan"},
    mqtt_thermometer: {"temperature", "presence"},
    mqtt_camera: {"frame", "temperature", "presence"},
    mqtt_gate: {"state", "passage", "button", "result"},
}
modules = st.sampled_from(sorted(OWN, key=lambda module: module.__name__))


def built(module: ModuleType) -> tuple[PaperPort, Desk, object]:
    port, desk = PaperPort(), Desk()
    driver = module.KIND.build(context(port, desk), module.KIND.settings())
    return port, desk, driver


@given(modules, st.sampled_from(sorted(FROM_DEVICES)), st.binary(max_size=200))
def test_any_bytes_on_any_channel_are_delivered_and_settled(
    module: ModuleType, channel: str, payload: bytes
) -> None:
    port, desk, _ = built(module)
    port.arrive(f"{NORTH}/dev-1/{channel}", payload)
    [arrival] = desk.arrivals
    assert port.settled == [f"{NORTH}/dev-1/{channel}"]
    assert (arrival.lane, arrival.device) == ("north-in", "dev-1")


@pytest.mark.parametrize("module", OWN)
@pytest.mark.parametrize("channel", sorted(FROM_DEVICES))
def test_channels_of_other_kinds_are_unreadable(module: ModuleType, channel: str) -> None:
    port, desk, _ = built(module)
    port.arrive(f"{NORTH}/dev-1/{channel}", b"{}")
    reading = desk.arrivals[0].reading
    assert isinstance(reading, Unreadable)
    assert (channel not in OWN[module] | {"online"}) == ("another driver" in reading.fault)


def test_fence_and_retained_go_on_with_the_reading() -> None:
    port, desk, _ = built(mqtt_scanner)
    port.arrive(f"{NORTH}/dev-1/scan", b'{"id": "s-1", "text": "x"}', Fence.QUEUED)
    port.arrive(f"{NORTH}/dev-1/online", b'{"online": true}', Fence.BEFORE_START, retained=True)
    assert [(a.reading, a.fence, a.retained) for a in desk.arrivals] == [
        (Scan("s-1", None, "x"), Fence.QUEUED, False),
        (Online(online=True), Fence.BEFORE_START, True),
    ]


def test_camera_delivers_pictures() -> None:
    port, desk, _ = built(mqtt_camera)
    cbor = (
        b"\xa5\x62id\x61f\x65width\x01\x66height\x01\x64unit\x6bcentikelvin\x66pixels\x42\x10\x75"
    )
    port.arrive(f"{NORTH}/dev-1/frame", cbor)
    assert isinstance(desk.arrivals[0].reading, ThermalFrame)


@pytest.mark.parametrize("module", OWN)
def test_every_kind_shows_and_only_gates_move(module: ModuleType) -> None:
    port, _, driver = built(module)
    assert isinstance(driver, ShowingDriver)
    driver.show(Show("red", "cross", "不", "no"))
    [(topic, payload)] = port.published
    assert topic == f"{NORTH}/dev-1/show"
    assert json.loads(payload)["text"] == {"zh": "不", "en": "no"}
    assert isinstance(driver, GateDriver) == (module is mqtt_gate)


@pytest.mark.parametrize("module", OWN)
def test_without_a_broker_the_sentence_says_what_is_missing(module: ModuleType) -> None:
    with pytest.raises(DeviceLinkError, match="broker"):
        module.KIND.build(context(None, Desk()), module.KIND.settings())
