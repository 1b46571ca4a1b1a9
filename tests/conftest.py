"""Fixtures every folder shares."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Foreign vectors and recordings: `$MENSHEN_TEST_DATA`, else beside the repository."""
    folder = Path(os.environ.get("MENSHEN_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"no test data at {folder}: set MENSHEN_TEST_DATA")
        pytest.skip(f"no test data at {folder}: set MENSHEN_TEST_DATA to read the foreign vectors")
    return folder
