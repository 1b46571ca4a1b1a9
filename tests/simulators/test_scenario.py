"""simulators.scenario."""

from pathlib import Path

import pytest

from devices.errors import SetupError
from simulators.people import Kind
from simulators.scenario import load_scenario

GOOD = """\
site: riverside
broker: mqtt://127.0.0.1:1883
shares: {healthy: 0.9, no-code: 0.1}
lanes:
  - lane: north-in
    direction: in
    arrivals_per_minute: 12
    devices:
      scanner: {device: scan-1, kind: serial, port: ports/scan-1, framing: stx-etx}
      thermometer: {device: cam-1}
      gate: {device: gate-1, fail: secure}
  - lane: north-out
    direction: out
    devices:
      gate: {device: gate-2, fail: safe}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_good_file_is_read(tmp_path: Path) -> None:
    scenario = load_scenario(write(tmp_path, GOOD))
    assert scenario.shares.by_kind() == {Kind.HEALTHY: 0.9, Kind.NO_CODE: 0.1}
    scanner = scenario.lanes[0].devices.scanner
    assert scanner is not None
    assert scanner.port == tmp_path / "ports" / "scan-1"
    assert [scenario.per_minute(lane) for lane in scenario.lanes] == [12, 10]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("no-code: 0.1", "no-code: 0.2", "3:1: shares: the shares add up to 1.1"),
        ("no-code: 0.1", "nocode: 0.1", "3:32: shares.nocode: unknown key"),
        ("mqtt://127.0.0.1:1883", "http://x", "2:9: broker: http://x: a simulated device"),
        ("mqtt://127.0.0.1:1883", "mqtt://x:99999", "2:9: broker: mqtt://x:99999"),
        ("arrivals_per_minute: 12", "arrivals_per_minute: .nan", "7:26: lanes.0.arrivals_per"),
        (", port: ports/scan-1", "", "9:7: lanes.0.devices.scanner: kind: serial and port go"),
        ("kind: serial, port: ports/scan-1", "kind: usb", "9:39: lanes.0.devices.scanner.kind"),
        ("stx-etx", "etx", "9:76: lanes.0.devices.scanner.framing"),
        ("device: gate-2", "device: gate-1", "15:22: gate-1: stands here twice"),
        ("fail: safe", "fail: open", "15:36: lanes.1.devices.gate.fail"),
        ("direction: out", "direction: in", "12:5: lanes.1: north-out: people who come in need"),
        ("lane: north-out", "lane: North Out", "12:11: lanes.1.lane"),
        ("site: riverside\n", "", "1:1: site: is missing"),
        ("shares: {", "shares: {{", "not YAML"),
    ],
)
def test_each_fault_is_named_with_its_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(SetupError) as caught:
        load_scenario(path)
    assert fault in str(caught.value)
    assert str(caught.value).startswith(f"{path}:")


def test_all_faults_are_listed_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("direction: out", "direction: up").replace("fail: secure", "fail: shut")
    with pytest.raises(SetupError) as caught:
        load_scenario(write(tmp_path, text))
    assert [fault.line for fault in caught.value.faults] == [11, 13]


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="can't be read: No such file"):
        load_scenario(tmp_path / "none.yaml")
