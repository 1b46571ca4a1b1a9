"""The keys of a platform: where it is, how it is asked, and what its answers mean."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from devices.colour_platform.answer import COLOURS, OF_PLATFORMS, Said
from devices.colour_platform.templates import PLACES, places_in
from devices.mapped.pointer import parse_pointer
from devices.mapped.values import to_word

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_OURS = frozenset({"accept-encoding", "connection", "content-length", "host", "transfer-encoding"})


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", str_min_length=1, use_attribute_docstrings=True,
        populate_by_name=True,
    )  # fmt: skip


class Sign(_Part):
    """A hash that proves to the platform who asks."""

    over: str
    """Template of the text that is hashed, such as `appId=7&code={text}&key={token}`."""
    hash: Literal["sha256", "sm3", "hmac_sha256", "hmac_sm3"] = "sha256"
    """How; `hmac_…` under the token."""
    upper: bool = False
    """Whether its hexadecimal digits are capitals."""

    @field_validator("hash")
    @classmethod
    def _is_there(cls, hash_: str) -> str:
        if hash_.removeprefix("hmac_") not in hashlib.algorithms_available:
            msg = f"{hash_} is not in this machine's OpenSSL; sha256 is"
            raise ValueError(msg)
        return hash_


class Says(_Part):
    """A place in an answer and what the values there mean."""

    at: str
    """JSON pointer, such as `/data/colour`."""
    words: dict[str, Said]
    """By value, whatever its case: green, yellow, red, expired, not-found or failed."""

    @field_validator("at")
    @classmethod
    def _is_a_pointer(cls, at: str) -> str:
        parse_pointer(at)
        return at

    @field_validator("words")
    @classmethod
    def _are_answers(cls, words: dict[str, Said]) -> dict[str, Said]:
        if not words or not OF_PLATFORMS.issuperset(words.values()):
            msg = f"give at least one value, each meaning one of {', '.join(sorted(OF_PLATFORMS))}"
            raise ValueError(msg)
        return {str(to_word(value)): said for value, said in words.items()}


class AnswerMapping(_Part):
    """What an answer means; one that it does not explain lets nobody in."""

    says: Annotated[tuple[Says, ...], Field(min_length=1)]
    """Places that hold the answer; all that are there must say the same."""
    only: dict[str, str | int | bool] = {}
    """By JSON pointer, what an answer must hold before a colour counts: `/success: true`."""
    echo: dict[str, str] = {}
    """By JSON pointer, what of the request an answer must repeat: `/request: "{nonce}"`."""
    identity: str | None = None
    """JSON pointer to whose code it is, such as `/data/person`; hashed at once, kept nowhere."""
    statuses: dict[int, Said] = {}
    """By HTTP status, what it means without a look at the body, such as `404: not-found`."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        faults = [*_pointers(self), *_templates(self.echo, "echo", without={"token", "sign"})]
        faults += [
            f"statuses.{status}: a status alone vouches for no colour"
            for status, said in self.statuses.items()
            if said in COLOURS or said not in OF_PLATFORMS
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self


class Platform(_Part):
    """A platform that knows the colour of codes, asked over HTTP."""

    url: str
    """Where it is asked; https, but on this machine. Places in braces are filled, and escaped."""
    method: Literal["POST", "GET"] = "POST"
    """How."""
    headers: dict[str, str] = {}
    """More headers, such as `Authorization: "Bearer {token}"`."""
    json_: Annotated[dict[str, Any] | None, Field(alias="json")] = None
    """Body of the request as JSON, such as `{code: "{text}", terminal: "{device}"}`."""
    form: dict[str, str] | None = None
    """Body of the request as a form, instead of JSON."""
    sign: Sign | None = None
    """What stands for `{sign}`."""
    token_file: Path | None = None
    """File that holds what stands for `{token}`, on one line; read again once it is refused."""
    answer: AnswerMapping
    """What its answers mean."""
    deadline_ms: Annotated[int, Field(ge=100, le=10_000)] = 2000
    """How long a person waits for it, all tries together; then the lane decides without."""
    tries: Annotated[int, Field(ge=1, le=5)] = 2
    """How often it is asked within that time, at most."""
    open_after: Annotated[int, Field(ge=1, le=100)] = 5
    """After so many failures in a row it counts as offline, and lanes decide at once."""
    pause_ms: Annotated[int, Field(ge=100, le=600_000)] = 5000
    """How long it is left alone then; twice as long each time, up to a minute or this."""
    probe: str | None = None
    """Address that answers 2xx when it is well again, asked while it is offline; else a scan is."""
    ca: Path | None = None
    """PEM of who signed its certificate, where the system does not know it."""
    cert: Path | None = None
    """PEM of the gateway's own certificate."""
    key: Path | None = None
    """PEM of that certificate's key."""

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _HEADER.fullmatch(name) or name.lower() in _OURS:
                msg = f"{name}: no header that can be set here"
                raise ValueError(msg)
            if not (value.isascii() and value.isprintable()):
                msg = f"{name}: a header holds printable ASCII only"
                raise ValueError(msg)
        return headers

    @field_validator("url", "probe")
    @classmethod
    def _is_safe(cls, url: str | None) -> str | None:
        if url is None:
            return None
        try:
            parts = urlsplit(url)
            sound = bool(parts.hostname) and parts.port != 0
        except ValueError:
            sound = False
        if not sound or parts.scheme not in {"https", "http"} or parts.fragment:
            msg = "must look like https://platform.example/api/verify"
            raise ValueError(msg)
        if "{" in parts.netloc or parts.username is not None:
            msg = "neither a place in braces nor a password may stand in the host's part"
            raise ValueError(msg)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            msg = "codes and colours go over https, but on this machine itself"
            raise ValueError(msg)
        return url

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if faults := list(_request_faults(self)):
            raise ValueError("; ".join(faults))
        return self

    def beside(self, folder: Path) -> Self:
        """Return it with all its files resolved against a folder."""
        found = {name: folder / path for name, path in self.files().items()}
        return self.model_copy(update=found)

    def files(self) -> Mapping[str, Path]:
        """Return the files that it names, by key."""
        named = {key: getattr(self, key) for key in ("token_file", "ca", "cert", "key")}
        return {key: path for key, path in named.items() if path is not None}


def _request_faults(platform: Platform) -> Iterator[str]:
    for part, tree, without in (
        ("url", platform.url, set()),
        ("probe", platform.probe, set(PLACES)),
        ("headers", platform.headers, {"text"}),
        ("json", platform.json_, set()),
        ("form", platform.form, set()),
        ("sign.over", platform.sign and platform.sign.over, {"sign"}),
    ):
        yield from _templates(tree, part, without=without)
    asks = [platform.url, platform.json_, platform.form]
    if "text" not in places_in(asks):
        yield "url, json or form: nowhere is the code that is asked about: write {text}"
    if platform.json_ is not None and platform.form is not None:
        yield "json and form: a request has one body"
    if platform.method == "GET" and (platform.json_ is not None or platform.form is not None):
        yield "method: a GET has no body; put {text} into the url, or write POST"
    if (platform.cert is None) != (platform.key is None):
        yield "cert and key go together"
    over = platform.sign.over if platform.sign else None
    used = set(places_in([*asks, platform.headers, over]))
    if ("sign" in used) != (platform.sign is not None):
        yield "sign: it goes with a {sign} somewhere in the request"
    keyed = platform.sign is not None and platform.sign.hash.startswith("hmac_")
    if ("token" in used or keyed) != (platform.token_file is not None):
        yield "token_file: it goes with a {token} somewhere in the request, or a hash under it"
    yield from _echoes(platform, used)


def _echoes(platform: Platform, used: set[str]) -> Iterator[str]:
    for pointer, template in platform.answer.echo.items():
        if not set(places_in(template)) & used:
            yield f"answer.echo.{pointer}: {template} is nowhere in the request"


def _templates(tree: Any, part: str, *, without: set[str]) -> Iterator[str]:  # noqa: ANN401
    known = [place for place in PLACES if place not in without]
    for place in places_in(tree):
        if place not in known:
            names = ", ".join(f"{{{name}}}" for name in known) or "no place in braces"
            yield f"{part}: {{{place}}} can't stand here; known are {names}"


def _pointers(mapping: AnswerMapping) -> Iterator[str]:
    identity = () if mapping.identity is None else (mapping.identity,)
    for pointer in (*mapping.only, *mapping.echo, *identity):
        try:
            parse_pointer(pointer)
        except ValueError as error:
            yield str(error)
