"""SMART Health Cards against jwcrypto: where the signature is asked, both say the same."""

from base64 import urlsafe_b64decode
from collections import Counter
from random import Random

from simulators.dcc_issuer import invent_holder
from simulators.shc_issuer import ShcIssuer, codes, deflate, encode, minified
from tests.edge_rules.credentials.cards import ISSUER, judge, trusting
from tests.edge_rules.credentials.chain import ISSUED_MS
from tests.edge_rules.credentials.jose_oracle import foreign_verifies

CARDS = 400
MUTATIONS = 4000
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
BEFORE = {"prefix", "chunks", "jws", "issuer"}
OTHER = ShcIssuer("another key")


def made(rng: Random, number: int) -> str:
    entry = rng.choice(["vaccination", "test"])
    content = ISSUER.payload(entry, invent_holder(number), ISSUED_MS - rng.randrange(10**9))
    if rng.random() < 0.3:
        content["x"] = rng.random()
    body = deflate(minified(content), rng.randrange(10))
    return ISSUER.sign(body if rng.random() < 0.95 else b"junk", header={"x": number})


def mutated(rng: Random, jws: str, other: str) -> str:
    parts, others = jws.split("."), other.split(".")
    kind = rng.randrange(8)
    at = rng.randrange(3)
    if kind == 0:
        parts[at] = others[at]
    elif kind == 1:
        raw = bytearray(urlsafe_b64decode(parts[2] + "=="))
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        parts[2] = encode(bytes(raw))
    elif kind == 2:
        raw = bytearray(urlsafe_b64decode(parts[1] + "=="))
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        parts[1] = encode(bytes(raw))
    elif kind == 3:
        place = rng.randrange(len(parts[at]))
        parts[at] = parts[at][:place] + rng.choice(LETTERS) + parts[at][place + 1 :]
    elif kind == 4:
        whole = urlsafe_b64decode(parts[2] + "==")
        wrong = [whole[:63], whole + b"\0", whole[32:] + whole[:32], bytes(64), b""]
        parts[2] = encode(rng.choice(wrong))
    elif kind == 5:
        parts[2] = encode(turned(urlsafe_b64decode(parts[2] + "==")))
    elif kind == 6:
        parts[2] = OTHER.sign(b"x").split(".")[2]
    return ".".join(parts)


def turned(signature: bytes) -> bytes:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    s = order - int.from_bytes(signature[32:], "big")
    return signature[:32] + s.to_bytes(32, "big")


def test_both_say_the_same_of_every_signature() -> None:
    rng = Random(5)
    cards = [made(rng, number) for number in range(CARDS)]
    tried = [*cards, *(mutated(rng, *rng.sample(cards, 2)) for _ in range(MUTATIONS))]
    seen: Counter[tuple[bool, bool]] = Counter()
    for jws in tried:
        ended = judge(codes(jws), trusting(ISSUER)).failed_at
        foreign = foreign_verifies(jws, ISSUER.jwk)
        ours = ended not in {*BEFORE, "signature"}
        if ended in BEFORE:  # stricter by the cards' own rules, never laxer
            continue
        assert ours == foreign, jws
        seen[ours, foreign] += 1
    assert seen[True, True] > CARDS
    assert seen[False, False] > MUTATIONS / 3
    assert seen[True, False] == seen[False, True] == 0


def test_what_ends_before_the_signature_is_strictness_alone() -> None:
    rng = Random(6)
    cards = [made(rng, number) for number in range(60)]
    reasons: Counter[str] = Counter()
    for jws in (mutated(rng, *rng.sample(cards, 2)) for _ in range(1500)):
        judgement = judge(codes(jws))
        if judgement.failed_at in BEFORE and foreign_verifies(jws, ISSUER.jwk):
            reasons[judgement.reason] += 1
    assert set(reasons) <= {"jws-base64", "issuer-key-unknown"}  # bits left over; never a forgery
