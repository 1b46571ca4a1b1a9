"""What is told of a pass on record: everything, since nobody's name is among it."""

from dataclasses import asdict
from typing import Any

from gateway.passes.ledger import PassRecord

RENAMED = {"person": "kind", "since": "from", "until": "to", "kid": "key"}


def told(record: PassRecord, revoked: str | None) -> dict[str, Any]:
    """Lay a record out; `revoked` is when it was taken back."""
    kept = {RENAMED.get(key, key): value for key, value in asdict(record).items()}
    return {**kept, "revoked": revoked}
