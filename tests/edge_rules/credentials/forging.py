"""Forgeries by the hundred thousand: good credentials with one edit, and what becomes of them.

    python -m tests.edge_rules.credentials.forging --count 100000

Whatever is accepted must carry what was signed, byte for byte, and be the same subject. What was
signed is taken apart here without the code under test.
"""

import argparse
import sys
import zlib
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import cbor2

from edge_rules.credentials.judge import judge_text
from edge_rules.credentials.judgement import Judgement
from edge_rules.credentials.trust import TrustStore
from simulators.dcc_issuer import encode_base45
from simulators.shc_issuer import codes
from simulators.shc_issuer import encode as encode_base64url
from tests.edge_rules.credentials import cards, chain, passes
from tests.edge_rules.credentials.chain import KEY, NOW_MS
from tests.edge_rules.credentials.faulty import decoded_base45, untagged

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:_shcaéÖ]"
ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

Signed = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """How credentials of one kind are laid out: from text to bytes and back.

    `open` gives the bytes under the compression, `close` compresses them at a level; `signed` is
    what the signature covers, None where nothing like it is found.
    """

    name: str
    good: Sequence[str]
    trust: TrustStore
    open: Callable[[str], bytes]
    close: Callable[[bytes, int], str]
    signed: Callable[[str], Signed | None]
    malleated: Callable[[str], str]

    def judge(self, text: str) -> Judgement:
        """Judge under the trust of these good ones."""
        return judge_text(text, self.trust, NOW_MS, KEY)


@dataclass(slots=True)
class Found:
    """What became of them; `wrong` should stay empty."""

    tried: int = 0
    accepted: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def forge(kind: Kind, count: int, seed: int) -> Found:
    """Make so many forgeries of one kind, and judge each."""
    random, found = Random(f"{kind.name} {seed}"), Found()
    honest = {text: (kind.signed(text), kind.judge(text).subject) for text in kind.good}
    for _ in range(count):
        text = random.choice(kind.good)
        forged = random.choice(WAYS)(kind, text, random)
        judgement = kind.judge(forged)
        found.tried += 1
        found.reasons[judgement.reason] += 1
        if judgement.ok:
            found.accepted += 1
            if (kind.signed(forged), judgement.subject) != honest[text]:
                found.wrong.append(forged)
        elif judgement.subject not in {None, honest[text][1]}:
            found.wrong.append(forged)
    return found


def edit(_: Kind, text: str, random: Random) -> str:
    """Change, drop or put in one character, or swap two neighbours."""
    at, one = random.randrange(len(text)), random.choice(CHARACTERS)
    match random.randrange(4):
        case 0:
            return text[:at] + one + text[at + 1 :]
        case 1:
            return text[:at] + text[at + 1 :]
        case 2:
            return text[:at] + one + text[at:]
        case _:
            return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def flip(kind: Kind, text: str, random: Random) -> str:
    """Turn one bit under the compression, and compress again."""
    data = bytearray(kind.open(text))
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return kind.close(bytes(data), random.randrange(10))


def splice(kind: Kind, text: str, random: Random) -> str:
    """Put a piece of another good one, or of itself, in the place of one under the compression."""
    data, other = (bytearray(kind.open(one)) for one in (text, random.choice(kind.good)))
    at, size = random.randrange(len(data)), random.randrange(1, 40)
    begin = random.choice([at, random.randrange(len(other))])
    data[at : at + size] = other[begin : begin + size]
    return kind.close(bytes(data), random.randrange(10))


def overwrite(kind: Kind, text: str, random: Random) -> str:
    """Write, drop or put in some bytes under the compression."""
    data, at = bytearray(kind.open(text)), random.randrange(len(kind.open(text)))
    data[at : at + random.randrange(3)] = random.randbytes(random.randrange(3))
    return kind.close(bytes(data), random.randrange(10))


def turn_signature(kind: Kind, text: str, _: Random) -> str:
    """Make (r, n-s) of (r, s): that verifies too, and is the same credential."""
    return kind.malleated(text)


