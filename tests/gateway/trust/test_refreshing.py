"""gateway.trust.refreshing: sets fetched from issuers that are believed already."""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge_rules.credentials.card_refreshing import MAX_FETCHED
from gateway.trust import refreshing
from gateway.trust.refreshing import FetchFailedError, Refreshed, fetch_set, refresh
from simulators.shc_issuer import ShcIssuer

OLD, NEW = ShcIssuer("old"), ShcIssuer("new")
URL = f"{OLD.issuer}/.well-known/jwks.json"
OTHER = ShcIssuer("else", issuer="https://other.invalid")


def answering(*jwks: dict[str, Any]) -> Callable[[str], bytes]:
    def fetch(url: str) -> bytes:
        assert url == URL
        return json.dumps({"keys": jwks}).encode()

    return fetch


@pytest.fixture(params=["set", "list", "map"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The pinned set, in each form that files have."""
    own = {"issuer": OLD.issuer, **OLD.key_set}
    forms: dict[str, object] = {"set": own, "list": [own], "map": {OLD.issuer: OLD.key_set}}
    path = tmp_path / "cards.jwks.json"
    path.write_text(json.dumps(forms[request.param]))
    return path


def kids(file: Path) -> set[str]:
    text = file.read_text()
    return {one.kid for one in (OLD, NEW, OTHER) if one.kid in text}


def test_a_set_that_still_has_a_known_key_takes_its_place(file: Path) -> None:
    fetch = answering(OLD.jwk, NEW.jwk)
    assert list(refresh(file.parent, fetch)) == [Refreshed(OLD.issuer, added=1)]
    assert kids(file) == {OLD.kid, NEW.kid}
    assert list(refresh(file.parent, answering(NEW.jwk))) == [Refreshed(OLD.issuer, gone=1)]
    assert kids(file) == {NEW.kid}


def test_a_set_without_any_known_key_is_refused_with_a_sentence(file: Path) -> None:
    before = file.read_bytes()
    for jwk in (NEW.jwk, {**OLD.jwk, "d": "AAAA"}):
        [done] = refresh(file.parent, answering(jwk))
        assert done.fault
        assert file.read_bytes() == before


def test_nothing_is_written_where_nothing_changed(file: Path) -> None:
    before = file.stat()
    assert list(refresh(file.parent, answering(OLD.jwk))) == [Refreshed(OLD.issuer)]
    assert file.stat().st_ino == before.st_ino


def test_one_that_cant_be_had_keeps_no_other_from_its_keys(tmp_path: Path) -> None:
    def fetch(url: str) -> bytes:
        if url == URL:
            msg = "answers 500, and must answer 200"
            raise FetchFailedError(msg)
        return json.dumps({"keys": [OTHER.jwk, NEW.jwk]}).encode()

    sets = [{"issuer": one.issuer, **one.key_set} for one in (OLD, OTHER)]
    file = tmp_path / "cards.jwks.json"
    file.write_text(json.dumps(sets))
    (tmp_path / "vci.import.jwks.json").write_text(json.dumps(sets))
    assert list(refresh(tmp_path, fetch)) == [
        Refreshed(OLD.issuer, fault="answers 500, and must answer 200"),
        Refreshed(OTHER.issuer, added=1),
    ]
    assert kids(file) == {OLD.kid, NEW.kid, OTHER.kid}


def test_an_answer_is_taken_from_the_very_address_alone_and_bounded() -> None:
    def answer(status: int, body: bytes = b"{}", **headers: str) -> httpx.MockTransport:
        return httpx.MockTransport(lambda _: httpx.Response(status, content=body, headers=headers))

    assert fetch_set(URL, transport=answer(200)) == b"{}"
    for transport, said in (
        (answer(302, location="https://evil.invalid"), "answers 302"),
        (answer(404), "answers 404"),
        (answer(200, bytes(MAX_FETCHED + 1)), "answers with over"),
    ):
        with pytest.raises(FetchFailedError, match=said):
            fetch_set(URL, transport=transport)


def test_whoever_says_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/x"
        monkeypatch.setattr(refreshing, "STEP_S", 0.2)
        with pytest.raises(FetchFailedError, match="can't be reached: ConnectTimeout"):
            fetch_set(url)
        monkeypatch.setattr(refreshing, "STEP_S", 1.0)
        monkeypatch.setattr(refreshing, "DEADLINE_S", 0.1)
        with pytest.raises(FetchFailedError, match="is not done within"):
            fetch_set(url)


def test_whoever_speaks_no_tls_is_told() -> None:
    def speak() -> None:
        with closing(plain.accept()[0]) as spoken:
            spoken.sendall(b"HTTP/1.1 200 OK\r\n\r\n{}")

    with closing(socket.create_server(("127.0.0.1", 0))) as plain:
        answer = threading.Thread(target=speak)
        answer.start()
        with pytest.raises(FetchFailedError, match="can't be reached"):
            fetch_set(f"https://127.0.0.1:{plain.getsockname()[1]}/x")
        answer.join()
