"""What an estate pass says: CWT claims (RFC 8392), and the private ones of a pass in one of them.

The phone that may show a rotating pass is bound to it by its public key (RFC 8747, `cnf`). A claim
that is not known here could narrow the pass, so it is refused, not passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cbor2

from devices.ids import is_id
from edge_rules.credentials.cbor import CborError, decode_cbor
from edge_rules.credentials.credential import CredentialStatus
from edge_rules.credentials.judgement import Refusal, Refused, Stage
from edge_rules.credentials.weekly_times import MAX_TIMES, WeeklySpan

PERSONS = ("resident", "staff", "visitor", "delivery", "emergency")  # by their place, from 1
ID_BYTES = 16
MAX_GATES = 16
MAX_USES = 1000  # of a day
LAST_SECOND = 2**32 - 1  # in 2106: a date behind it is none, and all fit four bytes

ESTATE, UNTIL, SINCE, ISSUED, ID, PHONE, OWN = 1, 4, 5, 6, 7, 8, -65_537
PERSON, MINOR, GATES, TIMES, USES = 1, 2, 3, 4, 5

PAYLOAD_BROKEN = Refusal(Stage.CBOR, "payload-broken", CredentialStatus.UNREADABLE)
CLAIMS = Refusal(Stage.COSE, "cwt-structure", CredentialStatus.UNREADABLE)

_NEEDED = {ESTATE, UNTIL, ISSUED, ID, OWN}
_KNOWN = _NEEDED | {SINCE, PHONE}
_OWN_KNOWN = {PERSON, MINOR, GATES, TIMES, USES}


@dataclass(frozen=True, slots=True, repr=False)
class PassTerms:
    """One pass, without a name. Dates are whole seconds; `phone` is a compressed point of P-256.

    Its `repr` shows none of it: the id is as good as a person to whoever handed the pass out.
    """

    id: bytes
    estate: str
    person: str
    issued_s: int
    since_s: int
    until_s: int  # the last second of it
    minor: bool = False
    gates: tuple[str, ...] = ()
    times: tuple[WeeklySpan, ...] = ()
    uses_per_day: int | None = None
    phone: bytes | None = None  # whose proof must stand beside the pass: a rotating one


def write_terms(terms: PassTerms) -> bytes:
    """Lay a pass out as the payload that is signed; nothing stands in it that goes without."""
    own: dict[int, Any] = {PERSON: PERSONS.index(terms.person) + 1}
    if terms.minor:
        own[MINOR] = True
    if terms.gates:
        own[GATES] = list(terms.gates)
    if terms.times:
        own[TIMES] = [[span.days, span.since, span.until] for span in terms.times]
    if terms.uses_per_day is not None:
        own[USES] = terms.uses_per_day
    claims: dict[int, Any] = {ESTATE: terms.estate, UNTIL: terms.until_s}
    if terms.since_s != terms.issued_s:
        claims[SINCE] = terms.since_s
    claims |= {ISSUED: terms.issued_s, ID: terms.id}
    if terms.phone is not None:
        claims[PHONE] = {1: {1: 2, -1: 1, -2: terms.phone[1:], -3: terms.phone[0] == 3}}
    return cbor2.dumps({**claims, OWN: own})


def read_terms(payload: bytes) -> PassTerms:
    """Read a signed payload; Refused where it is no pass, or one of a later kind."""
    try:
        claims = decode_cbor(payload)
    except CborError:
        raise Refused(PAYLOAD_BROKEN) from None
    try:
        return _terms(claims)
    except (KeyError, TypeError, ValueError, IndexError):
        raise Refused(CLAIMS) from None


def _terms(claims: Mapping[Any, Any]) -> PassTerms:
    own = _map(_map(claims, _NEEDED, _KNOWN)[OWN], {PERSON}, _OWN_KNOWN)
    issued_s = _number(claims[ISSUED], 0, LAST_SECOND)
    since_s = _number(claims.get(SINCE, issued_s), 0, LAST_SECOND)
    return PassTerms(
        _bytes(claims[ID], ID_BYTES),
        _name(claims[ESTATE]),
        PERSONS[_number(own[PERSON], 1, len(PERSONS)) - 1],
        issued_s,
        since_s,
        _number(claims[UNTIL], 0, LAST_SECOND),
        MINOR in own and _true(own[MINOR]),
        tuple(map(_name, _list(own.get(GATES, []), MAX_GATES))),
        tuple(map(_span, _list(own.get(TIMES, []), MAX_TIMES))),
        None if USES not in own else _number(own[USES], 1, MAX_USES),
        _phone(claims[PHONE]) if PHONE in claims else None,
    )


def _map(value: object, needed: set[int], known: set[int]) -> Mapping[Any, Any]:
    if not isinstance(value, dict) or not needed <= value.keys() <= known:
        raise ValueError
    return value


def _list(value: object, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError
    return value


def _number(value: object, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:  # True is no number
        raise ValueError
    return value


def _true(value: object) -> bool:
    if value is not True:
        raise ValueError
    return True


def _bytes(value: object, length: int) -> bytes:
    if not isinstance(value, bytes) or len(value) != length:
        raise ValueError
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not is_id(value):
        raise ValueError
    return value


def _span(value: object) -> WeeklySpan:
    days, since, until = _list(value, 3)
    return WeeklySpan(_number(days, 1, 127), _number(since, 0, 1440), _number(until, 0, 1440))


def _phone(value: object) -> bytes:
    """Read a COSE_Key (RFC 9053, section 7.1.1) of P-256 with a compressed point."""
    key = _map(_map(value, {1}, {1})[1], {1, -1, -2, -3}, {1, -1, -2, -3})
    odd = key[-3]
    if (key[1], key[-1]) != (2, 1) or not isinstance(odd, bool):
        raise ValueError
    return (b"\x03" if odd else b"\x02") + _bytes(key[-2], 32)
