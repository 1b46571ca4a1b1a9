"""edge_rules.credentials.card_issuers: the forms of files, and every fault in them."""

import json
from typing import Any

import pytest

from devices.errors import SetupError
from edge_rules.credentials.trust import MAX_TOLD, TrustStore
from simulators.shc_issuer import ShcIssuer
from tests.edge_rules.credentials.cards import CAREFUL, ISSUER

SET = {"issuer": ISSUER.issuer} | ISSUER.key_set
SECOND = ShcIssuer("second key")
LIST = CAREFUL.revoking("abc")


def read(content: object, name: str = "a.jwks.json") -> TrustStore:
    return TrustStore([(name, json.dumps(content).encode())])


def faults(content: object, name: str = "a.jwks.json") -> list[str]:
    with pytest.raises(SetupError) as caught:
        read(content, name)
    return [str(fault) for fault in caught.value.faults]


def snapshot(*keys: Any, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    named = {"iss": CAREFUL.issuer, "name": "Careful", "website": "https://x.invalid/"}
    return {"directory": "x", "issuerInfo": [{"issuer": named, "keys": list(keys)} | more]}


@pytest.mark.parametrize(
    "content", [SET, [SET], [SET, SET], {ISSUER.issuer: ISSUER.key_set}, SET | {"more": 1}]
)
def test_each_form_names_the_issuers_keys(content: object) -> None:
    cards = read(content).cards
    assert (len(cards), list(cards.keys_of(ISSUER.issuer))) == (1, [ISSUER.kid])
    assert ISSUER.issuer in cards
    assert not cards.keys_of("https://other.invalid")


def test_keys_of_one_issuer_in_several_files_come_together() -> None:
    files = [
        (f"{n}.jwks.json", json.dumps({"issuer": ISSUER.issuer} | one.key_set).encode())
        for n, one in enumerate((ISSUER, SECOND, ISSUER))
    ]
    assert set(TrustStore(files).cards.keys_of(ISSUER.issuer)) == {ISSUER.kid, SECOND.kid}


def test_a_directorys_snapshot_is_read_as_it_is() -> None:
    store = read(snapshot(CAREFUL.jwk, crls=[LIST]))
    assert list(store.cards.keys_of(CAREFUL.issuer)) == [CAREFUL.kid]
    assert store.cards.revoked.holds(CAREFUL.kid, "abc", 0.0)
    # What others collected nobody here can mend: it only serves nobody.
    broken = CAREFUL.jwk | {"kid": "x"}
    store = read(snapshot(broken, CAREFUL.jwk, 7, None))
    assert list(store.cards.keys_of(CAREFUL.issuer)) == [CAREFUL.kid]
    assert store.cards.is_unfit(CAREFUL.issuer, "x")
    assert len(read(snapshot()).cards) == 1
    slashed = snapshot(CAREFUL.jwk)
    slashed["issuerInfo"][0]["issuer"]["iss"] += "/"
    assert len(read(slashed).cards) == 0


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ([], 'must be {"issuer"'),
        ({}, 'must be {"issuer"'),
        (7, 'must be {"issuer"'),
        (ISSUER.key_set, "the set names no issuer"),
        ([7], "issuer 0 names no issuer"),
        ([SET, SET | {"issuer": ISSUER.issuer + "/"}], "issuer 1 names no issuer"),
        ({ISSUER.issuer: []}, f"{ISSUER.issuer} must have its keys"),
        ({ISSUER.issuer: {"keys": []}}, f"{ISSUER.issuer} must have its keys"),
        (SET | {"keys": [ISSUER.jwk, ISSUER.jwk | {"d": "x"}]}, "key 1 holds a private key"),
        (SET | {"keys": [ISSUER.jwk | {"kid": "x"}]}, "key 0 kid must be"),
        (SET | {"keys": [{"kty": "RSA"}]}, "has no key that signs cards"),
        (SET | {"crls": [7]}, "list 0 must be"),
        ({"issuerInfo": [7]}, "issuerInfo 0 names no issuer"),
        (snapshot(CAREFUL.jwk, crls=[{}]), "list 0 must be"),
    ],
)
def test_faults_are_told_with_their_file_and_place(content: object, what: str) -> None:
    told = faults(content)
    assert told[0].startswith("a.jwks.json:1:1: ")
    assert what in told[0]


def test_keys_for_other_uses_are_passed_over() -> None:
    keys = [{"kty": "RSA", "kid": "r", "n": "AQAB"}, ISSUER.jwk | {"use": "enc"}, ISSUER.jwk]
    assert list(read(SET | {"keys": keys}).cards.keys_of(ISSUER.issuer)) == [ISSUER.kid]


def test_broken_json_is_told_with_line_and_column() -> None:
    with pytest.raises(SetupError) as caught:
        TrustStore([("a.jwks.json", b'{"a": 1,\n "a" 2}'), ("b.shc-revoked.json", b"\xff")])
    assert [str(fault) for fault in caught.value.faults] == [
        "a.jwks.json:2:6: is not JSON",
        "b.shc-revoked.json:1:1: is not JSON",
    ]


def test_many_faults_are_counted_not_listed() -> None:
    told = faults([7] * 1000)
    assert len(told) == MAX_TOLD + 1
    assert told[-1] == f"a.jwks.json:1:1: and {1000 - MAX_TOLD} more faults"


def test_of_a_key_that_stands_twice_the_later_list_counts() -> None:
    keys = [CAREFUL.jwk, CAREFUL.jwk | {"crlVersion": 5}, CAREFUL.jwk | {"crlVersion": 3}]
    store = read({"issuer": CAREFUL.issuer, "keys": keys})
    assert store.cards.keys_of(CAREFUL.issuer)[CAREFUL.kid].crl_version == 5


def test_revocation_lists_are_read_alone_or_several() -> None:
    for content in (LIST, [LIST], [LIST, CAREFUL.revoking("abc.7", "d")]):
        revoked = read(content, "a.shc-revoked.json").cards.revoked
        assert revoked.holds(CAREFUL.kid, "abc", 1e12)
        assert not revoked.holds("other", "abc", 0.0)
    assert len(revoked) == 2


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"method": "hash-fhir"}, "list 0 must be"),
        ({"kid": 7}, "list 0 must be"),
        ({"ctr": None}, "list 0 must be"),
        ({"ctr": -1}, "list 0 must be"),
        ({"ctr": "x"}, "list 0 must be"),
        ({"rids": "abc"}, "list 0 must be"),
        ({"rids": [7, "a b", "x" * 25, "abc.", "abc.x", "ok"]}, "list 0: 5 identifiers are not"),
    ],
)
def test_faults_of_lists_are_told(change: dict[str, Any], what: str) -> None:
    assert what in faults(LIST | change, "a.shc-revoked.json")[0]


def test_a_counter_may_be_written_as_a_text() -> None:
    revoked = read(LIST | {"ctr": "2"}, "a.shc-revoked.json").cards.revoked
    assert revoked.doubt(CAREFUL.kid, 2) is None
    assert revoked.doubt(CAREFUL.kid, 3) == "revocation-stale"
