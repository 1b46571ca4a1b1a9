"""edge_rules.credentials.base64url."""

from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_rules.credentials.base64url import decode_base64url, encode_base64url

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(st.binary(max_size=99))
def test_bytes_come_back(data: bytes) -> None:
    assert decode_base64url(encode_base64url(data)) == data


@given(st.text(st.sampled_from(LETTERS), max_size=12))
def test_there_is_one_text_for_any_bytes(text: str) -> None:
    decoded = decode_base64url(text)
    if decoded is None:
        whole = urlsafe_b64decode(text + "==") if len(text) % 4 != 1 else b""
        assert encode_base64url(whole) != text
    else:
        assert encode_base64url(decoded) == text


@pytest.mark.parametrize(
    "text",
    ["A", "AB=", "AA==", "AAA=", "A+A", "AA/A", "AA A", "AAA\n", " AAA", "AB", "AAB", "é", "="],
)
def test_what_is_not_strict_is_nothing(text: str) -> None:
    assert decode_base64url(text) is None
