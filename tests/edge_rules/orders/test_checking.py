"""edge_rules.orders.checking and signatures: whom, what, when, and by whom."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devices.orders.order import Order, decode_order
from devices.orders.signed import decode_signed
from edge_rules.orders.checking import AHEAD_MS, check_again, check_order
from edge_rules.orders.signatures import OrderKeys, key_id, read_order_key
from simulators.order_desk import OrderOffice
from tests.conftest import REPOSITORY

NOW_MS = 1_795_420_800_000
HOUR_MS = 3_600_000
OPENSSL = REPOSITORY / "tests" / "data" / "orders" / "openssl"
ORDER = Order("o", 5, None, NOW_MS, NOW_MS + 72 * HOUR_MS, "policy", "", "")


def refused(order: Order, now_ms: int = NOW_MS) -> str | None:
    refusal = check_order(order, site="riverside", kind="policy", now_ms=now_ms, max_hours=72)
    return refusal.word if refusal else None


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({}, None),
        ({"sites": frozenset({"riverside"})}, None),
        ({"sites": frozenset({"lakeside"})}, "order-elsewhere"),
        ({"type": "release"}, "order-kind-unknown"),
        ({"ends_ms": NOW_MS}, "order-expired"),
        ({"ends_ms": ORDER.ends_ms + 1}, "order-too-long"),
        ({"issued_ms": NOW_MS + AHEAD_MS}, "order-too-long"),  # counted from now, not from ahead
        ({"issued_ms": NOW_MS + AHEAD_MS + 1}, "order-too-early"),
    ],
)
def test_scope_kind_and_life(changed: dict[str, object], word: str | None) -> None:
    order = replace(ORDER, **changed)  # type: ignore[arg-type]
    if "issued_ms" in changed and word == "order-too-long":
        order = replace(order, ends_ms=order.issued_ms + 72 * HOUR_MS)
    assert refused(order) == word


@pytest.mark.parametrize(
    ("now_ms", "last", "trusted", "word"),
    [
        (NOW_MS, 4, True, None),
        (NOW_MS, 5, True, "order-sequence-back"),
        (ORDER.ends_ms - 1, 0, True, None),
        (ORDER.ends_ms, 0, True, "order-expired"),
        (NOW_MS, 4, False, "clock-suspect"),
    ],
)
def test_what_counts_in_the_moment_it_takes_effect(
    now_ms: int, last: int, trusted: bool, word: str | None
) -> None:
    refusal = check_again(ORDER, now_ms, last, clock_trusted=trusted)
    assert (refusal and refusal.word) == word


def test_only_a_known_key_over_this_very_text_is_believed() -> None:
    office, other = OrderOffice(), OrderOffice()
    keys = OrderKeys({office.key_id: read_order_key(office.public_pem)})
    assert key_id(read_order_key(office.public_pem)) == office.key_id
    order = office.order("policy: x", now_ms=NOW_MS)
    assert keys.check(decode_signed(office.sign(order))) is None
    unknown = keys.check(decode_signed(other.sign(order)))
    assert unknown is not None
    assert (unknown.word, office.key_id in unknown.detail) == ("order-key-unknown", True)
    forged = keys.check(decode_signed(other.sign(order, key=office.key_id)))
    assert forged is not None
    assert forged.word == "order-forged"


def test_what_openssl_signed_by_the_recipe_of_the_documentation_is_believed() -> None:
    key = read_order_key((OPENSSL / "hq.pem").read_bytes())
    signed = decode_signed((OPENSSL / "payload.json").read_bytes())
    assert OrderKeys({key_id(key): key}).check(signed) is None
    order = decode_order(signed.text)
    assert (order.id, order.sequence, order.sites) == (
        "2026-11-curfew-7",
        7,
        frozenset({"riverside"}),
    )
    changed = replace(signed, text=signed.text.replace(b"refer", b"admit"))
    assert OrderKeys({key_id(key): key}).check(changed) is not None


def test_a_signature_over_something_else_is_no_order() -> None:
    """The key may sign other things: what is no order by its first line is none."""
    office = OrderOffice()
    keys = OrderKeys({office.key_id: read_order_key(office.public_pem)})
    signed = decode_signed(office.sign(office.order("policy: x", now_ms=NOW_MS)))
    bare = replace(signed, signature=office.key.sign(signed.text))
    refusal = keys.check(bare)
    assert refusal is not None
    assert refusal.word == "order-forged"


def test_a_key_of_another_kind_is_refused() -> None:
    public = generate_private_key(SECP256R1()).public_key()
    for pem in (
        b"nothing",
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ):
        with pytest.raises(ValueError, match="Ed25519"):
            read_order_key(pem)
