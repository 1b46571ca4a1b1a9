"""JSON pointers (RFC 6901): where in a document a value stands."""

import re

_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_BAD_ESCAPE = re.compile(r"~(?![01])")


class Nowhere:
    """What a pointer that leads nowhere finds; a value of its own, since null is one too."""


NOWHERE = Nowhere()

Pointer = tuple[str, ...]


def parse_pointer(text: str) -> Pointer:
    """Read a pointer such as /info/0/value, "" for the whole; ValueError says what is wrong."""
    if text and not text.startswith("/"):
        msg = f"{text}: a JSON pointer begins with /"
        raise ValueError(msg)
    if _BAD_ESCAPE.search(text):
        msg = f"{text}: after ~ comes 0 (for ~) or 1 (for /)"
        raise ValueError(msg)
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def follow(pointer: Pointer, document: object) -> object:
    """Return the value a pointer leads to, or NOWHERE."""
    for part in pointer:
        if isinstance(document, dict) and part in document:
            document = document[part]
        elif isinstance(document, list) and _INDEX.fullmatch(part) and int(part) < len(document):
            document = document[int(part)]
        else:
            return NOWHERE
    return document
