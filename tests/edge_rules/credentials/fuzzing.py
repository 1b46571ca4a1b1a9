"""Hostile inputs by the million for each decoder of credentials.

    nice -n 15 python -m tests.edge_rules.credentials.fuzzing --count 1000000

An input is a good one, or one that is known to be costly, mutated a few times; or bytes at random.
A crash is any exception that the decoder's contract does not name. Time is the thread's on the
processor; a slow input is tried again, since only one that is slow each time is.
"""

import argparse
import gc
import json
import resource
import sys
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import cbor2

from devices.errors import SetupError
from edge_rules.credentials.base45 import decode_base45
from edge_rules.credentials.card_codes import read_codes
from edge_rules.credentials.cbor import CborError, decode_cbor
from edge_rules.credentials.certificate import CertificateError, read_certificate
from edge_rules.credentials.cose import read_sign1
from edge_rules.credentials.dcc_revocation import RevocationError, read_batches
from edge_rules.credentials.der import read_node
from edge_rules.credentials.hcert import read_hcert
from edge_rules.credentials.health_card import read_health_card
from edge_rules.credentials.inflating import MAX_INFLATED, inflate_raw, inflate_zlib
from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.judgement import Refused
from edge_rules.credentials.jws import read_jws
from edge_rules.credentials.pass_terms import read_terms
from edge_rules.credentials.recognise import read_scan
from edge_rules.credentials.trust import TrustStore
from simulators.shc_issuer import deflate, minified, trust_file
from tests.edge_rules.credentials import cards, chain, passes
from tests.edge_rules.credentials.chain import KEY, NOW_MS, issuer
from tests.edge_rules.credentials.faulty import decoded_base45, envelope, untagged

SLOW_MS = 50
COSTLY_SHARE = 0.005
MOST_BYTES = 20_000  # of an input: larger than any bound but those on files
MEMORY = 512 * 1024 * 1024  # more than this on top, and the allocation fails: a crash

Decode = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Target:
    """One decoder, what it may raise, and inputs to begin with; `costly` ones take part rarely."""

    name: str
    decode: Decode
    faults: tuple[type[Exception], ...]
    seeds: Sequence[bytes]
    costly: Sequence[bytes] = ()


@dataclass(slots=True)
class Found:
    """What became of the inputs of one decoder."""

    tried: int = 0
    taken: int = 0
    worst_ms: float = 0.0
    worst: bytes = b""
    slow: list[bytes] = field(default_factory=list)
    crashes: list[tuple[bytes, str]] = field(default_factory=list)


def fuzz(target: Target, count: int, seed: int) -> Found:
    """Give so many inputs to one decoder."""
    random, found = Random(f"{target.name} {seed}"), Found()
    known = [*target.seeds, *target.costly]
    for data in known[:count]:
        _try(target, data, found)
    for _ in range(count - len(known)):
        rare = target.costly and random.random() < COSTLY_SHARE
        begun = random.choice(target.costly if rare else target.seeds)
        _try(target, mutated(begun, known, random), found)
    return found


def _try(target: Target, data: bytes, found: Found) -> None:
    found.tried += 1
    began_s = time.thread_time()
    try:
        target.decode(data)
        found.taken += 1
    except target.faults:
        pass
    except BaseException as error:  # anything else is what is looked for
        found.crashes.append((data, repr(error)))
    took_ms = (time.thread_time() - began_s) * 1000
    if took_ms > found.worst_ms:
        took_ms = min(took_ms, *(_took_ms(target, data) for _ in range(4)))
    if took_ms > found.worst_ms:
        found.worst_ms, found.worst = took_ms, data
        if took_ms > SLOW_MS:
            found.slow.append(data)


def _took_ms(target: Target, data: bytes) -> float:
    began_s = time.thread_time()
    with suppress(BaseException):
        target.decode(data)
    return (time.thread_time() - began_s) * 1000


