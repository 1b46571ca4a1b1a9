"""National rules at a lane: from the files of a site to the decision and its record."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from devices.arrival import Arrival, Fence
from devices.errors import SetupError
from devices.ids import DeviceId, LaneId
from devices.moment import Moment
from devices.readings import (
    Door,
    GateState,
    Online,
    Reading,
    Scan,
    Spot,
    Temperature,
    TemperatureKind,
)
from devices.units import Celsius
from edge_rules.effects import Record
from edge_rules.inputs import Input
from edge_rules.policies import Policies
from edge_rules.restarting import resume
from edge_rules.site import step
from gateway.cli.app import app
from gateway.intake import Intake
from gateway.setup import Setup, load_setup
from gateway.site_rules import lane_rules, site_rules
from simulators.dcc_issuer import DAY_MS
from tests.edge_rules.certlogic.papers import rule
from tests.edge_rules.credentials.chain import KEY, STRANGER, issuer
from tests.gateway.site_files import POLICY, write_site

NOW = Moment(1000.0, 1_795_420_800_000)  # 2026-11-23
LASTING = {"ValidFrom": "2026-01-01T00:00:00Z", "ValidTo": "2027-01-01T00:00:00Z"}
BORN: Any = {
    "not-after": [
        {"plusTime": [{"dccDateOfBirth": [{"var": "payload.dob"}]}, 18, "year"]},
        {"plusTime": [{"var": "external.validationClock"}, 0, "day"]},
    ]
}
COUNTRY = ("trust: trust", "trust: trust\ncountry: DE")
RULED = POLICY.replace('status == "valid"', 'status == "valid" && credential.rules_ok').replace(
    "otherwise",
    """  - id: national
    when: '!credential.rules_ok && credential.failing_rule == "VR-DE-0002"'
    then: deny
    reason: national-rule
otherwise""",
)


def site(folder: Path, *changes: tuple[str, str], logic: object = True) -> Path:
    """Write a site that trusts the tests' issuer and has one rule about vaccinations."""
    path = write_site(folder, *changes)
    (folder / "policy.yaml").write_text(RULED)
    (folder / "trust" / "a.cer").write_bytes(issuer().certificate_der)
    papers = rule("VR-DE-0002", logic, **LASTING)
    (folder / "trust" / "de.rules.json").write_text(json.dumps([papers]))
    return path


def decided(setup: Setup) -> dict[str, Any]:
    """Show a certificate at north-in and return the record of the decision."""
    state, _ = resume(
        site_rules(setup, NOW), Policies.of(setup.policy), "r1", lane_rules(setup), {}, [], NOW
    )
    done: list[Any] = []

    def take(given: Input, _: object) -> None:
        nonlocal state
        state, effects = step(state, given, NOW)
        done.extend(effects)

    intake = Intake(take, setup.trust, KEY, "r1", {})
    text = issuer().issue("vaccination", STRANGER, NOW.wall_ms - DAY_MS, NOW.wall_ms + DAY_MS)
    forehead = (Spot.FOREHEAD, TemperatureKind.SURFACE)
    readings: list[tuple[str, Reading]] = [
        ("gate-1", Online(True)),
        ("gate-1", GateState(None, Door.CLOSED, "b", 1)),
        ("scan-1", Online(True)),
        ("cam-1", Online(True)),
        ("cam-1", Temperature("t", None, Celsius(36.2), *forehead, 0.2, "good")),
        ("scan-1", Scan("s", None, text)),
    ]
    for device, reading in readings:
        intake.deliver(Arrival(LaneId("north-in"), DeviceId(device), reading, NOW, Fence.LIVE))
    records = [effect for effect in done if isinstance(effect, Record)]
    for private in (STRANGER.family, STRANGER.given, STRANGER.born, STRANGER.uvci, "840539006"):
        assert private not in repr(done)
    (decision,) = [record.body for record in records if record.type == "passage-decided"]
    return dict(decision)


def test_a_certificate_that_keeps_the_rules_admits(tmp_path: Path) -> None:
    decision = decided(load_setup(site(tmp_path, COUNTRY)))
    assert decision["decision"] == "admit"
    assert decision["facts"]["credential"]["rules_ok"] is True
    assert "failing_rule" not in decision["facts"]["credential"]


def test_a_rule_that_fails_decides_by_its_name_and_is_on_record(tmp_path: Path) -> None:
    decision = decided(load_setup(site(tmp_path, COUNTRY, logic={"!": [BORN]})))
    assert (decision["decision"], decision["reasons"]) == ("deny", ["national-rule"])
    credential = decision["facts"]["credential"]
    assert (credential["rules_ok"], credential["failing_rule"]) == (False, "VR-DE-0002")


@pytest.mark.parametrize("told", [(), (("trust: trust", "trust: trust\ncountry: FR"),)])
def test_without_a_rule_in_force_the_fact_is_missing_and_nobody_is_admitted(
    tmp_path: Path, told: tuple[tuple[str, str], ...]
) -> None:
    decision = decided(load_setup(site(tmp_path, *told)))
    assert (decision["decision"], decision["reasons"]) == ("refer", ["fact-missing"])
    assert {"rule": "healthy", "fact": "credential.rules_ok"} in decision["missing"]


def test_a_broken_rule_does_not_start(tmp_path: Path) -> None:
    path = site(tmp_path, COUNTRY, logic={"all": []})
    with pytest.raises(SetupError, match=r"de\.rules\.json:1:1: /0/Logic: unrecognised operator"):
        load_setup(path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ((COUNTRY,), "1 of 1 national rules count in DE"),
        ((), "1 national rules without use: the site file names no country"),
    ],
)
def test_check_says_how_many_rules_count(
    tmp_path: Path, changes: tuple[tuple[str, str], ...], said: str
) -> None:
    done = CliRunner().invoke(app, ["check", str(site(tmp_path, *changes))])
    assert done.exit_code == 0, done.output
    assert said in done.stdout
