"""Cards that are wrong in one way each, and where exactly they must end."""

import json
import zlib
from collections.abc import Iterator
from typing import Any

from simulators.shc_issuer import (
    HEALTH_CARD,
    codes,
    deflate,
    encode,
    make_key,
    minified,
    sign_bytes,
)
from simulators.shc_issuer import (
    ISSUER as URL,
)
from tests.edge_rules.credentials.cards import ISSUER, as_jws, changed, claims, good, signed
from tests.edge_rules.credentials.chain import ISSUED_MS, NOW_MS

Faulty = tuple[str | list[str], str, str]

GOOD = good()
JWS = as_jws(GOOD)
HEADER, BODY, SIGNATURE = JWS.split(".")
THREE = codes(JWS, 3)
OTHER = codes(as_jws(good("test")), 3)


def coded(jws: str) -> str:
    """A JWS, or what was one, in one code."""
    (text,) = codes(jws)
    return text


def header(**more: Any) -> str:  # noqa: ANN401 - JSON
    """A card with another header, rightly signed."""
    return signed(claims(), **more)


def body(data: bytes) -> str:
    """A card with any bytes for a payload, rightly signed."""
    return signed(data)


def raw_header(data: bytes) -> str:
    """A card whose header is any bytes, rightly signed."""
    return coded(ISSUER.seal(data, deflate(minified(claims()))))


def without(*path: str) -> str:
    """A card that lacks one of its claims, however deep it lies."""

    def drop(content: dict[str, Any]) -> None:
        for name in path[:-1]:
            content = content[name]
        del content[path[-1]]

    return changed(drop)


def with_(value: object, *path: str) -> str:
    """A card with another value for one of its claims."""

    def put(content: dict[str, Any]) -> None:
        for name in path[:-1]:
            content = content[name]
        content[path[-1]] = value

    return changed(put)


