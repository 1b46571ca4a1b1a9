"""Apache DataSketches of one window: how many people, how warm; bytes that never differ.

Nobody can be followed through them. Marks of people are salted with the window, so that two
windows share none; temperatures are means over ten people or more, since a KLL sketch keeps its
items as they are, the warmest among them. A KLL that is never full holds no random choice.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import pairwise
from math import fsum

from datasketches import hll_sketch, kll_doubles_sketch

from gateway.upwards.grouping import FEWEST_PEOPLE

HLL_LG_K = 14
KLL_K = 200  # that many items are kept as they are


def people_sketch(window: str, people: Iterable[str]) -> str:
    """Return an HLL sketch in base64; unions over windows and estates add people up."""
    sketch = hll_sketch(HLL_LG_K)
    for mark in sorted(sha256(f"{window}\n{person}".encode()).hexdigest() for person in people):
        sketch.update(mark)
    return b64encode(sketch.serialize_compact()).decode()


def celsius_sketch(celsius: Sequence[float]) -> tuple[str, int] | None:
    """Return a KLL sketch in base64 and how many people stand behind each item at least.

    `celsius` has one value a person; None for fewer than ten people.
    """
    means = means_of_groups(celsius)
    if not means:
        return None
    sketch = kll_doubles_sketch(KLL_K)
    for mean in means:
        sketch.update(mean)
    return b64encode(sketch.serialize()).decode(), len(celsius) // len(means)


def means_of_groups(celsius: Sequence[float]) -> list[float]:
    """Sort, cut into groups of ten people or more, and give each group's mean in °C."""
    count = min(len(celsius) // FEWEST_PEOPLE, KLL_K)
    ordered = sorted(celsius)
    edges = [len(ordered) * n // count for n in range(count + 1)] if count else []
    return [round(fsum(ordered[a:b]) / (b - a), 2) for a, b in pairwise(edges)]
