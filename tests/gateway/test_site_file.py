"""gateway.site_file and gateway.site_model: every rule, every fault in its place."""

from datetime import date
from pathlib import Path

import pytest

from devices.errors import SetupError
from devices.readings import Spot, TemperatureKind
from edge_rules.certlogic.rule_book import Place
from gateway.site_file import load_site, load_site_devices
from gateway.site_model import is_loopback
from tests.gateway.site_files import write_site

GATE_1 = "{device: gate-1, driver: mqtt-gate, fail: safe, egress: mechanical}"
NEEDS = "needs: [credential, temperature]"
LEGAL = """legal:
  controller: Riverside Property Co
  contact: "+86 1"
  basis: public-health-emergency
  document: "2026/1"
  ends: 2026-12-31
"""
LIMIT = (
    "  - {spot: forehead, kind: surface, celsius: 36.8, authority: A, document: D, "
    "date: 2026-11-01}\n"
)


def faults(folder: Path, *changes: tuple[str, str]) -> list[str]:
    with pytest.raises(SetupError) as error:
        load_site_devices(write_site(folder, *changes))
    return [f"{f.line}:{f.column}: {f.what}" for f in error.value.faults]


def test_sound_site_is_what_it_says(tmp_path: Path) -> None:
    site, devices = load_site_devices(write_site(tmp_path))
    assert [(d.lane, d.device, d.role) for d in devices] == [
        ("north-in", "scan-1", "scanner"),
        ("north-in", "cam-1", "thermometer"),
        ("north-in", "gate-1", "gate"),
        ("north-out", "gate-2", "gate"),
    ]
    lane = site.lanes[0]
    assert (lane.reading_max_age_ms, lane.open_within_ms, lane.pass_within_ms) == (
        10_000,
        1000,
        5000,
    )
    assert site.timezone == "Asia/Shanghai"
    assert site.retention.visits_days == 14
    assert site.limit(Spot.FOREHEAD, TemperatureKind.SURFACE) == 36.8
    assert site.limit(Spot.WRIST, TemperatureKind.SURFACE) is None


def test_the_country_entered_is_the_place_whose_rules_hold(tmp_path: Path) -> None:
    assert load_site(write_site(tmp_path)).place is None
    for told, place in (("DE", Place("DE")), ('"NO"\nregion: Viken', Place("NO", "Viken"))):
        path = write_site(tmp_path, ("trust: trust", f"trust: trust\ncountry: {told}"))
        assert load_site(path).place == place


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ("country: NO", '7:10: country: YAML takes this word for false: write "NO"'),
        ("country: Germany", "7:10: country: must be two capital letters, such as DE"),
        ("country: 49", "7:10: country: must be a text"),
        ("region: BY", "1:1: a region needs the country that it is part of"),
    ],
)
def test_a_place_that_is_none_is_told(tmp_path: Path, told: str, wanted: str) -> None:
    (fault,) = faults(tmp_path, ("trust: trust", f"trust: trust\n{told}"))
    assert fault.startswith(wanted)


def test_paths_are_relative_to_the_files_folder_and_data_can_be_moved(tmp_path: Path) -> None:
    path = write_site(tmp_path)
    site = load_site(path)
    assert site.policy_path == tmp_path / "policy.yaml"
    assert site.trust_folder == tmp_path / "trust"
    assert site.data_folder == tmp_path / "data"
    assert load_site(path, data=Path("elsewhere")).data_folder == Path("elsewhere").absolute()