def flipped(text: str, at: int) -> str:
    """The text with one base64url character changed in a bit that counts."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = letters[letters.index(text[at]) ^ 32]
    return text[:at] + other + text[at + 1 :]


BUNDLE = ("vc", "credentialSubject", "fhirBundle")


def _prefix() -> Iterator[Faulty]:
    for text in (JWS, "", "shc", "shc:", f"SHC{GOOD[3:]}", f"shcs{GOOD[3:]}", GOOD[1:], f"x{GOOD}"):
        yield text, "prefix", "credential-unknown"
    yield [THREE[0], JWS, THREE[2]], "prefix", "credential-unknown"
    yield [THREE[0], "HC1:6BF", THREE[2]], "prefix", "credential-unknown"
    yield "shc:/" + "0" * 40_000, "prefix", "text-too-long"
    yield [f"shc:/{n}/5/" + "0" * 30_000 for n in range(1, 6)], "prefix", "text-too-long"


def _chunks() -> Iterator[Faulty]:
    yield "shc:/", "chunks", "chunk-length"
    yield GOOD[:-1], "chunks", "chunk-length"
    yield "shc:/1/1/", "chunks", "chunk-length"
    yield GOOD + "78", "chunks", "chunk-value"
    yield GOOD[:-2] + "99", "chunks", "chunk-value"
    for strange in ("x", "-", " ", "４４", "٤٤", "+1", "0x"):
        yield GOOD + strange + "0", "chunks", "chunk-character"
    for blank in " \t\n\v\f\r":
        yield f"{GOOD[:9]}{blank}{GOOD[9:]}", "chunks", "chunk-character"
    for place in ("0/1", "2/1", "1/0", "4/3", "1", "1/1/1", "/", "01/1", "1/01", "1.0/1", "-1/3"):
        yield f"shc:/{place}/{GOOD[5:]}", "chunks", "chunk-header"
    yield f"shc:/1/33/{GOOD[5:]}", "chunks", "chunks-too-long"
    yield [f"shc:/{n}/3/" + "00" * 14_000 for n in (1, 2, 3)], "chunks", "chunks-too-long"
    yield THREE[1], "chunks", "chunks-missing"
    yield THREE[:2], "chunks", "chunks-missing"
    yield [THREE[0], THREE[0], THREE[2]], "chunks", "chunks-missing"
    yield [THREE[0], OTHER[0], THREE[2]], "chunks", "chunk-doubled"
    yield [*THREE, OTHER[1]], "chunks", "chunk-doubled"
    yield [THREE[0], *codes(JWS, 2)], "chunks", "chunks-mixed"
    yield [GOOD, *THREE], "chunks", "chunks-mixed"


def _jws() -> Iterator[Faulty]:
    for text in (f"{HEADER}.{BODY}", f"{JWS}.", f"{JWS}.x", "-", HEADER, "..."):
        yield coded(text), "jws", "jws-structure"
    yield coded(f"{HEADER}.{BODY}.{SIGNATURE}=".replace("=", "/")), "jws", "jws-base64"
    yield coded(f"{HEADER}=.{BODY}.{SIGNATURE}"), "jws", "jws-base64"
    yield coded(f"{HEADER}.{BODY}.{SIGNATURE[:-1]}"), "jws", "jws-base64"
    yield (
        coded(f"{HEADER}.{BODY}.{SIGNATURE[:-1]}{chr(ord(SIGNATURE[-1]) + 1)}"),
        "jws",
        ("jws-base64"),
    )
    yield coded(f"{HEADER}.{BODY}:.{SIGNATURE}"), "jws", "jws-base64"
    yield coded(f".{BODY}.{SIGNATURE}"), "jws", "jws-header"
    yield raw_header(b"{}x"), "jws", "jws-header"
    yield raw_header(b"[]"), "jws", "jws-header"
    yield raw_header(b"\xff"), "jws", "jws-header"
    yield raw_header(b"[" * 9000), "jws", "jws-header"
    twice = minified({"alg": "none", "zip": "DEF", "kid": ISSUER.kid})[:-1] + b',"alg":"ES256"}'
    yield raw_header(twice), "jws", "jws-header"
    yield header(crit=["exp"], exp=1), "jws", "jws-header"
    for algorithm in ("none", "HS256", "ES384", "RS256", "es256", 7, ["ES256"], None):
        yield header(alg=algorithm), "jws", "algorithm-unsupported"
    for zip_ in (None, "def", "GZIP", 1):
        yield header(zip=zip_), "jws", "zip-unsupported"
    for kid in (None, 7, [ISSUER.kid]):
        yield header(kid=kid), "jws", "kid-missing"


def _issuer() -> Iterator[Faulty]:
    yield without("iss"), "issuer", "issuer-missing"
    yield with_(7, "iss"), "issuer", "issuer-missing"
    for url in (
        f"{URL}/",
        URL.replace("https", "http"),
        "",
        "cards.invalid",
        f"{URL}?a",
        f"{URL} ",
    ):
        yield with_(url, "iss"), "issuer", "issuer-malformed"
    for url in ("https://cards.invalid", f"{URL}/x", URL.upper().replace("HTTPS", "https")):
        yield with_(url, "iss"), "issuer", "issuer-unknown"
    yield with_("https://cards.іnvalid/issuer", "iss"), "issuer", "issuer-malformed"
    yield with_(f"https://{'a' * 300}", "iss"), "issuer", "issuer-malformed"
    for kid in ("", ISSUER.kid.lower(), ISSUER.kid + "=", ISSUER.kid[:-1], "\ud800", "é"):
        yield (
            raw_header(json.dumps({"zip": "DEF", "alg": "ES256", "kid": kid}).encode()),
            ("issuer"),
            "issuer-key-unknown",
        )
    strange = coded(ISSUER.sign(b"junk", header={"kid": "0" * 43}))
    yield strange, "issuer", "issuer-key-unknown"


def _signature() -> Iterator[Faulty]:
    yield coded(f"{HEADER}.{BODY}."), "signature", "signature-invalid"
    for at in (0, 21, 42, 43, 60, 84):
        yield coded(f"{HEADER}.{BODY}.{flipped(SIGNATURE, at)}"), "signature", "signature-invalid"
    for size in (1, 63, 65, 128):
        wrong = encode(sign_bytes(ISSUER.key, b"x").ljust(128, b"\1")[:size])
        yield coded(f"{HEADER}.{BODY}.{wrong}"), "signature", "signature-invalid"
    for number in (0, 1, 2**256 - 1):
        half = number.to_bytes(32, "big")
        yield coded(f"{HEADER}.{BODY}.{encode(half * 2)}"), "signature", "signature-invalid"
    stranger = ISSUER.sign(claims(), key=make_key("stranger"))
    yield coded(stranger), "signature", "signature-invalid"
    later = claims(exp=NOW_MS / 1000 + 9)
    moved = encode(deflate(minified(later)))
    yield coded(f"{HEADER}.{moved}.{SIGNATURE}"), "signature", "signature-invalid"
    respaced = encode(json.dumps({"zip": "DEF", "alg": "ES256", "kid": ISSUER.kid}).encode())
    yield coded(f"{respaced}.{BODY}.{SIGNATURE}"), "signature", "signature-invalid"
    yield coded(f"{HEADER}.{encode(b'junk')}.{SIGNATURE}"), "signature", "signature-invalid"
    recompressed = encode(deflate(minified(claims()), 1))
    yield coded(f"{HEADER}.{recompressed}.{SIGNATURE}"), "signature", "signature-invalid"


def _inflate() -> Iterator[Faulty]:
    packed = deflate(minified(claims()))
    yield body(b"\xff\xff"), "inflate", "inflate-broken"
    yield body(zlib.compress(minified(claims()))), "inflate", "inflate-broken"
    yield body(b""), "inflate", "inflate-truncated"
    yield body(packed[:-1]), "inflate", "inflate-truncated"
    yield body(packed + b"\0"), "inflate", "inflate-trailing"
    yield body(packed + packed), "inflate", "inflate-trailing"
    yield body(deflate(b" " * (64 * 1024 + 1))), "inflate", "inflate-too-long"
    yield body(deflate(bytes(10_000_000))), "inflate", "inflate-too-long"


def _validity() -> Iterator[Faulty]:
    yield without("nbf"), "validity", "dates-missing"
    begins: list[Any] = [None, "1", True, [], -1, 1e300, NOW_MS, 253_402_300_800]
    for nbf in begins:
        yield with_(nbf, "nbf"), "validity", "dates-absurd"
    ends: list[Any] = [None, "1", False, {}, -0.001, 1e300, NOW_MS]
    for exp in ends:
        yield with_(exp, "exp"), "validity", "dates-absurd"
    yield with_(ISSUED_MS / 1000 - 0.001, "exp"), "validity", "dates-absurd"
    yield with_(NOW_MS / 1000 - 0.001, "exp"), "validity", "credential-expired"
    yield with_(NOW_MS / 1000 + 0.001, "nbf"), "validity", "credential-not-yet-valid"


def _payload() -> Iterator[Faulty]:
    huge = minified(claims())[:-1] + b',"x":' + b"9" * 5000 + b"}"
    for data in (
        b"",
        b"{}x",
        b"[]",
        b'"x"',
        b"\xff",
        b"[" * 9000,
        b"{'a':1}",
        b"\xef\xbb\xbf{}",
        huge,
    ):
        yield body(deflate(data)), "payload", "payload-broken"
    for word in (b"NaN", b"Infinity", b"-Infinity"):
        text = minified(claims())[:-1] + b',"x":' + word + b"}"
        yield body(deflate(text)), "payload", "payload-broken"
    types: list[Any] = [[], HEALTH_CARD, ["#health-card"], None, 7, [[]]]
    for type_ in types:
        yield with_(type_, "vc", "type"), "payload", "card-type"
    yield (
        changed(lambda content: content.update(vc={}, exp=NOW_MS / 1000 - 1)),
        "validity",
        ("credential-expired"),
    )
    yield without("vc"), "payload", "card-type"
    yield with_([], "vc"), "payload", "card-type"
    yield without("vc", "credentialSubject"), "payload", "card-bundle"
    yield without(*BUNDLE[:2], "fhirVersion"), "payload", "card-bundle"
    yield with_("four", *BUNDLE[:2], "fhirVersion"), "payload", "card-bundle"
    yield without(*BUNDLE), "payload", "card-bundle"
    yield with_("Parameters", *BUNDLE, "resourceType"), "payload", "card-bundle"
    nothing: list[Any] = [7, {}, {"resource": {}}, {"resource": {"resourceType": 1}}]
    whole = claims()["vc"]["credentialSubject"]["fhirBundle"]["entry"]
    lists: list[Any] = [None, [], {}, "x", nothing[:1], *([*whole, one] for one in nothing)]
    for entries in lists:
        yield with_(entries, *BUNDLE, "entry"), "payload", "card-bundle"


FAULTS: list[Faulty] = [
    *_prefix(),
    *_chunks(),
    *_jws(),
    *_issuer(),
    *_signature(),
    *_inflate(),
    *_validity(),
    *_payload(),
]
