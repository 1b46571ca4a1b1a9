"""MQTT topic filters: which cover, meet and join one another (MQTT 3.1.1, section 4.7)."""

from collections.abc import Iterable

ONE = "+"
REST = "#"


def is_filter(text: str) -> bool:
    """Tell whether a text may be subscribed to."""
    levels = text.split("/")
    return (
        0 < len(text.encode("utf-8", "replace")) <= 65_535
        and "\0" not in text
        and all(len(level) == 1 or not {ONE, REST} & set(level) for level in levels)
        and REST not in levels[:-1]
    )


def covers(wide: str, narrow: str) -> bool:
    """Tell whether every topic of one filter is a topic of the other."""
    if _hidden(narrow) != _hidden(wide):
        return False  # a wildcard in front never reaches `$SYS` and its like
    wides, narrows = wide.split("/"), narrow.split("/")
    for at, level in enumerate(wides):
        if level == REST:
            return True
        if at >= len(narrows) or narrows[at] == REST:
            return False
        if level not in (ONE, narrows[at]):
            return False
    return len(wides) == len(narrows)


def meet(one: str, other: str) -> bool:
    """Tell whether some topic matches both filters."""
    if _hidden(one) != _hidden(other):
        return False
    ones, others = one.split("/"), other.split("/")
    for level, against in zip(ones, others, strict=False):
        if REST in (level, against):
            return True
        if level != against and ONE not in (level, against):
            return False
    longer, shorter = (ones, others) if len(ones) > len(others) else (others, ones)
    return len(longer) == len(shorter) or longer[len(shorter)] == REST


def join(one: str, other: str) -> str:
    """Return the narrowest filter this simple way finds that covers both."""
    joined: list[str] = []
    ones, others = one.split("/"), other.split("/")
    for level, against in zip(ones, others, strict=False):
        if REST in (level, against):
            return "/".join([*joined, REST])
        joined.append(level if level == against else ONE)
    return "/".join(joined if len(ones) == len(others) else [*joined, REST])


def apart(filters: Iterable[str]) -> frozenset[str]:
    """Return filters for the same topics, or a few more, of which no two share a topic.

    A broker sends a message once for each of a client's filters that it matches.
    """
    kept: set[str] = set()
    for wanted in sorted(filters):
        joined = wanted
        while met := {old for old in kept if meet(old, joined)}:
            kept -= met
            for old in sorted(met):
                if not covers(joined, old):
                    joined = old if covers(old, joined) else join(joined, old)
        kept.add(joined)
    return frozenset(kept)


def _hidden(filter_: str) -> str | None:
    level = filter_.split("/", 1)[0]
    return level if level.startswith("$") else None