def mutated(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Change an input in a few places, or make one of nothing."""
    if random.random() < 0.02:
        return random.randbytes(random.randrange(200))
    made = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5, 9))):
        at = random.randrange(len(made) + 1)
        random.choice(_WAYS)(made, at, others, random)
    return bytes(made[:MOST_BYTES])


def _flip(made: bytearray, at: int, _: Sequence[bytes], random: Random) -> None:
    if at < len(made):
        made[at] ^= 1 << random.randrange(8)


def _write(made: bytearray, at: int, _: Sequence[bytes], random: Random) -> None:
    made[at : at + random.randrange(3)] = random.randbytes(random.randrange(4))


def _telling(made: bytearray, at: int, _: Sequence[bytes], random: Random) -> None:
    piece = random.choice(_TELLING)
    made[at : at + random.choice((0, len(piece)))] = piece


def _splice(made: bytearray, at: int, others: Sequence[bytes], random: Random) -> None:
    other = random.choice(others)
    begin = random.randrange(len(other) + 1)
    size = random.randrange(64)
    made[at : at + random.choice((0, size))] = other[begin : begin + size]


def _cut(made: bytearray, at: int, _: Sequence[bytes], random: Random) -> None:
    del made[at : random.choice((at + random.randrange(16), len(made)))]


def _double(made: bytearray, at: int, _: Sequence[bytes], random: Random) -> None:
    made[at:at] = made[at : at + random.randrange(1, 40)] * random.choice((1, 2, 3, 400))
    del made[MOST_BYTES:]


_WAYS = (_flip, _flip, _write, _telling, _splice, _cut, _double)
# Heads of CBOR and DER with lengths that lie, numbers at their edges, tags, breaks, quotes.
_TELLING = (
    b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", b"\x5b\0\0\0\x7f\xff\xff\xff\xff", b"\xbf", b"\x9f",
    b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", b"\xfb\x7f\xf0\0\0\0\0\0\0", b"\x5f", b"\x7f", b"\xff",
    b"\x7a\x7f\xff\xff\xff", b"\xc2\x5f", b"\xd8\x1c", b"\xd8\x1d\0", b"\xd8\x24", b"\xd9\xd9\xf7",
    b"\xf9\x7e\0", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80", b"\xa3\x82\xff\xff", b"\x17\x0d",
    b"\x06\x80", b"\xc3\x28", b"\xed\xa0\x80", b"1e999", b"[" * 300, b'{"a":' * 100, b'"\\ud800"',
    b"\0", b"]Q1", b"HC1:", b"shc:/", b"MP1:", b"\xef\xbc\xa8", b"-0", b"NaN", b"9" * 400,
    b"\xef\xbb\xbf",
)  # fmt: skip


def text_of(data: bytes) -> str:
    """Read bytes as a text, whatever they are."""
    return data.decode("utf-8", "surrogateescape" if data[:1] == b"\xed" else "replace")


def _look_over(*parts: object) -> None:
    """Write what is laid out as JSON: that fails on what nobody could be answered with."""
    json.dumps([sorted(part) if isinstance(part, frozenset) else part for part in parts])


def _scan(data: bytes) -> None:
    read_scan(text_of(data))


def _base45(data: bytes) -> None:
    decode_base45(text_of(data))


def _jws(data: bytes) -> None:
    read_jws(text_of(data))


def _numeric(data: bytes) -> None:
    read_codes(text_of(data).split("\n"))


def _inflate(data: bytes) -> None:
    inflate_zlib(data)


def _raw(data: bytes) -> None:
    inflate_raw(data, MAX_INFLATED)


def _certificate(data: bytes) -> None:
    read_certificate(data)


def _hcert(data: bytes) -> None:
    found = read_hcert(data)
    _look_over(found.facts(), found.person(), found.follows_schema(), found.entry_names)


def _card(data: bytes) -> None:
    found = read_health_card(data)
    _look_over(found.facts(), found.person(), found.follows_schema(), found.entry)


def _revoked(data: bytes) -> None:
    list(read_batches(data))


def _card_issuers(data: bytes) -> None:
    TrustStore([("x.jwks.json", data)])


def _cards_revoked(data: bytes) -> None:
    TrustStore([("x.shc-revoked.json", data)])


def _pem(data: bytes) -> None:
    TrustStore([("x.pem", data)])


TRUST = TrustStore([
    ("a.cer", issuer().certificate_der), ("b.jwks.json", trust_file(cards.ISSUER)),
])  # fmt: skip
TRUST.passes = passes.trusting().passes


def _judged(data: bytes) -> None:
    judgement = judge_text(text_of(data), TRUST, NOW_MS, KEY)
    _look_over(judgement.claims(), judgement.person(), judgement.warnings)
    if judgement.credential.subject and judgement.subject is None:
        msg = "a subject that nothing vouches for"
        raise AssertionError(msg)


def colliding(size: int) -> bytes:
    """Make a map of CBOR with keys of one hash, as many as fit."""
    keys = list(product((b"\x20", b"\x21"), repeat=10))[: (size - 3) // 12]
    pairs = b"".join(b"\x8a" + b"".join(key) + b"\0" for key in keys)
    return b"\xb9" + len(keys).to_bytes(2, "big") + pairs


def crowded() -> bytes:
    """Make a certificate with as many empty extensions as its bound lets in."""
    root = read_node(issuer().certificate_der)
    to_be_signed, *rest = root.children()
    fields = [field.whole for field in to_be_signed.children() if field.tag != 0xA3]
    extensions = _der(0xA3, _der(0x30, b"\x30\0" * 7000))
    inner = _der(0x30, b"".join([*fields, extensions]))
    return _der(0x30, b"".join([inner, *(node.whole for node in rest)]))


def _der(tag: int, content: bytes) -> bytes:
    return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content


TEXTS = [chain.good(), chain.good(entry="test"), cards.good(), passes.printed(), passes.rotating()]
COSE = zlib.decompress(decoded_base45(TEXTS[0][4:]))
PAYLOAD = envelope(TEXTS[0])[2]
DERS = [issuer().certificate_der, issuer(entries=("test",)).certificate_der]
NESTED, BROAD = b"\x81" * 16 + b"\0", b"\x9f" + b"\x80" * 6000
CBORS = [COSE, PAYLOAD, decoded_base45(TEXTS[3][4:]), NESTED]
COSTLY = [colliding(6144), BROAD]
PASSES = [untagged(cbor2.loads(decoded_base45(text[4:])))[2] for text in TEXTS[3:]]
CARD = minified(cards.claims())
BATCH: dict[str, Any] = {"country": "XX", "expires": "2026-11-01T00:00:00Z", "kid": "UNKNOWN_KID"}
ENTRIES = [{"hash": "A" * 21 + "Q=="}]
BATCHES = json.dumps(
    [BATCH | {"hashType": kind, "entries": ENTRIES} for kind in ("UCI", "SIGNATURE")]
)
LISTS = json.dumps([cards.CAREFUL.revoking("AAECAwQFBgc", "AAECAwQFBgd.1700000000")])
ENCODED = [text.encode() for text in TEXTS]
BOMB = zlib.compress(bytes(10**6), 9)

WIDE = ["\N{FULLWIDTH LATIN CAPITAL LETTER H}".encode() + ENCODED[0][1:], "hc1öa".encode()]
ISSUERS = [trust_file(cards.ISSUER, cards.CAREFUL)]
NUMERIC = [ENCODED[2], b"shc:/1/2/56\nshc:/2/2/76"]
MANY = {
    "base45": b":" * MOST_BYTES,
    "pem": b"-----BEGIN X-----" * 1000, "json": b"[" * MOST_BYTES,
}  # fmt: skip
TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target("base45", _base45, (Refused,), [text[4:] for text in ENCODED], [MANY["base45"]]),
        Target(
            "inflate", _inflate, (Refused,), [zlib.compress(COSE), zlib.compress(COSE, 0), BOMB]
        ),
        Target("inflate-raw", _raw, (Refused,), [deflate(CARD), deflate(CARD, 0), BOMB[2:]]),
        Target("cbor", decode_cbor, (CborError,), CBORS, COSTLY),
        Target("cose", read_sign1, (Refused,), CBORS, COSTLY),
        Target("hcert", _hcert, (Refused,), [PAYLOAD, envelope(TEXTS[1])[2]], COSTLY),
        Target("pass", read_terms, (Refused,), PASSES),
        Target("certificate", _certificate, (CertificateError,), DERS, [crowded()]),
        Target("pem", _pem, (SetupError,), [issuer().certificate_pem], [MANY["pem"]]),
        Target("dcc-revoked", _revoked, (RevocationError,), [BATCHES.encode()], [MANY["json"]]),
        Target("card-issuers", _card_issuers, (SetupError,), ISSUERS),
        Target("cards-revoked", _cards_revoked, (SetupError,), [LISTS.encode()], [MANY["json"]]),
        Target("recognise", _scan, (), [*ENCODED, *WIDE]),
        Target("numeric", _numeric, (Refused,), NUMERIC),
        Target("jws", _jws, (Refused,), [cards.as_jws(TEXTS[2]).encode()]),
        Target("card", _card, (Refused,), [CARD, minified(cards.claims("test"))]),
        Target("judge", _judged, (), ENCODED),
    )
}


def main() -> None:
    """Fuzz as the command line says; exit 1 if anything crashed or was slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="inputs for each decoder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--decoder", choices=TARGETS, action="append")
    asked = parser.parse_args()
    gc.freeze()
    _bound_memory()
    bad = 0
    for name in asked.decoder or TARGETS:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found = fuzz(TARGETS[name], asked.count, asked.seed)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        bad += len(found.crashes) + len(found.slow)
        sys.stdout.write(
            f"{name}: tried {found.tried}, taken {found.taken}, crashes {len(found.crashes)}, "
            f"worst {found.worst_ms:.2f} ms ({len(found.worst)} bytes), memory +{grown:.1f} MB\n"
        )
        for data, error in found.crashes[:3]:
            sys.stdout.write(f"  {error} {data!r}\n")
        sys.stdout.flush()
    sys.exit(bool(bad))


def _bound_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


if __name__ == "__main__":
    main()
