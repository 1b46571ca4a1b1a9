"""Heads on the grid: the round tops of what is warmer than the empty scene."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_rules.thermometry.picture import Grid

LEAST_EXCESS = 150.0  # cK over the empty scene: a person, not noise
SKIN_SHARE = 0.45  # of the warmest excess: bare skin rather than clothes and hair
LEAST_WIDTH = 4  # cells; smaller is someone far away, not followed
HEAD_SHAPE = 1.6  # height of a head over its mean width, down to the chin
SHOULDERS = 1.45  # a run so much wider than the head so far is no longer head
ROUND = 0.85  # height over width from which on a head may be complete
NARROWS = 0.9  # of its greatest width, at the neck or the collar
NECK = 2.2  # heights over mean width within which the neck must show
MOST_HEADS = 3  # above one another in one warm blob
BEHIND = 6.5  # a head under this share of the picture's side may stand behind another
_CLOSING = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 7))  # glasses and masks leave gaps


@dataclass(frozen=True, slots=True)
class Head:
    """One head on the grid: centre column, top row, width and height, in cells."""

    x: float
    top: float
    width: float
    height: float
    cut: bool  # by the picture's edge or the reference: not all of it is seen

    @property
    def y(self) -> float:
        """Centre row."""
        return self.top + self.height / 2


def find_heads(over: Grid, hide: NDArray[np.bool_] | None) -> list[Head]:
    """Find the heads in one frame, the widest first; `hide` masks the reference."""
    if hide is not None:
        over = np.where(hide, np.float32(0), over)
    flat = over.reshape(-1)
    hottest = float(np.partition(flat, flat.size - 1 - flat.size // 200)[-1 - flat.size // 200])
    if hottest < 2 * LEAST_EXCESS:
        return []
    mask = (over > max(LEAST_EXCESS, SKIN_SHARE * hottest)).view(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _CLOSING)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    heads: list[Head] = []
    for label in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[label])
        if area >= LEAST_WIDTH * LEAST_WIDTH and w >= LEAST_WIDTH:
            heads += _heads_of((labels[y : y + h, x : x + w] == label), x, y, over.shape)
    return sorted(heads, key=lambda head: -head.width)


def _heads_of(part: NDArray[np.bool_], left: int, top: int, shape: tuple[int, ...]) -> list[Head]:
    """Find the head at the top of one warm blob, and below a small one the head before it."""
    heads: list[Head] = []
    row = 0
    while row < part.shape[0] and len(heads) < MOST_HEADS:
        spans, closes = _walk(part, row)
        if len(spans) < LEAST_WIDTH:
            break
        head = _head(spans, left, top + row, shape)
        if closes and head.width >= LEAST_WIDTH:
            heads.append(head)
        if head.width * BEHIND > min(shape):
            break
        row += len(spans)
    return heads


def _walk(part: NDArray[np.bool_], start: int) -> tuple[list[tuple[int, int]], bool]:
    """Follow the warm run downwards until it is as tall as a head, or shoulders begin.

    Also tell whether it narrows towards a neck: a back or a belly only grows wider.
    """
    spans: list[tuple[int, int]] = []
    total = widest = 0
    complete = closes = False
    run: tuple[int, int] | None = None
    for depth, row in enumerate(part[start:]):
        run = _run_at(row, run)
        mean = total / len(spans) if spans else 0.0
        if run is None or (complete and depth > NECK * mean):
            break
        width = run[1] - run[0] + 1
        tall = len(spans) >= max(LEAST_WIDTH, ROUND * widest)
        if tall and width > SHOULDERS * mean:
            closes = True
            break
        closes = closes or (tall and width <= NARROWS * widest)
        complete = complete or (tall and len(spans) >= HEAD_SHAPE * mean)
        if not complete:
            spans.append(run)
            total += width
            widest = max(widest, width)
        elif closes:
            break
    return spans, closes or run is None


def _run_at(row: NDArray[np.bool_], above: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return first and last cell of the run that continues the one above (the widest at first)."""
    edges = np.flatnonzero(np.diff(row.view(np.int8), prepend=0, append=0))
    runs = [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    if above is not None:
        runs = [r for r in runs if r[0] <= above[1] and r[1] >= above[0]]
    return max(runs, key=lambda r: r[1] - r[0], default=None)


def _head(spans: list[tuple[int, int]], left: int, top: int, shape: tuple[int, ...]) -> Head:
    first, last = np.array(spans).T
    width = float(np.percentile(last - first + 1, 75))
    cut = top == 0 or left + first.min() == 0 or left + last.max() == shape[1] - 1
    x = left + float(np.median(first + last)) / 2 + 0.5
    return Head(x, float(top), width, float(len(spans)), bool(cut))
