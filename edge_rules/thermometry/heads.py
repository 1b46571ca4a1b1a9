"""Heads on the grid: the round tops of what is warmer than the empty scene."""

from dataclasses import dataclass
from math import ceil, floor
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_rules.thermometry.picture import Grid, percentile

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
FACE_HEIGHT = 1.3  # of its width; below it comes the neck, warmer than the face
BELOW = 0.8  # of its width below the face: where the shoulders are
WARM_PERCENTILE = 97  # as a face is measured
_CLOSING = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 7))  # glasses and masks leave gaps

Run = tuple[int, int]  # first and last cell of a warm stretch in one row


@dataclass(frozen=True, slots=True)
class Head:
    """One head on the grid: centre column, top row, width and height, in cells."""

    x: float
    top: float
    width: float
    height: float
    cut: bool  # by the picture's edge: not all of it is seen

    @property
    def y(self) -> float:
        """Centre row."""
        return self.top + self.height / 2

    @property
    def face_height(self) -> float:
        """How far down the face reaches from the top."""
        return min(self.height, FACE_HEIGHT * self.width)


def find_heads(over: Grid, hide: NDArray[np.bool_] | None) -> list[Head]:
    """Find the heads in one frame, the widest first; `hide` masks the reference."""
    if hide is not None:
        over = np.where(hide, np.float32(0), over)
    hottest = percentile(over, 99.5)
    if hottest < 2 * LEAST_EXCESS:
        return []
    warm = (over > max(LEAST_EXCESS, SKIN_SHARE * hottest)).view(np.uint8)
    closed = cv2.morphologyEx(warm, cv2.MORPH_CLOSE, _CLOSING)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=4)
    heads: list[Head] = []
    for label, (x, y, w, h, area) in enumerate(stats.tolist()):
        if label and area >= LEAST_WIDTH * LEAST_WIDTH and w >= LEAST_WIDTH:
            heads += _heads_of(labels[y : y + h, x : x + w] == label, x, y, over)
    return sorted(heads, key=lambda head: -head.width)


def _heads_of(part: NDArray[np.bool_], left: int, top: int, over: Grid) -> list[Head]:
    """Find the head at the top of one warm blob, and below a small one the head before it."""
    rows = _runs(part)
    heads: list[Head] = []
    start = 0
    above: float | None = None  # the warmest so far
    while start < len(rows) and len(heads) < MOST_HEADS:
        spans, closes = _walk(rows[start:])
        if len(spans) < LEAST_WIDTH:
            break
        head = _head(spans, left, top + start, over.shape)
        is_body = above is not None and not _stands_before(head, above, over)
        if closes and head.width >= LEAST_WIDTH and not is_body:
            heads.append(head)
        if head.width * BEHIND > min(over.shape):
            break
        above = max(above or 0.0, _warmth(head, over))
        start += len(spans)
    return heads


def _stands_before(head: Head, above: float, over: Grid) -> bool:
    """Whether this is someone nearer, and not the body of the head above.

    A body's clothes are cooler than its own face, and below it come the narrower legs; a nearer
    face is as warm as one further off, and below it come its shoulders.
    """
    if _warmth(head, over) < above:
        return False
    under = round(head.top + head.face_height)
    warm = over[under : under + round(BELOW * head.width)] > LEAST_EXCESS
    middle = int(head.x)
    widths = [b - a + 1 for row in _runs(warm) for a, b in row if a <= middle <= b]
    return max(widths, default=0) >= head.width


def _warmth(head: Head, over: Grid) -> float:
    left, right = floor(head.x - head.width / 2), ceil(head.x + head.width / 2)
    top, bottom = int(head.top), int(head.top + head.face_height)
    return percentile(over[top:bottom, max(0, left) : right], WARM_PERCENTILE)


def _walk(rows: list[list[Run]]) -> tuple[list[Run], bool]:
    """Follow the warm run downwards until it is as tall as a head, or shoulders begin.

    Also tell whether it narrows towards a neck: a back or a belly only grows wider.
    """
    spans: list[Run] = []
    total = widest = 0
    complete = closes = False
    run: Run | None = None
    for depth, row in enumerate(rows):
        run = _next_run(row, run)
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


def _next_run(row: list[Run], above: Run | None) -> Run | None:
    """Return the widest run that touches the one above."""
    touching = [r for r in row if above is None or (r[0] <= above[1] and r[1] >= above[0])]
    return max(touching, key=lambda r: r[1] - r[0], default=None)


def _runs(part: NDArray[np.bool_]) -> list[list[Run]]:
    """Return the warm runs of each row."""
    height, width = part.shape
    padded = np.zeros((height, width + 2), np.int8)
    padded[:, 1:-1] = part
    steps = padded[:, 1:] - padded[:, :-1]
    at, begins = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    rows: list[list[Run]] = [[] for _ in range(height)]
    for row, begin, end in zip(at.tolist(), begins.tolist(), ends.tolist(), strict=True):
        rows[row].append((begin, end - 1))
    return rows


def _head(spans: list[Run], left: int, top: int, shape: tuple[int, ...]) -> Head:
    widths = sorted(last - first + 1 for first, last in spans)
    width = float(widths[len(widths) * 3 // 4])
    x = left + median(first + last for first, last in spans) / 2 + 0.5
    cut = top == 0 or x - width / 2 < 1 or x + width / 2 > shape[1] - 1
    return Head(x, float(top), width, float(len(spans)), cut)
