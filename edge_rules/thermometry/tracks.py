"""Following heads from frame to frame, from coming into view to leaving it."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from edge_rules.thermometry.heads import Head

FRAMES_TO_NOTICE = 4  # a head seen as often is somebody
LOST_AFTER_MS = 1500.0  # out of sight within the picture: behind a hand, looking down
LOST_AT_EDGE_MS = 400.0  # last seen at the edge: gone, and the next one may come in there
LONGEST_STEP = 0.9  # of its width, that a head moves from one frame to the next
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

    def noticed(self) -> list[Track]:
        """Return those seen often enough to be somebody."""
        return [track for track in self._tracks if track.seen >= FRAMES_TO_NOTICE]

    def follow(
        self, heads: Sequence[Head], at_ms: float
    ) -> tuple[list[tuple[Track, Head]], list[Track]]:
        """Match one frame's heads; return who is seen where, and who has left."""
        left = [track for track in self._tracks if at_ms - track.last.at_ms > _patience(track)]
        self._tracks = [track for track in self._tracks if track not in left]
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
        seen = []
        for hi, head in enumerate(heads):
            track = matched.get(hi) or self._start()
            if track is not None:
                seen.append((track, head))
        return seen, [track for track in left if track.seen >= FRAMES_TO_NOTICE]

    def _start(self) -> Track | None:
        if len(self._tracks) >= MOST_TRACKS:
            return None
        self._count += 1
        track = Track(f"t{self._count}")
        self._tracks.append(track)
        return track


def _patience(track: Track) -> float:
    if track.seen < FRAMES_TO_NOTICE or track.last.head.cut:
        return LOST_AT_EDGE_MS
    return LOST_AFTER_MS


def _reach(track: Track, at_ms: float) -> float:
    return LONGEST_STEP * (1.0 if at_ms - track.last.at_ms < 300 else 1.4)


def _distance(old: Head, new: Head) -> float:
    """How far apart two heads are, in head widths; unlike sizes are further apart."""
    width = max(old.width, new.width)
    apart = max(abs(old.x - new.x), abs(old.y - new.y)) / width
    return apart + max(0.0, width / min(old.width, new.width) - 1.5)
