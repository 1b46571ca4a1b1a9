"""Following heads from frame to frame, from coming into view to leaving it."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from edge_rules.thermometry.heads import Head

LOST_AFTER_MS = 2500.0  # out of sight within the picture: behind a hand, looking down
LOST_EARLY_MS = 400.0  # last seen at the edge, or hardly at all: the next one may come there
SEEN_TO_STAY = 4  # frames
LONGEST_STEP = 0.9  # of its width, that a head moves from one frame to the next
LONGER_STEP = 1.4  # times that, after a frame in which it was not seen
NEXT_FRAME_MS = 300.0
FREE_GROWTH = 1.25  # of its width, that a head may seem to grow or shrink between two frames
SAME_PLACE = 0.7  # of its width, that a face may lie beside where it was measured
MOST_TRACKS = 12
REMEMBERED = 12  # frames


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One frame's view of a tracked head."""

    at_ms: float
    head: Head
    warm: float = 0.0  # centikelvin, raw, of the face's warm skin
    reference: float | None = None  # centikelvin, raw, in the same frame
    fit: bool = False  # to be measured


@dataclass(slots=True)
class Track:
    """One person in view."""

    name: str
    glimpses: deque[Glimpse] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    seen: int = 0
    measured: bool = False

    @property
    def last(self) -> Glimpse:
        """The newest view."""
        return self.glimpses[-1]

    def add(self, glimpse: Glimpse) -> None:
        """Remember one more view."""
        self.glimpses.append(glimpse)
        self.seen += 1


class Tracks:
    """Everybody in view."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._count = 0

    def follow(self, heads: Sequence[Head], at_ms: float) -> list[tuple[Track, Head]]:
        """Match one frame's heads to those seen before, and to newcomers."""
        self._tracks = [t for t in self._tracks if at_ms - t.last.at_ms <= _patience(t)]
        pairs = sorted(
            (distance, ti, hi)
            for ti, track in enumerate(self._tracks)
            for hi, head in enumerate(heads)
            if (distance := _distance(track.last.head, head)) <= _reach(track, at_ms)
        )
        matched: dict[int, Track] = {}
        taken: set[int] = set()
        for _, ti, hi in pairs:
            if ti not in taken and hi not in matched:
                matched[hi] = self._tracks[ti]
                taken.add(ti)
        found = ((matched.get(hi) or self._start(), head) for hi, head in enumerate(heads))
        return [(track, head) for track, head in found if track is not None]

    def measured_here(self, track: Track) -> bool:
        """Whether this face was just measured as another track: a raised hand breaks one."""
        head = track.last.head
        return any(
            other.measured and other is not track and _apart(other.last.head, head) <= SAME_PLACE
            for other in self._tracks
        )

    def _start(self) -> Track | None:
        if len(self._tracks) >= MOST_TRACKS:
            return None
        self._count += 1
        track = Track(f"t{self._count}")
        self._tracks.append(track)
        return track


def _patience(track: Track) -> float:
    brief = track.seen < SEEN_TO_STAY or track.last.head.cut
    return LOST_EARLY_MS if brief else LOST_AFTER_MS


def _reach(track: Track, at_ms: float) -> float:
    return LONGEST_STEP * (1.0 if at_ms - track.last.at_ms < NEXT_FRAME_MS else LONGER_STEP)


def _distance(old: Head, new: Head) -> float:
    """How far apart two heads are, in head widths; unlike sizes are further apart."""
    growth = max(old.width, new.width) / min(old.width, new.width)
    return _apart(old, new) + max(0.0, growth - FREE_GROWTH)


def _apart(old: Head, new: Head) -> float:
    return max(abs(old.x - new.x), abs(old.y - new.y)) / max(old.width, new.width)
