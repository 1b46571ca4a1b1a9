"""The link that puts a pass on a phone: all of it behind the `#`, which no server ever sees."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from gateway.passes.office import Issued

PAGE = "/pass"
EDITION = "1"


def link(base: str, issued: Issued, name: Mapping[str, str]) -> str:
    """Make the link to a gateway's page under `base`; `name` is the estate's, in both tongues.

    Behind the `#`: edition, head and tail of the pass, its number, the phone's key (empty for a
    printed pass), and what is shown beside the code.
    """
    signed = issued.signed
    parts = (signed.head, signed.tail, signed.terms.id, _key(issued.phone), _words(issued, name))
    return f"{base.rstrip('/')}{PAGE}#{'.'.join([EDITION, *map(_base64url, parts)])}"


def _words(issued: Issued, name: Mapping[str, str]) -> bytes:
    terms = issued.signed.terms
    told: dict[str, Any] = {
        "name": dict(name),
        "person": terms.person,
        "from": terms.since_s,
        "to": terms.until_s,
    }
    if terms.gates:
        told["gates"] = list(terms.gates)
    if terms.times:
        told["times"] = issued.record.times
    if terms.uses_per_day is not None:
        told["uses"] = terms.uses_per_day
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _key(phone: EllipticCurvePrivateKey | None) -> bytes:
    """Lay a private key out: d, x and y, which a browser needs all to import it."""
    if phone is None:
        return b""
    numbers = phone.private_numbers()
    public = numbers.public_numbers
    return b"".join(
        number.to_bytes(32, "big") for number in (numbers.private_value, public.x, public.y)
    )


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
