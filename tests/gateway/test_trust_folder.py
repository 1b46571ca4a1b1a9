"""gateway.trust_folder."""

from pathlib import Path

import pytest

from devices.errors import SetupError
from gateway.trust_folder import load_trust
from simulators.dcc_issuer import DccIssuer

ISSUER = DccIssuer("trust folder")


def test_pem_and_der_are_read_and_other_files_left_alone(tmp_path: Path) -> None:
    other = DccIssuer("another")
    (tmp_path / "one.pem").write_bytes(ISSUER.certificate_pem)
    (tmp_path / "two.cer").write_bytes(other.certificate_der)
    (tmp_path / "README.txt").write_text("who sent these")
    (tmp_path / ".hidden.pem").write_text("an editor's leftover")
    (tmp_path / "cards.jwks.json").write_text("{}")
    store = load_trust(tmp_path)
    assert {signer.kid for signer in store.signers} == {ISSUER.kid, other.kid}


def test_revocation_lists_are_read_too(tmp_path: Path) -> None:
    batch = '{"kid": "UNKNOWN_KID", "hashType": "UCI", "entries": [{"hash": "%s"}]}'
    (tmp_path / "xx.dcc-revoked.json").write_text(batch % "AAAAAAAAAAAAAAAAAAAAAA==")
    assert len(load_trust(tmp_path).revoked) == 1


def test_an_empty_folder_trusts_nobody(tmp_path: Path) -> None:
    assert load_trust(tmp_path).signers == ()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"trust:1:1: no such folder: make it"):
        load_trust(tmp_path / "trust")


def test_every_file_at_fault_is_named_with_what_would_be_right(tmp_path: Path) -> None:
    (tmp_path / "a.crt").write_bytes(ISSUER.certificate_pem)
    (tmp_path / "b.PEM").write_bytes(ISSUER.certificate_pem)
    (tmp_path / "c.pem").write_text("nothing")
    (tmp_path / "d.pem").write_bytes(ISSUER.certificate_pem)
    with pytest.raises(SetupError) as caught:
        load_trust(tmp_path)
    assert [str(fault).removeprefix(f"{tmp_path}/") for fault in caught.value.faults] == [
        "a.crt:1:1: would not be read: name it *.pem (PEM) or *.cer (DER)",
        "b.PEM:1:1: would not be read: name it *.pem",
        "c.pem:1:1: holds no -----BEGIN CERTIFICATE----- block",
    ]
