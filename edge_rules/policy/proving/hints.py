"""Good guesses for what no formula describes: texts about a pattern, instants around the clock."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from edge_rules.cel.times import ACCESSORS, HOUR
from edge_rules.cel.types import TIMESTAMP
from edge_rules.policy.probe_patterns import texts_like
from edge_rules.policy.proving.given import Given
from edge_rules.policy.proving.texts import Texts, UnwritableTextError

NOW: Final = 1_795_420_800 * 10**9  # 2026-11-23T08:00:00Z
MOST: Final = 16  # texts of one pattern
_DAY: Final = 24 * HOUR


def worth_trying(given: Given) -> Iterator[Any]:
    """List values of the first argument on which a function gives this and that."""
    known = given.constants[1] if len(given.constants) > 1 else None
    if given.function == "matches" and isinstance(known, str):
        yield from islice(_writable(texts_like(known), given.manner.texts), MOST)
    if given.function in ACCESSORS and given.types[0] == TIMESTAMP:
        yield from (NOW + hour * HOUR for hour in range(24))
        yield from (NOW + day * _DAY for day in (*range(1, 7), *range(30, 366, 30)))


def _writable(texts: Iterator[str], manner: Texts) -> Iterator[str]:
    for text in texts:
        try:
            manner.constant(text)
        except UnwritableTextError:
            continue
        yield text
