"""devices.qr_scanner.symbology."""

import pytest

from devices.qr_scanner.symbology import split_additions, split_symbology


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


@pytest.mark.parametrize(
    ("text", "symbology", "rest"),
    [
        ("gate1:HC1:NCF#", None, "HC1:NCF"),
        ("gate1:]Q1HC1:NCF#", "]Q1", "HC1:NCF"),
        ("]Q1gate1:HC1:NCF#", "]Q1", "HC1:NCF"),
        ("HC1:NCF", None, "HC1:NCF"),
        ("gate1:gate1:NCF##", None, "gate1:NCF#"),
        ("gate1:]Q1gate1:NCF", "]Q1", "gate1:NCF"),
        ("gate1:#", None, ""),
        ("#HC1:gate1:", None, "#HC1:gate1:"),
    ],
)
def test_what_a_scanner_puts_around_a_text_goes_once(
    text: str, symbology: str | None, rest: str
) -> None:
    assert split_additions(text, "gate1:", "#") == (symbology, rest)


def test_without_additions_nothing_but_the_identifier_goes() -> None:
    assert split_additions("]Q1]Q1HC1:", "", "") == split_symbology("]Q1]Q1HC1:")
