"""Certificates with one thing wrong each, and the stage and reason that each must end with."""

import zlib
from collections.abc import Callable
from typing import Any

import cbor2

from edge_rules.credentials.judge import MAX_TEXT
from simulators.dcc_issuer import encode_base45, payload, wrap
from tests.edge_rules.credentials.chain import EXPIRES_MS, ISSUED_MS, STRANGER, good, issuer


def sealed(change: Callable[[dict[Any, Any]], object]) -> str:
    """Sign what a change makes of a good payload."""
    content = payload("XX", "vaccination", STRANGER, ISSUED_MS, EXPIRES_MS)
    changed = change(content)
    return issuer().sign(changed if isinstance(changed, list) else content)


def reshaped(change: Callable[[list[Any]], object]) -> str:
    """Wrap what a change makes of a good COSE_Sign1."""
    parts = list(envelope(good()))
    changed = change(parts)
    return wrap(changed if isinstance(changed, cbor2.CBORTag) else cbor2.CBORTag(18, parts))


def headed(header: dict[int, object]) -> str:
    """Replace the protected header of a good certificate."""
    return reshaped(lambda parts: parts.__setitem__(0, cbor2.dumps(header)))


def envelope(text: str) -> list[Any]:
    """Take a text apart down to the four parts of its COSE_Sign1, whatever tags it wears."""
    return untagged(cbor2.loads(zlib.decompress(unwrapped(text))))


def untagged(item: Any) -> list[Any]:  # noqa: ANN401 - CBOR is any data
    """Take the tags off a COSE object."""
    while isinstance(item, cbor2.CBORTag):
        item = item.value
    return list(item)


def unwrapped(text: str) -> bytes:
    """Return the compressed bytes of a text."""
    return decoded_base45(text[4:])


