"""A room with a blackbody and people, as a radiometric camera sees it; the truth is known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_rules.thermometry.observations import FaceMeasured
from edge_rules.thermometry.thermometer import FaceThermometer

ROOM_CELSIUS = 22.0
CLOTHES_CELSIUS = 28.0
REFERENCE_CELSIUS = 37.0
REFERENCE_AT = (0.83, 0.62)  # of width and height
NOISE_K = 0.05  # of one pixel
FRAME_MS = 115
FFC_AGE_MS = 300_000
SIZE = (120, 160)  # width and height
FINER = 2  # pixels are averaged from as many a side

Pixels = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Person:
    """Someone facing the camera; sizes are shares of the picture's width."""

    celsius: float = 35.0  # of forehead and inner canthi
    x: float = 0.4
    top: float = 0.4
    width: float = 0.3


def view(
    *people: Person,
    size: tuple[int, int] = SIZE,
    reference: float | None = REFERENCE_CELSIUS,
    camera_off_k: float = 0.0,
    seed: int = 0,
) -> Pixels:
    """Render one upright picture in centikelvin."""
    kelvin = _noiseless(people, size, reference) + camera_off_k
    noise = np.random.default_rng(seed).normal(0, NOISE_K, kelvin.shape)
    return np.rint((kelvin + noise) * 100).astype(np.uint16)


@cache
def _noiseless(
    people: tuple[Person, ...], size: tuple[int, int], reference: float | None
) -> NDArray[np.float64]:
    width, height = (side * FINER for side in size)
    scene = np.full((height, width), ROOM_CELSIUS, np.float32)
    scene += np.linspace(0, 0.6, height, dtype=np.float32)[:, None]
    for person in people:
        _draw(scene, person, width)
    if reference is not None:
        at = int(REFERENCE_AT[0] * width), int(REFERENCE_AT[1] * height)
        cv2.circle(scene, at, round(0.045 * width), reference, -1)
    optics = cv2.GaussianBlur(scene, (0, 0), 0.5 * FINER)
    return cv2.resize(optics, size, interpolation=cv2.INTER_AREA).astype(float) + 273.15


def _draw(scene: NDArray[np.float32], person: Person, scale: int) -> None:
    x, top, w = (int(v * scale) for v in (person.x, person.top, person.width))

    def ellipse(dx: float, dy: float, across: float, down: float, celsius: float) -> None:
        centre = x + round(dx * w), top + round(dy * w)
        cv2.ellipse(scene, centre, (round(across * w), round(down * w)), 0, 0, 360, celsius, -1)

    ellipse(0, 3.1, 1.3, 1.5, CLOTHES_CELSIUS)
    ellipse(0, 1.35, 0.33, 0.5, person.celsius - 0.8)  # neck
    ellipse(0, 0.7, 0.5, 0.7, person.celsius - 1.0)  # face
    ellipse(0, 0.42, 0.36, 0.2, person.celsius)  # forehead
    for side in (-0.14, 0.14):
        ellipse(side, 0.64, 0.07, 0.06, person.celsius)  # inner canthi
    ellipse(0, 0.85, 0.1, 0.12, person.celsius - 2.5)  # nose


def show(
    thermometer: FaceThermometer,
    pictures: Iterable[Pixels],
    *,
    start_ms: float = 1000.0,
    ffc_ages_ms: Sequence[int | None] | int | None = FFC_AGE_MS,
) -> list[FaceMeasured]:
    """Show pictures one after another at the camera's pace; return who was measured."""
    measured: list[FaceMeasured] = []
    for n, picture in enumerate(pictures):
        age = ffc_ages_ms[n] if isinstance(ffc_ages_ms, Sequence) else ffc_ages_ms
        measured += thermometer.observe(picture, start_ms + n * FRAME_MS, age)
    return measured


def standing(
    *people: Person,
    frames: int = 30,
    empty: int = 10,
    size: tuple[int, int] = SIZE,
    reference: float | None = REFERENCE_CELSIUS,
) -> list[Pixels]:
    """An empty lane, and then people who stand there."""
    who: list[tuple[Person, ...]] = [()] * empty + [people] * frames
    return [view(*p, size=size, reference=reference, seed=n) for n, p in enumerate(who)]