WAYS = (edit, edit, edit, flip, flip, flip, flip, splice, overwrite, turn_signature)


def turned(signature: bytes) -> bytes:
    """Make (r, n-s) of (r, s) on P-256."""
    s = ORDER_P256 - int.from_bytes(signature[32:], "big")
    return signature[:32] + s.to_bytes(32, "big")


def _cose(data: bytes) -> list[Any] | None:
    try:
        parts = untagged(cbor2.loads(data))
    except Exception:  # a foreign decoder meets forged bytes: whatever it raises, it is no COSE
        return None
    return parts if len(parts) == 4 else None


def _signed_cose(data: bytes | None) -> Signed | None:
    parts = None if data is None else _cose(data)
    return parts and (parts[0], parts[2])  # type: ignore[return-value]


def _certificates() -> Kind:
    entries = ("vaccination", "test", "recovery")

    def open_(text: str) -> bytes:
        return zlib.decompress(decoded_base45(text[4:]))

    def close(data: bytes, level: int = 9) -> str:
        return "HC1:" + encode_base45(zlib.compress(data, level))

    def signed(text: str) -> Signed | None:
        return _signed_cose(open_(text.strip()))

    def malleated(text: str) -> str:
        parts = _cose(open_(text)) or []
        return close(cbor2.dumps([*parts[:3], turned(parts[3])]))

    good = [chain.good(entry=entry) for entry in entries]
    return Kind("eu-dcc", good, chain.store(chain.issuer()), open_, close, signed, malleated)


def _passes() -> Kind:
    def open_(text: str) -> bytes:
        return decoded_base45(text[4:])

    def close(data: bytes, _: int = 9) -> str:
        return "MP1:" + encode_base45(data)

    def signed(text: str) -> Signed | None:
        return _signed_cose(open_(text.strip()))

    def malleated(text: str) -> str:
        parts = _cose(open_(text)) or []
        return close(cbor2.dumps([*parts[:3], turned(parts[3])]))

    good = [passes.printed(), passes.rotating(), passes.printed(gates=["north"], uses=2)]
    return Kind("estate-pass", good, passes.trusting(), open_, close, signed, malleated)


def _cards() -> Kind:
    def open_(text: str) -> bytes:
        body = cards.as_jws(text).split(".")[1]
        return zlib.decompress(decoded_base64url(body), -15)

    good = [cards.good("vaccination"), cards.good("test")]
    around = {open_(text): cards.as_jws(text).split(".") for text in good}
    first = next(iter(around.values()))

    def close(data: bytes, level: int = 9) -> str:
        header, _, signature = around.get(data, first)
        squeezer = zlib.compressobj(level, zlib.DEFLATED, -15)
        body = encode_base64url(squeezer.compress(data) + squeezer.flush())
        return codes(f"{header}.{body}.{signature}")[0]

    def signed(text: str) -> Signed | None:
        return tuple(cards.as_jws(text.strip()).split(".")[:2])

    def malleated(text: str) -> str:
        header, body, signature = cards.as_jws(text).split(".")
        other = encode_base64url(turned(decoded_base64url(signature)))
        return codes(f"{header}.{body}.{other}")[0]

    trust = cards.trusting(cards.ISSUER)
    return Kind("smart-health-card", good, trust, open_, close, signed, malleated)


def decoded_base64url(text: str) -> bytes:
    """Decode base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (_certificates(), _cards(), _passes())}


def main() -> None:
    """Forge as the command line says; exit 1 if any was taken for what it is not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS, action="append")
    asked = parser.parse_args()
    wrong = 0
    for name in asked.kind or KINDS:
        found = forge(KINDS[name], asked.count, asked.seed)
        wrong += len(found.wrong)
        reasons = " ".join(f"{reason}={count}" for reason, count in found.reasons.most_common())
        sys.stdout.write(
            f"{name}: tried {found.tried}, accepted {found.accepted}, "
            f"wrongly {len(found.wrong)}: {reasons}\n"
        )
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
