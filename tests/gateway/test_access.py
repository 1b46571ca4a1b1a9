"""gateway.access and gateway.tokens."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access import (
    LINK_LIFE_S,
    MAX_LINKS,
    SESSION_LIFE_S,
    Access,
    Role,
    hash_token,
    session_key,
)
from gateway.tokens import TokenFile


class Watch:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.s = 1_000_000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def add(tmp_path: Path) -> Callable[[str, str], str]:
    """Make a token as the command line does, from another process's view of the file."""

    def made(name: str, role: str) -> str:
        token = f"secret-of-{name}"
        TokenFile(tmp_path).add(name, role, hash_token(token), "2026-11-24T00:00:00.000Z")
        return token

    return made


def test_a_token_made_while_the_gateway_runs_is_valid_at_once(
    tmp_path: Path, add: Callable[[str, str], str]
) -> None:
    access = Access(tmp_path)
    assert access.bearer("secret-of-desk") is None
    operator = access.bearer(add("desk", "guard"))
    assert operator is not None
    assert (operator.name, operator.role) == ("desk", Role.GUARD)


def test_neither_the_token_nor_a_readable_file_lies_on_disk(
    tmp_path: Path, add: Callable[[str, str], str]
) -> None:
    token = add("desk", "admin")
    Access(tmp_path)
    for file in tmp_path.iterdir():
        assert token.encode() not in file.read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_revoking_a_token_ends_it_and_its_sessions(
    tmp_path: Path, add: Callable[[str, str], str]
) -> None:
    access = Access(tmp_path)
    token = add("desk", "guard")
    session = access.sign_in(token)
    assert session is not None
    assert access.session(session) is not None
    assert TokenFile(tmp_path).revoke("desk")
    assert access.bearer(token) is None
    assert access.session(session) is None
    assert not TokenFile(tmp_path).revoke("desk")


def test_a_session_outlives_the_gateway_but_not_its_shift(
    tmp_path: Path, add: Callable[[str, str], str]
) -> None:
    watch = Watch()
    session = Access(tmp_path, now=watch).sign_in(add("desk", "guard"))
    assert session is not None
    restarted = Access(tmp_path, now=watch)
    watch.s += SESSION_LIFE_S - 1
    assert restarted.session(session) is not None
    watch.s += 1
    assert restarted.session(session) is None


def test_a_link_signs_in_once_and_is_no_bearer_token(tmp_path: Path) -> None:
    access = Access(tmp_path)
    token = access.one_time("guard")
    assert access.bearer(token) is None
    session = access.sign_in(token)
    assert session is not None
    operator = access.session(session)
    assert operator is not None
    assert operator.role is Role.GUARD
    assert access.sign_in(token) is None


def test_links_end_and_do_not_pile_up(tmp_path: Path) -> None:
    watch = Watch()
    access = Access(tmp_path, now=watch)
    links = [access.one_time(Role.VIEWER) for _ in range(MAX_LINKS + 1)]
    assert access.sign_in(links[0]) is None
    assert access.sign_in(links[1]) is not None
    watch.s += LINK_LIFE_S
    assert access.sign_in(links[2]) is None


def test_another_gateways_session_is_no_session(tmp_path: Path) -> None:
    foreign = Access(tmp_path / "there")
    session = foreign.sign_in(foreign.one_time("admin"))
    assert session is not None
    assert Access(tmp_path / "here").session(session) is None


def test_a_session_key_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    first = session_key(tmp_path)
    assert session_key(tmp_path) == first
    (tmp_path / "session.key").write_bytes(b"")
    fresh = session_key(tmp_path)
    assert len(fresh) == len(first) == 32
    assert fresh != first
    assert stat.S_IMODE((tmp_path / "session.key").stat().st_mode) == 0o600


@given(st.text())
def test_no_text_is_a_session_or_a_token(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    access = Access(tmp_path_factory.getbasetemp() / "any")
    assert access.session(text) is None
    assert access.bearer(text) is None
    assert access.sign_in(text) is None


def test_a_torn_line_costs_no_other_token(tmp_path: Path, add: Callable[[str, str], str]) -> None:
    first = add("desk", "guard")
    with (tmp_path / "tokens.jsonl").open("ab") as file:
        file.write(b'{"id": "dead", "name": "to')
    second = add("booth", "viewer")
    access = Access(tmp_path)
    assert access.bearer(first) is not None
    assert access.bearer(second) is not None


def test_two_posts_never_share_a_name(tmp_path: Path, add: Callable[[str, str], str]) -> None:
    add("desk", "guard")
    with pytest.raises(ValueError, match="a token has this name"):
        add("desk", "admin")


@pytest.mark.parametrize(
    ("has", "may"),
    [
        (Role.VIEWER, [Role.VIEWER]),
        (Role.GUARD, [Role.VIEWER, Role.GUARD]),
        (Role.ADMIN, [Role.VIEWER, Role.GUARD, Role.ADMIN]),
    ],
)
def test_each_role_covers_those_below(has: Role, may: list[Role]) -> None:
    assert [role for role in Role if has.covers(role)] == may
