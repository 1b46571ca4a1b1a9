"""One line of a benchmark: a figure, its floor in the same run, and the ratio of the two."""

import json
from collections.abc import Sequence
from typing import Any


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def time_line(name: str, us: float, floor_us: float, **more: Any) -> str:  # noqa: ANN401
    """Write a duration in microseconds; a ratio above 1 says how often the floor fits into it."""
    figures = {"us": round(us, 2), "floor_us": round(floor_us, 2), "ratio": round(us / floor_us, 2)}
    return json.dumps({"name": name, **figures, **more})


def rate_line(name: str, per_s: float, floor_per_s: float, **more: Any) -> str:  # noqa: ANN401
    """Write a rate; its ratio, too, says how many times as long as the floor one thing takes."""
    figures = {
        "per_s": round(per_s),
        "floor_per_s": round(floor_per_s),
        "ratio": round(floor_per_s / per_s, 2),
    }
    return json.dumps({"name": name, **figures, **more})
