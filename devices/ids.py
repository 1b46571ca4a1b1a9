"""The names of things: short, lower case, safe as one level of a topic."""

import re
from typing import Annotated, NewType

from pydantic import StringConstraints

ID_PATTERN = r"^[a-z0-9-]{1,32}$"
RESERVED = frozenset(
    {"all", "hq", "order", "gateway"}
)  # words with a meaning of their own in topics

SiteId = NewType("SiteId", str)
LaneId = NewType("LaneId", str)
DeviceId = NewType("DeviceId", str)

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]

_ID = re.compile(r"[a-z0-9-]{1,32}")


def is_id(text: str) -> bool:
    """Tell whether a text may name a site, lane, device or reading."""
    return _ID.fullmatch(text) is not None
