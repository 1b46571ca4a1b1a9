"""edge_rules.credentials.subject: one person's credential is one subject, however it is dressed."""

import zlib
from typing import Any

import cbor2

from edge_rules.credentials.judge import judge_text
from simulators.dcc_issuer import encode_base45, invent_holder
from tests.edge_rules.credentials.chain import (
    EXPIRES_MS,
    ISSUED_MS,
    NOW_MS,
    STRANGER,
    good,
    issuer,
    judge,
    store,
)
from tests.edge_rules.credentials.faulty import envelope, sealed

ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def test_the_subject_is_the_signed_identity_alone() -> None:
    text = good()
    subject = judge(text).subject
    parts = envelope(text)
    r, s = parts[3][:32], int.from_bytes(parts[3][32:], "big")
    parts[1] = {99: "anything"}
    parts[3] = r + (ORDER_P256 - s).to_bytes(32, "big")
    again = "HC1:" + encode_base45(zlib.compress(cbor2.dumps(parts), 1))
    assert again != text
    assert judge(again).ok
    assert judge(again).subject == subject
    renewed = issuer().issue("vaccination", STRANGER, ISSUED_MS, EXPIRES_MS + 1000)
    assert judge(renewed).subject == subject
    assert judge_text(text, store(issuer()), NOW_MS, b"another site's key").subject != subject
    other = issuer().issue("vaccination", invent_holder("other"), ISSUED_MS, EXPIRES_MS)
    assert judge(other).subject != subject


def test_without_an_identifier_the_payload_is_the_identity() -> None:
    def nameless(dose: int) -> str:
        def change(content: dict[Any, Any]) -> None:
            entry = content[-260][1]["v"][0]
            entry["dn"] = dose
            del entry["ci"]

        return sealed(change)

    one, two = judge(nameless(1)), judge(nameless(2))
    assert one.ok
    assert one.warnings == ("schema",)
    assert one.subject == judge(nameless(1)).subject
    assert one.subject != two.subject
