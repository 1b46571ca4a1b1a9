"""Names and homes as they are compared: what two people write differently becomes the same."""

import re
from unicodedata import combining, normalize

_PARTS = re.compile(r"[^\W_]+")
_LATIN = re.compile(r"[a-z]")
_NUMBERED = re.compile(r"[a-z]+|\d+")
_PLACES = frozenset(
    {"apartment", "apt", "block", "building", "door", "flat", "floor", "house", "no", "room",
     "tower", "unit"}
)  # fmt: skip


def plain_name(text: str) -> str:
    """Return a name without case, accents, blanks and marks; Latin names in any order are one.

    Chinese names keep their order: 王伟 and 伟王 are two people, `Wei Wang` and `Wang, Wei` one.
    """
    parts = _PARTS.findall(_plain(text))
    return " ".join(sorted(parts)) if any(map(_LATIN.search, parts)) else "".join(parts)


def plain_home(text: str) -> str:
    """Return a home as its numbers and letters: 3号楼2单元501 and `3-2-501` are one."""
    plain = _plain(text)
    parts = [part for part in _NUMBERED.findall(plain) if part not in _PLACES]
    numbers = [part.lstrip("0") or "0" if part.isdigit() else part for part in parts]
    return "-".join(numbers) or "".join(_PARTS.findall(plain))


def _plain(text: str) -> str:
    apart = normalize("NFKD", normalize("NFKD", text).casefold())  # 𝑨 is A before it is a
    return normalize("NFKC", "".join(c for c in apart if not combining(c)))
