"""Doubles as formulas, in one of two exact manners.

Where doubles are only compared, each is its place in the order of all finite doubles, an int: the
order is the same, -0.0 and 0.0 share a place as they are equal. Where anything is reckoned with
them they are IEEE 754 doubles in z3's own theory, which is exact too, and far slower.
"""

import struct
from typing import Any, Final, Protocol

import z3

from edge_rules.policy.proving.terms import NO, Term, both, either, failing, negation

_SIGN: Final = 1 << 63
_LARGEST: Final = 0x7FEF_FFFF_FFFF_FFFF  # the place of the largest finite double
_FLOAT: Final = z3.Float64()
_NEAREST: Final = z3.RNE()
_ROUNDED: Final = {
    "math.ceil": z3.RTP(), "math.floor": z3.RTN(), "math.round": z3.RNA(), "math.trunc": z3.RTZ(),
}  # fmt: skip


class Doubles(Protocol):
    """A manner of writing doubles."""

    sort: z3.SortRef

    def constant(self, value: float) -> Any:  # noqa: ANN401 - a formula
        """Write a double that is known."""
        ...

    def finite(self, value: Any) -> z3.BoolRef:  # noqa: ANN401 - a formula
        """Say that a double is what a fact can be."""
        ...

    def equal(self, one: Any, other: Any) -> z3.BoolRef:  # noqa: ANN401 - formulas
        """Whether two are equal."""
        ...

    def less(self, one: Any, other: Any, *, equal: bool) -> z3.BoolRef:  # noqa: ANN401 - formulas
        """Whether one is less than, or not greater than another."""
        ...

    def negative(self, value: Any) -> Any:  # noqa: ANN401 - formulas
        """`-x`."""
        ...

    def read(self, value: Any) -> float:  # noqa: ANN401 - a value out of a model
        """Return the double that a model gives."""
        ...


class Places:
    """Doubles that are only compared."""

    sort: z3.SortRef = z3.IntSort()

    def constant(self, value: float) -> z3.ArithRef:
        """Find its place."""
        bits = int.from_bytes(struct.pack(">d", value), "big")
        return z3.IntVal(bits if bits < _SIGN else _SIGN - bits)

    def finite(self, value: z3.ArithRef) -> z3.BoolRef:
        """Keep to the places there are."""
        return z3.And(value >= -_LARGEST, value <= _LARGEST)

    def equal(self, one: z3.ArithRef, other: z3.ArithRef) -> z3.BoolRef:
        """Compare places."""
        return one == other

    def less(self, one: z3.ArithRef, other: z3.ArithRef, *, equal: bool) -> z3.BoolRef:
        """Compare places."""
        return one <= other if equal else one < other

    def negative(self, value: z3.ArithRef) -> z3.ArithRef:
        """Mirror a place."""
        return -value

    def read(self, value: z3.IntNumRef) -> float:
        """Return the double at a place."""
        place = value.as_long()
        bits = place if place >= 0 else _SIGN - place
        (number,) = struct.unpack(">d", bits.to_bytes(8, "big"))
        return float(number)


class Floats:
    """Doubles that are reckoned with."""

    sort: z3.SortRef = _FLOAT

    def constant(self, value: float) -> z3.FPRef:
        """Write it."""
        return z3.FPVal(value, _FLOAT)

    def finite(self, value: z3.FPRef) -> z3.BoolRef:
        """Leave out NaN and the infinities."""
        return z3.Not(z3.Or(z3.fpIsNaN(value), z3.fpIsInf(value)))

    def equal(self, one: z3.FPRef, other: z3.FPRef) -> z3.BoolRef:
        """Compare as IEEE 754 does."""
        return z3.fpEQ(one, other)

    def less(self, one: z3.FPRef, other: z3.FPRef, *, equal: bool) -> z3.BoolRef:
        """Compare as IEEE 754 does."""
        return z3.fpLEQ(one, other) if equal else z3.fpLT(one, other)

    def negative(self, value: z3.FPRef) -> z3.FPRef:
        """Turn the sign."""
        return z3.fpNeg(value)

    def read(self, value: z3.FPNumRef) -> float:
        """Return the double of these bits."""
        bits = z3.simplify(z3.fpToIEEEBV(value)).as_long()
        (number,) = struct.unpack(">d", bits.to_bytes(8, "big"))
        return float(number)


def reckoned(sign: str, one: z3.FPRef, other: z3.FPRef) -> z3.FPRef:
    """`one + other` and its like, rounded to the nearest as Python does."""
    operation = {"_+_": z3.fpAdd, "_-_": z3.fpSub, "_*_": z3.fpMul, "_/_": z3.fpDiv}[sign]
    return operation(_NEAREST, one, other)


def of_int(value: z3.ArithRef, *, signed: bool) -> z3.FPRef:
    """`double(x)` of an int or uint."""
    bits = z3.Int2BV(value, 64)
    convert = z3.fpSignedToFP if signed else z3.fpUnsignedToFP
    return convert(_NEAREST, bits, _FLOAT)


def to_int(term: Term, *, signed: bool) -> Term:
    """`int(x)` or `uint(x)` of a double: its fraction falls away, what does not fit is an error.

    -2**63 is out of reach for int, as in `conversions`.
    """
    value = term.value
    if signed:
        fits = both((value > z3.FPVal(-(2.0**63), _FLOAT), value < z3.FPVal(2.0**63, _FLOAT)))
        bits = z3.fpToSBV(z3.RTZ(), value, z3.BitVecSort(64))
    else:
        fits = both((value >= z3.FPVal(0.0, _FLOAT), value < z3.FPVal(2.0**64, _FLOAT)))
        bits = z3.fpToUBV(z3.RTZ(), value, z3.BitVecSort(64))
    return failing(Term(z3.BV2Int(bits, signed), term.missing, term.failed), negation(fits))


def of_one(function: str, value: z3.FPRef) -> Any:  # noqa: ANN401 - a truth or a double
    """Apply a function of the math extension to a double; KeyError if it is none of these."""
    if function in _ROUNDED:
        return z3.fpRoundToIntegral(_ROUNDED[function], value)
    one = z3.FPVal(1.0, _FLOAT)
    still = z3.Or(z3.fpIsZero(value), z3.fpIsNaN(value))
    return {
        "math.abs": lambda: z3.fpAbs(value),
        "math.sqrt": lambda: z3.fpSqrt(_NEAREST, value),
        "math.sign": lambda: z3.If(still, value, z3.If(z3.fpIsNegative(value), -one, one)),
        "math.isNaN": lambda: z3.fpIsNaN(value),
        "math.isInf": lambda: z3.fpIsInf(value),
        "math.isFinite": lambda: z3.Not(z3.Or(z3.fpIsNaN(value), z3.fpIsInf(value))),
    }[function]()


def has_nan(values: list[Any], doubles: Doubles) -> z3.BoolRef:
    """Whether any of some doubles is NaN; a place in the order never is."""
    return either(z3.fpIsNaN(value) for value in values) if isinstance(doubles, Floats) else NO
