"""A guard starts a visit: from paper, from the list, for a companion, or on his own word."""

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import JSONResponse

from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.inputs import Act
from edge_rules.vouched import BY_DOCUMENT, MAX_PERSONS, How, Vouched, nothing_shown
from gateway.access import Operator
from gateway.web.acts import Key, Lane, acted, carry_out
from gateway.web.answers import ActAnswer
from gateway.web.house import Guard, House, TheHouse
from gateway.web.parameters import EVENT_OR_VISIT_ID, plain

router = APIRouter(prefix="/api/v1")

Kind = Literal["resident", "staff", "visitor", "delivery", "emergency"]
Target = Annotated[str, StringConstraints(pattern=EVENT_OR_VISIT_ID)]
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(plain),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PaperCompared(_Body):
    """A paper that the guard compared with a document of identity."""

    how: Literal["paper"]
    checked: Literal["document"]
    kind: Literal["estate-pass", "eu-dcc", "smart-health-card"]
    person: Kind | None = None
    visit: Target | None = None


class PaperNumbered(_Body):
    """A printed pass of the estate, by the number on it."""

    how: Literal["paper"]
    checked: Literal["number"]
    number: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F-]{8,40}$")]
    visit: Target | None = None


class Named(_Body):
    """A spoken name, held against the estate's list; `home` where several have the name."""

    how: Literal["list"]
    name: Text
    home: Text | None = None
    visit: Target | None = None


class Companion(_Body):
    """People who come with who was let in last, whose credential covers them."""

    how: Literal["companion"]
    visit: Target
    persons: Annotated[int, Field(ge=1, le=MAX_PERSONS, strict=True)] = 1
    person: Kind | None = None
    minor: bool | None = None


class OnMyWord(_Body):
    """Whom the guard knows, such as emergency services."""

    how: Literal["word"]
    person: Kind
    minor: bool | None = None
    visit: Target | None = None


Paper = Annotated[PaperCompared | PaperNumbered, Field(discriminator="checked")]
Started = Annotated[Paper | Named | Companion | OnMyWord, Field(discriminator="how")]


@router.post("/lanes/{lane}/visits", response_model=ActAnswer)
async def start_visit(
    house: TheHouse, operator: Guard, lane: Lane, body: Started, key: Key = None
) -> JSONResponse:
    """Start a visit; with `visit` a referred one is decided anew. It goes the ordinary way."""
    known = house.operations.knows_lane(lane)
    if known is None:
        raise HTTPException(404, f"no lane {lane!r}; GET /api/v1/lanes lists them")
    vouched = await _vouched(house, operator, body)
    act = acted(operator, Act.START_VISIT, key, lane=known, target=body.visit, vouched=vouched)
    return await carry_out(house, act)


async def _vouched(house: House, operator: Operator, body: Started) -> Vouched:
    match body:
        case PaperNumbered():
            return await house.front_desk.on_number(operator.name, body.number)
        case Named():
            return await house.front_desk.on_list(operator.name, body.name, body.home or "")
        case PaperCompared():
            seen = Credential(
                CredentialKind(body.kind), CredentialStatus.VALID, BY_DOCUMENT, person=body.person
            )
            return Vouched(How.PAPER, seen, body.checked)
        case Companion():
            comes = nothing_shown(body.person, minor=body.minor)
            return Vouched(How.COMPANION, comes, persons=body.persons)
        case OnMyWord():
            return Vouched(How.WORD, nothing_shown(body.person, minor=body.minor))