def decoded_base45(text: str) -> bytes:
    """Decode base45; slow, plain and shared with nobody."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
    data = bytearray()
    for at in range(0, len(text), 3):
        group = text[at : at + 3]
        value = sum(alphabet.index(c) * 45**n for n, c in enumerate(group))
        data += value.to_bytes(len(group) - 1, "big")
    return bytes(data)


def wider(parts: list[Any]) -> None:
    """Write s of a signature with a zero byte more: the same number, another width."""
    parts[3] = parts[3][:32] + b"\0" + parts[3][32:]


KID = issuer().kid
PACKED = unwrapped(good())
PLAIN = zlib.decompress(PACKED)
DEEP = b"\x81" * 400 + b"\x00"
TWICE = b"\xa2\x01\x26\x01\x38\x22"  # one key, two values

FAULTS: list[tuple[str, str, str]] = [
    ("", "prefix", "credential-unknown"),
    ("not a code", "prefix", "credential-unknown"),
    (good()[4:], "prefix", "credential-unknown"),
    ("hc1:" + good()[4:], "prefix", "credential-unknown"),
    ("\N{CYRILLIC CAPITAL LETTER EN}" + good()[1:], "prefix", "credential-unknown"),
    ("HC2:" + good()[4:], "prefix", "prefix-unsupported"),
    ("HC1:" + "0" * MAX_TEXT, "prefix", "text-too-long"),
    ("HC1:" + good()[4:].lower(), "base45", "base45-character"),
    ("HC1:A", "base45", "base45-length"),
    ("HC1::::", "base45", "base45-value"),
    ("HC1:", "inflate", "inflate-truncated"),
    ("HC1:" + encode_base45(PLAIN), "inflate", "inflate-broken"),
    ("HC1:" + encode_base45(PACKED[:-5]), "inflate", "inflate-truncated"),
    ("HC1:" + encode_base45(PACKED + b"\0"), "inflate", "inflate-trailing"),
    ("HC1:" + encode_base45(PACKED + PACKED), "inflate", "inflate-trailing"),
    ("HC1:" + encode_base45(zlib.compress(bytes(10**7))), "inflate", "inflate-too-long"),
    ("HC1:" + encode_base45(zlib.compress(DEEP)), "cbor", "cbor-broken"),
    ("HC1:" + encode_base45(zlib.compress(b"")), "cbor", "cbor-broken"),
    ("HC1:" + encode_base45(zlib.compress(b"\x84\x40")), "cbor", "cbor-broken"),
    (reshaped(lambda p: p.__setitem__(0, b"\xff")), "cbor", "cbor-broken"),
    (reshaped(lambda p: p.__setitem__(0, TWICE)), "cbor", "cbor-broken"),
    (reshaped(lambda p: p.__setitem__(2, b"\x18")), "cbor", "payload-broken"),
    (reshaped(lambda p: p.__setitem__(2, TWICE)), "cbor", "payload-broken"),
    (reshaped(lambda p: p.__setitem__(2, p[2] + b"\0")), "cbor", "payload-broken"),
    (sealed(lambda c: c[-260].__setitem__(1, b"reversed")), "cbor", "hcert-broken"),
    (sealed(lambda c: c.__setitem__(9, cbor2.CBORTag(35, "(a*)*"))), "cbor", "payload-broken"),
    (wrap(0), "cose", "cose-structure"),
    (wrap({}), "cose", "cose-structure"),
    (reshaped(lambda p: p.pop()), "cose", "cose-structure"),
    (reshaped(lambda p: p.__setitem__(2, None)), "cose", "cose-structure"),
    (reshaped(lambda p: p.__setitem__(0, b"\x00")), "cose", "cose-structure"),
    (reshaped(lambda p: cbor2.CBORTag(98, p)), "cose", "cose-structure"),
    ("HC1:" + encode_base45(zlib.compress(PLAIN + b"\0")), "cose", "cose-trailing"),
    (sealed(lambda c: c.pop(-260)), "cose", "cwt-structure"),
    (sealed(lambda c: [c]), "cose", "cwt-structure"),
    (headed({1: -7}), "issuer", "kid-missing"),
    (headed({1: -7, 4: 7}), "issuer", "kid-missing"),
    (headed({1: -7, 4: b"?"}), "issuer", "issuer-unknown"),
    (headed({1: -8, 4: KID}), "signature", "algorithm-unsupported"),
    (headed({1: -7.0, 4: KID}), "signature", "algorithm-unsupported"),
    (headed({1: [], 4: KID}), "signature", "algorithm-unsupported"),
    (headed({1: -35, 4: KID}), "signature", "algorithm-mismatch"),
    (headed({1: -37, 4: KID}), "signature", "algorithm-mismatch"),
    (reshaped(lambda p: p.__setitem__(3, b"")), "signature", "signature-invalid"),
    (reshaped(lambda p: p.__setitem__(3, bytes(64))), "signature", "signature-invalid"),
    (reshaped(lambda p: p.__setitem__(3, b"\xff" * 64)), "signature", "signature-invalid"),
    (reshaped(lambda p: p.__setitem__(3, b"\0" + p[3])), "signature", "signature-invalid"),
    (reshaped(wider), "signature", "signature-invalid"),
    (reshaped(lambda p: p.__setitem__(3, b"0E" + p[3][2:])), "signature", "signature-invalid"),
    (issuer().forge("test", STRANGER, ISSUED_MS, EXPIRES_MS), "signature", "signature-invalid"),
    (sealed(lambda c: c.pop(4)), "validity", "dates-missing"),
    (sealed(lambda c: c.pop(6)), "validity", "dates-missing"),
    (sealed(lambda c: c.__setitem__(4, "tomorrow")), "validity", "dates-absurd"),
    (sealed(lambda c: c.__setitem__(4, EXPIRES_MS)), "validity", "dates-absurd"),
    (sealed(lambda c: c.__setitem__(4, float("nan"))), "validity", "dates-absurd"),
    (sealed(lambda c: c.__setitem__(4, float("inf"))), "validity", "dates-absurd"),
    (sealed(lambda c: c.__setitem__(4, 2**63)), "validity", "dates-absurd"),
    (sealed(lambda c: c.__setitem__(4, True)), "validity", "dates-absurd"),
    (sealed(lambda c: c.__setitem__(6, True)), "validity", "dates-absurd"),
    (sealed(lambda c: c.__setitem__(6, -1)), "validity", "dates-absurd"),
    (sealed(lambda c: c.__setitem__(6, c[4] + 1)), "validity", "dates-absurd"),
]  # fmt: skip
