"""The site file's model: every key of it, its bounds and what it stands for."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    field_validator,
    model_validator,
)

from devices.colour_platform.settings import Platform
from devices.ids import Id
from devices.readings import Direction, Spot, TemperatureKind
from edge_rules.certlogic.rule_book import Place
from edge_rules.credentials.colour_code import ColourCodes


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


MAX_PORT = 65_535

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):\d{1,5}")


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", str_min_length=1, use_attribute_docstrings=True
    )


class Name(_Part):
    """A name in both tongues."""

    zh: str
    """In Chinese."""
    en: str
    """In English."""


class BrokerAt(_Part):
    """An external MQTT broker."""

    url: str
    """`mqtt://host:1883`, or `mqtts://host:8883` for TLS."""
    username: str | None = None
    """The gateway's account; anonymous only on loopback."""
    password_file: Path | None = None
    """File that holds its password, on one line."""
    ca: Path | None = None
    """PEM of who signed the broker's certificate, where the system does not know it."""
    cert: Path | None = None
    """PEM of the gateway's own certificate, instead of a password."""
    key: Path | None = None
    """PEM of that certificate's key."""

    @field_validator("url")
    @classmethod
    def _is_mqtt(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.username is not None or parts.password is not None:
            msg = "no name or password in the address: write username and password_file"
            raise ValueError(msg)
        try:
            sound = parts.scheme in {"mqtt", "mqtts"} and parts.hostname and parts.port != 0
        except ValueError:
            sound = False
        if not sound:
            msg = "must look like mqtt://host:1883, or mqtts://host:8883 for TLS"
            raise ValueError(msg)
        return url

    @model_validator(mode="after")
    def _anonymous_only_on_loopback(self) -> Self:
        if self.username is None and self.cert is None and not is_loopback(self.host):
            msg = "anonymous only on loopback: give username and password_file, or cert and key"
            raise ValueError(msg)
        if (self.username is None) != (self.password_file is None):
            msg = "username and password_file go together"
            raise ValueError(msg)
        return self

    @property
    def host(self) -> str:
        """The broker's host."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The broker's port, by default 1883, or 8883 with TLS."""
        return urlsplit(self.url).port or (8883 if self.tls else 1883)

    @property
    def tls(self) -> bool:
        """Whether the link is encrypted."""
        return urlsplit(self.url).scheme == "mqtts"


def _kind_of_broker(value: object) -> str:
    return "auto" if isinstance(value, str) else "at"


Broker = Annotated[
    Annotated[Literal["auto"], Tag("auto")] | Annotated[BrokerAt, Tag("at")],
    Discriminator(_kind_of_broker),
]


class Tls(_Part):
    """A certificate and its key."""

    cert: Path
    """PEM of the certificate, with those between it and its root."""
    key: Path
    """PEM of its key."""


class Web(_Part):
    """Where the page listens."""

    listen: str = "127.0.0.1:8080"
    """Address and port of the page."""
    tls: Tls | None = None
    """Needed for anything but loopback."""
    show_names: bool = False
    """Let guards see the name on a health credential while its visit lasts; needs `legal`."""

    @field_validator("listen")
    @classmethod
    def _is_an_address(cls, listen: str) -> str:
        if not _ADDRESS.fullmatch(listen) or int(listen.rsplit(":", 1)[1]) > MAX_PORT:
            msg = "must look like 127.0.0.1:8080 or [::1]:8080"
            raise ValueError(msg)
        return listen

    @model_validator(mode="after")
    def _tls_beyond_loopback(self) -> Self:
        if self.tls is None and not is_loopback(self.host):
            msg = "anything but loopback needs tls: {cert, key}"
            raise ValueError(msg)
        return self

    @property
    def host(self) -> str:
        """The address to bind."""
        return self.listen.rsplit(":", 1)[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to bind."""
        return int(self.listen.rsplit(":", 1)[1])


FIRST_STORE = "influx"
HQ_FORWARDER = "hq"  # goes by this in the records


class Influx(_Part):
    """A time-series store that speaks the InfluxDB 2 write API."""

    name: Id = FIRST_STORE
    """What alarms call it, and what its place in the records goes by; each of several its own."""
    url: Annotated[str, Field(pattern=r"^https?://")]
    """Where the store is."""
    org: str
    """Organisation."""
    bucket: str
    """Bucket."""
    token_file: Path | None = None
    """File that holds the API token, on one line; read again for each new connection."""


def _one_or_several(value: object) -> str:
    return "several" if isinstance(value, list | tuple) else "one"


class Store(_Part):
    """Where points go."""

    influx: Annotated[
        Annotated[Influx, Tag("one")]
        | Annotated[tuple[Influx, ...], Field(min_length=1), Tag("several")],
        Discriminator(_one_or_several),
    ]
    """Stores that speak the InfluxDB 2 write API, such as VictoriaMetrics: one, or a list."""

    @field_validator("influx")
    @classmethod
    def _names_differ(cls, influx: Influx | tuple[Influx, ...]) -> Influx | tuple[Influx, ...]:
        names = [store.name for store in (influx if isinstance(influx, tuple) else (influx,))]
        if HQ_FORWARDER in names:
            msg = f"{HQ_FORWARDER} is the alliance's own; give the store another name"
            raise ValueError(msg)
        if double := {name for name in names if names.count(name) > 1}:
            msg = f"{min(double)} stands here twice; give each store a name of its own"
            raise ValueError(msg)
        return influx

    @property
    def stores(self) -> tuple[Influx, ...]:
        """All of them."""
        return (self.influx,) if isinstance(self.influx, Influx) else self.influx


class ColourCode(_Part):
    """Health codes whose colour a platform knows."""

    match: str
    """RE2 pattern of the whole text; no other text is one. A group `id` in it names the person."""
    cache_s: Annotated[int, Field(ge=0, le=600)] = 60
    """How long a green is believed without asking again; 0 where a code is good for one use."""
    platform: Platform
    """Who is asked, how, and what the answers mean."""

    @model_validator(mode="after")
    def _is_a_pattern(self) -> Self:
        try:
            self.codes()
        except ValueError as error:
            msg = f"match: {error}"
            raise ValueError(msg) from error
        return self

    def codes(self) -> ColourCodes:
        """Return what recognises them."""
        return ColourCodes(self.match, by_answer=self.platform.answer.identity is not None)

    @property
    def deadline_ms(self) -> int:
        """How long a person waits for the platform."""
        return self.platform.deadline_ms


class Legal(_Part):
    """Why, for whom and until when people's health is screened here."""

    controller: str
    """Who answers for the data."""
    contact: str
    """Where a resident asks."""
    basis: str
    """By what right health is screened."""
    document: str
    """The order or decree, by its number."""
    ends: date
    """Last day of screening, in the site's zone; access control goes on after it."""


class Orders(_Part):
    """Whose orders are obeyed here, and for how long at most."""

    keys: Path
    """The HQ's Ed25519 public keys: a folder of `*.pem`, or one such file."""
    max_hours: Annotated[int, Field(ge=1, le=720)] = 72
    """Longest time between an order's issue and its end."""


class Retention(_Part):
    """How long records that are about a person are kept."""

    visits_days: Annotated[int, Field(ge=1, le=366)] = 14
    """Days until an event is destroyed."""
    subject_days: Annotated[int, Field(ge=1, le=366)] | None = None
    """Days until people are hashed under a new key, and so count as new; as `visits_days`."""
    size_mb: Annotated[int, Field(ge=16, le=1_000_000)] | None = None
    """Most that the record may take: its oldest events go first, but none that is not forwarded."""


class Passes(_Part):
    """Passes that this estate hands out itself."""

    estate: Id | None = None
    """What passes call the estate; gateways of one estate share it. The site's id if not given."""
    url: Annotated[str, Field(pattern=r"^https?://[^\s#?]+$")] | None = None
    """Where residents' phones reach this gateway's page, such as `https://gate.example`."""
    printed: tuple[Literal["resident", "staff", "visitor", "delivery", "emergency"], ...] = (
        "resident", "staff", "visitor", "delivery", "emergency",
    )  # fmt: skip
    """Who may have a pass on paper, which a photograph of it is as good as."""
    max_days: Annotated[int, Field(ge=1, le=3660)] = 400
    """How long a pass may hold."""


class Limit(_Part):
    """A temperature limit of the health authority for one spot and kind."""

    spot: Spot
    """Where on the body it is measured."""
    kind: TemperatureKind
    """Of the skin, or already adjusted to the body's core."""
    celsius: Annotated[float, Field(ge=30, le=45)]
    """The limit in °C; a reading equal to it counts as over it."""
    authority: str
    """Who set it."""
    document: str
    """Where that stands."""
    date: date
    """Since when."""


class Device(BaseModel):
    """One device of a lane; keys beyond these are its driver's own and checked by it."""

    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)

    device: Id
    """Its id, unlike every other of the site."""
    driver: str
    """How its bytes travel: docs/devices/."""
    fail: Literal["safe", "secure"] | None = None
    """Gates: open (`safe`) or shut (`secure`) without power or link."""
    egress: Literal["mechanical", "hardwired", "this-gate"] | None = None
    """Gates: how people get out then; `this-gate` does not go with `secure`."""

    @property
    def own(self) -> Mapping[str, Any]:
        """The keys meant for the driver."""
        return self.model_extra or {}


class Lane(_Part):
    """One lane of a checkpoint."""

    lane: Id
    """Its id."""
    checkpoint: Id
    """The checkpoint it belongs to; a fire input releases all lanes of one."""
    name: Name | None = None
    """What the page calls it."""
    direction: Direction
    """`in`, or `out`: needs nothing, opens on presence or exit button."""
    needs: tuple[Literal["credential", "temperature"], ...] = ()
    """What a visit waits for; `[]` for outward lanes."""
    visit_window_ms: Annotated[int, Field(ge=500, le=600_000)] = 8000
    """How long a visit waits for what it needs; then a guard looks."""
    reading_max_age_ms: Annotated[int, Field(ge=100, le=600_000)] = 10_000
    """Age on arrival, by a reading's own time, past which it opens nothing."""
    open_within_ms: Annotated[int, Field(ge=50, le=10_000)] = 1000
    """Life of a command: past it the gate must not obey."""
    pass_within_ms: Annotated[int, Field(ge=50, le=600_000)] = 5000
    """Life of a grant: past it nobody passes on it."""
    accessible: bool = False
    """For people who need time: `pass_within_ms` of at least 20000, open until clear."""
    platform_offline: Literal["refer", "policy"] = "refer"
    """Without a platform's answer: a guard looks, or the policy alone decides (`unverified`)."""
    devices: tuple[Device, ...]
    """Exactly one gate among them; inward lanes also need a scanner."""

    @model_validator(mode="after")
    def _accessible_is_slow(self) -> Self:
        if self.accessible and self.pass_within_ms < 20_000:
            msg = "an accessible lane needs pass_within_ms of at least 20000"
            raise ValueError(msg)
        return self


class SiteFile(_Part):
    """One estate."""

    site: Id
    """The estate's id, the third level of every topic."""
    name: Name
    """What the page calls the estate."""
    timezone: str = "Asia/Shanghai"
    """Zone of schedules, of midnight and of the last day of screening."""
    broker: Broker = "auto"
    """An external broker; `auto` starts one of the gateway's own."""
    web: Web = Web()
    """The guard's page and the API."""
    data: Path = Path("data")
    """Folder of the outbox and the keys; `--data` overrides it."""
    store: Store | None = None
    """Time-series store that gets the points."""
    policy: Path
    """The rules: docs/policy.md."""
    trust: Path | None = None
    """Folder of signers, issuers and national rules: docs/credentials.md."""
    country: str | None = None
    """Country one enters here, such as DE: its rules are judged (docs/certlogic.md)."""
    region: str | None = None
    """Region of that country, where some rules hold in a region alone."""
    colour_code: ColourCode | None = None
    """Colour codes 健康码, asked about at a platform: docs/devices/colour-platform.md."""
    orders: Orders | None = None
    """Signed orders of the alliance HQ: docs/orders.md; without it every order is refused."""
    legal: Legal | None = None
    """By what right health is screened; without it nothing of health is judged."""
    passes: Passes = Passes()
    """Passes that the estate hands out: docs/passes.md."""
    retention: Retention = Retention()
    """How long records are kept."""
    limits: tuple[Limit, ...] = ()
    """Temperature limits of the health authority; none is built in."""
    lanes: Annotated[tuple[Lane, ...], Field(min_length=1)]
    """The lanes."""

    _folder: Path = PrivateAttr(default=Path())

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:  # KeyError: no such zone
            msg = f"{name} is no time zone; write one such as Asia/Shanghai"
            raise ValueError(msg) from error
        return name

    @field_validator("country", mode="before")
    @classmethod
    def _is_a_country(cls, told: object) -> object:
        if told is False:  # Norway's letters are YAML's word for it
            msg = 'YAML takes this word for false: write "NO", in quotation marks, for Norway'
            raise ValueError(msg)
        if isinstance(told, str) and not _COUNTRY.fullmatch(told):
            msg = "must be two capital letters, such as DE"
            raise ValueError(msg)
        return told

    @model_validator(mode="after")
    def _region_of_a_country(self) -> Self:
        if self.region is not None and self.country is None:
            msg = "a region needs the country that it is part of: write country too, such as DE"
            raise ValueError(msg)
        return self

    def at(self, path: Path) -> Path:
        """Resolve a path of the file against the file's own folder."""
        return self._folder / path

    @property
    def data_folder(self) -> Path:
        """Where the outbox and the keys live."""
        return self.at(self.data)

    @property
    def policy_path(self) -> Path:
        """The policy file."""
        return self.at(self.policy)

    @property
    def order_keys_path(self) -> Path | None:
        """Where the HQ's keys are, if the site takes its orders."""
        return None if self.orders is None else self.at(self.orders.keys)

    @property
    def trust_folder(self) -> Path | None:
        """The folder of signers, if the site judges signed credentials."""
        return None if self.trust is None else self.at(self.trust)

    @property
    def estate(self) -> str:
        """What the passes of this site call the estate."""
        return self.passes.estate or self.site

    @property
    def place(self) -> Place | None:
        """Whose rules about certificates hold here."""
        return None if self.country is None else Place(self.country, self.region or "")

    @property
    def screening_ends_ms(self) -> int | None:
        """When health screening stops (the end of its last day, in the site's zone), Unix ms."""
        if self.legal is None:
            return None
        end = datetime.combine(self.legal.ends, time.max, ZoneInfo(self.timezone))
        return int(end.timestamp() * 1000)

    def limit(self, spot: Spot | None, kind: TemperatureKind | None) -> float | None:
        """Return the limit in °C that holds for a spot and kind, None without one."""
        return next((x.celsius for x in self.limits if (x.spot, x.kind) == (spot, kind)), None)

    def devices(self) -> Iterator[tuple[Lane, Device]]:
        """Walk all devices with their lanes."""
        return ((lane, device) for lane in self.lanes for device in lane.devices)
