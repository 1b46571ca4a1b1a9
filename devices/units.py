"""Units as types, so that a signature says what a number is."""

from typing import NewType

Celsius = NewType("Celsius", float)

CENTIKELVIN_AT_ZERO_CELSIUS = 27_315


def celsius_from_centikelvin(value: float) -> Celsius:
    """Convert hundredths of a kelvin to degrees Celsius."""
    return Celsius((value - CENTIKELVIN_AT_ZERO_CELSIUS) / 100)


def celsius_from_fahrenheit(value: float) -> Celsius:
    """Convert degrees Fahrenheit to degrees Celsius."""
    return Celsius((value - 32) / 1.8)
