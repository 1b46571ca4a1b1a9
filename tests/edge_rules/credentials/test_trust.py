"""edge_rules.credentials.trust."""

from base64 import b64encode

import pytest

from devices.errors import SetupError
from edge_rules.credentials.trust import TrustStore
from tests.edge_rules.credentials.chain import issuer


def test_one_file_may_hold_many_signers_and_a_signer_stand_in_many_files() -> None:
    one, two = issuer(), issuer("ES384")
    bundle = b"notes\n" + one.certificate_pem + two.certificate_pem
    store = TrustStore([("all.pem", bundle), ("one.cer", one.certificate_der)])
    assert len(store.signers) == 2
    assert [signer.kid for signer in store.candidates(two.kid)] == [two.kid]
    assert store.candidates(b"unknown!") == ()


def test_every_fault_is_listed_with_its_file_and_line() -> None:
    pem = issuer().certificate_pem
    key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    broken = b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"
    other = b"-----BEGIN CERTIFICATE-----\n" + b64encode(b"no") + b"\n-----END CERTIFICATE-----\n"
    with pytest.raises(SetupError) as caught:
        TrustStore(
            [
                ("a.pem", pem + key + broken + other),
                ("b.cer", b"\x30\x00"),
                ("c.cer", pem),
                ("d.pem", b""),
                ("e.txt", pem),
            ]
        )
    end = pem.count(b"\n") + 1
    assert [str(fault) for fault in caught.value.faults] == [
        f"a.pem:{end}:1: holds a PRIVATE KEY: only signers' certificates belong here",
        f"a.pem:{end + 3}:1: the certificate's base64 is broken",
        f"a.pem:{end + 6}:1: no readable X.509 certificate: the data end inside an element",
        "b.cer:1:1: no readable X.509 certificate: an element is empty",
        "c.cer:1:1: is PEM, and *.cer is DER: name it *.pem",
        "d.pem:1:1: holds no -----BEGIN CERTIFICATE----- block",
        "e.txt:1:1: must be *.pem (PEM), *.cer (DER), *.dcc-revoked.json, *.rules.json, "
        "*.valueset.json, *.jwks.json or *.shc-revoked.json",
    ]
