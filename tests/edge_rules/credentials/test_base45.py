"""edge_rules.credentials.base45."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_rules.credentials.base45 import ALPHABET, decode_base45
from edge_rules.credentials.judgement import Refused
from simulators.dcc_issuer import encode_base45

RFC_9285 = [
    ("BB8", b"AB"),
    ("%69 VD92EX0", b"Hello!!"),
    ("UJCLQE7W581", b"base-45"),
    ("QED8WEX0", b"ietf!"),
]


@pytest.mark.parametrize(("text", "data"), RFC_9285)
def test_the_examples_of_the_standard(text: str, data: bytes) -> None:
    assert decode_base45(text) == data
    assert encode_base45(data) == text


@given(st.binary(max_size=600))
def test_what_another_encoder_wrote_comes_back(data: bytes) -> None:
    assert decode_base45(encode_base45(data)) == data


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("BB8A", "base45-length"),
        ("A", "base45-length"),
        ("GGW", "base45-value"),  # 65536, the standard's own example
        (":::", "base45-value"),
        ("::", "base45-value"),
        ("V5", "base45-value"),  # 256
        ("BB8GGWBB8", "base45-value"),
        ("BB8GGWBB8B", "base45-length"),
        ("BB8BB8V5", "base45-value"),
        ("_00", "base45-character"),
        ("0_", "base45-character"),
        (":::_", "base45-character"),
        ("bb8", "base45-character"),
        ("BB8_", "base45-character"),
        ("BB\N{GREEK CAPITAL LETTER BETA}", "base45-character"),
        ("B\x00B", "base45-character"),
    ],
)
def test_what_is_no_base45_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        decode_base45(text)
    assert caught.value.refusal.reason == reason


def test_the_largest_values_pass() -> None:
    assert decode_base45("FGWU5") == b"\xff\xff\xff"


@given(st.text(ALPHABET, max_size=40))
def test_each_group_is_what_the_standard_says_or_nothing_is(text: str) -> None:
    groups = [text[at : at + 3] for at in range(0, len(text), 3)]
    values = [sum(ALPHABET.index(c) * 45**n for n, c in enumerate(group)) for group in groups]
    sizes = [len(group) - 1 for group in groups]
    fits = all(0 <= v < 256**n > 1 for v, n in zip(values, sizes, strict=True))
    try:
        decoded = decode_base45(text)
    except Refused:
        assert not fits
    else:
        assert fits
        pairs = zip(values, sizes, strict=True)
        assert decoded == b"".join(value.to_bytes(size, "big") for value, size in pairs)


@given(st.text(max_size=40))
def test_any_text_decodes_or_is_refused(text: str) -> None:
    try:
        data = decode_base45(text)
    except Refused:
        return
    assert encode_base45(data) == text
