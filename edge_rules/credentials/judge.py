"""Judge whatever text a person shows: recognise the kind, then hand it to that kind's own judge."""

from collections.abc import Callable, Mapping, Sequence

from edge_rules.credentials.credential import CredentialKind, CredentialStatus
from edge_rules.credentials.estate_pass import judge_estate_pass
from edge_rules.credentials.eu_dcc import judge_eu_dcc
from edge_rules.credentials.judgement import Judgement, Refusal, Stage
from edge_rules.credentials.recognise import read_scan
from edge_rules.credentials.smart_health_card import judge_card_codes, judge_smart_health_card
from edge_rules.credentials.trust import TrustStore

MAX_TEXT = 32_768  # a QR code holds 4,296 of these characters
MAX_TEXTS = 4 * MAX_TEXT  # of all parts of one credential

UNKNOWN = Refusal(Stage.PREFIX, "credential-unknown", CredentialStatus.UNREADABLE)
TOO_LONG = Refusal(Stage.PREFIX, "text-too-long", CredentialStatus.UNREADABLE)

Judge = Callable[[str, TrustStore, int, bytes], Judgement]

_JUDGES: Mapping[CredentialKind, Judge] = {
    CredentialKind.EU_DCC: judge_eu_dcc,
    CredentialKind.SMART_HEALTH_CARD: judge_smart_health_card,
    CredentialKind.ESTATE_PASS: judge_estate_pass,
}


def judge_text(text: str, trust: TrustStore, at_ms: int, subject_key: bytes) -> Judgement:
    """Judge a scanned text at a time (Unix ms); any text gets one judgement, none an exception."""
    kind, text = read_scan(text)
    judge = _JUDGES.get(kind)
    if judge is None:
        return Judgement(kind, UNKNOWN)
    if len(text) > MAX_TEXT:
        return Judgement(kind, TOO_LONG)
    return judge(text, trust, at_ms, subject_key)


def judge_texts(
    texts: Sequence[str], trust: TrustStore, at_ms: int, subject_key: bytes
) -> Judgement:
    """Judge the texts of one credential that came in several codes, in any order."""
    if len(texts) == 1:
        return judge_text(texts[0], trust, at_ms, subject_key)
    read = [read_scan(text) for text in texts]
    kinds, parts = {kind for kind, _ in read}, [part for _, part in read]
    if kinds != {CredentialKind.SMART_HEALTH_CARD}:  # no other kind comes in several
        return Judgement(kinds.pop() if len(kinds) == 1 else CredentialKind.UNKNOWN, UNKNOWN)
    if sum(map(len, parts)) > MAX_TEXTS:
        return Judgement(CredentialKind.SMART_HEALTH_CARD, TOO_LONG)
    return judge_card_codes(parts, trust, at_ms, subject_key)
