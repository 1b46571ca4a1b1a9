"""The HQ's word on how far it has everything: hostile until parsed."""

import json

LONGEST = 256  # bytes; what it has to say fits in thirty
LARGEST = 2**53  # beyond it JSON readers disagree about integers


def read_received(payload: bytes) -> int | None:
    """Return `through`, or None for anything that does not say it."""
    if len(payload) > LONGEST:
        return None
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    through = said.get("through") if isinstance(said, dict) else None
    if not isinstance(through, int) or isinstance(through, bool):
        return None
    return through if 0 < through <= LARGEST else None
