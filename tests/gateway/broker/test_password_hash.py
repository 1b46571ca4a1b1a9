"""gateway.broker.password_hash, against mosquitto's own tool."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.accounts import read_pairs
from gateway.broker.password_hash import hash_password, password_holds
from tests.gateway.broker.estate import mosquitto_passwd


def test_a_hash_of_mosquitto_s_own_tool_holds(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    subprocess.run(mosquitto_passwd(path, "scan-1", "open sesame 门"), check=True, timeout=20)
    hashed = read_pairs(path, "USER:HASH")["scan-1"]
    assert password_holds("open sesame 门", hashed)
    assert not password_holds("open sesame", hashed)


@given(st.text(min_size=1, max_size=40), st.binary(min_size=12, max_size=12))
def test_a_password_holds_under_its_own_hash_only(password: str, salt: bytes) -> None:
    hashed = hash_password(password.replace("\ud800", ""), salt)
    assert password_holds(password, hashed)
    assert not password_holds(password + "x", hashed)


@pytest.mark.parametrize("broken", ["", "$6$abc$def", "$7$x$AAAA$AAAA", "$7$101$é$AAAA", "plain"])
def test_what_is_no_such_hash_holds_for_nobody(broken: str) -> None:
    assert not password_holds("plain", broken)
