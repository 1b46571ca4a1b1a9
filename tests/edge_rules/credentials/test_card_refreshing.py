"""edge_rules.credentials.card_refreshing: what of a fetched set may replace the pinned one."""

import json
from typing import Any

import pytest

from edge_rules.credentials.card_keys import read_card_key
from edge_rules.credentials.card_refreshing import (
    MAX_FETCHED,
    FetchedError,
    check_fetched,
    well_known,
)
from simulators.shc_issuer import ISSUER as URL
from simulators.shc_issuer import ShcIssuer

OLD, NEXT, STRANGER = (ShcIssuer(seed) for seed in ("old", "next", "stranger"))
PINNED = {OLD.kid: read_card_key(OLD.jwk)}


def fetched(*keys: Any) -> bytes:  # noqa: ANN401 - JSON
    return json.dumps({"keys": keys}).encode()


def test_a_new_key_beside_a_believed_one_is_believed() -> None:
    found = check_fetched(URL, fetched(OLD.jwk, NEXT.jwk), PINNED)
    assert (found.added, found.gone) == (frozenset({NEXT.kid}), frozenset())
    both = found.keys.keys
    found = check_fetched(URL, fetched(NEXT.jwk), both)
    assert (found.added, found.gone) == (frozenset(), frozenset({OLD.kid}))
    assert list(found.keys.keys) == [NEXT.kid]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (fetched(STRANGER.jwk), "none of the keys"),
        (fetched(), "must have its keys"),
        (fetched(OLD.jwk, NEXT.jwk | {"d": "x"}), "private key"),
        (fetched(OLD.jwk, NEXT.jwk | {"kid": OLD.kid}), "thumbprint"),
        (b"<html>", "is not JSON"),
        (b"[]", "must have its keys"),
        (b" " * MAX_FETCHED + b"{}", "bytes"),
        (json.dumps({"issuer": "https://x", **STRANGER.key_set}).encode(), "none of the keys"),
    ],
)
def test_anything_else_leaves_the_pinned_set(data: bytes, what: str) -> None:
    with pytest.raises(FetchedError, match=what):
        check_fetched(URL, data, PINNED)


def test_nothing_is_believed_because_it_came_first() -> None:
    with pytest.raises(FetchedError, match="none of the keys"):
        check_fetched(URL, fetched(OLD.jwk), {})


def test_where_an_issuer_publishes() -> None:
    assert well_known(URL) == f"{URL}/.well-known/jwks.json"
    with pytest.raises(ValueError, match="issuer"):
        well_known("http://x")
