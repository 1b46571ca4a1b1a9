"""What the thermometer says of the frames it was shown."""

from dataclasses import dataclass

Box = tuple[int, int, int, int]  # x, y, width, height in pixels of the upright picture


@dataclass(frozen=True, slots=True)
class FaceMeasured:
    """The skin temperature of one person's face, said once for each person.

    `celsius` is None when it can't be tied to the reference; the uncorrected value then still
    tells a guard what the camera saw. Quality `good` has no reasons that speak against it.
    """

    track: str
    at_ms: float
    celsius: float | None
    uncorrected_celsius: float
    uncertainty: float | None
    reference_celsius: float | None  # the uncorrected reading of the reference
    quality: str  # good or poor
    reasons: tuple[str, ...]
    face: Box
