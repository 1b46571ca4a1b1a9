"""What happened, in order: hashed as a whole, the last of each lane kept to be shown."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator

from simulators.payloads import read_object

KEPT = 60  # happenings of a lane
SHOWN = 160  # characters of one
CHATTER = ("/state", "/show")
EVERYWHERE = ""  # the lane of what concerns all of them

Happened = tuple[float, int, str, str, bytes]


class Trace:
    """Takes wire messages, events and faults; the text of a scan never leaves it."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._hash = hashlib.sha256()
        self._last: dict[str, deque[Happened]] = {}
        self.count = 0

    def add(self, what: str, about: str, payload: bytes = b"", *, lane: str = EVERYWHERE) -> None:
        """Note one happening now."""
        self.count += 1
        now_s = self._now_s()
        self._hash.update(f"{now_s:.6f} {what} {about} {len(payload)} ".encode())
        self._hash.update(payload)
        if about.endswith(CHATTER):
            return  # hashed, and not worth a line
        if lane not in self._last:
            self._last[lane] = deque(maxlen=KEPT)
        self._last[lane].append((now_s, self.count, what, about, payload))

    @property
    def digest(self) -> str:
        """The hash of everything so far."""
        return self._hash.hexdigest()

    def last_of(self, lane: str) -> Iterator[str]:
        """Describe the last that happened at a lane and everywhere, oldest first."""
        found = [*self._last.get(lane, ()), *(self._last.get(EVERYWHERE, ()) if lane else ())]
        for now_s, _, what, about, payload in sorted(found, key=lambda one: one[1])[-KEPT:]:
            yield f"{now_s:10.3f} s  {what:9} {about} {_shown(payload)}"[:SHOWN].rstrip()


def _shown(payload: bytes) -> str:
    body = read_object(payload)
    if body is None:
        return f"{len(payload)} bytes" if payload else ""
    return " ".join(
        f"{key}={value}" for key, value in body.items() if key not in {"text", "at", "facts"}
    )
