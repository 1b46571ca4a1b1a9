"""DER (X.690), as much as a certificate needs: nested tags, lengths and contents."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

BOOLEAN = 0x01
OBJECT_ID = 0x06
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30


MAX_OBJECT_ID = 64  # bytes; the longest that certificates carry have a dozen


class DerError(ValueError):
    """Bytes that are no DER, or another structure than the one looked for."""


@dataclass(frozen=True, slots=True)
class Node:
    """One element: its tag byte, its content and, in `whole`, both with the length between."""

    tag: int
    content: bytes
    whole: bytes

    def children(self) -> Iterator["Node"]:
        """Walk the elements inside a constructed one."""
        at = 0
        while at < len(self.content):
            node = read_node(self.content[at:])
            yield node
            at += len(node.whole)

    def first(self) -> "Node":
        """Return the first element inside; else DerError."""
        for node in self.children():
            return node
        msg = "an element is empty"
        raise DerError(msg)

    def expect(self, tag: int) -> "Node":
        """Return the node itself if it has this tag; else DerError."""
        if self.tag != tag:
            msg = f"found tag {self.tag:#04x} where {tag:#04x} belongs"
            raise DerError(msg)
        return self


def read_node(data: bytes) -> Node:
    """Read the element that `data` begins with."""
    if len(data) < 2 or data[0] & 0x1F == 0x1F:
        msg = "no element with a tag of one byte"
        raise DerError(msg)
    size, head = data[1], 2
    if size >= 0x80:
        head += size & 0x7F
        if not 2 < head <= 6 or len(data) < head:
            msg = "a length that DER does not write"
            raise DerError(msg)
        size = int.from_bytes(data[2:head], "big")
    if len(data) < head + size:
        msg = "the data end inside an element"
        raise DerError(msg)
    return Node(data[0], data[head : head + size], data[: head + size])


def object_id(node: Node) -> str:
    """Read an object identifier in dotted decimals."""
    arcs, value = [], 0
    for byte in node.expect(OBJECT_ID).content[:MAX_OBJECT_ID]:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            arcs.append(value)
            value = 0
    if not arcs:
        msg = "an object identifier without arcs"
        raise DerError(msg)
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - first * 40, *arcs[1:])))


def unix_ms(node: Node) -> int:
    """Read a UTCTime or GeneralizedTime into Unix milliseconds."""
    text = node.content.decode("ascii", "replace")
    if node.tag == UTC_TIME:  # RFC 5280, 4.1.2.5.1: two digits of the year mean 1950 to 2049
        text = ("19" if text[:2] >= "50" else "20") + text
    elif node.tag != GENERALIZED_TIME:
        msg = f"found tag {node.tag:#04x} where a time belongs"
        raise DerError(msg)
    form = "%Y%m%d%H%M%S%z" if len(text.rstrip("Z")) >= 14 else "%Y%m%d%H%M%z"
    try:
        moment = datetime.strptime(text, form).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter where its zone leads out of all years
        msg = "a time that is none"
        raise DerError(msg) from None
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
