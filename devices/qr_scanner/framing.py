"""Texts on a scanner's line: bytes in any chunking, with their times, in; texts out; no I/O."""

from math import inf
from typing import Literal

from devices.readings import Unreadable

Framing = Literal["crlf", "cr", "lf", "stx-etx"]

MAX_BYTES = 4096  # of one text; the longest credentials have about 1,200
SILENCE_MS = 250  # after which a text without its end will get none
MAX_A_SECOND = 20  # a hand shows one code a second; a line that babbles must not fill the disk
SECOND_MS = 1000
CHANNEL = "scan"

_MARKS: dict[Framing, tuple[bytes, bytes]] = {
    "crlf": (b"", b"\r\n"),
    "cr": (b"", b"\r"),
    "lf": (b"", b"\n"),
    "stx-etx": (b"\2", b"\3"),
}
BLANK = bytes(range(0x21)) + b"\x7f"  # no credential begins or ends with one of these
_LEAD = BLANK.replace(b"\2", b"")  # a start mark, or that of a scanner's reply, is not skipped


class TextReader:
    """Collects bytes and gives back each text once its end is here, without blanks around it.

    What is no text is described, never quoted. `reply` is what the scanner answers to a trigger.
    """

    def __init__(self, framing: Framing, *, reply: bytes = b"") -> None:
        self._framing = framing
        self._start, self._end = _MARKS[framing]
        self._reply = reply
        self._pending = bytearray()
        self._overlong = False  # inside a text that was given up; its rest is no text of its own
        self._heard_ms = -inf
        self._second_ms = -inf
        self._in_second = 0

    @property
    def due_ms(self) -> float | None:
        """When silence ends what is pending, on the clock of `receive`; None if nothing is."""
        return self._heard_ms + SILENCE_MS if self._pending or self._overlong else None

    def receive(self, data: bytes, at_ms: float) -> list[str | Unreadable]:
        """Take bytes as they came; return what they complete, oldest first."""
        found = self._given_up(at_ms)
        self._heard_ms = at_ms
        self._pending += data
        while (body := self._next_body()) is not None:
            found += self._open(body)
        found += self._bound()
        return self._not_too_many(found, at_ms)

    def expire(self, at_ms: float) -> list[str | Unreadable]:
        """Give up what has waited for its end too long; call it at `due_ms`."""
        return self._not_too_many(self._given_up(at_ms), at_ms)

    def _given_up(self, at_ms: float) -> list[str | Unreadable]:
        if at_ms - self._heard_ms < SILENCE_MS:
            return []
        lost = b"" if self._overlong else bytes(self._pending)
        self._pending.clear()
        self._overlong = False
        return self._dropped(lost, f"no end ({self._framing}) within {SILENCE_MS} ms")

    def _next_body(self) -> bytes | None:
        self._skip_lead()
        at = self._pending.find(self._end)
        if at < 0:
            return None
        body = bytes(self._pending[:at])
        del self._pending[: at + len(self._end)]
        return body

    def _skip_lead(self) -> None:
        """Drop what may stand before a text and means nothing."""
        size = -1
        while not self._overlong and size != len(self._pending):
            size = len(self._pending)
            del self._pending[: size - len(self._pending.lstrip(_LEAD))]
            if self._reply and self._pending.startswith(self._reply):
                del self._pending[: len(self._reply)]

    def _open(self, body: bytes) -> list[str | Unreadable]:
        overlong, self._overlong = self._overlong, False
        if not self._start:
            return [] if overlong else self._text(body)
        before, mark, inside = body.rpartition(self._start)
        if not mark:
            before, inside = inside, b""
        lost = b"" if overlong else before
        return [*self._dropped(lost, "no start (stx) or no end (etx)"), *self._text(inside)]

    def _text(self, body: bytes) -> list[str | Unreadable]:
        if len(body) > MAX_BYTES:
            return [_unreadable(len(body), f"over {MAX_BYTES} bytes")]
        text = body.strip(BLANK)
        try:
            return [text.decode()] if text else []
        except UnicodeDecodeError as error:
            return [_unreadable(len(text), "not UTF-8", error.start)]

    def _bound(self) -> list[str | Unreadable]:
        found: list[str | Unreadable] = []
        if self._start and (at := self._pending.rfind(self._start)) >= 0:
            lost = b"" if self._overlong else bytes(self._pending[:at])
            found = self._dropped(lost, "no start (stx) or no end (etx)")
            del self._pending[:at]
            self._overlong = False
        kept = len(self._end) - 1  # the first half of an end mark may be here already
        if len(self._pending) > len(self._start) + MAX_BYTES + kept:
            if not self._overlong:
                fault = f"no end ({self._framing}) within {MAX_BYTES} bytes"
                found.append(_unreadable(MAX_BYTES, fault))
            self._overlong = True
            del self._pending[: len(self._pending) - kept]
        return found

    def _dropped(self, lost: bytes, fault: str) -> list[str | Unreadable]:
        return [_unreadable(len(lost), fault)] if lost.strip(BLANK) else []

    def _not_too_many(self, found: list[str | Unreadable], at_ms: float) -> list[str | Unreadable]:
        if at_ms - self._second_ms >= SECOND_MS:
            self._second_ms, self._in_second = at_ms, 0
        room = max(0, MAX_A_SECOND - self._in_second)
        told = self._in_second > MAX_A_SECOND
        self._in_second += len(found)
        if len(found) <= room or told:
            return found[:room]
        fault = f"more than {MAX_A_SECOND} texts a second; the rest is dropped"
        return [*found[:room], _unreadable(0, fault)]


def _unreadable(length: int, fault: str, position: int | None = None) -> Unreadable:
    return Unreadable(CHANNEL, length, fault, position, "")
