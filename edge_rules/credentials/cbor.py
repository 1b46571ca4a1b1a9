"""CBOR (RFC 8949) from strangers: bounded depth, one whole item, no tag that makes objects.

A key that stands twice in a map is refused: another reader could believe the other one.
"""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import cbor2

MAX_DEPTH = 16  # a health certificate has six levels
# A certificate has less than one kilobyte. Keys of maps can be made to collide, as lists of -1 and
# -2 do: within this size that costs 4 ms, and four times as much in twice the size.
MAX_BYTES = 6 * 1024


class CborError(ValueError):
    """Bytes that are no CBOR, or none that an honest issuer sends; it quotes nothing of them."""


def decode_cbor(data: bytes) -> Any:  # noqa: ANN401 - CBOR is any data
    """Decode the one item that `data` is; else CborError."""
    item, end = decode_first(data)
    if end != len(data):
        msg = f"{len(data) - end} bytes behind the item"
        raise CborError(msg)
    return item


def decode_first(data: bytes) -> tuple[Any, int]:
    """Decode the item that `data` begins with, and say where it ends; else CborError."""
    if len(data) > MAX_BYTES:
        msg = f"over {MAX_BYTES} bytes"
        raise CborError(msg)
    stream = BytesIO(data)
    try:
        item = cbor2.load(
            stream, max_depth=MAX_DEPTH, semantic_decoders=_TAGS, allow_duplicate_keys=False
        )
        return item, stream.tell()
    except (cbor2.CBORError, ValueError, TypeError, OverflowError):
        msg = "no item of CBOR, or one that no credential needs"
        raise CborError(msg) from None


def _bare(*types: type) -> Callable[[Any, bool], Any]:
    def keep(value: Any, _: bool) -> Any:  # noqa: ANN401 - the decoder's own signature
        return value if isinstance(value, types) else _refuse(value, _)

    return keep


def _refuse(_: Any, __: bool) -> Any:  # noqa: ANN401 - the decoder's own signature
    msg = "a tag that no credential needs"
    raise ValueError(msg)


# Dates (RFC 8949, RFC 8943) and big numbers stay as they were written; what would build
# references, patterns, fractions, addresses and the like is refused.
_REFUSED = (4, 5, 25, 28, 29, 30, 35, 36, 37, 43, 52, 54, 256, 258, 260, 261, 43000)
_TAGS: Mapping[int, Callable[[Any, bool], Any]] = {
    0: _bare(str),
    1: _bare(int, float),
    2: _bare(bytes),
    3: _bare(bytes),
    100: _bare(int),
    1004: _bare(str),
    55799: _bare(object),
    **dict.fromkeys(_REFUSED, _refuse),
}
