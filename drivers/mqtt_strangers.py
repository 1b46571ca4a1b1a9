"""Messages that no device of the site file sent: described now and then, never quoted."""

from collections import OrderedDict

from devices.ids import is_id
from devices.moment import Moment
from devices.native.topics import FROM_DEVICES, ROOT, VERSION

SAME_AGAIN_MS = 60_000
PER_MINUTE = 10  # topics that are new every time are no reason to fill a log
TOPICS_KEPT = 256


class StrangerNotes:
    """Says once a minute a topic, ten times a minute in all, that somebody unknown speaks."""

    def __init__(self) -> None:
        self._last_ms: OrderedDict[str, float] = OrderedDict()
        self._silent = 0
        self._minute_ms = float("-inf")
        self._said = 0

    def note(self, topic: str, length: int, at: Moment) -> str | None:
        """Describe one message in a sentence, or count it and return None."""
        shown = _shown(topic)
        if not self._may_speak(shown, at.boot_ms):
            self._silent += 1
            return None
        silent, self._silent = self._silent, 0
        more = f" ({silent} more since the last such note)" if silent else ""
        return f"{shown}: {length} bytes {_fault(topic)}{more}"

    def _may_speak(self, shown: str, now_ms: float) -> bool:
        if now_ms - self._last_ms.get(shown, float("-inf")) < SAME_AGAIN_MS:
            return False
        if now_ms - self._minute_ms >= SAME_AGAIN_MS:
            self._minute_ms, self._said = now_ms, 0
        if self._said >= PER_MINUTE:
            return False
        self._said += 1
        self._last_ms[shown] = now_ms
        self._last_ms.move_to_end(shown)
        if len(self._last_ms) > TOPICS_KEPT:
            self._last_ms.popitem(last=False)
        return True


def _shown(topic: str) -> str:
    """Show the levels that are ids; anything else may be a person's and stays hidden."""
    levels = topic.split("/")
    shown = "/".join(level if is_id(level) else "?" for level in levels[:6])
    return shown if len(levels) <= 6 else f"{shown}/…"


def _fault(topic: str) -> str:
    levels = topic.split("/")
    if len(levels) == 6 and levels[0] == ROOT and levels[5] in FROM_DEVICES:
        if levels[1] != VERSION:
            return f"in a protocol version that is not {VERSION}, the one this gateway speaks"
        return "from a device that the site file does not have at this lane: add it or mend it"
    return "on a topic nobody here asked for; it may be left of an earlier site file"
