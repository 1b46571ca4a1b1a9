"""devices.mapped.pointer."""

import json

import pytest

from devices.mapped.pointer import NOWHERE, follow, parse_pointer

# The document and pointers of RFC 6901, section 5.
DOCUMENT = json.loads(
    r'{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5,'
    r' "k\"l": 6, " ": 7, "m~n": 8}'
)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_the_examples_of_the_standard(pointer: str, value: object) -> None:
    assert follow(parse_pointer(pointer), DOCUMENT) == value


@pytest.mark.parametrize(
    "pointer", ["/bar", "/foo/2", "/foo/-", "/foo/01", "/foo/-1", "/foo/x", "/foo/0/0", "/ /x"]
)
def test_what_is_not_there_is_nowhere(pointer: str) -> None:
    assert follow(parse_pointer(pointer), DOCUMENT) is NOWHERE


def test_null_is_a_value() -> None:
    assert follow(parse_pointer("/a"), {"a": None}) is None


@pytest.mark.parametrize("text", ["foo", "#/foo", "/a~", "/a~2b", "/~~0"])
def test_what_is_no_pointer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON pointer begins|after ~"):
        parse_pointer(text)
