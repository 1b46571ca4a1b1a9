"""edge_rules.credentials.cose: what is cut up by hand is what the whole decoder finds."""

import zlib

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_rules.credentials import cose
from edge_rules.credentials.cose import Sign1, read_sign1
from edge_rules.credentials.judgement import Refused
from tests.edge_rules.credentials.chain import good
from tests.edge_rules.credentials.faulty import unwrapped

GOOD = zlib.decompress(unwrapped(good()))
HEADER = cbor2.dumps({1: -7, 4: b"12345678"})


def whole(data: bytes) -> Sign1:
    """Read without the shortcut."""
    protected, unprotected, payload, signature, end = cose._any(data)
    own = cose._protected_map(protected)
    if end != len(data):
        raise Refused(cose.TRAILING)
    return Sign1(protected if own else b"", {**unprotected, **own}, payload, signature)


def outcome(read: object, data: bytes) -> object:
    assert callable(read)
    try:
        found = read(data)
    except Refused as refused:
        return refused.refusal
    return (*found[:1], dict(found.headers), *found[2:])


def sizes(most: int) -> st.SearchStrategy[int]:
    return st.one_of(st.integers(0, most), st.sampled_from([0, 23, 24, 64, 64, 64, 255, 256]))


@settings(max_examples=1000)
@given(st.data())
def test_the_shortcut_finds_what_the_decoder_finds(data: st.DataObject) -> None:
    """Heads of strings are the places to go wrong: a byte is changed, dropped or put in there."""
    payload, signature = (bytes(data.draw(sizes(most))) for most in (700, 70))
    header = data.draw(st.sampled_from([HEADER, b"", b"\xa0", b"\xff", HEADER * 2]))
    item = bytearray(cbor2.dumps(cbor2.CBORTag(18, [header, {}, payload, signature])))
    heads = [*range(4 + len(header) + 4), len(item) - len(signature) - 2, len(item) - 1]
    for _ in range(data.draw(st.integers(0, 2))):
        at = min(data.draw(st.sampled_from(heads)), len(item) - 1)
        item[at : at + data.draw(st.integers(0, 1))] = data.draw(st.binary(max_size=1))
    assert outcome(read_sign1, bytes(item)) == outcome(whole, bytes(item))


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_so_it_does_of_a_real_one(at: int, byte: int) -> None:
    item = GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]
    assert outcome(read_sign1, item) == outcome(whole, item)


HEADS = [
    (b"\x4d", 13),
    (b"\x57", 23),
    (b"\x58\x18", 24),
    (b"\x58\x18", 23),
    (b"\x6d", 13),
    (b"\x3e", 13),
]


@pytest.mark.parametrize(("head", "size"), HEADS)
@pytest.mark.parametrize("map_", [b"\xa0", b"\x80", b"\xa1\x01\x02"])
@pytest.mark.parametrize("more", [-64, -1, 0, 1, 66])
def test_a_head_says_where_the_next_one_is(head: bytes, size: int, map_: bytes, more: int) -> None:
    header = HEADER.ljust(size, b"\xa0")
    parts = head + header + map_ + b"\x58\x28" + bytes(40) + b"\x58\x40" + bytes(64 + more)
    for front in (b"\xd2\x84", b"\xd2\x85", b"\xd8\x12\x84", b"\x84"):
        assert outcome(read_sign1, front + parts) == outcome(whole, front + parts)


def test_the_shortcut_is_taken() -> None:
    assert cose._usual(GOOD) is not None


@pytest.mark.parametrize("size", [0, 23, 24, 255, 256, 65_535, 65_536])
def test_what_is_signed_is_the_standards_structure(size: int) -> None:
    envelope = Sign1(HEADER, {}, bytes(size), b"")
    assert envelope.to_be_signed == cbor2.dumps(["Signature1", HEADER, b"", bytes(size)])


def test_headers_that_are_kept_are_nobodys_to_change() -> None:
    headers = read_sign1(GOOD).headers
    with pytest.raises(TypeError):
        headers[4] = b"another"  # type: ignore[index]
