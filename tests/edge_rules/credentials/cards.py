"""What the tests of SMART Health Cards share: an issuer, its trust, and calls that judge."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from edge_rules.credentials.judge import judge_texts
from edge_rules.credentials.judgement import Judgement
from edge_rules.credentials.trust import TrustStore
from simulators.shc_issuer import ShcIssuer, codes, revocation_file, trust_file
from tests.edge_rules.credentials.chain import ISSUED_MS, KEY, NOW_MS, STRANGER

ISSUER = ShcIssuer("tests")
CAREFUL = ShcIssuer("careful", issuer="https://careful.invalid", crl=2)


@cache
def trusting(*issuers: ShcIssuer) -> TrustStore:
    """A trust store of these issuers."""
    return TrustStore([("all.jwks.json", trust_file(*issuers))])


def revoking(*rids: str, counter: int = 2) -> TrustStore:
    """A trust store of the careful issuer and its list."""
    lists = revocation_file([CAREFUL.revoking(*rids, counter=counter)])
    return TrustStore(
        [("a.jwks.json", trust_file(CAREFUL)), ("a.shc-revoked.json", lists)],
    )


def claims(entry: str = "vaccination", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """The claims of a card with nothing wrong."""
    return ISSUER.payload(entry, STRANGER, ISSUED_MS, **more)


def good(entry: str = "vaccination", **more: Any) -> str:  # noqa: ANN401 - JSON
    """A card with nothing wrong, in one code."""
    return ISSUER.issue(entry, STRANGER, ISSUED_MS, **more)


def signed(content: object, **header: Any) -> str:  # noqa: ANN401 - JSON
    """Any content signed by the usual issuer, in one code; a header of None is left out."""
    (text,) = codes(ISSUER.sign(content, header=header))
    return text


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    """A card whose claims somebody changed before they were signed."""
    content = claims()
    change(content)
    return signed(content)


def as_jws(text: str) -> str:
    """What stands in one code."""
    digits = text.removeprefix("shc:/")
    return "".join(chr(int(digits[at : at + 2]) + 45) for at in range(0, len(digits), 2))


def judge(
    texts: str | Sequence[str], trust: TrustStore | None = None, at_ms: int = NOW_MS
) -> Judgement:
    """Judge under the trust of the usual issuer, or another one."""
    shown = (texts,) if isinstance(texts, str) else texts
    return judge_texts(shown, trust or trusting(ISSUER), at_ms, KEY)
