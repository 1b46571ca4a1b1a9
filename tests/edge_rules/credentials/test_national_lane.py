"""The national rules' own tests by the way a lane takes: signed certificates, judged by a trust."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from devices.moment import parse_stamp
from edge_rules.certlogic.rule_book import Place
from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.trust import TrustStore
from simulators.dcc_issuer import DccIssuer
from tests.edge_rules.certlogic.foreign import national
from tests.edge_rules.certlogic.papers import rule

KEY = bytes(32)
YEAR_2000_MS, YEAR_2100_MS = 946_684_800_000, 4_102_444_800_000
NOW_MS = parse_stamp("2021-07-05T12:00:00Z")
FOREVER = {"ValidFrom": "2000-01-01T00:00:00Z", "ValidTo": "2100-01-01T00:00:00Z"}
ENTRIES = {"Vaccination": "v", "Test": "t", "Recovery": "r"}

Told = dict[str, Any]
Case = tuple[str, Told, Told, Told]  # where, the rule's papers, the test, the value sets


def cases(test_data: Path) -> Iterator[Case]:
    rules, value_sets = national(test_data)
    for told in rules:
        for test in told["tests"]:
            named = value_sets[test["external"]["valueSetsRef"]] or {}
            yield f"{told['dir']}/{test['file']}", told, test, named


def lane_says(told: Told, test: Told, named: Told) -> bool:
    papers = rule(told["rule"], told["logic"], **FOREVER)
    papers |= {"CertificateType": told["certificateType"], "Type": told["type"]}
    issuer = DccIssuer(
        1, country=told["country"], not_before_ms=YEAR_2000_MS, not_after_ms=YEAR_2100_MS
    )
    store = TrustStore(
        [
            ("signer.cer", issuer.certificate_der),
            ("nation.rules.json", json.dumps([papers]).encode()),
            ("all.valueset.json", json.dumps(named).encode()),
        ],
        Place(told["country"]),
    )
    clock = test["external"].get("validationClock")
    at_ms = parse_stamp(clock) if clock else NOW_MS
    life = {1: told["country"], 4: YEAR_2100_MS // 1000 - 1, 6: YEAR_2000_MS // 1000}
    text = issuer.sign(life | {-260: {1: test["payload"]}})
    judgement = judge_text(text, store, at_ms, KEY)
    assert judgement.ok
    # A rule about entries that the certificate lacks is not asked, and stands in nobody's way.
    kind = told["certificateType"]
    asked = kind == "General" or bool(test["payload"].get(ENTRIES[kind]))
    assert (judgement.credential.rules_ok is not None) == asked
    return judgement.credential.rules_ok is not False


def test_every_test_of_the_national_rules_holds_at_a_lane(test_data: Path) -> None:
    # One has no payload at all: no lane comes as far as its rule.
    given = [case for case in cases(test_data) if case[2]["payload"] is not None]
    wrong = [where for where, *case in given if lane_says(*case) is not case[1]["expected"]]
    assert wrong == []
    assert len(given) == 334
