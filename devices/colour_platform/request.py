"""One request to a platform, laid out from its mapping."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from devices.colour_platform.settings import Platform, Sign
from devices.colour_platform.templates import fill, fill_address, fill_tree


@dataclass(frozen=True, slots=True)
class Question:
    """What a platform is asked: the colour of a code, and where it was scanned."""

    text: str = field(repr=False)
    site: str
    lane: str
    device: str


@dataclass(frozen=True, slots=True, repr=False)
class PlatformRequest:
    """What goes onto the wire; it holds the code, so nothing shows it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def values_of(question: Question, *, nonce: str, now_ms: int, token: str) -> dict[str, str]:
    """Return what stands in each place of a request; `nonce` is never the same twice."""
    return {
        "text": question.text,
        "site": question.site,
        "lane": question.lane,
        "device": question.device,
        "nonce": nonce,
        "now_ms": str(now_ms),
        "now_s": str(now_ms // 1000),
        "token": token,
    }


def lay_out(platform: Platform, values: Mapping[str, str]) -> PlatformRequest:
    """Lay out a request; UnicodeEncodeError where a text can't be written."""
    values = dict(values)
    if platform.sign is not None:
        values["sign"] = _signed(platform.sign, values)
    headers = {
        "Accept": "application/json",
        "User-Agent": "menshen-gateway",
        "Accept-Encoding": "identity",  # what is inflated has no bound that a header could give
        **{name: fill(template, values) for name, template in platform.headers.items()},
    }
    body = b""
    if platform.json_ is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(fill_tree(platform.json_, values), ensure_ascii=False).encode()
    elif platform.form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(fill_tree(platform.form, values)).encode()
    return PlatformRequest(platform.method, fill_address(platform.url, values), headers, body)


def _signed(sign: Sign, values: Mapping[str, str]) -> str:
    over = fill(sign.over, values).encode()
    name = sign.hash.removeprefix("hmac_")
    if sign.hash.startswith("hmac_"):
        digest = hmac.new(values["token"].encode(), over, name).hexdigest()
    else:
        digest = hashlib.new(name, over).hexdigest()
    return digest.upper() if sign.upper else digest
