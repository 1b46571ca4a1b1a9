"""devices.mapped.values."""

import pytest

from devices.mapped.values import Unit, to_celsius, to_number, to_wall_ms, to_word

AT_MS = 1_600_000_000_000


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (36.5, 36.5),
        (37, 37.0),
        ("36.5", 36.5),
        (" 36,5 ", 36.5),
        ("-1", -1.0),
        ("", None),
        ("36.5 C", None),
        ("nan", None),
        ("inf", None),
        ("1e9", None),
        ("٣٦", None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        (True, None),
        (None, None),
        ([36.5], None),
    ],
)
def test_numbers_also_as_texts(value: object, number: float | None) -> None:
    assert to_number(value) == number


@pytest.mark.parametrize(
    ("value", "unit"),
    [(36.6, "celsius"), ("97.88", "fahrenheit"), (30_975, "centikelvin"), (309.75, "kelvin")],
)
def test_each_unit_comes_out_in_celsius(value: object, unit: Unit) -> None:
    assert to_celsius(value, unit) == pytest.approx(36.6)
    assert to_celsius("warm", unit) is None


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        ("2020-09-13T12:26:40Z", AT_MS),
        ("2020-09-13T20:26:40+08:00", AT_MS),
        (1_600_000_000, AT_MS),
        ("1600000000", AT_MS),
        (1_600_000_000.123, AT_MS + 123),
        (AT_MS, AT_MS),
        ("2020-09-13 20:26:40", None),  # of which zone?
        (-5, None),
        (1e300, None),
        (None, None),
        (True, None),
    ],
)
def test_times_that_say_when_they_are(value: object, ms: int | None) -> None:
    assert to_wall_ms(value) == ms


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("OPEN", "open"),
        ("1", "open"),
        (1, "open"),
        (True, "closed"),
        (" opened ", "open"),
        (None, None),
        ({}, None),
    ],
)
def test_words_are_translated_whatever_their_case(value: object, word: str | None) -> None:
    assert to_word(value, {"1": "open", "opened": "open", "true": "closed"}) == word
