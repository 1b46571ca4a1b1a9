"""The AIM identifier that scanners can put before a text (ISO/IEC 15424): `]Q1` for a QR code."""

import re

_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")  # no kind of credential begins like this


def split_symbology(text: str) -> tuple[str | None, str]:
    """Take an AIM identifier off a text; None where there is none."""
    found = _AIM.match(text)
    return (found[0], text[found.end() :]) if found else (None, text)


def split_additions(text: str, prefix: str, suffix: str) -> tuple[str | None, str]:
    """Take off what a scanner is set to put around a text, and the identifier on either side of it.

    Each goes once: a text that begins like the prefix keeps its own.
    """
    whole = text.removesuffix(suffix)
    bare = whole.removeprefix(prefix)
    symbology, rest = split_symbology(bare)
    return symbology, rest if len(bare) < len(whole) or not symbology else rest.removeprefix(prefix)
