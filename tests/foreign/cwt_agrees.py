"""European certificates judged here and by the library `cwt`, in an environment of its own.

It pins cbor2 below 6, so the two never meet in one process: the first command makes certificates,
judges them and writes one JSON line each, the second lets `cwt` decide and compares.

    here=$(mktemp -d) && python -m venv $here && $here/bin/pip install cwt
    python -m tests.foreign.cwt_agrees make | $here/bin/python tests/foreign/cwt_agrees.py compare

Exit 1 where they differ. Both look at the clock, so compare within the minute. That a certificate
is not valid yet `cwt` does not judge: it knows `nbf` alone, and these have `iat`.
"""

import json
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

COUNT = 2000
HOUR_MS = 3_600_000
ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ALGORITHMS = ("ES256", "ES256", "ES256", "ES384", "PS256")

Parts = list[Any]  # of a COSE_Sign1: protected header, unprotected header, payload, signature


def make() -> Iterator[str]:
    """Make good and bad certificates, and say of each what is decided here."""
    import cbor2  # noqa: PLC0415 - the other command runs where none of this is installed
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
    )

    from edge_rules.credentials.judge import judge_text  # noqa: PLC0415
    from edge_rules.credentials.trust import TrustStore  # noqa: PLC0415
    from simulators.dcc_issuer import (  # noqa: PLC0415
        DAY_MS,
        DccIssuer,
        encode_base45,
        invent_holder,
    )

    random, now_ms = Random(5), time.time_ns() // 1_000_000
    issuers = {name: DccIssuer("foreign", algorithm=name) for name in set(ALGORITHMS)}
    for number in range(COUNT):
        issuer = issuers[random.choice(ALGORITHMS)]
        trust = TrustStore([("a.cer", issuer.certificate_der)])
        fault = random.choice([None, *FAULTS]) if number % 2 else None
        until_ms = now_ms + (-HOUR_MS if fault == "expired" else DAY_MS)
        entry, holder = random.choice(["vaccination", "test", "recovery"]), invent_holder(number)
        issue = issuer.forge if fault == "forged" else issuer.issue
        text = issue(entry, holder, now_ms - DAY_MS, until_ms)
        parts = list(cbor2.loads(_inflated(text)).value)
        FAULTS.get(fault or "", _untouched)(parts, random)
        data = cbor2.dumps(cbor2.CBORTag(18, parts))
        if fault == "truncated":
            data = data[: random.randrange(1, len(data))]
        judged = judge_text(
            "HC1:" + encode_base45(zlib.compress(data)), trust, now_ms, b"any key of any site"
        )
        public = trust.signers[0].key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        line = {"cose": data.hex(), "kid": issuer.kid.hex(), "algorithm": issuer.algorithm}
        said = {"fault": fault, "ok": judged.ok, "reason": judged.reason}
        yield json.dumps(line | {"key": public.decode()} | said)


def _inflated(text: str) -> bytes:
    from tests.edge_rules.credentials.faulty import decoded_base45  # noqa: PLC0415

    return zlib.decompress(decoded_base45(text[4:]))


def _untouched(_: Parts, __: Random) -> None:
    pass


def _flip(place: int) -> Callable[[Parts, Random], None]:
    def flip(parts: Parts, random: Random) -> None:
        data = bytearray(parts[place])
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        parts[place] = bytes(data)

    return flip


def _shorten(parts: Parts, random: Random) -> None:
    parts[3] = parts[3][: random.randrange(len(parts[3]))]


def _turn(parts: Parts, _: Random) -> None:
    """Make (r, n-s) of (r, s), which holds on P-256 too; of another signature, what holds not."""
    s = int.from_bytes(parts[3][32:], "big")
    if len(parts[3]) == 64:
        parts[3] = parts[3][:32] + (ORDER_P256 - s).to_bytes(32, "big")
    else:
        parts[3] = parts[3][::-1]


def _move_header(parts: Parts, _: Random) -> None:
    parts[0], parts[1] = b"", {4: b"whoever!"}


def _add_header(parts: Parts, _: Random) -> None:
    parts[1] = {99: "anything"}


FAULTS: dict[str, Callable[[Parts, Random], None]] = {
    "expired": _untouched,
    "forged": _untouched,
    "truncated": _untouched,
    "protected": _flip(0),
    "payload": _flip(2),
    "signature": _flip(3),
    "short": _shorten,
    "turned": _turn,
    "moved": _move_header,
    "added": _add_header,
}


def compare() -> bool:
    """Let `cwt` decide on each line, and tell whether it always decides alike."""
    from cwt import CWT, COSEKey  # type: ignore[import-not-found] # noqa: PLC0415

    reader = CWT.new(leeway=1)
    keys: dict[str, Any] = {}
    agreed, differing = Counter[tuple[str, bool]](), Counter[tuple[str, bool, str]]()
    for line in sys.stdin:
        case = json.loads(line)
        if case["key"] not in keys:
            keys[case["key"]] = COSEKey.from_pem(
                case["key"], alg=case["algorithm"], kid=bytes.fromhex(case["kid"])
            )
        try:
            theirs = isinstance(reader.decode(bytes.fromhex(case["cose"]), keys[case["key"]]), dict)
        except Exception:  # whatever a foreign library raises, it does not accept
            theirs = False
        fault = case["fault"] or "good"
        if theirs == case["ok"]:
            agreed[fault, theirs] += 1
        else:
            differing[fault, theirs, case["reason"]] += 1
    for (fault, accepted), count in sorted(agreed.items()):
        word = "accepted" if accepted else "refused"
        sys.stdout.write(f"{fault}: both {word} {count}\n")
    for (fault, accepted, reason), count in sorted(differing.items()):
        theirs_word = "accepts" if accepted else "refuses"
        sys.stdout.write(f"{fault}: cwt {theirs_word} {count} that are {reason} here\n")
    sys.stdout.write(f"agreed on {sum(agreed.values())}, differ on {sum(differing.values())}\n")
    return not differing and sum(agreed.values()) >= COUNT


def main() -> None:
    """Run one of the two commands."""
    if sys.argv[1:] == ["make"]:
        for line in make():
            sys.stdout.write(line + "\n")
    elif sys.argv[1:] == ["compare"]:
        sys.exit(not compare())
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
