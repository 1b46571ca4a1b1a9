"""edge_rules.faulting: what an input does when the rules themselves fail on it."""

from typing import Any

import pytest

from devices.commands import Do
from devices.ids import DeviceId
from devices.readings import Button, Presence, Spot, Temperature, TemperatureKind
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.effects import Record, SendCommand
from edge_rules.faulting import step_after_fault
from edge_rules.inputs import Act, CredentialShown, Input, OperatorActed, ReadingArrived, TimePassed
from tests.edge_rules.scene import CAMERA, EXIT_GATE, GATE, IN, OUT, SCANNER, Scene

SHOWN = CredentialShown(
    "s-1", None, Credential(CredentialKind.EU_DCC, CredentialStatus.VALID, None, "s-ann")
)
WARM = Temperature("t-1", None, None, Spot.FOREHEAD, TemperatureKind.SURFACE)


def fail(scene: Scene, given: Input) -> tuple[list[Record], list[Do]]:
    scene.state, effects = step_after_fault(scene.state, given, scene.now)
    records = [e for e in effects if isinstance(e, Record)]
    return records, [e.command.do for e in effects if isinstance(e, SendCommand)]


def arrived(scene: Scene, reading: Any, device: str, lane: Any = IN) -> Input:  # noqa: ANN401
    return ReadingArrived(lane, DeviceId(device), reading, scene.now)


def test_scan_is_on_record_and_referred() -> None:
    records, sent = fail(scene := Scene(), arrived(scene, SHOWN, SCANNER))
    assert [r.type for r in records] == ["alarm-raised", "reading-received", "passage-decided"]
    assert (records[-1].body["decision"], records[-1].body["reasons"]) == (
        "refer",
        ["internal-error"],
    )
    assert sent == []
    assert fail(scene, arrived(scene, SHOWN, SCANNER)) == ([], [])  # redelivered


def test_temperature_is_on_record_and_abandoned() -> None:
    records, _ = fail(scene := Scene(), arrived(scene, WARM, CAMERA))
    assert [r.type for r in records][1:] == ["reading-received", "visit-abandoned"]


@pytest.mark.parametrize(
    ("reading", "device", "lane"),
    [
        (Button("b-1", None, "rex", True), GATE, IN),
        (Button("b-1", None, "rex", True), EXIT_GATE, OUT),
        (Presence("p-1", None, "t1", 1), "eye-2", OUT),
    ],
)
def test_way_out_opens(reading: object, device: str, lane: str) -> None:
    _, sent = fail(scene := Scene(), arrived(scene, reading, device, lane))
    assert sent == [Do.OPEN]


def test_fire_releases() -> None:
    _, sent = fail(scene := Scene(), arrived(scene, Button("b-1", None, "fire", True), GATE))
    assert sent == [Do.RELEASE, Do.RELEASE]


@pytest.mark.parametrize(("act", "does"), [(Act.RELEASE, [Do.RELEASE]), (Act.OPEN, [])])
def test_only_a_release_of_an_operator_is_done(act: Act, does: list[Do]) -> None:
    scene = Scene()
    _, sent = fail(scene, OperatorActed(act, "g1", "guard", "k", IN))
    assert sent == does
    result = scene.state.act("k")
    assert result is not None
    assert (result.refused is None) == (act is Act.RELEASE)


def test_anything_else_is_an_alarm_and_no_more() -> None:
    records, sent = fail(Scene(), TimePassed())
    assert ([r.body["alarm"] for r in records], sent) == (["internal-error"], [])
