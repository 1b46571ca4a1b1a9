"""devices.orders: hostile bytes to an order, or to a word and a sentence; never anything else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.moment import parse_stamp
from devices.orders.errors import OrderError
from devices.orders.order import Order, decode_order, order_id
from devices.orders.signed import MAX_BYTES, decode_signed
from simulators.order_desk import OrderOffice

OFFICE = OrderOffice()
NOW_MS = parse_stamp("2026-11-23T08:00:00Z")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


def order(**changed: Any) -> dict[str, Any]:  # noqa: ANN401
    told = {**OFFICE.order("policy: x", now_ms=NOW_MS), **changed}
    return {key: value for key, value in told.items() if value is not None}


def word(payload: bytes) -> str | None:
    try:
        decode_order(decode_signed(payload).text)
    except OrderError as error:
        return error.word
    return None


def test_what_an_office_signs_is_read_as_it_was_meant() -> None:
    signed = decode_signed(OFFICE.sign(order(id="o-7", sequence=41, scope=["a", "b"], reason="冬")))
    assert signed.key == OFFICE.key_id
    OFFICE.key.public_key().verify(signed.signature, signed.signed)
    ends_ms = NOW_MS + 24 * 3_600_000
    sites = frozenset({"a", "b"})
    wanted = Order("o-7", 41, sites, NOW_MS, ends_ms, "policy", "policy: x", "冬")
    assert decode_order(signed.text) == wanted
    assert order_id(signed.text) == "o-7"


@pytest.mark.parametrize(("scope", "sites"), [("all", None), ("lakeside", {"lakeside"})])
def test_a_scope_may_be_a_word(scope: str, sites: set[str] | None) -> None:
    assert decode_order(json.dumps(order(scope=scope)).encode()).sites == sites


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": None}, {"signature": "AAAA"}, {"signature": "*" * 88}, {"signature": 7},
        {"key": ""}, {"key": "k" * 65}, {"order": {}}, {"order": ""},
        {"more": 1},
    ],
)  # fmt: skip
def test_an_envelope_of_another_shape_is_unreadable(changed: dict[str, Any]) -> None:
    assert word(OFFICE.sign(order(), **changed)) == "order-unreadable"


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"ends": None}, "order-endless"),
        ({"devices": []}, "order-oversteps"),
        ({"keys": "x"}, "order-oversteps"),
        ({"id": "o 1"}, "order-unreadable"),
        ({"id": "x" * 65}, "order-unreadable"),
        ({"sequence": 0}, "order-unreadable"),
        ({"sequence": True}, "order-unreadable"),
        ({"sequence": 2**53}, "order-unreadable"),
        ({"sequence": "1"}, "order-unreadable"),
        ({"scope": []}, "order-unreadable"),
        ({"scope": ["a", "a"]}, "order-unreadable"),
        ({"scope": ["All"]}, "order-unreadable"),
        ({"issued": "yesterday"}, "order-unreadable"),
        ({"ends": 5}, "order-unreadable"),
        ({"policy": ""}, "order-unreadable"),
        ({"policy": {"rules": []}}, "order-unreadable"),
        ({"reason": "two\nlines"}, "order-unreadable"),
        ({"reason": "x" * 201}, "order-unreadable"),
        ({"type": "POLICY"}, "order-unreadable"),
    ],
)
def test_an_order_with_a_wrong_key_is_refused_by_its_word(
    changed: dict[str, Any], wanted: str
) -> None:
    assert word(OFFICE.sign(order(**changed))) == wanted


def test_an_order_longer_than_any_honest_one_is_not_parsed() -> None:
    assert word(b'{"order": "' + b"x" * MAX_BYTES + b'"}') == "order-unreadable"


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_are_an_order_by_chance(payload: bytes) -> None:
    assert word(payload) == "order-unreadable"


@given(st.sampled_from(sorted(order())), JSON)
def test_any_value_in_any_key_is_an_order_or_a_word(key: str, value: object) -> None:
    said = word(OFFICE.sign({**order(), key: value}))
    assert said in {None, "order-unreadable", "order-endless"}
