"""edge_rules.orders.singling_out: how old a credential is may be asked, which one it is may not."""

import pytest

from edge_rules.orders.singling_out import singled_out
from edge_rules.policy.policy_file import load_policy


def judged(when: str) -> str | None:
    rule = f"{{id: r, when: '{when}', then: refer, reason: r}}"
    text = (
        "policy: p\nfacts: checkpoint/1\n"
        'defaults: {life: "48h", day: "2026-11-20T07:41:03Z"}\n'
        f"rules:\n  - {rule}\n"
    )
    refusal = singled_out(load_policy(text, "order"))
    return refusal.word if refusal else None


@pytest.mark.parametrize(
    "when",
    [
        'now - credential.issued < duration("48h")',
        'credential.issued + duration("48h") > now',
        "credential.issued > now",
        'credential.age < duration("72h") && credential.status == "valid"',
        'has(credential.issued) && now - credential.issued >= duration("1h")',
        'credential.issuer == "CN"',
        'credential.issuer in ["CN", "DE"] || level.severity > 2',
        "now.getHours() > 5",
    ],
)
def test_what_holds_for_many_may_be_asked(when: str) -> None:
    assert judged(when) is None


@pytest.mark.parametrize(
    "when",
    [
        'credential.issued == timestamp("2026-11-20T07:41:03Z")',
        'credential.issued > timestamp("2026-11-20T07:41:03Z")',
        'now - credential.issued < now - timestamp("2026-11-20T07:41:03Z")',
        'credential.expires != timestamp("2026-11-20T07:41:03Z")',
        'credential.age == duration("7h")',
        "credential.issued.getSeconds() < 4",
        "int(credential.issued) < 1795420800",
        'string(credential.issued).startsWith("2026")',
        'credential.age in [duration("7h")]',
        "[credential.issued].exists(at, at < now)",
        "credential.issued < (now > credential.expires ? now : now)",
    ],
)
def test_what_only_one_credential_may_have_is_not_asked(when: str) -> None:
    assert judged(when) == "order-singles-out"
