"""Fixtures every folder shares."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.servers import Server, mosquitto, victoria_metrics

REPOSITORY = Path(__file__).parent.parent

# A busy machine is no fault; in CI hypothesis drops its deadline itself, and its chance too.
if os.environ.get("CI") != "true":
    settings.register_profile("unhurried", deadline=None)
    settings.load_profile("unhurried")


SERVERS = {
    "mosquitto": ["mosquitto", "-h"],
    "VictoriaMetrics": ["victoria-metrics", "-version"],
    "Chromium": ["chromium", "--version"],
}


def pytest_report_header() -> list[str]:
    """Name the real servers that the tests run against."""
    return [f"{name}: {_version(command)}" for name, command in SERVERS.items()]


def _version(command: list[str]) -> str:
    program = shutil.which(command[0], path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        return "is not on this machine"
    ran = subprocess.run(
        [program, *command[1:]], capture_output=True, text=True, timeout=30, check=False
    )
    said = (line.strip() for line in (ran.stdout + ran.stderr).splitlines())
    return next(filter(None, said), program)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Foreign vectors and recordings: `$MENSHEN_TEST_DATA`, else beside the repository."""
    folder = Path(os.environ.get("MENSHEN_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"no test data at {folder}: set MENSHEN_TEST_DATA")
        pytest.skip(f"no test data at {folder}: set MENSHEN_TEST_DATA to read the foreign vectors")
    return folder


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Server]:
    """A real mosquitto of this test's own."""
    with mosquitto(tmp_path) as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Server]:
    """A real VictoriaMetrics of this test's own."""
    with victoria_metrics(tmp_path) as server:
        yield server
