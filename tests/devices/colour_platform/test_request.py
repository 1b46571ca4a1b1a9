"""devices.colour_platform.request: values stay in their places, whatever they hold."""

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from devices.colour_platform.request import Question, lay_out, values_of
from tests.devices.colour_platform.mappings import QUESTION, platform

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


def values(question: Question = QUESTION) -> dict[str, str]:
    return values_of(question, nonce="n0", now_ms=1_790_000_000_123, token="t0ken")


def test_json_body_holds_each_value_in_its_place() -> None:
    body = {
        "code": "{text}", "where": ["{site}/{lane}/{device}", 7, True, None],
        "at": "{now_ms}", "stamp": "s{now_s}", "auth": {"key": "{token}"}, "nonce": "{nonce}",
    }  # fmt: skip
    asked = platform(json=body, token_file="t")
    laid = lay_out(asked, values())
    assert json.loads(laid.body) == {
        "code": QUESTION.text, "where": ["riverside/north-in/scan-1", 7, True, None],
        "at": 1_790_000_000_123, "stamp": "s1790000000", "auth": {"key": "t0ken"}, "nonce": "n0",
    }  # fmt: skip
    assert laid.headers["Content-Type"] == "application/json"
    assert laid.url == "https://platform.example/verify"


@given(TEXTS)
def test_no_text_leaves_its_place(text: str) -> None:
    question = Question(text, "riverside", "north-in", "scan-1")
    body = lay_out(platform(), values(question)).body
    assert json.loads(body) == {"code": text, "nonce": "n0"}
    form: Any = {"json": None, "form": {"code": "{text}", "nonce": "{nonce}"}}
    body = lay_out(platform(**form), values(question)).body
    assert parse_qs(body.decode(), keep_blank_values=True) == {"code": [text], "nonce": ["n0"]}
    get = platform(method="GET", json=None, url="https://p.example/v/{nonce}?code={text}&x=1")
    parts = urlsplit(lay_out(get, values(question)).url)
    assert (parts.netloc, parts.path) == ("p.example", "/v/n0")
    assert parse_qs(parts.query, keep_blank_values=True) == {"code": [text], "x": ["1"]}


def test_signature_is_over_its_own_template() -> None:
    over = "code={text}&timestamp={now_ms}&secret={token}"
    text = f"code={QUESTION.text}&timestamp=1790000000123&secret=t0ken".encode()
    asked = {"token_file": "t", "headers": {"X-Sign": "{sign}"}}
    plain = platform(sign={"over": over, "upper": True}, **asked)
    assert lay_out(plain, values()).headers["X-Sign"] == hashlib.sha256(text).hexdigest().upper()
    keyed = platform(sign={"over": over, "hash": "hmac_sha256"}, **asked)
    expected = hmac.new(b"t0ken", text, "sha256").hexdigest()
    assert lay_out(keyed, values()).headers["X-Sign"] == expected


def test_nothing_shows_the_code() -> None:
    laid = lay_out(platform(), values())
    assert QUESTION.text not in repr(laid) + repr(QUESTION)
    assert "c.example" not in repr(laid) + repr(QUESTION)
