"""CBOR (RFC 8949) from strangers: bounded depth, one whole item, no tag that makes objects."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import cbor2

MAX_DEPTH = 16  # a health certificate has six levels


class CborError(ValueError):
    """Bytes that are no CBOR, or none that an honest issuer sends."""


def decode_cbor(data: bytes) -> Any:  # noqa: ANN401 - CBOR is any data
    """Decode the one item that `data` is; else CborError."""
    item, end = decode_first(data)
    if end != len(data):
        msg = f"{len(data) - end} bytes behind the item"
        raise CborError(msg)
    return item


def decode_first(data: bytes) -> tuple[Any, int]:
    """Decode the item that `data` begins with, and say where it ends; else CborError."""
    stream = BytesIO(data)
    decoder = cbor2.CBORDecoder(stream, max_depth=MAX_DEPTH, semantic_decoders=_TAGS)
    try:
        return decoder.decode(), stream.tell()
    except (cbor2.CBORError, ValueError, TypeError, OverflowError) as error:
        raise CborError(str(error)) from None


def _bare(value: Any, _: bool) -> Any:  # noqa: ANN401 - the decoder's own signature
    return value


def _refuse(_: Any, __: bool) -> Any:  # noqa: ANN401
    msg = "a tag that no credential needs"
    raise ValueError(msg)


# Dates and big numbers stay as they were written; what would build references, patterns,
# fractions, addresses and the like is refused.
_BARE = (0, 1, 2, 3, 100, 1004, 55799)
_REFUSED = (4, 5, 25, 28, 29, 30, 35, 36, 37, 43, 52, 54, 256, 258, 260, 261, 43000)
_TAGS: Mapping[int, Callable[[Any, bool], Any]] = {
    **dict.fromkeys(_BARE, _bare),
    **dict.fromkeys(_REFUSED, _refuse),
}
