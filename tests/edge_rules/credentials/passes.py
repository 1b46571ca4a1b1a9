"""What the tests of estate passes share: an office, a phone, and one call that judges."""

from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.judgement import Judgement
from edge_rules.credentials.pass_trust import PassTrust, by_key_id
from edge_rules.credentials.trust import TrustStore
from simulators.pass_issuer import PassHolder, PassIssuer, pass_id, show
from tests.edge_rules.credentials.chain import EXPIRES_MS, ISSUED_MS, KEY, NOW_MS

OFFICE = PassIssuer()
ZONE = ZoneInfo("Asia/Shanghai")
HOLDER = "somebody"


@cache
def trusting(*issuers: PassIssuer, revoked: bool = False) -> TrustStore:
    """The trust of the estate `riverside` in these keys; `revoked`: in no pass of HOLDER."""
    store = TrustStore([])
    taken_back = frozenset({pass_id(HOLDER)} if revoked else ())
    keys = by_key_id(issuer.key.public_key() for issuer in issuers or (OFFICE,))
    store.passes = PassTrust("riverside", keys, taken_back, ZONE)
    return store


def claims(**own: Any) -> dict[int, Any]:  # noqa: ANN401
    """A resident's pass with nothing wrong, and what narrows it."""
    return OFFICE.claims(HOLDER, ISSUED_MS, EXPIRES_MS, **own)


def printed(**own: Any) -> str:  # noqa: ANN401
    """A pass on paper."""
    return show(OFFICE.parts(claims(**own)))


def rotating(at_ms: int = NOW_MS, **own: Any) -> str:  # noqa: ANN401
    """What the phone shows at a time."""
    return PassHolder().text(claims(**own), at_ms)


def judge(text: str, trust: TrustStore | None = None, at_ms: int = NOW_MS) -> Judgement:
    """Judge at the estate that handed them out."""
    return judge_text(text, trust or trusting(), at_ms, KEY)
