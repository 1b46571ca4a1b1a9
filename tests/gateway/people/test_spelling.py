"""gateway.people.spelling."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.people.spelling import plain_home, plain_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("王伟", " 王 伟 "), ("欧阳·娜娜", "欧阳娜娜"), ("Wei Wang", "WANG, Wei"),
        ("José Müller", "jose  muller"), ("O'Neil Ann", "ann o neil"), ("ABC", "abc"),
        ("Jean-Luc Picard", "Picard Jean Luc"),
    ],
)  # fmt: skip
def test_the_same_name_written_otherwise(one: str, other: str) -> None:
    assert plain_name(one) == plain_name(other)


@pytest.mark.parametrize(("one", "other"), [("王伟", "伟王"), ("Ann Lee", "Annlee"), ("李", "王")])
def test_other_names_stay_others(one: str, other: str) -> None:
    assert plain_name(one) != plain_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3号楼2单元501", "3-2-501"), ("3栋 0501室", "3/501"), ("A座1201", "a 1201"),
        ("Building 4, Flat 12", "4-12"), ("东院", " 东院 "),
    ],
)  # fmt: skip
def test_the_same_home_written_otherwise(one: str, other: str) -> None:
    assert plain_home(one) == plain_home(other)


@pytest.mark.parametrize(
    ("one", "other"), [("3-2-501", "3-25-01"), ("A12", "B12"), ("东院", "西院")]
)
def test_other_homes_stay_others(one: str, other: str) -> None:
    assert plain_home(one) != plain_home(other)


@settings(max_examples=1000, deadline=None)
@example("𝑨")
@given(st.text(max_size=60))
def test_any_text_has_one_plain_spelling(text: str) -> None:
    for plain in (plain_name, plain_home):
        assert plain(plain(text)) == plain(text)
