"""When a followed face is fit to be measured, and what its temperature is then."""

import numpy as np
from numpy.typing import NDArray

from devices.units import celsius_from_centikelvin
from edge_rules.thermometry.face import Look
from edge_rules.thermometry.heads import Head
from edge_rules.thermometry.observations import Box, FaceMeasured
from edge_rules.thermometry.tracks import REMEMBERED, Glimpse, Track

ASSUMED_REFERENCE_CELSIUS = 36.0
FIT_GLIMPSES = 5  # of those remembered; half a second at 9 Hz
LEAST_HEAD = 0.23  # of the picture's short side: within about a metre of a 57° lens
LARGEST_HEAD = 0.62
LEAST_PIXELS = 16  # across a head; fewer blur the canthi away
STILL = 0.15  # of its width, that a head may move between two frames
LONGEST_GAP_MS = 400.0  # between two frames, for the head to count as still
LEAST_SYMMETRY = 0.15
LEAST_SHARPNESS = 2.5  # steepest edges over contrast, in a width of the head
STEADY = 40.0  # cK between the values of the fit glimpses
PLAUSIBLE_CELSIUS = (33.0, 43.0)  # bare facial skin indoors; colder came in from the cold
REFERENCE_UNCERTAINTY = 0.3  # K, k=2: what ISO/TR 13154 allows a blackbody
SPOT_UNCERTAINTY = 0.25  # K, k=2: how far the warmest skin moves with pose and distance


def is_near(head: Head, factor: int, short_side: int) -> bool:
    """Whether a head is at the measuring distance; cells have `factor` pixels a side."""
    width = head.width * factor
    near = LEAST_HEAD * short_side <= width <= LARGEST_HEAD * short_side
    return near and width >= LEAST_PIXELS


def is_fit(head: Head, look: Look, before: Glimpse | None, at_ms: float) -> bool:
    """Whether one view of a near head may count for its temperature: whole, still, sharp."""
    if head.cut or before is None or at_ms - before.at_ms > LONGEST_GAP_MS:
        return False
    moved = max(abs(head.x - before.head.x), abs(head.y - before.head.y))
    still = moved <= STILL * head.width
    return still and look.symmetry >= LEAST_SYMMETRY and look.sharpness >= LEAST_SHARPNESS


def measure(
    track: Track, face: Box, reference_celsius: float | None, *, ffc_known: bool
) -> FaceMeasured | None:
    """Return the person's temperature once enough views agree; None while they don't.

    Without the reference it takes longer: whatever hides it may yet go away.
    """
    if not track.last.fit:
        return None
    fit = [glimpse for glimpse in track.glimpses if glimpse.fit]
    warm, raw = _values([glimpse for glimpse in fit if glimpse.reference is not None])
    reasons = [] if ffc_known else ["ffc-unknown"]
    celsius = reference = uncertainty = None
    if warm.size >= FIT_GLIMPSES:
        if reference_celsius is None:
            reasons.append("reference-assumed")
            reference_celsius = ASSUMED_REFERENCE_CELSIUS
        reference = float(celsius_from_centikelvin(float(np.median(raw))))
        celsius = reference_celsius + float(np.median(warm - raw)) / 100
        uncertainty = _uncertainty(warm - raw)
        if not PLAUSIBLE_CELSIUS[0] <= celsius <= PLAUSIBLE_CELSIUS[1]:
            reasons.append("implausible")
    elif warm.size == 0 and len(fit) == REMEMBERED:
        warm, raw = _values(fit)
        reasons.append("reference-missing")
    else:
        return None
    if np.ptp(warm - raw) > STEADY:
        return None
    return FaceMeasured(
        track=track.name,
        at_ms=track.last.at_ms,
        celsius=celsius,
        uncorrected_celsius=float(celsius_from_centikelvin(float(np.median(warm)))),
        uncertainty=uncertainty,
        reference_celsius=reference,
        quality="poor" if reasons else "good",
        reasons=tuple(reasons),
        face=face,
    )


def _values(glimpses: list[Glimpse]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return raw values of the skin and of the reference (0 where it was not seen)."""
    warm = np.array([glimpse.warm for glimpse in glimpses], dtype=float)
    return warm, np.array([glimpse.reference or 0.0 for glimpse in glimpses], dtype=float)


def _uncertainty(values: NDArray[np.float64]) -> float:
    """Return the expanded uncertainty (k=2) in kelvin of the median of a few views."""
    noise = 2 * float(values.std(ddof=1)) / 100 / float(np.sqrt(values.size))
    return round(float(np.sqrt(REFERENCE_UNCERTAINTY**2 + SPOT_UNCERTAINTY**2 + noise**2)), 2)
