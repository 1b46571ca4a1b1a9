"""gateway.people.people_list: what can be asked, and that nothing can be read."""

from pathlib import Path

import pytest

from devices.errors import SetupError
from gateway.people.people_list import Person, list_path, load_list, store_list

PEOPLE = [
    Person("李小龙", "resident", "3-2-501"), Person("李小龙", "staff", "4-1"),
    Person("Ann Lee", "staff"), Person("王伟", "resident", "1-1"),
    Person("王伟", "resident", "2-2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "home", "said"),
    [
        ("lee, ANN", "", ("staff", None)), ("李小龙", "3号楼2单元501", ("resident", None)),
        ("李小龙", "4-1", ("staff", None)), ("李小龙", "", (None, "home-needed")),
        ("李小龙", "9-9", (None, "not-listed")), ("王伟", "", ("resident", None)),
        ("Ann Lee", "1-1", (None, "not-listed")), ("Bob", "", (None, "not-listed")),
        ("...", "", (None, "not-listed")),
    ],
)  # fmt: skip
def test_who_is_on_the_list(
    tmp_path: Path, name: str, home: str, said: tuple[str | None, str | None]
) -> None:
    assert store_list(tmp_path, PEOPLE) == len(PEOPLE)
    known = load_list(tmp_path)
    assert known
    assert known.ask(name, home) == said
    assert known.counts() == {"resident": 3, "staff": 2}


def test_nothing_on_disk_names_anybody_and_it_is_its_owners_alone(tmp_path: Path) -> None:
    store_list(tmp_path, PEOPLE)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"people.list", "list.key"}
    kept = b"".join(path.read_bytes() for path in files)
    for word in ("李小龙", "李", "Ann", "ann", "Lee", '"501"'):  # bare, digits stand in a hash too
        assert word.encode() not in kept
        assert ascii(word).strip("'").encode() not in kept
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_another_key_makes_other_hashes(tmp_path: Path) -> None:
    store_list(tmp_path / "a", PEOPLE)
    store_list(tmp_path / "b", PEOPLE)
    one, other = (list_path(tmp_path / name).read_text() for name in "ab")
    assert one != other


def test_importing_anew_takes_the_place_of_all(tmp_path: Path) -> None:
    store_list(tmp_path, PEOPLE)
    store_list(tmp_path, [Person("Bob", "visitor")])
    known = load_list(tmp_path)
    assert known
    assert known.counts() == {"visitor": 1}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"people": [["a"]]}', '{"people": [["a", 1, "x"]]}']
)
def test_a_damaged_list_is_named(tmp_path: Path, text: str) -> None:
    store_list(tmp_path, PEOPLE)
    list_path(tmp_path).write_text(text)
    with pytest.raises(SetupError, match="is damaged: import the list anew"):
        load_list(tmp_path)


def test_without_a_file_there_is_no_list(tmp_path: Path) -> None:
    assert load_list(tmp_path) is None
