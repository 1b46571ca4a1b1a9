"""menshen simulate --virtual: the whole gateway in virtual time, under every fault at once."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from math import floor
from pathlib import Path

import pytest

import simulators.estates
from devices.moment import Moment
from drivers.gate_ticks import GateTicks
from gateway.cli.virtual.command import run_virtual_worlds
from gateway.cli.virtual.staging import codes, staged
from gateway.cli.virtual.world import live_through
from gateway.setup import Setup
from simulators.scenario import Scenario, load_scenario
from simulators.virtual.faults import KINDS

ESTATE = Path(simulators.estates.__file__).parent / "riverside"
FOUR_LANES = ESTATE / "four-lanes.yaml"
SEEDS = 50
SECONDS = 300.0
SHORT_H = 200 / 3600


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(FOUR_LANES)


@pytest.fixture(scope="module")
def setup(scenario: Scenario) -> Iterator[Setup]:
    with staged(scenario, ESTATE / "site.yaml") as setup:
        yield setup


@pytest.mark.parametrize("first", range(1, SEEDS, 2))
def test_every_promise_holds_under_every_fault(
    scenario: Scenario, setup: Setup, first: int
) -> None:
    people = codes()
    for seed in (first, first + 1):
        outlived = live_through(setup, scenario, people, seed, kinds=KINDS, seconds=SECONDS)
        broken = [str(violation) for violation in outlived.violations]
        assert not broken, f"--seed {seed} --hours {SECONDS / 3600}: {broken}"
        assert outlived.events > 100
        assert sum(outlived.faults.values()) > 5


def test_without_faults_nearly_everybody_passes(scenario: Scenario, setup: Setup) -> None:
    outlived = live_through(setup, scenario, codes(), 3, kinds=(), seconds=SECONDS)
    assert outlived.violations == ()
    assert outlived.lives == 1
    assert outlived.summary()["passed"] > 0.8 * outlived.tally.people


def test_the_same_seed_goes_the_same_way_in_every_process() -> None:
    command = "from gateway.cli import main; main()"
    words = ["simulate", str(FOUR_LANES), "--virtual", "--seed", "7", "--hours", str(SHORT_H)]
    told = []
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", command, *words],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        told.append(json.loads(done.stdout))
    one, other = ({k: v for k, v in t.items() if k != "simulated_hours_per_s"} for t in told)
    assert one == other
    assert one["violations"] == []
    assert one["lives"] > 1


def test_a_broken_promise_is_told_with_its_seed_and_comes_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def too_late(ticks: GateTicks, until: Moment) -> int | None:
        return None if ticks._ahead_ms is None else floor(until.boot_ms + ticks._ahead_ms) + 5000

    monkeypatch.setattr(GateTicks, "tick_at", too_late)
    told = []
    for _ in range(2):
        code = run_virtual_worlds(
            FOUR_LANES, site=None, seeds=range(1, 2), hours=SHORT_H, faults="all"
        )
        assert code == 1
        told.append(capsys.readouterr())
    assert told[0].err == told[1].err
    assert "seed 1: promise 2 broken at" in told[0].err
    assert "lives longer at the gate than its grant" in told[0].err
    assert "--virtual --seed 1" in told[0].err
    assert json.loads(told[0].out)["violations"]
