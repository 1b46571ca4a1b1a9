"""The text of an expression to tokens, by the lexical rules of the CEL language definition."""

import re
from dataclasses import dataclass
from typing import Any, Final

from edge_rules.cel.errors import ExpressionFault, ExpressionRefusedError
from edge_rules.cel.literals import read_bytes, read_double, read_int, read_string, read_uint

MAX_NAME = 128
MAX_TEXT = 16_384  # characters of one expression; a rule that a person can check is far shorter

RESERVED: Final = frozenset(
    {
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let"),
        *("loop", "package", "namespace", "return", "var", "void", "while"),
    }
)
KEYWORDS: Final = frozenset({"true", "false", "null", "in"})

_STRING = (
    r"\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''"
    r"|\"(?:[^\\\"\r\n]|\\.)*\"|'(?:[^\\'\r\n]|\\.)*'"
)
_RAW = r"""\"\"\".*?\"\"\"|'''.*?'''|"[^"\r\n]*"|'[^'\r\n]*'"""
TEXT: Final = rf"[bB]?[rR](?:{_RAW})|[bB]?(?:{_STRING})"  # a string or bytes, as it is written
_TOKEN: Final = re.compile(
    rf"""
      (?P<blank>[ \t\n\f\r]+|//[^\n]*)
    | (?P<string>{TEXT})
    | (?P<double>\d*\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    | (?P<uint>(?:0[xX][0-9a-fA-F]+|\d+)[uU])
    | (?P<int>0[xX][0-9a-fA-F]+|\d+)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<escaped>`[A-Za-z0-9_.\-/\ ]+`)
    | (?P<mark>&&|\|\||[=!<>]=|[-+*/%!<>?:.,()\[\]{{}}])
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_QUOTES: Final = ("'", '"')


@dataclass(frozen=True, slots=True)
class Token:
    """One word, literal or mark; `kind` of a keyword or mark is its own text."""

    kind: str
    text: str
    at: int
    value: Any = None


def tokenize(text: str) -> tuple[list[Token], list[tuple[int, int]]]:
    """Split a text into tokens, the last of kind `end`; and say where comments stand."""
    if len(text) > MAX_TEXT:
        what = f"{len(text)} characters, at most {MAX_TEXT} fit an expression"
        raise refused(0, what)
    tokens: list[Token] = []
    comments: list[tuple[int, int]] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise refused(at, _why_no_token(text, at))
        if found.lastgroup != "blank":
            tokens.append(_token(str(found.lastgroup), found[0], at))
        elif found[0].startswith("//"):
            comments.append(found.span())
        at = found.end()
    tokens.append(Token("end", "", len(text.rstrip())))
    return tokens, comments


def refused(at: int, what: str) -> ExpressionRefusedError:
    """Make the error of one fault."""
    return ExpressionRefusedError([ExpressionFault(at, what)])


def _token(group: str, text: str, at: int) -> Token:
    if group in ("word", "escaped") and len(text) > MAX_NAME:
        raise refused(at, f"a name of {len(text)} characters, at most {MAX_NAME} fit")
    if group == "word" and text not in KEYWORDS:
        return Token("name", text, at)
    if group in ("word", "mark"):
        return Token(text, text, at)
    if group == "escaped":
        return Token("escaped", text[1:-1], at)
    if group != "string":
        value = {"double": read_double, "uint": read_uint, "int": _whole}[group](text, at)
        return Token(group, text, at, value)
    prefix = text[: min(text.find(quote) for quote in _QUOTES if quote in text)].lower()
    if "b" in prefix:
        return Token("bytes", text, at, read_bytes(text, at, prefix))
    return Token("string", text, at, read_string(text, at, prefix))


def _whole(text: str, at: int) -> int:
    """Read an int without its range: the parser knows whether a minus stands before it."""
    return read_int(text, at)


def _why_no_token(text: str, at: int) -> str:
    char = text[at]
    if char in _QUOTES:
        return "this string has no end: close it with the same quotes, on the same line"
    wanted = {"=": "==", "&": "&&", "|": "||"}.get(char)
    if wanted:
        return f"`{char}` is no operator of CEL: write `{wanted}`"
    if char == "`":
        return (
            "a quoted name holds letters, digits, `_`, `.`, `-`, `/` and spaces, then a backquote"
        )
    return f"{char!r} has no meaning here"
