"""devices.qr_scanner.symbology."""

import pytest

from devices.qr_scanner.symbology import split_symbology


@pytest.mark.parametrize(
    ("text", "symbology", "rest"),
    [
        ("]Q1HC1:NCF", "]Q1", "HC1:NCF"),
        ("]d2HC1:NCF", "]d2", "HC1:NCF"),
        ("HC1:]Q1", None, "HC1:]Q1"),
        ("]", None, "]"),
        ("]Q", None, "]Q"),
        ("]Q1", "]Q1", ""),
        ("]1Q shc:/", None, "]1Q shc:/"),
    ],
)
def test_an_identifier_is_taken_off_only_at_the_front(
    text: str, symbology: str | None, rest: str
) -> None:
    assert split_symbology(text) == (symbology, rest)
