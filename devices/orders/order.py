"""An order's own text: who is meant, from when until when, and what is to be done."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devices.errors import DeviceProtocolError
from devices.ids import is_id
from devices.moment import parse_stamp
from devices.native.json_text import is_text, parse_object
from devices.orders.errors import ENDLESS, OVERSTEPS, UNREADABLE, OrderError
from devices.orders.signed import MAX_BYTES

EVERYBODY = "all"
POLICY = "policy"
MAX_SEQUENCE = 2**53 - 1  # beyond it JSON readers disagree about integers
MAX_SITES = 1000
MAX_REASON = 200

_KEYS = ("id", "sequence", "scope", "issued", "ends", "type", "policy", "reason")
_ORDER_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Order:
    """A policy that the HQ orders; `sites` None means every site."""

    id: str
    sequence: int
    sites: frozenset[str] | None
    issued_ms: int
    ends_ms: int
    type: str
    policy: str
    reason: str


def decode_order(text: bytes) -> Order:
    """Read what was signed; OrderError names the key that is wrong, and never quotes its value."""
    try:
        body = parse_object(text, MAX_BYTES)
    except DeviceProtocolError as error:
        raise OrderError(UNREADABLE, f"order: {error}") from None
    if set(body) - set(_KEYS):
        raise OrderError(OVERSTEPS, f"order: it may hold {', '.join(_KEYS)}, and nothing else")
    if body.get("ends") is None:
        raise OrderError(ENDLESS, "ends: every order needs an end, such as 2026-12-01T00:00:00Z")
    return Order(
        id=_text(body, "id", _ORDER_ID, "1 to 64 letters, digits, dots, dashes"),
        sequence=_sequence(body.get("sequence")),
        sites=_sites(body.get("scope")),
        issued_ms=_stamp(body, "issued"),
        ends_ms=_stamp(body, "ends"),
        type=_text(body, "type", re.compile("[a-z]{1,16}"), "a word such as policy"),
        policy=_policy(body.get("policy")),
        reason=_reason(body.get("reason", "")),
    )


def order_id(text: bytes) -> str | None:
    """Return the id of an order that is not to be obeyed, as far as it has one."""
    try:
        said = parse_object(text, MAX_BYTES).get("id")
    except DeviceProtocolError:
        return None
    return said if isinstance(said, str) and _ORDER_ID.fullmatch(said) else None


def _text(body: Mapping[str, Any], key: str, pattern: re.Pattern[str], what: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise OrderError(UNREADABLE, f"{key}: must be {what}")
    return value


def _sequence(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MAX_SEQUENCE:
        raise OrderError(UNREADABLE, "sequence: must be a whole number above 0")
    return value


def _sites(value: object) -> frozenset[str] | None:
    if value == EVERYBODY:
        return None
    sites = [value] if isinstance(value, str) else value
    if isinstance(sites, list) and 0 < len(sites) <= MAX_SITES:
        named = frozenset(site for site in sites if isinstance(site, str) and is_id(site))
        if len(named) == len(sites):
            return named
    raise OrderError(UNREADABLE, 'scope: must be "all", a site, or a list of different sites')


def _stamp(body: Mapping[str, Any], key: str) -> int:
    value = body.get(key)
    try:
        return parse_stamp(value if isinstance(value, str) else "")
    except ValueError:
        what = f"{key}: must be an RFC 3339 time such as 2026-11-23T08:00:00Z"
        raise OrderError(UNREADABLE, what) from None


def _policy(value: object) -> str:
    if not is_text(value, MAX_BYTES):
        raise OrderError(UNREADABLE, "policy: must be the text of a policy file")
    return str(value)


def _reason(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_REASON or not (value + " ").isprintable():
        raise OrderError(UNREADABLE, f"reason: must be one line of at most {MAX_REASON} characters")
    return value
