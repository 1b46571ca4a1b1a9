"""simulators.shc_issuer: cards as the specification has them, read by foreign hands."""

import json
from base64 import urlsafe_b64decode
from zlib import decompress

from simulators.dcc_issuer import invent_holder
from simulators.shc_issuer import ShcIssuer, codes, jwk_of, make_key
from tests.edge_rules.credentials.jose_oracle import foreign_thumbprint, foreign_verifies

HOLDER = invent_holder("card")


def test_a_card_is_a_jws_that_a_foreign_library_verifies() -> None:
    issuer = ShcIssuer("foreign")
    content = issuer.payload("vaccination", HOLDER, 1_700_000_000_123, exp=1_800_000_000.5)
    jws = issuer.sign(content)
    assert foreign_verifies(jws, issuer.jwk)
    assert not foreign_verifies(jws, ShcIssuer("another").jwk)
    header, body, _ = (urlsafe_b64decode(part + "==") for part in jws.split("."))
    assert json.loads(header) == {"zip": "DEF", "alg": "ES256", "kid": issuer.kid}
    assert json.loads(decompress(body, -15)) == content
    assert content["nbf"] == 1_700_000_000.123


def test_the_same_seed_gives_the_same_key_and_card() -> None:
    one, two = ShcIssuer("same"), ShcIssuer("same")
    assert one.issue("test", HOLDER, 0) == two.issue("test", HOLDER, 0)
    assert one.kid == foreign_thumbprint(jwk_of(make_key("cards same")))


def test_codes_are_two_digits_a_character() -> None:
    assert codes("X") == ["shc:/43"]
    assert codes("eyJ6", 2) == ["shc:/1/2/5676", "shc:/2/2/2909"]
    parts = codes("a" * 100, 7)
    assert {len(part) for part in parts} <= {len("shc:/1/7/") + 2 * n for n in (14, 15)}
