"""SMART Health Cards of the specification's own examples, in every form that they come in."""

import json
from base64 import urlsafe_b64decode
from pathlib import Path
from zlib import decompress

import pytest

from edge_rules.credentials.judge import judge_texts
from edge_rules.credentials.judgement import Judgement
from edge_rules.credentials.trust import TrustStore
from simulators.shc_issuer import codes
from tests.edge_rules.credentials.chain import KEY
from tests.edge_rules.credentials.jose_oracle import foreign_verifies

ISSUER = "https://spec.smarthealth.cards/examples/issuer"
BEGAN_MS = 1_687_450_764_656
TODAY_MS = 1_784_700_000_000
ENTRIES = {0: ("vaccination", 3), 1: ("vaccination", 3), 2: ("test", None), 3: ("vaccination", 2)}


@pytest.fixture
def shc(test_data: Path) -> Path:
    """Where the examples lie."""
    return test_data / "shc"


def trust(shc: Path, *, lists: bool = True) -> TrustStore:
    keys = json.loads((shc / "issuer/.well-known/jwks.json").read_text())
    files = [("a.jwks.json", json.dumps({ISSUER: keys}).encode())]
    if lists:
        found = (shc / "issuer/.well-known/crl").iterdir()
        files += [(f"{one.stem}.shc-revoked.json", one.read_bytes()) for one in found]
    return TrustStore(files)


def numeric(shc: Path, number: int) -> list[str]:
    """The texts of an example's codes as they were published."""
    found = sorted(shc.glob(f"example-0{number}-f-qr-code-numeric-value-*.txt"))
    return [path.read_text() for path in found]


def jws(shc: Path, number: int) -> str:
    return (shc / f"example-0{number}-d-jws.txt").read_text().strip()


def forms(shc: Path, number: int) -> list[list[str]]:
    """Every form of an example: as published, turned round, and made anew of its JWS."""
    published = numeric(shc, number)
    one = codes(jws(shc, number))
    again = [f"shc:/1/1/{one[0][5:]}"]
    return [published, published[::-1], one, again, *(codes(one_of(one), n) for n in (2, 3, 7))]


def one_of(texts: list[str]) -> str:
    digits = texts[0][5:]
    return "".join(chr(int(digits[at : at + 2]) + 45) for at in range(0, len(digits), 2))


def judged(shc: Path, number: int, at_ms: int, store: TrustStore) -> list[Judgement]:
    return [judge_texts(form, store, at_ms, KEY) for form in forms(shc, number)]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_good_ones_are_valid_in_every_form(shc: Path, number: int) -> None:
    entry, count = ENTRIES[number]
    subjects = set()
    for judgement in judged(shc, number, TODAY_MS, trust(shc)):
        assert (judgement.ok, judgement.reason, judgement.warnings) == (True, "valid", ())
        assert (judgement.credential.issuer, judgement.credential.entry) == (ISSUER, entry)
        assert count is None or len(judgement.claims()["vaccination"]) == count
        subjects.add(judgement.subject)
    assert len(subjects) == 1


def test_the_last_is_revoked_while_it_lives_and_expired_after(shc: Path) -> None:
    store = trust(shc)
    for at_ms, stage, reason in (
        (BEGAN_MS - 10, "validity", "credential-not-yet-valid"),
        (BEGAN_MS + 10, "revoked", "credential-revoked"),
        (1_718_986_764_657, "revoked", "credential-revoked"),
        (1_718_986_764_658, "validity", "credential-expired"),
        (TODAY_MS, "validity", "credential-expired"),
    ):
        for judgement in judged(shc, 3, at_ms, store):
            assert (judgement.failed_at, judgement.reason) == (stage, reason)


def test_without_the_list_that_is_told(shc: Path) -> None:
    store = trust(shc, lists=False)
    for number, warnings in ((0, ("revocation-unknown",)), (1, ()), (2, ("revocation-unknown",))):
        for judgement in judged(shc, number, TODAY_MS, store):
            assert (judgement.ok, judgement.warnings) == (True, warnings)
    assert judged(shc, 3, BEGAN_MS + 10, store)[0].ok


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_they_are_what_was_published_beside_them(shc: Path, number: int) -> None:
    expanded = json.loads((shc / f"example-0{number}-b-jws-payload-expanded.json").read_text())
    text = jws(shc, number)
    body = urlsafe_b64decode(text.split(".")[1] + "==")
    assert json.loads(decompress(body, -15)) == expanded
    keys = json.loads((shc / "issuer/.well-known/jwks.json").read_text())["keys"]
    assert sum(foreign_verifies(text, key) for key in keys) == 1


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_bare_jws_or_a_code_too_few_is_no_card(shc: Path, number: int) -> None:
    store = trust(shc)
    assert judge_texts([jws(shc, number)], store, TODAY_MS, KEY).failed_at == "prefix"
    published = numeric(shc, number)
    if len(published) > 1:
        for one in range(len(published)):
            left = [text for place, text in enumerate(published) if place != one]
            judgement = judge_texts(left, store, TODAY_MS, KEY)
            assert (judgement.failed_at, judgement.reason) == ("chunks", "chunks-missing")


def test_nobody_is_named_in_the_claims(shc: Path) -> None:
    store = trust(shc)
    for number in range(4):
        for judgement in judged(shc, number, BEGAN_MS + 10, store)[:1]:
            told = repr(judgement.claims())
            assert not [word for word in ("Anyperson", "John", "Revoked", "1951") if word in told]
