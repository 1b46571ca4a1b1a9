"""gateway.trust_folder."""

import json
from pathlib import Path

import pytest

from devices.errors import SetupError
from edge_rules.certlogic.rule_book import Place
from gateway.trust_folder import MAX_FILE, load_trust
from simulators.dcc_issuer import DccIssuer
from simulators.shc_issuer import ShcIssuer, revocation_file, trust_file
from tests.edge_rules.certlogic.papers import rule

ISSUER = DccIssuer("trust folder")
CARDS = ShcIssuer("trust folder")


def faults(folder: Path) -> list[str]:
    with pytest.raises(SetupError) as caught:
        load_trust(folder)
    return [str(fault).removeprefix(f"{folder}/") for fault in caught.value.faults]


def test_pem_and_der_are_read_and_other_files_left_alone(tmp_path: Path) -> None:
    other = DccIssuer("another")
    (tmp_path / "one.pem").write_bytes(ISSUER.certificate_pem)
    (tmp_path / "two.cer").write_bytes(other.certificate_der)
    (tmp_path / "README.txt").write_text("who sent these")
    (tmp_path / ".hidden.pem").write_text("an editor's leftover")
    (tmp_path / "cards.json").write_text("{}")
    store = load_trust(tmp_path)
    assert {signer.kid for signer in store.signers} == {ISSUER.kid, other.kid}


def test_revocation_lists_are_read_too(tmp_path: Path) -> None:
    batch = '{"kid": "UNKNOWN_KID", "hashType": "UCI", "entries": [{"hash": "%s"}]}'
    (tmp_path / "xx.dcc-revoked.json").write_text(batch % "AAAAAAAAAAAAAAAAAAAAAA==")
    assert len(load_trust(tmp_path).revoked) == 1


def test_a_list_under_a_name_that_would_not_be_read_is_named(tmp_path: Path) -> None:
    for name in ("dcc-revoked.json", "x-dcc-revoked.json", "y.DCC-revoked.JSON"):
        (tmp_path / name).write_text("[]")
    (tmp_path / "cards.revoked.json").write_text("[]")
    assert faults(tmp_path) == [
        "dcc-revoked.json:1:1: would not be read: name it *.dcc-revoked.json",
        "x-dcc-revoked.json:1:1: would not be read: name it *.dcc-revoked.json",
        "y.DCC-revoked.JSON:1:1: would not be read: name it *.dcc-revoked.json",
    ]


def test_national_rules_are_read_too_and_each_fault_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "eu.rules.json").write_text(json.dumps([rule(), rule("IR-FR-0001")]))
    (tmp_path / "agents.valueset.json").write_text('{"agents": ["840539006"]}')
    assert len(load_trust(tmp_path, Place("DE")).rules) == 2
    assert len(load_trust(tmp_path, Place("AT")).rules) == 1
    assert len(load_trust(tmp_path).rules) == 0
    (tmp_path / "eu.rules.json").write_text(
        json.dumps([rule(logic={"if": [True, {"all": []}, 1]})])
    )
    (tmp_path / "agents.valueset.json").write_text("{")
    (tmp_path / "de-rules.json").write_text("[]")
    (tmp_path / "all.valuesets.json").write_text("[]")
    assert faults(tmp_path) == [
        "all.valuesets.json:1:1: would not be read: name it *.valueset.json",
        "de-rules.json:1:1: would not be read: name it *.rules.json",
        "agents.valueset.json:1:2: is not JSON",
        'eu.rules.json:1:1: /0/Logic/if/1: unrecognised operator: "all"',
    ]


def test_what_is_no_file_or_too_large_a_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.pem").mkdir()
    (tmp_path / "b.cer").symlink_to(tmp_path / "gone.cer")
    with (tmp_path / "c.dcc-revoked.json").open("wb") as file:
        file.truncate(MAX_FILE + 1)
    (tmp_path / "d.pem").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_bytes(ISSUER.certificate_pem)
    assert faults(tmp_path) == [
        "a.pem:1:1: is no file, or a link to none",
        "b.cer:1:1: is no file, or a link to none",
        f"c.dcc-revoked.json:1:1: over {MAX_FILE} bytes: split it, or remove it",
    ]


def test_an_empty_folder_trusts_nobody(tmp_path: Path) -> None:
    assert load_trust(tmp_path).signers == ()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for name in ("trust", "file"):
        with pytest.raises(SetupError, match=rf"{name}:1:1: no such folder: make it"):
            load_trust(tmp_path / name)
    with pytest.raises(SetupError, match="can't be read: File name too long"):
        load_trust(tmp_path / ("x" * 300))


def test_every_file_at_fault_is_named_with_what_would_be_right(tmp_path: Path) -> None:
    (tmp_path / "a.crt").write_bytes(ISSUER.certificate_pem)
    (tmp_path / "b.PEM").write_bytes(ISSUER.certificate_pem)
    (tmp_path / "c.pem").write_text("nothing")
    (tmp_path / "d.pem").write_bytes(ISSUER.certificate_pem)
    assert faults(tmp_path) == [
        "a.crt:1:1: would not be read: name it *.pem (PEM) or *.cer (DER)",
        "b.PEM:1:1: would not be read: name it *.pem",
        "c.pem:1:1: holds no -----BEGIN CERTIFICATE----- block",
    ]


def test_issuers_of_cards_and_their_lists_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "a.jwks.json").write_bytes(trust_file(CARDS))
    (tmp_path / "a.shc-revoked.json").write_bytes(revocation_file([CARDS.revoking("x")]))
    cards = load_trust(tmp_path).cards
    assert list(cards.keys_of(CARDS.issuer)) == [CARDS.kid]
    assert len(cards.revoked) == 1


def test_faults_of_cards_are_told_with_their_file(tmp_path: Path) -> None:
    (tmp_path / "a.jwks.json").write_text(json.dumps(CARDS.key_set))
    (tmp_path / "b.shc-revoked.json").write_text("[{}]")
    (tmp_path / "jwks.json").write_text("{}")
    (tmp_path / "shc-revoked.json").write_text("[]")
    assert [fault.split(": ")[0] for fault in faults(tmp_path)] == [
        "jwks.json:1:1",
        "shc-revoked.json:1:1",
        "a.jwks.json:1:1",
        "b.shc-revoked.json:1:1",
    ]
    assert "name it *.jwks.json" in faults(tmp_path)[0]
