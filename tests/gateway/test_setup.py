"""gateway.setup: all files of a site together, and screening that its law ends."""

from pathlib import Path
from typing import Any

import pytest

from devices.arrival import Fence
from devices.errors import SetupError
from devices.moment import Moment
from devices.readings import Direction, Door, GateState, Online, Spot, Temperature, TemperatureKind
from devices.units import Celsius
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.effects import Record, SendCommand
from edge_rules.inputs import CredentialShown, ReadingArrived
from edge_rules.policies import Policies
from edge_rules.restarting import resume
from edge_rules.site import step
from gateway.setup import Setup, load_setup
from gateway.site_rules import lane_rules, site_rules
from tests.edge_rules.credentials.chain import issuer
from tests.gateway.site_files import POLICY, write_site

NOW = Moment(1000.0, 1_795_420_800_000)  # 2026-11-23


def test_sound_site_is_ready_to_run(tmp_path: Path) -> None:
    path = write_site(tmp_path)
    (tmp_path / "trust" / "a.cer").write_bytes(issuer().certificate_der)
    setup = load_setup(path)
    assert len(setup.devices) == 4
    assert len(setup.trust.signers) == 1
    north_in, north_out = lane_rules(setup)
    assert (north_in.direction, str(north_in.gate)) == (Direction.IN, "gate-1")
    assert north_in.needs == {"credential", "temperature"}
    assert {d: r.role for d, r in north_in.devices.items()} == {
        "scan-1": "scanner",
        "cam-1": "thermometer",
        "gate-1": "gate",
    }
    assert (north_out.needs, north_out.visit_window_ms) == (frozenset(), 8000)
    rules = site_rules(setup, NOW)
    assert rules.limits == {(Spot.FOREHEAD, TemperatureKind.SURFACE): 36.8}
    assert rules.screening(NOW)


def test_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    path = write_site(tmp_path, ("visit_window_ms: 8000", "visit_window_ms: 1"))
    (tmp_path / "policy.yaml").write_text(POLICY.replace("otherwise: refer", "otherwise: admit"))
    (tmp_path / "trust" / "a.cer").write_bytes(b"nothing")
    with pytest.raises(SetupError) as error:
        load_setup(path)
    assert {Path(fault.source).name for fault in error.value.faults} == {
        "site.yaml",
        "policy.yaml",
        "a.cer",
    }


def test_policy_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    path = write_site(tmp_path)
    (tmp_path / "policy.yaml").unlink()
    with pytest.raises(SetupError, match=r"policy\.yaml:1:1: can't be read"):
        load_setup(path)


def test_policy_whose_own_tests_fail_does_not_start(tmp_path: Path) -> None:
    path = write_site(tmp_path)
    test = """tests:
  - given: {credential: {kind: eu-dcc, status: expired}}
    expect: {decision: admit}
"""
    (tmp_path / "policy.yaml").write_text(POLICY + test)
    with pytest.raises(SetupError, match=r"policy\.yaml:10:"):
        load_setup(path)


def visit(setup: Setup, kind: CredentialKind) -> list[Any]:
    """One healthy person at north-in, some days later."""
    state, _ = resume(
        site_rules(setup, NOW), Policies.of(setup.policy), "r1", lane_rules(setup), {}, [], NOW
    )
    credential = Credential(kind, CredentialStatus.VALID, None, "s-ann")
    forehead = (Spot.FOREHEAD, TemperatureKind.SURFACE)
    readings = [
        ("gate-1", Online(True)),
        ("gate-1", GateState(None, Door.CLOSED, "b", 1)),
        ("scan-1", Online(True)),
        ("cam-1", Online(True)),
        ("cam-1", Temperature("t", None, Celsius(36.2), *forehead, 0.2, "good")),
        ("scan-1", CredentialShown("s", None, credential)),
    ]
    done: list[Any] = []
    for device, reading in readings:
        given = ReadingArrived("north-in", device, reading, NOW, Fence.LIVE)  # type: ignore[arg-type]
        state, effects = step(state, given, NOW)
        done += effects
    return done


ENDED = ("ends: 2026-12-31", "ends: 2026-11-22")


def decisions(done: list[Any]) -> list[tuple[str, Any]]:
    return [
        (e.body["decision"], e.body["celsius"])
        for e in done
        if isinstance(e, Record) and e.type == "passage-decided"
    ]


def test_while_the_law_lasts_health_decides(tmp_path: Path) -> None:
    done = visit(load_setup(write_site(tmp_path)), CredentialKind.EU_DCC)
    assert decisions(done) == [("admit", 36.2)]
    assert any(isinstance(effect, SendCommand) for effect in done)


def test_after_its_end_nobodys_health_is_judged_or_kept(tmp_path: Path) -> None:
    done = visit(load_setup(write_site(tmp_path, ENDED)), CredentialKind.EU_DCC)
    assert decisions(done) == [("refer", None)]
    kept = [e.body for e in done if isinstance(e, Record)]
    assert "36.2" not in repr(kept)
    assert "s-ann" not in repr(kept)


def test_after_its_end_access_control_goes_on(tmp_path: Path) -> None:
    path = write_site(tmp_path, ENDED)
    policy = POLICY.replace('status == "valid" && temperature.celsius < temperature.limit',
                            'kind == "estate-pass" && credential.status == "valid"')  # fmt: skip
    (tmp_path / "policy.yaml").write_text(policy)
    done = visit(load_setup(path), CredentialKind.ESTATE_PASS)
    assert decisions(done) == [("admit", None)]
    assert any(isinstance(effect, SendCommand) for effect in done)


def test_faults_of_every_file_are_told_together_also_where_the_site_is_none(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        "policy: p\nfacts: checkpoint/1\nrules: []\notherwise: admit\n"
    )
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "a.pem").write_text("nothing")
    site = tmp_path / "site.yaml"
    site.write_text(
        "site: riverside\nname: {zh: a, en: b}\npolicy: policy.yaml\ntrust: trust\nlanes:\n"
        "  - lane: north-in\n    checkpoint: north\n    direction: sideways\n    devices:\n"
        "      - {device: scan-1, driver: mqtt-scaner}\n"
    )
    with pytest.raises(SetupError) as caught:
        load_setup(site)
    told = "\n".join(map(str, caught.value.faults))
    for said in ("direction", "no driver mqtt-scaner", "otherwise", "a.pem:1:1"):
        assert said in told
    assert "at least one" not in told
