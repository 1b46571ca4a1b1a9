"""A printed pass whose code can't be read: judged by its number and what was handed out."""

from devices.moment import parse_stamp
from edge_rules.credentials.credential import Credential
from edge_rules.credentials.estate_pass import judge_number
from edge_rules.credentials.pass_terms import PassTerms
from edge_rules.credentials.pass_trust import PassTrust
from edge_rules.credentials.weekly_times import parse_times
from gateway.passes.ledger import PassRecord


def credential_by_number(
    record: PassRecord, passes: PassTrust, estate: str, now_ms: int, subject_key: bytes
) -> Credential | None:
    """Judge a pass on record; None for one on a phone, which no paper stands for.

    ValueError: the record is not as the gateway writes it.
    """
    if record.rotating:
        return None
    terms = PassTerms(
        bytes.fromhex(record.id),
        estate,
        record.person,
        parse_stamp(record.made) // 1000,
        parse_stamp(record.since) // 1000,
        parse_stamp(record.until) // 1000,
        record.minor,
        record.gates,
        parse_times(record.times) if record.times else (),
        record.uses_per_day,
    )
    return judge_number(terms, bytes.fromhex(record.kid), passes, now_ms, subject_key)
