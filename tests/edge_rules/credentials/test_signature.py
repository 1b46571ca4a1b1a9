"""edge_rules.credentials.signature."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given
from hypothesis import strategies as st

from edge_rules.credentials.signature import ALGORITHMS, Ecdsa, _der

CURVES = {-7: ec.SECP256R1(), -35: ec.SECP384R1(), -36: ec.SECP521R1()}
HASHES = {-7: hashes.SHA256(), -35: hashes.SHA384(), -36: hashes.SHA512()}


@given(st.sampled_from([32, 48, 66]), st.data())
def test_two_numbers_are_laid_out_as_der(width: int, data: st.DataObject) -> None:
    numbers = st.one_of(st.integers(0, 2 ** (8 * width) - 1), st.integers(0, 300))
    r, s = data.draw(numbers), data.draw(numbers)
    assert _der(r.to_bytes(width, "big"), s.to_bytes(width, "big")) == encode_dss_signature(r, s)


@pytest.mark.parametrize("code", CURVES)
def test_a_signature_holds_for_its_own_bytes_alone(code: int) -> None:
    algorithm, key = ALGORITHMS[code], ec.generate_private_key(CURVES[code])
    assert isinstance(algorithm, Ecdsa)
    r, s = decode_dss_signature(key.sign(b"data", ec.ECDSA(HASHES[code])))
    signature = r.to_bytes(algorithm.width, "big") + s.to_bytes(algorithm.width, "big")
    public = key.public_key()
    assert algorithm.verify(public, signature, b"data")
    assert not algorithm.verify(public, signature, b"date")
    assert not algorithm.verify(public, signature + b"\0", b"data")
    assert not algorithm.verify(public, bytes(2 * algorithm.width), b"data")
    assert not algorithm.verify(
        ec.generate_private_key(CURVES[code]).public_key(), signature, b"data"
    )
