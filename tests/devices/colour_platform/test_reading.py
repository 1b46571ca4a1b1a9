"""devices.colour_platform.reading: an answer is understood whole, or it lets nobody in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.colour_platform.answer import COLOURS, PlatformAnswer, Said
from devices.colour_platform.reading import MAX_BYTES, read_answer
from tests.devices.colour_platform.mappings import platform, said

MAPPING = platform().answer
SENT = {"nonce": "n0", "text": "secret"}
GREEN: dict[str, Any] = {"code": 0, "nonce": "n0", "data": {"colour": "g", "person": "ann"}}


def read(answer: object, status: int = 200, mapping: Any = MAPPING) -> PlatformAnswer:  # noqa: ANN401
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return read_answer(mapping, status, body, SENT)


def changed(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {**GREEN, **more}


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (GREEN, "green"),
        (changed(data={"colour": "Y", "person": 7}), "yellow"),
        (changed(data={"colour": " r ", "person": "ann"}), "red"),
        ({"code": 4001, "nonce": "n0"}, "expired"),
        ({"code": "4004"}, "not-found"),
    ],
)
def test_each_word_is_read_with_no_fault_of_the_platforms(answer: object, word: str) -> None:
    found = read(answer)
    assert (found.said, found.why, found.sound, found.again) == (word, None, True, False)


def test_person_of_a_colour_is_its_identity_and_is_shown_nowhere() -> None:
    assert read(GREEN).identity == "ann"
    assert read(changed(data={"colour": "Y", "person": 7})).identity == "7"
    assert "ann" not in repr(read(GREEN))


@pytest.mark.parametrize(
    ("answer", "why", "sound"),
    [
        (b"", "answer-not-understood", False),
        (b"<html>sign in to this network</html>", "answer-not-understood", False),
        (b"\xff\xfe", "answer-not-understood", False),
        (b"[" * 9 + b"]" * 9, "answer-not-understood", False),
        (b" " * MAX_BYTES + b"{}", "answer-not-understood", False),
        (b'{"code": 4001, "code": 0, "nonce": "n0"}', "answer-not-understood", False),
        (b'{"code":0,"nonce":"n0","data":{"colour":"r","colour":"g","person":"a"}}',
         "answer-not-understood", False),
        ({}, "answer-not-understood", True),
        ([], "answer-not-understood", True),
        (None, "answer-not-understood", True),
        (changed(data={"colour": "ultraviolet", "person": "ann"}), "answer-not-understood", True),
        (changed(data={"colour": None, "person": "ann"}), "answer-not-understood", True),
        (changed(data={"colour": ["g"], "person": "ann"}), "answer-not-understood", True),
        (changed(code=4001), "answer-not-understood", True),
        (changed(code=5000), "answer-not-understood", True),
        (changed(data={"colour": "g"}), "answer-not-understood", True),
        (changed(data={"colour": "g", "person": ""}), "answer-not-understood", True),
        (changed(data={"colour": "g", "person": True}), "answer-not-understood", True),
        (changed(data={"colour": "g", "person": "x" * 257}), "answer-not-understood", True),
        (changed(data={"colour": "g", "person": {"id": 1}}), "answer-not-understood", True),
        (changed(nonce="n1"), "answer-of-another", True),
        (changed(nonce=None), "answer-of-another", True),
        ({"code": 0, "data": GREEN["data"]}, "answer-of-another", True),
        ({"code": 4001, "nonce": "n1"}, "answer-of-another", True),
    ],
)  # fmt: skip
def test_whatever_is_not_as_agreed_is_no_answer(answer: object, why: str, sound: bool) -> None:
    found = read(answer)
    assert (found.said, found.why, found.sound) == ("failed", why, sound)
    assert found.identity is None


@pytest.mark.parametrize(
    ("status", "why", "sound", "again"),
    [
        (302, "answer-not-understood", False, False),
        (400, "answer-not-understood", True, False),
        (401, "platform-refuses", False, False),
        (403, "platform-refuses", False, False),
        (404, "answer-not-understood", True, False),
        (429, "platform-failing", False, True),
        (500, "platform-failing", False, True),
        (503, "platform-failing", False, True),
    ],
)
def test_other_status_is_no_colour_whatever_the_body_says(
    status: int, why: str, sound: bool, again: bool
) -> None:
    found = read(GREEN, status)
    assert (found.said, found.why, found.sound, found.again) == ("failed", why, sound, again)


def test_status_may_be_a_word_of_its_own() -> None:
    mapping = platform(answer={**said()["answer"], "statuses": {404: "not-found"}}).answer
    assert read(b"<html>", 404, mapping).said == "not-found"


def test_platform_may_say_itself_that_it_failed() -> None:
    answer = {**said()["answer"], "says": [{"at": "/code", "words": {"5": "failed", "0": "green"}}]}
    found = read({"code": 5}, mapping=platform(answer=answer).answer)
    assert (found.said, found.why, found.sound) == ("failed", "platform-failing", True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["g", "n0", 0, 4001]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["code", "nonce", "data", "colour", "person", "x"]), inner, max_size=6
    ),
    max_leaves=16,
)  # fmt: skip


@given(JSON | st.binary(max_size=200), st.integers(100, 599))
def test_any_answer_is_one_answer_and_no_colour_comes_without_its_person(
    answer: object, status: int
) -> None:
    found = read(answer, status)
    assert found.said in Said
    if found.said in COLOURS:
        assert isinstance(answer, dict)
        assert (answer["nonce"], status // 100) == ("n0", 2)
        assert found.identity
