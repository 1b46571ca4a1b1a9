"""The HQ's end of orders: keys, orders laid out and signed, and every way of doing that wrongly.

Written from docs/orders.md alone, not with the gateway's own codec.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devices.moment import format_stamp

HOUR_MS = 3_600_000


@dataclass
class OrderOffice:
    """Signs what it is told to, with a number that goes up by one each time."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    sequence: int = 0

    @property
    def public_pem(self) -> bytes:
        """The key that a site needs."""
        spki = PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(Encoding.PEM, spki)

    @property
    def key_id(self) -> str:
        """The key's name: the beginning of SHA-256 over its 32 bytes."""
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return hashlib.sha256(raw).hexdigest()[:16]

    def order(
        self,
        policy: str,
        *,
        now_ms: int,
        hours: float = 24,
        **changed: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """Lay an order out; `changed` puts other values in, None takes a key out."""
        self.sequence += 1
        told = {
            "id": f"order-{self.sequence}",
            "sequence": self.sequence,
            "scope": "all",
            "issued": format_stamp(now_ms),
            "ends": format_stamp(now_ms + round(hours * HOUR_MS)),
            "type": "policy",
            "policy": policy,
            "reason": "a drill",
            **changed,
        }
        return {key: value for key, value in told.items() if value is not None}

    def sign(self, order: dict[str, Any], /, **changed: Any) -> bytes:  # noqa: ANN401
        """Put an order into its envelope; `changed` alters that after it was signed."""
        text = json.dumps(order, ensure_ascii=False)
        signature = self.key.sign(b"menshen/1/order\n" + text.encode())
        envelope = {
            "order": text,
            "key": self.key_id,
            "signature": base64.b64encode(signature).decode(),
            **changed,
        }
        return json.dumps(envelope, ensure_ascii=False).encode()
