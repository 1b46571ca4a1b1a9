"""What operators do: lanes as they stand, and every act on them, on alarms and on visits."""

import hashlib
import secrets
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from devices.ids import LaneId
from devices.reasons import sentence
from edge_rules.inputs import Act, OperatorActed
from edge_rules.vouched import Vouched
from gateway.access import Operator
from gateway.web.answers import ActAnswer, LanesAnswer
from gateway.web.house import Guard, House, TheHouse, Viewer
from gateway.web.parameters import EVENT_OR_VISIT_ID, Method, Reason

router = APIRouter(prefix="/api/v1")

UNKNOWN_TARGETS = frozenset({"unknown-lane", "unknown-visit", "unknown-alarm", "unknown-order"})

Lane = Annotated[str, Path(max_length=64)]
Target = Annotated[str, Path(alias="id", pattern=EVENT_OR_VISIT_ID)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{1,128}$")]


class Opening(BaseModel):
    """Why a guard opens a gate by hand."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason


class Because(BaseModel):
    """Why; may be left out."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason | None = None


class SecondMeasure(BaseModel):
    """A second measurement, taken by hand after a rest."""

    model_config = ConfigDict(extra="forbid")
    celsius: Annotated[float, Field(ge=25, le=45, allow_inf_nan=False, strict=True)]
    method: Method


@router.get("/lanes", response_model=LanesAnswer)
async def lanes(house: TheHouse, _: Viewer) -> JSONResponse:
    """Describe every lane as it stands now."""
    return JSONResponse({"lanes": house.operations.lanes()})


@router.post("/lanes/{lane}/open", response_model=ActAnswer)
async def open_lane(
    house: TheHouse, operator: Guard, lane: Lane, body: Opening, key: Key = None
) -> JSONResponse:
    """Open once, with a reason; repeated with the same Idempotency-Key it is the same act."""
    return await _on_lane(house, operator, Act.OPEN, lane, body.reason, key)


@router.post("/lanes/{lane}/lock", response_model=ActAnswer)
async def lock_lane(
    house: TheHouse, operator: Guard, lane: Lane, body: Because | None = None, key: Key = None
) -> JSONResponse:
    """Lock the way in; the way out stays."""
    return await _on_lane(house, operator, Act.LOCK, lane, _reason(body), key)


@router.post("/lanes/{lane}/release", response_model=ActAnswer)
async def release_lane(
    house: TheHouse, operator: Guard, lane: Lane, body: Because | None = None, key: Key = None
) -> JSONResponse:
    """Let everybody through, until somebody on site restores the lane."""
    return await _on_lane(house, operator, Act.RELEASE, lane, _reason(body), key)


@router.post("/lanes/{lane}/restore", response_model=ActAnswer)
async def restore_lane(
    house: TheHouse, operator: Guard, lane: Lane, body: Because | None = None, key: Key = None
) -> JSONResponse:
    """End a release or a lockdown."""
    return await _on_lane(house, operator, Act.RESTORE, lane, _reason(body), key)


@router.post("/alarms/{id}/acknowledge", response_model=ActAnswer)
async def acknowledge(
    house: TheHouse, operator: Guard, alarm: Target, key: Key = None
) -> JSONResponse:
    """Say that somebody has seen an alarm."""
    return await carry_out(house, acted(operator, Act.ACKNOWLEDGE, key, target=alarm))


@router.post("/visits/{id}/second-measure", response_model=ActAnswer)
async def second_measure(
    house: TheHouse, operator: Guard, visit: Target, body: SecondMeasure, key: Key = None
) -> JSONResponse:
    """Give a referred visit its second measurement, which decides; both are kept."""
    act = acted(operator, Act.SECOND_MEASURE, key, target=visit, measured=body)
    return await carry_out(house, act)


async def _on_lane(
    house: House, operator: Operator, act: Act, lane: str, reason: str, key: str | None
) -> JSONResponse:
    known = house.operations.knows_lane(lane)
    if known is None:
        raise HTTPException(404, f"no lane {lane!r}; GET /api/v1/lanes lists them")
    return await carry_out(house, acted(operator, act, key, lane=known, reason=reason))


async def carry_out(house: House, act: OperatorActed) -> JSONResponse:
    """Carry out an act and answer what became of it."""
    outcome = await house.operations.operate(act)
    if outcome.refused is None:
        answer = {"command": outcome.command, "state": outcome.state}
        return JSONResponse(answer | ({"visit": outcome.visit} if outcome.visit else {}))
    said = sentence(outcome.refused)
    status = 404 if outcome.refused in UNKNOWN_TARGETS else 409
    return JSONResponse({"refused": outcome.refused, "zh": said.zh, "en": said.en}, status)


def acted(
    operator: Operator,
    act: Act,
    key: str | None,
    *,
    lane: LaneId | None = None,
    reason: str = "",
    target: str | None = None,
    measured: SecondMeasure | None = None,
    vouched: Vouched | None = None,
) -> OperatorActed:
    """Say who does what; the same key of the same person on the same target is the same act."""
    return OperatorActed(
        act=act,
        by=operator.name,
        role=operator.role.value,
        key=_key(operator.name, act, lane or target or "", key),
        lane=lane,
        reason=reason,
        target=target,
        celsius=measured.celsius if measured else None,
        method=measured.method if measured else None,
        vouched=vouched,
    )


def _key(by: str, act: Act, on: str, key: str | None) -> str:
    """Make a key of the act itself: the same words of somebody else, or elsewhere, are another act.

    32 hex digits, so that it may also name a command.
    """
    if key is None:
        return secrets.token_hex(16)
    return hashlib.sha256("\0".join((by, act, on, key)).encode()).hexdigest()[:32]


def _reason(body: Because | None) -> str:
    return (body and body.reason) or ""
