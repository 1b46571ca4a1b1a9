"""When a followed face is fit to be measured, and what its temperature is then."""

from dataclasses import dataclass

import numpy as np

from devices.units import celsius_from_centikelvin
from edge_rules.thermometry.face import Look
from edge_rules.thermometry.heads import Head
from edge_rules.thermometry.observations import Box, FaceMeasured
from edge_rules.thermometry.tracks import Glimpse, Track

ASSUMED_REFERENCE_CELSIUS = 36.0
FIT_GLIMPSES = 6  # of those remembered; over half a second at 9 Hz
LEAST_HEAD = 0.24  # of the picture's short side: within about a metre of a 57° lens
LARGEST_HEAD = 0.62
LEAST_PIXELS = 16  # across a head; fewer blur the canthi away
STILL = 0.12  # of its width, that a head may move between two frames
LONGEST_GAP_MS = 400.0  # between two frames, for the head to count as still
LEAST_SYMMETRY = 0.15
LEAST_SHARPNESS = 0.08  # steepest edges over contrast, per pixel
STEADY = 40.0  # cK between the values of the fit glimpses
PLAUSIBLE_CELSIUS = (32.0, 43.0)  # skin of a living face indoors
REFERENCE_UNCERTAINTY = 0.3  # K, k=2: what ISO/TR 13154 allows a blackbody
SPOT_UNCERTAINTY = 0.25  # K, k=2: how far the warmest skin moves with pose and distance


@dataclass(frozen=True, slots=True)
class Setting:
    """How one camera stands; a `self_correcting` one needs no reference in view."""

    reference_celsius: float | None = None
    self_correcting: bool = False


@dataclass(frozen=True, slots=True)
class Eye:
    """What the picture's resolution makes of sizes: pixels of its short side and of a cell."""

    short_side: int
    factor: int

    def wide_enough(self, head: Head) -> bool:
        """Whether a head is near enough to be measured."""
        pixels = head.width * self.factor
        return pixels >= LEAST_PIXELS and pixels >= LEAST_HEAD * self.short_side


def is_fit(head: Head, look: Look, before: Glimpse | None, at_ms: float, eye: Eye) -> bool:
    """Whether one view of a head may count for its temperature: near, whole, still, sharp."""
    if head.cut or before is None or at_ms - before.at_ms > LONGEST_GAP_MS:
        return False
    if head.width * eye.factor > LARGEST_HEAD * eye.short_side:
        return False
    moved = max(abs(head.x - before.head.x), abs(head.y - before.head.y))
    still = moved <= STILL * head.width
    return still and look.symmetry >= LEAST_SYMMETRY and look.sharpness >= LEAST_SHARPNESS


def measure(
    track: Track, setting: Setting, face: Box, *, ffc_known: bool, searching: bool
) -> FaceMeasured | None:
    """Return the person's temperature once enough views agree; None while they don't.

    `searching` says that the reference may yet be found.
    """
    fit = [glimpse for glimpse in track.glimpses if glimpse.fit]
    if len(fit) < FIT_GLIMPSES or not track.last.fit:
        return None
    if not setting.self_correcting:
        referenced = [glimpse for glimpse in fit if glimpse.reference is not None]
        if len(referenced) < FIT_GLIMPSES and (referenced or searching):
            return None
        fit = referenced or fit
    return _measured(fit, track.name, setting, face, ffc_known)


def _measured(
    fit: list[Glimpse], track: str, setting: Setting, face: Box, ffc_known: bool
) -> FaceMeasured | None:
    warm = np.array([glimpse.warm for glimpse in fit])
    uncorrected = celsius_from_centikelvin(float(np.median(warm)))
    reasons = [] if ffc_known else ["ffc-unknown"]
    celsius = reference = None
    if setting.self_correcting:
        celsius = float(uncorrected)
    elif fit[0].reference is None:
        reasons.append("reference-missing")
    else:
        raw = np.array([glimpse.reference for glimpse in fit], dtype=float)
        warm = warm - raw
        reference = float(celsius_from_centikelvin(float(np.median(raw))))
        true = setting.reference_celsius
        if true is None:
            reasons.append("reference-assumed")
            true = ASSUMED_REFERENCE_CELSIUS
        celsius = true + float(np.median(warm)) / 100
    spread = float(np.ptp(warm))
    if spread > STEADY:
        return None
    if celsius is not None and not PLAUSIBLE_CELSIUS[0] <= celsius <= PLAUSIBLE_CELSIUS[1]:
        reasons.append("implausible")
    return FaceMeasured(
        track=track,
        at_ms=fit[-1].at_ms,
        celsius=celsius,
        uncorrected_celsius=float(uncorrected),
        uncertainty=None if celsius is None else _uncertainty(warm, setting),
        reference_celsius=reference,
        quality="poor" if reasons else "good",
        reasons=tuple(reasons),
        face=face,
    )


def _uncertainty(values: np.ndarray[tuple[int], np.dtype[np.float64]], setting: Setting) -> float:
    """Expanded uncertainty (k=2) in kelvin of the median of a few views."""
    noise = 2 * float(values.std(ddof=1)) / 100 / float(np.sqrt(values.size))
    reference = 0.5 if setting.self_correcting else REFERENCE_UNCERTAINTY
    return round(float(np.sqrt(reference**2 + SPOT_UNCERTAINTY**2 + noise**2)), 2)
