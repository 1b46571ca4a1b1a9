"""edge_rules.credentials: hostile texts end in a judgement, and no forgery is ever accepted."""

import time
import zlib
from contextlib import suppress
from itertools import islice, product

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_rules.credentials.cbor import MAX_BYTES, CborError, decode_cbor
from edge_rules.credentials.inflating import MAX_INFLATED
from simulators.dcc_issuer import encode_base45
from tests.edge_rules.credentials.chain import good, judge
from tests.edge_rules.credentials.faulty import envelope, unwrapped

GOOD = good()
PLAIN = zlib.decompress(unwrapped(GOOD))
SIGNED = envelope(GOOD)[0], envelope(GOOD)[2]
CHARACTERS = st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:_é")


def packed(data: bytes) -> str:
    return "HC1:" + encode_base45(zlib.compress(data))


def carries_what_was_signed(text: str) -> bool:
    parts = envelope(text.strip())
    return (parts[0], parts[2]) == SIGNED


@settings(max_examples=400)
@given(st.sampled_from(["change", "drop", "insert"]), st.integers(0, len(GOOD) - 1), CHARACTERS)
def test_no_edit_of_the_text_is_accepted(edit: str, at: int, character: str) -> None:
    end = at if edit == "insert" else at + 1
    text = GOOD[:at] + ("" if edit == "drop" else character) + GOOD[end:]
    judgement = judge(text)
    assert not judgement.ok or carries_what_was_signed(text)


@settings(max_examples=400)
@given(st.integers(0, len(PLAIN) * 8 - 1))
def test_no_flipped_bit_under_the_compression_is_accepted(bit: int) -> None:
    data = bytearray(PLAIN)
    data[bit // 8] ^= 1 << bit % 8
    text = packed(bytes(data))
    judgement = judge(text)
    assert not judgement.ok or carries_what_was_signed(text)


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=80), st.text(max_size=200).map("HC1:".__add__)))
def test_any_text_is_judged(text: str) -> None:
    assert not judge(text).ok


@settings(max_examples=400)
@given(st.binary(max_size=300))
def test_any_bytes_are_judged_at_every_depth(data: bytes) -> None:
    parts = envelope(GOOD)
    for place in range(4):
        damaged = [*parts[:place], data, *parts[place + 1 :]]
        for item in (damaged, cbor2.CBORTag(18, damaged)):
            text = packed(cbor2.dumps(item))
            assert not judge(text).ok or carries_what_was_signed(text)
    assert not judge(packed(data)).ok
    assert not judge("HC1:" + encode_base45(data)).ok


@settings(max_examples=400)
@given(st.binary(max_size=64))
def test_any_bytes_are_cbor_or_a_fault(data: bytes) -> None:
    with suppress(CborError):
        decode_cbor(data)


def test_a_bomb_costs_no_more_than_its_bound() -> None:
    bomb = "HC1:" + encode_base45(zlib.compress(bytes(10_000_000), 9))
    judge(bomb)
    began = time.process_time()
    for _ in range(20):
        judgement = judge(bomb)
    spent_ms = (time.process_time() - began) * 1000 / 20
    assert judgement.reason == "inflate-too-long"
    assert spent_ms < 5


def test_keys_that_collide_cost_no_more_than_their_bound() -> None:
    """Python gives all lists of so many -1 and -2 one hash, so that each key meets each other."""
    count = (MAX_BYTES - 3) // 12
    keys = islice(product((b"\x20", b"\x21"), repeat=10), count)
    pairs = b"".join(b"\x8a" + b"".join(key) + b"\0" for key in keys)
    colliding = b"\xb9" + count.to_bytes(2, "big") + pairs
    assert len(decode_cbor(colliding)) == count
    spent_ms = []
    for _ in range(5):
        began = time.thread_time()
        judge(packed(colliding))
        spent_ms.append((time.thread_time() - began) * 1000)
    assert min(spent_ms) < 20  # a quarter of it on a machine with nothing else to do
    with pytest.raises(CborError, match="over 6144 bytes"):
        decode_cbor(colliding + bytes(MAX_BYTES))


def test_what_fits_the_bound_is_not_called_a_bomb() -> None:
    assert judge(packed(bytes(MAX_INFLATED))).failed_at == "cose"
    assert judge(packed(bytes(MAX_INFLATED + 1))).failed_at == "inflate"
