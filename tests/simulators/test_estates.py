"""simulators.estates, simulators.issuer_folder: what `make run` shows."""

import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from devices.errors import SetupError
from devices.ids import is_id
from simulators.dcc_issuer import DccIssuer
from simulators.estates import ISSUER, lay_out
from simulators.issuer_folder import codes_of, load_issuer
from simulators.scenario import load_scenario


def load(path: Path) -> Any:  # noqa: ANN401 - YAML is any data
    return yaml.safe_load(path.read_text("utf-8"))


def test_an_issuer_stays_the_same_and_keeps_its_secret(tmp_path: Path) -> None:
    first, second = load_issuer(tmp_path / "a"), load_issuer(tmp_path / "a")
    assert first.certificate_der == second.certificate_der
    assert load_issuer(tmp_path / "b").certificate_der != first.certificate_der
    secret = tmp_path / "a" / "secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert (tmp_path / "a" / "signer.pem").read_bytes() == first.certificate_pem
    assert codes_of(first).valid("x").startswith("HC1:")


def test_a_spoilt_secret_is_a_fault_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe")
    with pytest.raises(SetupError, match="delete it for a new one"):
        load_issuer(tmp_path)
    (tmp_path / "secret").unlink()
    (tmp_path / "secret").mkdir()
    with pytest.raises(SetupError, match="can't be read or written"):
        load_issuer(tmp_path)


def test_laying_out_twice_changes_nothing_and_keeps_what_was_edited(tmp_path: Path) -> None:
    site, scenario = lay_out(tmp_path, load_issuer(tmp_path / ISSUER))
    site.write_text(site.read_text("utf-8").replace("127.0.0.1:8080", "127.0.0.1:9999"), "utf-8")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert lay_out(tmp_path, load_issuer(tmp_path / ISSUER)) == (site, scenario)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    signer = x509.load_pem_x509_certificate((tmp_path / "trust" / "simulation.pem").read_bytes())
    assert signer.issuer == signer.subject


def test_the_site_and_the_scenario_of_riverside_name_the_same_devices(tmp_path: Path) -> None:
    site_path, scenario_path = lay_out(tmp_path, DccIssuer(1))
    site, scenario = load(site_path), load_scenario(scenario_path)
    drivers = {"scanner": "mqtt-scanner", "thermometer": "mqtt-thermometer", "gate": "mqtt-gate"}
    here = {
        (lane.lane, lane.direction.value, device.device, drivers[part])
        for lane in scenario.lanes
        for part, device in lane.devices
        if device
    }
    there = {
        (lane["lane"], lane["direction"], device["device"], device["driver"])
        for lane in site["lanes"]
        for device in lane["devices"]
    }
    assert here == there
    assert site["site"] == scenario.site
    assert all(is_id(device) for _, _, device, _ in there)
    fails = {
        d["device"]: d["fail"] for lane in site["lanes"] for d in lane["devices"] if "fail" in d
    }
    assert fails == {
        lane.devices.gate.device: lane.devices.gate.fail.value for lane in scenario.lanes
    }


def test_riverside_speaks_both_tongues_and_owns_to_being_a_simulation(tmp_path: Path) -> None:
    site_path, _ = lay_out(tmp_path, DccIssuer(1))
    site, policy = load(site_path), load(tmp_path / "policy.yaml")
    said = [rule["say"] for rule in policy["rules"]] + [lane["name"] for lane in site["lanes"]]
    assert all(words["zh"] and words["en"] for words in [*said, site["name"]])
    assert "simulated" in site["name"]["en"]
    assert {limit["authority"] for limit in site["limits"]} == {"simulation"}
    assert policy["otherwise"] == "refer"
    assert len(policy["tests"]) >= len({rule["then"] for rule in policy["rules"]})
