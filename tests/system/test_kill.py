"""kill -9 under load: nothing acknowledged is lost, nothing opens late or off the record."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.crash_street import SimulatedStreet
from gateway.crashtest.crashing import Asked, crash
from gateway.crashtest.plan import Part

pytestmark = pytest.mark.system

RATE_PER_S = 40


@pytest.mark.timeout(240)
@pytest.mark.parametrize("stamped", [True, False])
async def test_a_killed_gateway_loses_doubles_and_opens_nothing(
    tmp_path: Path, stamped: bool
) -> None:
    street = SimulatedStreet(tmp_path, stamped=stamped)
    outcome = await crash(Asked(4, RATE_PER_S, seed=1), tmp_path, street)
    assert outcome.verdict.examples() == {}
    assert outcome.verdict.openings > 10, "hardly anybody was let in: this test showed nothing"
    assert outcome.verdict.only_broker == []  # the broker lived: what it had came in the end
    assert outcome.figures["kills"] == {"gateway": 4}
    assert outcome.clean


@pytest.mark.timeout(240)
async def test_a_killed_broker_loses_only_what_nobody_else_had(tmp_path: Path) -> None:
    asked = Asked(4, RATE_PER_S, seed=6, others=(Part.BROKER,))
    outcome = await crash(asked, tmp_path, SimulatedStreet(tmp_path))
    assert outcome.verdict.examples() == {}
    assert outcome.figures["kills"]["broker"] >= 1
    assert outcome.clean


@pytest.mark.timeout(240)
def test_the_command_prints_one_object_and_keeps_the_folder_that_was_named(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    asked = ["crashtest", "--kills", "1", "--rate", "10", "--seed", "3", "--folder", str(folder)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.stderr
    figures = json.loads(done.stdout)
    promised = ("lost", "doubled", "unrecorded_openings", "late_openings")
    assert [figures[key] for key in promised] == [0, 0, 0, 0]
    assert figures["recovery_s"]["worst"] >= figures["recovery_s"]["median"] > 0
    assert (folder / "data" / "outbox.db").exists()
    again = CliRunner().invoke(app, asked)
    assert again.exit_code != 0
    assert again.exception is not None
    assert "is not empty" in str(again.exception)
