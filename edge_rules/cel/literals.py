"""Literals of CEL: what the text of a number, string or bytes literal stands for."""

import math
import re
from typing import Final

from edge_rules.cel.errors import ExpressionFault, ExpressionRefusedError
from edge_rules.cel.values import INT_MAX, UINT_MAX, UInt

_ESCAPE: Final = re.compile(
    r"\\(?:(?P<one>[abfnrtv\\?\"'`])|[xX](?P<hex>[0-9a-fA-F]{2})|(?P<octal>[0-3][0-7]{2})"
    r"|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})|(?P<bad>.|$))",
    re.DOTALL,
)
_ONE: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
MAX_DIGITS = 20  # of a 64-bit number; also keeps Python's own limit on digits out of sight


def read_int(text: str, at: int) -> int:
    """Read a decimal or hexadecimal number up to 2^63, which only a minus may precede."""
    number = _digits(text)
    if number is None or number > INT_MAX + 1:
        raise _fault(at, "this int does not fit 64 bits")
    return number


def read_uint(text: str, at: int) -> UInt:
    """Read an unsigned number with its `u`."""
    number = _digits(text[:-1])
    if number is None or number > UINT_MAX:
        raise _fault(at, "this uint does not fit 64 bits")
    return UInt(number)


def read_double(text: str, at: int) -> float:
    """Read a floating-point number."""
    number = float(text)
    if math.isinf(number):
        raise _fault(at, "this double is too large")
    return number


def read_string(text: str, at: int, prefix: str) -> str:
    """Read a string literal; `prefix` is what stands before its quotes."""
    body, start = _body(text, at, prefix)
    if "r" in prefix:
        return body
    pieces: list[str] = []
    last = 0
    for found in _ESCAPE.finditer(body):
        pieces.append(body[last : found.start()])
        pieces.append(_string_escape(found, start + found.start()))
        last = found.end()
    return "".join(pieces) + body[last:]


def read_bytes(text: str, at: int, prefix: str) -> bytes:
    """Read a bytes literal; characters stand for their UTF-8, escapes for single bytes."""
    body, start = _body(text, at, prefix)
    if "r" in prefix:
        return _utf8(body, start)
    built = bytearray()
    last = 0
    for found in _ESCAPE.finditer(body):
        built += _utf8(body[last : found.start()], start + last)
        built += _bytes_escape(found, start + found.start())
        last = found.end()
    return bytes(built + _utf8(body[last:], start + last))


def _body(text: str, at: int, prefix: str) -> tuple[str, int]:
    rest = text[len(prefix) :]
    quotes = 3 if rest[:3] in ('"""', "'''") and len(rest) >= 6 else 1
    return rest[quotes:-quotes], at + len(prefix) + quotes


def _string_escape(found: re.Match[str], at: int) -> str:
    plain = found["one"]
    if plain:
        return _ONE.get(plain, plain)
    number = found["hex"] or found["short"] or found["long"]
    if not number and not found["octal"]:
        raise _bad_escape(at)
    code = int(number, 16) if number else int(found["octal"], 8)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise _fault(at, "this escape is no character of Unicode")
    return chr(code)


def _bytes_escape(found: re.Match[str], at: int) -> bytes:
    plain = found["one"]
    if plain:
        return _ONE.get(plain, plain).encode()
    if found["hex"]:
        return bytes([int(found["hex"], 16)])
    if found["octal"]:
        return bytes([int(found["octal"], 8)])
    if found["short"] or found["long"]:
        raise _fault(at, r"bytes have no \u escapes: write \xHH for each byte")
    raise _bad_escape(at)


def _utf8(text: str, at: int) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise _fault(at + error.start, "half of a surrogate pair is no character") from error


def _digits(text: str) -> int | None:
    base = 16 if text[:2] in ("0x", "0X") else 10
    digits = (text[2:] if base == 16 else text).lstrip("0") or "0"
    return int(digits, base) if len(digits) <= MAX_DIGITS else None


def _bad_escape(at: int) -> ExpressionRefusedError:
    return _fault(
        at, r"unknown escape: \n \t \" \' \\ \xHH \ooo \uHHHH and their like; r'…' takes text as is"
    )


def _fault(at: int, what: str) -> ExpressionRefusedError:
    return ExpressionRefusedError([ExpressionFault(at, what)])
