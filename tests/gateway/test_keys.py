"""gateway.keys."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from devices.errors import SetupError
from gateway.keys import KEY_BYTES, load_subject_key


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    key = load_subject_key(data)
    assert len(key) == KEY_BYTES
    assert load_subject_key(data) == key
    assert [path.name for path in data.iterdir()] == ["subject.key"]
    assert (data / "subject.key").stat().st_mode & 0o777 == 0o600
    assert load_subject_key(tmp_path / "other") != key


def test_those_who_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_subject_key(tmp_path), range(32)))
    assert len(keys) == 1


def test_a_damaged_key_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "subject.key").write_bytes(b"short")
    with pytest.raises(SetupError, match=r"subject\.key:1:1: holds 5 bytes, a key has 32: restore"):
        load_subject_key(tmp_path)


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(SetupError, match="can't be read or made: File exists"):
        load_subject_key(tmp_path / "data")
