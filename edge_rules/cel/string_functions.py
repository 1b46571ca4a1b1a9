"""CEL's string extension: positions, parts and letters of a string, counted in code points.

Source: cel-go, ext/README.md, "Strings".
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from edge_rules.cel.dispatch import by_types
from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.formatting import format_text
from edge_rules.cel.operators import no_overload
from edge_rules.cel.values import Value, bounded_size

_SPACES: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER: Final = {code + 32: code for code in _LOWER}
_QUOTED: Final = str.maketrans(
    {
        "\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t",
        "\v": r"\v", "\\": r"\\", '"': r"\"",
    }
)  # fmt: skip


def _char_at(text: str, at: int) -> str:
    _within(at, len(text))
    return text[at : at + 1]


def _index_of(text: str, part: str) -> int:
    return text.find(part)


def _index_from(text: str, part: str, start: int) -> int:
    _within(start, len(text) - (1 if part else 0))
    return text.find(part, start)


def _last_index_of(text: str, part: str) -> int:
    return _rfind(text, part, len(text))


def _last_index_from(text: str, part: str, last: int) -> int:
    _within(last, len(text) - (1 if part else 0))
    return _rfind(text, part, last + len(part))


def _rfind(text: str, part: str, end: int) -> int:
    """Search backwards by a search forwards: Python's own takes time by both lengths multiplied."""
    before = text[:end]
    at = before[::-1].find(part[::-1])
    return len(before) - len(part) - at if at >= 0 else -1


def _substring(text: str, start: int, end: int | None = None) -> str:
    stop = len(text) if end is None else end
    _within(start, len(text))
    _within(stop, len(text))
    if start > stop:
        msg = f"invalid substring range: {start} to {stop}"
        raise EvaluationError(msg)
    return text[start:stop]


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    found = text.count(old)
    count = found if limit < 0 else min(limit, found)
    bounded_size(len(text) + count * max(0, len(new) - len(old)))
    return text.replace(old, new, count)


def _split(text: str, separator: str, limit: int = -1) -> tuple[str, ...]:
    if limit == 0:
        return ()
    if separator:
        return tuple(text.split(separator, limit - 1 if limit > 0 else -1))
    if limit < 0 or limit >= len(text):
        return tuple(text)
    return (*text[: limit - 1], text[limit - 1 :])


def _join(items: tuple[Value, ...], separator: str = "") -> str:
    if any(type(item) is not str for item in items):
        msg = "join"
        raise no_overload(msg, items)
    bounded_size(sum(map(len, items)) + len(separator) * len(items))
    return separator.join(items)


def _quote(text: str) -> str:
    safe = text.encode(errors="surrogatepass").decode(errors="replace")
    return f'"{safe.translate(_QUOTED)}"'


def _within(at: int, length: int) -> None:
    if not 0 <= at <= length:
        msg = f"index out of range: {at}"
        raise EvaluationError(msg)


IMPLEMENTATIONS: Final[MappingProxyType[str, Callable[..., Any]]] = MappingProxyType(
    {
        "charAt": by_types("charAt", {(str, int): _char_at}),
        "indexOf": by_types("indexOf", {(str, str): _index_of, (str, str, int): _index_from}),
        "lastIndexOf": by_types(
            "lastIndexOf", {(str, str): _last_index_of, (str, str, int): _last_index_from}
        ),
        "substring": by_types("substring", {(str, int): _substring, (str, int, int): _substring}),
        "replace": by_types("replace", {(str, str, str): _replace, (str, str, str, int): _replace}),
        "split": by_types("split", {(str, str): _split, (str, str, int): _split}),
        "join": by_types("join", {(tuple,): _join, (tuple, str): _join}),
        "lowerAscii": by_types("lowerAscii", {(str,): lambda text: text.translate(_LOWER)}),
        "upperAscii": by_types("upperAscii", {(str,): lambda text: text.translate(_UPPER)}),
        "trim": by_types("trim", {(str,): lambda text: text.strip(_SPACES)}),
        "reverse": by_types("reverse", {(str,): lambda text: text[::-1]}),
        "strings.quote": by_types("strings.quote", {(str,): _quote}),
        "format": by_types("format", {(str, tuple): format_text}),
    }
)
