"""drivers.registry."""

from collections.abc import Sequence
from importlib.metadata import EntryPoint

import pytest
from pydantic import ValidationError

from drivers import registry
from drivers.driver import DriverKind
from drivers.registry import driver_kinds

OURS = {"mqtt-camera", "mqtt-gate", "mqtt-mapped", "mqtt-scanner", "mqtt-thermometer"}


def test_every_driver_of_ours_is_there_under_its_own_name() -> None:
    kinds = driver_kinds()
    assert {*OURS, "serial-scanner", "thermal-recording"} <= set(kinds)
    assert all(kind.name == name and kind.role != "broken" for name, kind in kinds.items())
    assert all(kinds[name].uses_mqtt for name in OURS)


def offering(monkeypatch: pytest.MonkeyPatch, *offers: tuple[str, str]) -> dict[str, DriverKind]:
    points: Sequence[EntryPoint] = [EntryPoint(name, at, registry.GROUP) for name, at in offers]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    return dict(driver_kinds())


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("no_such_package.door:KIND", "ModuleNotFoundError"),
        ("drivers.mqtt_gate:NOTHING", "AttributeError"),
        ("drivers.mqtt_gate:MqttGate", "no drivers.driver.DriverKind"),
    ],
)
def test_broken_driver_fails_only_the_device_that_names_it(
    monkeypatch: pytest.MonkeyPatch, at: str, why: str
) -> None:
    kinds = offering(monkeypatch, ("door", at), ("mqtt-gate", "drivers.mqtt_gate:KIND"))
    assert kinds["mqtt-gate"].settings.model_validate({}) is not None
    with pytest.raises(ValidationError, match=f"driver door: .*{why}"):
        kinds["door"].settings.model_validate({"port": 1})


def test_name_that_two_packages_offer_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = offering(
        monkeypatch, ("g", "drivers.mqtt_gate:KIND"), ("g", "drivers.mqtt_camera:KIND")
    )
    with pytest.raises(ValidationError, match="both offer it"):
        kinds["g"].settings.model_validate({})
