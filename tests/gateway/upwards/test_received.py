"""gateway.upwards.received: what the HQ may say, and everything else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.upwards.received import read_received


def test_through_is_read() -> None:
    assert read_received(b'{"through": 41}') == 41
    assert read_received(b'{"through":9007199254740992,"at":"now"}') == 2**53


@pytest.mark.parametrize(
    "through", [0, -1, True, None, "41", 1.0, 41.5, [41], {"through": 41}, 2**53 + 1, 10**40]
)
def test_what_is_no_sequence_is_none(through: object) -> None:
    assert read_received(json.dumps({"through": through}).encode()) is None


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"41", b"[41]", b"null", b"\xff\xfe", b'{"through": NaN}', b"[" * 250,
     b'{"through": 41, "note": "' + b"x" * 300 + b'"}', b'{"through": ' + b"9" * 240 + b"}"],
)  # fmt: skip
def test_what_is_no_confirmation_is_none(payload: bytes) -> None:
    assert read_received(payload) is None


@given(st.binary(max_size=300))
def test_no_bytes_raise(payload: bytes) -> None:
    read_received(payload)
