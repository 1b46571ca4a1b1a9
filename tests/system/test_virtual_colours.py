"""Colour codes in a virtual world: every promise holds while the platform has its moods."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import simulators.estates
from gateway.cli.virtual.staging import codes, staged
from gateway.cli.virtual.world import live_through
from gateway.setup import Setup
from simulators.colour_book import Mood
from simulators.colour_platform import mapping
from simulators.scenario import ColourCodesHere, Scenario, load_scenario
from simulators.virtual.faults import KINDS

ESTATE = Path(simulators.estates.__file__).parent / "riverside"
MOODS = dict.fromkeys((Mood.HANGS, Mood.FAILS, Mood.MISTAKES, Mood.RAVES), 0.08)


@pytest.fixture
def scenario() -> Scenario:
    colours = ColourCodesHere(share=0.7, moods=MOODS)
    return load_scenario(ESTATE / "four-lanes.yaml").model_copy(update={"colour_codes": colours})


@pytest.fixture
def setup(tmp_path: Path, scenario: Scenario) -> Iterator[Setup]:
    site = yaml.safe_load((ESTATE / "site.yaml").read_text("utf-8"))
    site["colour_code"] = mapping("http://127.0.0.1:9470")
    (tmp_path / "trust").mkdir()
    shutil.copy(ESTATE / "policy.yaml", tmp_path)
    (tmp_path / "site.yaml").write_text(yaml.safe_dump(site, allow_unicode=True), "utf-8")
    with staged(scenario, tmp_path / "site.yaml") as setup:
        yield setup


@pytest.mark.parametrize("seed", range(1, 7))
def test_every_promise_holds_while_the_platform_has_its_moods(
    scenario: Scenario, setup: Setup, seed: int
) -> None:
    outlived = live_through(setup, scenario, codes(), seed, kinds=KINDS, seconds=300.0)
    assert outlived.violations == ()
    again = live_through(setup, scenario, codes(), seed, kinds=KINDS, seconds=300.0)
    assert again.digest == outlived.digest


def test_people_with_green_codes_come_in(scenario: Scenario, setup: Setup) -> None:
    quiet = scenario.model_copy(update={"colour_codes": ColourCodesHere(share=1.0)})
    outlived = live_through(setup, quiet, codes(), 3, kinds=(), seconds=300.0)
    assert outlived.violations == ()
    assert outlived.summary()["passed"] > 0.8 * outlived.tally.people
