"""drivers.topic_filters, against paho's own matching of topics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from drivers.topic_filters import apart, covers, is_filter, join, meet

LEVELS = ["a", "b", "", "$s"]
topics = st.lists(st.sampled_from(LEVELS), min_size=1, max_size=4).map("/".join).filter(bool)


@st.composite
def filters(draw: st.DrawFn) -> str:
    levels = draw(st.lists(st.sampled_from(["a", "b", "", "+", "+"]), min_size=1, max_size=4))
    if draw(st.booleans()):
        levels.append("#")
    if draw(st.integers(0, 7)) == 0:
        levels[0] = "$s"
    return "/".join(levels) or "+"


@given(filters(), filters(), topics)
def test_cover_meet_and_join_agree_with_a_foreign_matcher(one: str, other: str, topic: str) -> None:
    matches = (topic_matches_sub(one, topic), topic_matches_sub(other, topic))
    if covers(one, other) and matches[1]:
        assert matches[0]
    if all(matches):
        assert meet(one, other)
    if any(matches) and meet(one, other):
        assert topic_matches_sub(join(one, other), topic)


@given(st.lists(filters(), max_size=6), topics)
def test_a_topic_matches_one_filter_at_most_and_none_is_lost(asked: list[str], topic: str) -> None:
    matching = [kept for kept in apart(asked) if topic_matches_sub(kept, topic)]
    assert len(matching) <= 1
    if any(topic_matches_sub(wanted, topic) for wanted in asked):
        assert len(matching) == 1


def test_filters_that_share_no_topic_stay_as_they_are() -> None:
    asked = {"menshen/+/riverside/+/+/scan", "menshen/+/riverside/+/+/state", "vendor/+/temp"}
    assert apart(asked) == asked
    assert apart({*asked, "menshen/1/riverside/north-in/scan-1/scan"}) == asked


def test_filters_that_share_some_topics_are_joined() -> None:
    assert apart({"s/+/temp", "s/a/+", "t"}) == {"s/+/+", "t"}


@pytest.mark.parametrize("wrong", ["", "a/#/b", "a+", "a/b#", "a\0b", "x" * 65_536])
def test_what_is_no_filter(wrong: str) -> None:
    assert not is_filter(wrong)
    assert is_filter("a/+/#")
