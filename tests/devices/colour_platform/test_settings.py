"""devices.colour_platform.settings: what can't work is refused before anybody is asked."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.devices.colour_platform.mappings import platform

GREEN = [{"at": "/c", "words": {"1": "green"}}]


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"url": "http://platform.example/verify"}, "https, but on this machine"),
        ({"url": "https://{text}/verify"}, "neither a place in braces"),
        ({"url": "https://me:secret@platform.example/"}, "nor a password"),
        ({"url": "ftp://platform.example/"}, "must look like https://"),
        ({"url": "https://platform.example:99999/"}, "must look like https://"),
        ({"probe": "https://p.example/{text}"}, "{text} can't stand here"),
        ({"json": {"nonce": "{nonce}"}}, "nowhere is the code"),
        ({"json": {"code": "{text}", "x": "{password}", "nonce": "{nonce}"}}, "{password} can't"),
        ({"headers": {"X-Code": "{text}"}}, "headers: {text} can't stand here"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "printable ASCII"),
        ({"headers": {"Accept-Encoding": "gzip"}}, "no header that can be set"),
        ({"form": {"code": "{text}"}}, "one body"),
        ({"method": "GET"}, "a GET has no body"),
        ({"cert": "c.pem"}, "cert and key go together"),
        ({"headers": {"A": "{token}"}}, "token_file: it goes with"),
        ({"token_file": "t"}, "token_file: it goes with"),
        ({"headers": {"A": "{sign}"}}, "sign: it goes with"),
        ({"sign": {"over": "{sign}"}, "headers": {"A": "{sign}"}}, "sign.over: {sign} can't"),
        ({"sign": {"over": "{text}"}}, "sign: it goes with"),
        ({"answer": {"says": []}}, "at least 1"),
        ({"answer": {"says": [{"at": "c", "words": {"1": "green"}}]}}, "begins with /"),
        ({"answer": {"says": [{"at": "/c", "words": {}}]}}, "at least one value"),
        ({"answer": {"says": [{"at": "/c", "words": {"1": "timeout"}}]}}, "each meaning one of"),
        ({"answer": {"says": [{"at": "/c", "words": {"1": "blue"}}]}}, "Input should be"),
        ({"answer": {"says": GREEN, "only": {"code": 0}}}, "begins with /"),
        ({"answer": {"says": GREEN, "identity": "person"}}, "begins with /"),
        ({"answer": {"says": GREEN, "statuses": {200: "green"}}}, "vouches for no colour"),
        ({"answer": {"says": GREEN, "echo": {"/a": "{token}"}}}, "echo: {token} can't"),
        ({"answer": {"says": GREEN, "echo": {"/a": "{now_s}"}}}, "nowhere in the request"),
        ({"deadline_ms": 60_000}, "less than or equal to 10000"),
    ],
)
def test_each_fault_says_what_would_be_right(changed: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError) as caught:
        platform(**changed)
    assert what in str(caught.value)


def test_http_is_for_this_machine() -> None:
    for host in ("127.0.0.1:9000", "localhost", "[::1]:80"):
        platform(url=f"http://{host}/verify")


def test_files_lie_beside_the_site_file() -> None:
    asked = platform(token_file="t", ca="/etc/ca.pem", headers={"A": "{token}"})
    beside = asked.beside(Path("/srv/site"))
    assert beside.files() == {"token_file": Path("/srv/site/t"), "ca": Path("/etc/ca.pem")}