def test_screening_lasts_to_the_end_of_its_last_day_at_the_site(tmp_path: Path) -> None:
    site = load_site(write_site(tmp_path))
    assert site.legal is not None
    assert site.legal.ends == date(2026, 12, 31)
    assert site.screening_ends_ms == 1_798_732_799_999  # 23:59:59.999 in Shanghai


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("site: riverside", "site: Riverside", "1:7: site: must be 1 to 32 of a-z, 0-9 and -"),
        ("site: riverside", "site: a.b", "1:7: site: must be 1 to 32 of a-z, 0-9 and -"),
        ("site: riverside", "site: all", "1:7: all: a reserved word; choose another id"),
        ("site: riverside\n", "", "1:1: site: is missing"),
        ("{zh: 滨河花园, en: Riverside Gardens}", "{zh: 滨河花园}", "2:1: name.en: is missing"),
        ("{zh: 滨河花园, en: Riverside Gardens}", "{zh: '', en: R}", "2:12: name.zh: must not"),
        ("mqtt://127.0.0.1:1883", "tcp://127.0.0.1", "3:15: broker.url: must look like mqtt://"),
        ("mqtt://127.0.0.1:1883", "mqtt://h:99999", "3:15: broker.url: must look like mqtt://"),
        ("mqtt://127.0.0.1:1883", "mqtt://a:b@h", "3:15: broker.url: no name or password in the"),
        ("mqtt://127.0.0.1:1883", "mqtt://10.0.0.1", "3:1: broker: anonymous only on loopback"),
        ('{url: "mqtt://127.0.0.1:1883"}', "embedded", "3:9: broker: Input should be 'auto'"),
        ('{url: "mqtt://127.0.0.1:1883"}', "7", "3:9: broker: must hold keys and values"),
        ('1883"}', '1883", username: u}', "3:1: broker: username and password_file go together"),
        ('1883"}', '1883", user: u}', "3:46: broker.user: unknown key"),
        ("127.0.0.1:8080", "0.0.0.0:8080", "4:1: web: anything but loopback needs tls"),
        ("127.0.0.1:8080", "127.0.0.1:80800", "4:15: web.listen: must look like 127.0.0.1:8080"),
        ("127.0.0.1:8080", "8080", "4:15: web.listen: must look like 127.0.0.1:8080"),
        ("policy: policy.yaml\n", "", "1:1: policy: is missing"),
        ("ends: 2026-12-31", "ends: soon", "12:9: legal.ends: must be a date such as 2026-12-31"),
        ("  ends: 2026-12-31\n", "", "7:1: legal.ends: is missing"),
        ("  basis: public-health-emergency", "  basis: ''", "10:10: legal.basis: must not be"),
        ("celsius: 36.8", "celsius: 60", "14:46: limits.0.celsius: Input should be less than or"),
        ("celsius: 36.8", "celsius: .nan", "14:46: limits.0.celsius: Input should be"),
        ("spot: forehead", "spot: toe", "14:12: limits.0.spot: Input should be 'forehead'"),
        ("direction: out", "direction: up", "27:16: lanes.1.direction: Input should be 'in'"),
        (NEEDS, "needs: [credential, pulse]", "19:25: lanes.0.needs.1: Input should be"),
        (NEEDS, "needs: [temperature]", "19:5: north-in: an inward lane needs credential"),
        ("visit_window_ms: 8000", "visit_window_ms: 1", "20:22: lanes.0.visit_window_ms: Input sh"),
        ("visit_window_ms: 8000", "visit_window: 1", "20:19: lanes.0.visit_window: unknown key"),
        ("visit_window_ms: 8000", "pass_within_ms: 49", "20:21: lanes.0.pass_within_ms: Input sho"),
        ("visit_window_ms: 8000", "accessible: true", "16:5: lanes.0: an accessible lane needs pa"),
        ("visit_window_ms: 8000", "accessible: perhaps", "20:17: lanes.0.accessible: must be true"),
        ("driver: mqtt-scanner", "driver: mqtt-scaner", "22:34: no driver mqtt-scaner; known are"),
        ("driver: mqtt-scanner", "driver: mqtt-scanner, baud: 9600", "22:54: lanes.0.devices.0.ba"),
        ("device: scan-1", "device: gate-2", "29:18: gate-2: stands here twice; every device"),
        ("lane: north-out", "lane: north-in", "25:11: north-in: taken or reserved; choose another"),
        ("lane: north-out", "lane: gateway", "25:11: gateway: taken or reserved; choose another"),
        (", fail: safe, egress: mechanical", ", egress: mechanical", "24:9: gate-1: a gate must s"),
        (", fail: safe, egress: mechanical", ", fail: safe", "24:9: gate-1: a gate must say egres"),
        ("fail: safe, egress: this-gate", "fail: secure, egress: this-gate", "29:51: fail: secure"),
        ("fail: safe, egress: mechanical", "fail: open, egress: mechanical", "24:51: lanes.0.devi"),
        (f"      - {GATE_1}\n", "", "21:5: north-in: a lane has one gate, this one has 0"),
        ("      - {device: scan-1, driver: mqtt-scanner}\n", "", "21:5: north-in: no scanner read"),
        ("{device: cam-1, driver: mqtt-thermometer}", "{device: scan-2, driver: mqtt-scanner}",
         "19:5: north-in: needs temperature, and no device measures it"),
        ("direction: out", "direction: out\n    needs: [credential]", "28:5: leaving needs nothin"),
        (LIMIT, LIMIT * 2, "15:5: limits: forehead surface stands here twice"),

    ],
)  # fmt: skip
def test_each_fault_has_its_place_and_says_what_is_right(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    found = faults(tmp_path, (old, new))
    assert len(found) == 1, found
    assert found[0].startswith(fault)


def test_unknown_time_zone_is_a_fault(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, ("policy: policy.yaml", "timezone: Mars/Base\npolicy: policy.yaml"))
    assert fault.startswith("5:11: timezone: ")


def test_all_faults_are_found_at_once_whatever_finds_them(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        ("site: riverside", "site: riverside\ncolour: red"),
        ("visit_window_ms: 8000", "visit_window_ms: 1"),
        ("driver: mqtt-scanner", "driver: nothing"),
        ("fail: safe, egress: this-gate", "fail: secure, egress: this-gate"),
    )
    assert [fault.split(":")[0] for fault in found] == ["2", "21", "23", "30"]


def test_fault_that_hides_others_is_not_joined_by_false_ones(tmp_path: Path) -> None:
    found = faults(tmp_path, ("direction: out", "direction: up"), ("site: riverside", "site: A"))
    assert len(found) == 2


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ([(LEGAL, ""), ("trust: trust\n", "")], "screening temperatures needs legal"),
        ([(LEGAL, ""), (NEEDS, "needs: [credential]")], "trust: judging health credentials needs"),
        ([("limits:\n" + LIMIT, "")], "screening temperatures needs limits"),
        ([(LEGAL, ""), (':8080"}', ':8080", show_names: true}')], "showing guards the names on"),
    ],
)
def test_site_that_screens_must_say_by_what_right(
    tmp_path: Path, changes: list[tuple[str, str]], fault: str
) -> None:
    assert any(fault in found for found in faults(tmp_path, *changes))


