"""gateway.policies.shelf: texts of policies are whole, and of many the standing ones stay."""

import os
from pathlib import Path

import pytest

from gateway.policies.shelf import FOLDER, KEPT, Shelf


def test_a_text_comes_back_as_it_was_for_its_owner_alone(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.keep("a1", "policy: 新\n")
    assert Shelf(tmp_path).text("a1") == "policy: 新\n"
    assert shelf.text("b2") is None
    path = tmp_path / FOLDER / "a1.yaml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["a1.yaml"]  # no draft is left


def test_of_many_the_oldest_go_and_none_that_stands(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for at in range(KEPT + 10):
        shelf.keep(f"p{at:02}", "x", {"p00"})
        os.utime(tmp_path / FOLDER / f"p{at:02}.yaml", (at, at))
    shelf.keep("last", "x", {"p00"})
    left = {path.stem for path in (tmp_path / FOLDER).iterdir()}
    assert {"p00", "last", f"p{KEPT + 9}"} <= left
    assert "p01" not in left
    assert len(left) == KEPT + 2


def test_what_can_not_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file where the folder should be", "utf-8")
    with pytest.raises(OSError, match=FOLDER):
        Shelf(tmp_path).keep("a1", "x")
