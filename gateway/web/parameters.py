"""Parameters of the API: their bounds, and one precise sentence where one is wrong."""

from typing import Annotated, Any, Literal

from fastapi.exceptions import RequestValidationError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from devices.moment import parse_stamp

MAX_EVENTS = 1000
MAX_SEQ = 2**63 - 1  # SQLite's largest
NO_JSON = "body: must be one JSON object, sent as application/json"
SHOWN = 40  # characters of a wrong value that are said back

WORD = r"^[a-z0-9-]{1,64}$"
EVENT_OR_VISIT_ID = r"^[A-Za-z0-9._:-]{1,128}$"


def _blank_is_absent(value: object) -> object:
    return None if value == "" else value


def _stamp_ms(value: object) -> object:
    return parse_stamp(value) if isinstance(value, str) and value else _blank_is_absent(value)


def plain(text: str) -> str:
    """Refuse control characters: a text is one line that a person wrote."""
    if not text.isprintable():
        msg = "must be one line of printable text"
        raise ValueError(msg)
    return text


Word = Annotated[
    Annotated[str, StringConstraints(pattern=WORD)] | None, BeforeValidator(_blank_is_absent)
]
Stamp = Annotated[int | None, BeforeValidator(_stamp_ms)]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(plain),
]
Method = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
    AfterValidator(plain),
]


class EventFilter(BaseModel):
    """Which events are asked for; `from` is included, `to` is not."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    after: Annotated[int, Field(ge=0, le=MAX_SEQ)] = 0
    lane: Word = None
    type: Word = None
    decision: Annotated[
        Literal["admit", "deny", "refer"] | None, BeforeValidator(_blank_is_absent)
    ] = None
    from_: Annotated[Stamp, Field(alias="from", description="RFC 3339")] = None
    to: Annotated[Stamp, Field(description="RFC 3339")] = None

    def filters(self) -> dict[str, Any]:
        """Give the filters as the disk takes them."""
        named = {
            "lane": self.lane,
            "type": self.type,
            "decision": self.decision,
            "from_ms": self.from_,
            "to_ms": self.to,
        }
        return {name: value for name, value in named.items() if value is not None}


class EventPage(EventFilter):
    """One page of events."""

    limit: Annotated[int, Field(ge=1, le=MAX_EVENTS)] = 100


def sentences(error: RequestValidationError) -> str:
    """Say what is wrong with a request and what would be right, one clause a fault."""
    return "; ".join(_sentence(fault) for fault in error.errors()[:8])


def _sentence(fault: dict[str, Any]) -> str:
    place, *path = fault["loc"]
    name = ".".join(str(part) for part in path) or str(place)
    if fault["type"] == "extra_forbidden":
        return f"{name}: no such parameter here"
    if fault["type"] == "missing":
        return f"{name}: must be given"
    if place == "body" and (path == [] or fault["type"] == "json_invalid"):
        return NO_JSON
    if fault["type"] == "int_parsing":
        return f"{name}: must be a whole number, not {str(fault.get('input'))[:SHOWN]!r}"
    told = str(fault["msg"]).removeprefix("Value error, ")
    what = f"{name}: {told[0].lower()}{told[1:]}".replace("input should", "must")
    what = what.replace("string should", "must")
    if place == "body":
        return what  # a body may hold what must not be said back
    return f"{what}, not {str(fault.get('input'))[:SHOWN]!r}"
