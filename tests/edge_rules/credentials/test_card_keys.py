"""edge_rules.credentials.card_keys: a key serves as the specification has it, or says why not."""

from typing import Any

import pytest

from edge_rules.credentials.card_keys import CardKeyError, is_issuer, read_card_key, thumbprint
from simulators.dcc_issuer import DccIssuer
from simulators.shc_issuer import ShcIssuer, jwk_of, make_key
from tests.edge_rules.credentials.jose_oracle import foreign_thumbprint

GOOD = ShcIssuer("keys").jwk
CERTIFIED = DccIssuer("certified")


@pytest.mark.parametrize("seed", range(50))
def test_thumbprints_are_those_of_a_foreign_library(seed: int) -> None:
    jwk = jwk_of(make_key(f"thumbprint {seed}"))
    assert read_card_key(jwk).kid == foreign_thumbprint(jwk) == thumbprint(jwk["x"], jwk["y"])


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"d": "AA"}, "private"),
        ({"kty": "RSA"}, "signing"),
        ({"use": "enc"}, "signing"),
        ({"use": None}, "signing"),
        ({"alg": "ES384"}, "signing"),
        ({"alg": None}, "signing"),
        ({"crv": "P-384"}, "P-256"),
        ({"crv": "secp256k1"}, "P-256"),
        ({"kid": "x"}, "thumbprint"),
        ({"kid": None}, "thumbprint"),
        ({"kid": GOOD["kid"] + "="}, "thumbprint"),
        ({"x": GOOD["y"]}, "thumbprint"),
        ({"x": GOOD["x"] + "="}, "x must be 32 bytes"),
        ({"x": GOOD["x"][:-1]}, "x must be 32 bytes"),
        ({"y": "AAAA"}, "y must be 32 bytes"),
        ({"y": 7}, "y must be 32 bytes"),
        ({"x": "A" * 43, "kid": thumbprint("A" * 43, GOOD["y"])}, "no point"),
        ({"crlVersion": "1"}, "crlVersion"),
        ({"crlVersion": -1}, "crlVersion"),
        ({"crlVersion": True}, "crlVersion"),
        ({"x5c": []}, "x5c"),
        ({"x5c": ["AAAA"]}, "x5c"),
        ({"x5c": ["!"]}, "x5c"),
        ({"x5c": 7}, "x5c"),
        ({"x5c": [CERTIFIED.certificate_base64]}, "x5c"),
    ],
)
def test_a_key_that_can_not_serve_says_why(change: dict[str, Any], what: str) -> None:
    with pytest.raises(CardKeyError, match=what):
        read_card_key(GOOD | change)


@pytest.mark.parametrize("jwk", [None, [], "x", 7, {}])
def test_what_is_no_key_says_so(jwk: object) -> None:
    with pytest.raises(CardKeyError):
        read_card_key(jwk)


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://a.example", True),
        ("https://a.example:8443/x/y-z/~q", True),
        ("https://spec.smarthealth.cards/examples/issuer", True),
        ("https://a.example/", False),
        ("https://a.example//x", False),
        ("http://a.example", False),
        ("https://", False),
        ("https://user@a.example", False),
        ("https://a.example?x", False),
        ("https://a.example#x", False),
        ("https://a.example\n", False),
        ("https://ä.example", False),
        (7, False),
    ],
)
def test_an_issuer_is_an_https_url_without_a_slash_at_its_end(url: object, fits: bool) -> None:
    assert is_issuer(url) is fits
