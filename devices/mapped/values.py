"""Values as vendors write them: numbers in texts, times in seconds, units of their own."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from devices.moment import parse_stamp
from devices.native.json_text import number
from devices.units import Celsius, celsius_from_centikelvin, celsius_from_fahrenheit

Unit = Literal["celsius", "fahrenheit", "centikelvin", "kelvin"]

_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,9})?", re.ASCII)
_FIRST_IN_MS = 100_000_000_000  # as seconds this is the year 5138, as milliseconds 1973
_LAST_MS = 253_402_300_799_999  # the end of the year 9999, past which a date can't be written

_TO_CELSIUS: Mapping[Unit, Callable[[float], Celsius]] = {
    "celsius": Celsius,
    "fahrenheit": celsius_from_fahrenheit,
    "centikelvin": celsius_from_centikelvin,
    "kelvin": lambda value: celsius_from_centikelvin(value * 100),
}


def to_number(value: object) -> float | None:
    """Read a finite number, also one written as text ("36.5", "36,5"); else None."""
    if isinstance(value, str):
        text = value.strip()
        return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None
    return number(value)


def to_celsius(value: object, unit: Unit) -> Celsius | None:
    """Read a temperature in a unit; None where there is no number."""
    found = to_number(value)
    return None if found is None else _TO_CELSIUS[unit](found)


def to_wall_ms(value: object) -> int | None:
    """Read a time: RFC 3339 with its zone, or seconds or milliseconds since 1970; else None."""
    since = to_number(value)
    if since is not None:
        ms = int(since if since >= _FIRST_IN_MS else since * 1000)
        return ms if 0 <= ms <= _LAST_MS else None
    try:
        return parse_stamp(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


_NO_WORDS: Mapping[str, str] = MappingProxyType({})


def to_word(value: object, words: Mapping[str, str] = _NO_WORDS) -> str | None:
    """Read a word: the vendor's, as `words` translates it, whatever its case; else None."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    if isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str):
        return None
    word = value.strip().casefold()
    return words.get(word, word)
