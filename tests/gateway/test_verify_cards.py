"""gateway.cli.verify with SMART Health Cards: texts, key sets and lists of one line."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge_rules.credentials.trust import TrustStore
from gateway.cli.verify import Verifier
from simulators.shc_issuer import codes, revocation_file, trust_file
from tests.edge_rules.credentials.cards import CAREFUL, ISSUER, as_jws
from tests.edge_rules.credentials.chain import ISSUED_MS, KEY, STRANGER, good, issuer, store
from tests.gateway.test_verify import run

AT = "2026-07-22T06:00:00Z"
TEXT = CAREFUL.issue("vaccination", STRANGER, ISSUED_MS)
RID = CAREFUL.payload("test", STRANGER, 0)["vc"]["rid"]
JWKS = {CAREFUL.issuer: CAREFUL.key_set}
LINE: dict[str, Any] = {"credential": TEXT, "jwks": JWKS, "at": AT}
LIST = CAREFUL.revoking("x", counter=2)


def test_a_line_is_judged_by_its_own_key_sets() -> None:
    (answer,) = run([LINE | {"revocations": [LIST]}])
    assert (answer["ok"], answer["kind"], answer["failed_at"]) == (True, "smart-health-card", None)
    assert (answer["reason"], answer["warnings"]) == ("valid", [])
    assert answer["claims"]["vaccination"][0]["codes"][0]["code"] == "207"
    assert not [word for word in (STRANGER.family, STRANGER.born, RID) if word in str(answer)]
    (shown,) = run([LINE | {"revocations": [LIST]}], "--show-person")
    assert shown["claims"]["person"]["family"] == STRANGER.family


def test_codes_of_one_card_are_a_list_in_any_order() -> None:
    texts = codes(as_jws(TEXT), 3)
    lines: list[object] = [
        LINE | {"credential": texts[::-1]},
        LINE | {"credential": texts[:2]},
        LINE | {"credential": [f" {TEXT}\r\n"]},
        LINE | {"credential": [TEXT, good()]},
        LINE | {"credential": as_jws(TEXT)},
        LINE | {"credential": []},
    ]
    answers = run(lines)
    assert [(a["failed_at"], a["reason"]) for a in answers] == [
        (None, "valid"),
        ("chunks", "chunks-missing"),
        (None, "valid"),
        ("prefix", "credential-unknown"),
        ("prefix", "credential-unknown"),
        ("prefix", "line-unreadable"),
    ]


def test_revocations_of_a_line_count() -> None:
    revoked = CAREFUL.revoking(RID, counter=2)
    answers = run(
        [LINE, LINE | {"revocations": [revoked]}, LINE | {"revocations": [LIST, revoked]}]
    )
    assert [answer["reason"] for answer in answers] == ["valid", *["credential-revoked"] * 2]
    assert answers[0]["warnings"] == ["revocation-unknown"]
    assert answers[1]["subject"] is not None


def test_what_of_a_lines_trust_cant_be_read_is_told() -> None:
    private = {CAREFUL.issuer: {"keys": [CAREFUL.jwk | {"d": "x"}]}}
    odd = CAREFUL.revoking("a b", RID, counter=2)
    answers = run(
        [
            LINE | {"jwks": private},
            LINE | {"jwks": JWKS | {"http://x": CAREFUL.key_set}, "revocations": [LIST]},
            LINE | {"revocations": [7]},
            LINE | {"revocations": [odd]},
        ]
    )
    assert [(a["reason"], a["warnings"]) for a in answers] == [
        ("issuer-key-unfit", ["jwks-faulty"]),
        ("valid", ["jwks-faulty"]),
        ("valid", ["revocation-unknown", "revocations-faulty"]),
        ("credential-revoked", ["revocations-faulty"]),
    ]


@pytest.mark.parametrize("wrong", [{"jwks": []}, {"jwks": "x"}, {"revocations": {}}, {"at": 1}])
def test_a_line_of_the_wrong_form_is_no_question(wrong: dict[str, Any]) -> None:
    assert run([LINE | wrong])[0]["reason"] == "line-unreadable"


def test_the_trust_folder_judges_cards_too(tmp_path: Path) -> None:
    (tmp_path / "cards.jwks.json").write_bytes(trust_file(CAREFUL, ISSUER))
    (tmp_path / "cards.shc-revoked.json").write_bytes(revocation_file([LIST]))
    line = {"credential": TEXT, "at": AT}
    revoked = CAREFUL.revoking(RID, counter=2)
    answers = run(
        [
            line,
            line | {"revocations": [revoked]},
            line | {"jwks": {}},
            line | {"certificates": []},
            line,
        ],
        "--trust",
        str(tmp_path),
    )
    assert [(a["reason"], a["warnings"]) for a in answers] == [
        ("valid", []),
        ("credential-revoked", []),
        ("issuer-unknown", []),
        ("issuer-unknown", []),
        ("valid", []),
    ]


def test_a_line_with_keys_for_cards_trusts_no_other_signer() -> None:
    verifier = Verifier(store(issuer()), KEY)
    line = {"credential": good(), "at": AT}
    assert verifier.answer(json.dumps(line).encode())["ok"]
    assert verifier.answer(json.dumps(line | {"revocations": []}).encode())["ok"]
    alone = verifier.answer(json.dumps(line | {"jwks": JWKS}).encode())
    assert alone["reason"] == "issuer-unknown"


def test_the_subject_is_one_whatever_the_form_of_the_card() -> None:
    verifier = Verifier(TrustStore([]), KEY)
    forms: list[object] = [TEXT, [TEXT], codes(as_jws(TEXT), 2), codes(as_jws(TEXT), 5)[::-1]]
    answers = [verifier.answer(json.dumps(LINE | {"credential": form}).encode()) for form in forms]
    assert len({answer["subject"] for answer in answers}) == 1
    assert answers[0]["subject"]


def test_the_published_examples_go_through_the_command(test_data: Path) -> None:
    shc = test_data / "shc"
    keys = json.loads((shc / "issuer/.well-known/jwks.json").read_text())
    lists = [json.loads(one.read_text()) for one in (shc / "issuer/.well-known/crl").glob("*.json")]
    trust = {
        "jwks": {"https://spec.smarthealth.cards/examples/issuer": keys},
        "revocations": lists,
    }
    lines: list[object] = [
        {"credential": [path.read_text() for path in sorted(shc.glob(f"*-0{n}-f-*.txt"))], "at": at}
        | trust
        for n in range(4)
        for at in ("2023-06-23T00:00:00Z", AT)
    ]
    answers = run(lines)
    assert [answer["failed_at"] for answer in answers] == [*[None] * 6, "revoked", "validity"]
    assert not any(answer["warnings"] for answer in answers)