def test_site_that_screens_nobody_needs_no_law(tmp_path: Path) -> None:
    changes = [(LEGAL, ""), (NEEDS, "needs: [credential]"), ("trust: trust\n", "")]
    site = load_site(write_site(tmp_path, *changes))
    assert site.screening_ends_ms is None


def test_site_whose_screening_has_ended_still_starts(tmp_path: Path) -> None:
    site = load_site(write_site(tmp_path, ("ends: 2026-12-31", "ends: 2020-01-01")))
    assert site.screening_ends_ms is not None


def test_file_that_is_not_there_or_no_text_is_one_fault(tmp_path: Path) -> None:
    for path, what in ((tmp_path / "none.yaml", "No such file"), (tmp_path / "bytes", "utf-8")):
        (tmp_path / "bytes").write_bytes(b"\xff\xfe")
        with pytest.raises(SetupError) as error:
            load_site(path)
        (fault,) = error.value.faults
        assert fault.source == str(path)
        assert what in fault.what


@pytest.mark.parametrize("text", ["", "- 1\n", "7\n", "[" * 20_000, "a: &a [*a]\n"])
def test_file_that_is_no_site_is_one_fault(tmp_path: Path, text: str) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(text)
    with pytest.raises(SetupError) as error:
        load_site(path)
    assert len(error.value.faults) == 1


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("127.5.5.5", True),
     ("0.0.0.0", False), ("10.0.0.1", False), ("localhost.example", False)],
)  # fmt: skip
def test_loopback_is_this_machine_alone(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
