"""Judge whatever text a person shows: recognise the kind, then hand it to that kind's own judge."""

from collections.abc import Callable, Mapping

from edge_rules.credentials.credential import CredentialKind, CredentialStatus
from edge_rules.credentials.eu_dcc import judge_eu_dcc
from edge_rules.credentials.judgement import Judgement, Refusal, Stage
from edge_rules.credentials.recognise import BLANKS, recognise
from edge_rules.credentials.trust import TrustStore

MAX_TEXT = 32_768  # a QR code holds 4,296 of these characters

UNKNOWN = Refusal(Stage.PREFIX, "credential-unknown", CredentialStatus.UNREADABLE)
TOO_LONG = Refusal(Stage.PREFIX, "text-too-long", CredentialStatus.UNREADABLE)

Judge = Callable[[str, TrustStore, int, bytes], Judgement]

_JUDGES: Mapping[CredentialKind, Judge] = {CredentialKind.EU_DCC: judge_eu_dcc}


def judge_text(text: str, trust: TrustStore, at_ms: int, subject_key: bytes) -> Judgement:
    """Judge a scanned text at a time (Unix ms); any text gets one judgement, none an exception."""
    text = text.strip(BLANKS)
    kind = recognise(text)
    if kind not in _JUDGES:
        return Judgement(kind, UNKNOWN)
    if len(text) > MAX_TEXT:
        return Judgement(kind, TOO_LONG)
    return _JUDGES[kind](text, trust, at_ms, subject_key)
