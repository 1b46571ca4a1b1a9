"""edge_rules.credentials: a certificate that verifies is judged by the nations' rules too."""

import json
from typing import Any

import pytest

from devices.moment import format_stamp
from edge_rules.certlogic.rule_book import Place
from edge_rules.credentials.credential import CredentialStatus
from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.judgement import Judgement
from edge_rules.credentials.trust import TrustStore
from simulators.dcc_issuer import DAY_MS, DccIssuer
from tests.edge_rules.certlogic.papers import rule
from tests.edge_rules.credentials.chain import EXPIRES_MS, ISSUED_MS, KEY, NOW_MS, STRANGER, issuer

FOREVER = {"ValidFrom": "2020-01-01T00:00:00Z", "ValidTo": "2099-01-01T00:00:00Z"}
AGENT: Any = {"in": [{"var": "payload.v.0.tg"}, {"var": "external.valueSets.agents"}]}
FRESH: Any = {
    "before": [
        {"plusTime": [{"var": "external.validationClock"}, 0, "day"]},
        {"plusTime": [format_stamp(NOW_MS), 2, "day"]},
    ]
}


def trust(*rules: dict[str, Any], place: Place | None = Place("DE")) -> TrustStore:  # noqa: B008 - frozen
    files = [
        ("a.cer", issuer().certificate_der),
        ("a.rules.json", json.dumps([told | FOREVER for told in rules]).encode()),
        ("a.valueset.json", b'{"agents": ["840539006"]}'),
    ]
    return TrustStore(files, place)


def judged(store: TrustStore, entry: str = "vaccination", at_ms: int = NOW_MS) -> Judgement:
    text = issuer().issue(entry, STRANGER, ISSUED_MS, EXPIRES_MS)
    return judge_text(text, store, at_ms, KEY)


def found(judgement: Judgement) -> tuple[bool | None, str | None]:
    credential = judgement.credential
    return credential.rules_ok, credential.failing_rule


def test_a_good_certificate_says_what_the_rules_find() -> None:
    assert found(judged(trust(rule(logic=AGENT)))) == (True, None)
    failing = judged(trust(rule(logic=AGENT), rule("GR-DE-7", False)))
    assert found(failing) == (False, "GR-DE-7")
    assert failing.ok
    assert failing.credential.status is CredentialStatus.VALID


def test_the_clock_is_the_lanes() -> None:
    store = trust(rule(logic=FRESH))
    assert found(judged(store)) == (True, None)
    assert found(judged(store, at_ms=NOW_MS + 2 * DAY_MS)) == (False, "VR-DE-0001")


def test_the_issuer_and_the_entry_choose_the_rules() -> None:
    store = trust(rule("IR-XX-0001", False), rule("TR-DE-0001", False))
    assert found(judged(store)) == (False, "IR-XX-0001")
    assert found(judged(trust(rule("TR-DE-0001", False)), "recovery")) == (None, None)
    assert found(judged(trust(rule("TR-DE-0001", False)), "test")) == (False, "TR-DE-0001")


def test_without_a_place_or_a_rule_there_is_nothing_to_say() -> None:
    assert found(judged(trust(rule(logic=False), place=None))) == (None, None)
    assert found(judged(trust(rule("VR-FR-0001", False)))) == (None, None)
    assert found(judged(trust())) == (None, None)


@pytest.mark.parametrize("at_ms", [EXPIRES_MS + DAY_MS, ISSUED_MS - DAY_MS])
def test_a_certificate_that_fails_before_is_not_asked(at_ms: int) -> None:
    refused = judged(trust(rule(logic=True)), at_ms=at_ms)
    assert not refused.ok
    assert refused.credential.subject is not None
    assert found(refused) == (None, None)


def test_a_forged_certificate_is_not_asked() -> None:
    text = issuer().forge("vaccination", STRANGER, ISSUED_MS, EXPIRES_MS)
    forged = judge_text(text, trust(rule(logic=True)), NOW_MS, KEY)
    assert found(forged) == (None, None)


@pytest.mark.parametrize("content", [{}, {"v": 7}, {"v": [b"\0", {1: 2}]}, {"v": [{"tg": [[]]}]}])
def test_a_signed_payload_of_any_shape_is_judged(content: dict[str, Any]) -> None:
    claims = {1: "XX", 6: ISSUED_MS // 1000, 4: EXPIRES_MS // 1000, -260: {1: content}}
    store = trust(rule("GR-DE-1", AGENT))
    assert found(judge_text(issuer().sign(claims), store, NOW_MS, KEY)) == (False, "GR-DE-1")


def test_nothing_of_the_person_is_kept() -> None:
    judgement = judged(trust(rule(logic={"===": [{"var": "payload.nam.fn"}, STRANGER.family]})))
    assert found(judgement) == (True, None)
    assert STRANGER.family not in repr(judgement)
    assert STRANGER.uvci not in repr(judgement.credential)


def test_an_issuer_that_names_no_country_is_that_of_its_signer() -> None:
    other = DccIssuer("unnamed", country="FR")
    claims = {6: ISSUED_MS // 1000, 4: EXPIRES_MS // 1000, -260: {1: {"v": [{"tg": "1"}]}}}
    files = [
        ("a.cer", other.certificate_der),
        ("a.rules.json", json.dumps(rule("IR-FR-0001", False) | FOREVER).encode()),
    ]
    store = TrustStore(files, Place("DE"))
    assert found(judge_text(other.sign(claims), store, NOW_MS, KEY)) == (False, "IR-FR-0001")
