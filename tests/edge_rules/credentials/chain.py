"""What the tests of credentials share: issuers made once, and one call that judges."""

from functools import cache

from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.judgement import Judgement
from edge_rules.credentials.trust import TrustStore
from simulators.dcc_issuer import DAY_MS, DccIssuer, invent_holder

NOW_MS = 1_784_700_000_000  # 2026-07-22
ISSUED_MS = NOW_MS - DAY_MS
EXPIRES_MS = NOW_MS + 30 * DAY_MS
KEY = b"site's own key, 32 bytes long ..."
STRANGER = invent_holder("stranger")


@cache
def issuer(algorithm: str = "ES256", entries: tuple[str, ...] | None = None) -> DccIssuer:
    """One issuer of each sort for all tests: making an RSA key takes a tenth of a second."""
    return DccIssuer(f"tests {algorithm}", algorithm=algorithm, entries=entries)


@cache
def store(*issuers: DccIssuer) -> TrustStore:
    """A trust store of these issuers."""
    return TrustStore([(f"{n}.cer", one.certificate_der) for n, one in enumerate(issuers)])


def good(algorithm: str = "ES256", entry: str = "vaccination") -> str:
    """A certificate with nothing wrong."""
    return issuer(algorithm).issue(entry, STRANGER, ISSUED_MS, EXPIRES_MS)


def judge(text: str, *issuers: DccIssuer, at_ms: int = NOW_MS) -> Judgement:
    """Judge under the trust of these issuers, by default the usual one."""
    return judge_text(text, store(*(issuers or (issuer(),))), at_ms, KEY)
