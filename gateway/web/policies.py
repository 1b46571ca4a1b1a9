"""Policies over the API: what judges, another one, one step back, one on trial, an order lifted."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.responses import JSONResponse

from devices.errors import Fault, SetupError
from edge_rules.inputs import Act
from edge_rules.policies import Source
from gateway.web.acts import Key, acted, carry_out
from gateway.web.answers import ActAnswer, OfferedAnswer, PolicyAnswer
from gateway.web.house import Admin, Guard, TheHouse, Viewer

router = APIRouter(prefix="/api/v1")

NAME = "policy"  # what faults call a text that came without a file
MOST_FAULTS = 100  # told of one policy; whoever mends these sees the rest
YAML = {"content": {"application/yaml": {"schema": {"type": "string"}}}, "required": True}

OrderId = Annotated[str, Path(alias="id", pattern=r"^[A-Za-z0-9._-]{1,64}$")]


@router.get("/policy", response_model=PolicyAnswer)
async def policy(house: TheHouse, _: Viewer) -> JSONResponse:
    """Say which policy judges, which did before, which is tried, and what was refused last."""
    return JSONResponse(house.policies.view())


@router.put("/policy", response_model=OfferedAnswer, openapi_extra={"requestBody": YAML})
async def put_policy(request: Request, house: TheHouse, operator: Admin) -> JSONResponse:
    """Bring a policy file's text into force; the same policy again changes nothing."""
    text = await _text(request)
    try:
        offered = await house.policies.offer(text, Source.API, operator.name, NAME)
    except SetupError as error:
        return _faulty(error)
    return JSONResponse({"policy": offered.policy, "name": offered.name, "state": offered.state})


@router.post("/policy/rollback", response_model=ActAnswer)
async def roll_back(house: TheHouse, operator: Admin, key: Key = None) -> JSONResponse:
    """Go back to the policy that judged before; once more goes forth again."""
    return await carry_out(house, acted(operator, Act.ROLLBACK_POLICY, key))


@router.put("/policy/shadow", response_model=OfferedAnswer, openapi_extra={"requestBody": YAML})
async def put_shadow(request: Request, house: TheHouse, operator: Admin) -> JSONResponse:
    """Try a policy on every visit from here on, obeying it in nothing."""
    text = await _text(request)
    try:
        offered = await house.policies.try_in_shadow(text, operator.name, NAME)
    except SetupError as error:
        return _faulty(error)
    return JSONResponse({"policy": offered.policy, "name": offered.name, "state": offered.state})


@router.delete("/policy/shadow", response_model=ActAnswer)
async def end_shadow(house: TheHouse, operator: Admin) -> JSONResponse:
    """Try nothing any more; what was found stays on record."""
    if not house.policies.end_shadow(operator.name):
        raise HTTPException(404, "no policy is on trial")
    return JSONResponse({"command": None, "state": "done"})


@router.post("/orders/{id}/suspend", response_model=ActAnswer)
async def suspend(
    house: TheHouse, operator: Guard, order: OrderId, key: Key = None
) -> JSONResponse:
    """Lift an order of the HQ, once a second person says the same within ten minutes."""
    return await carry_out(house, acted(operator, Act.SUSPEND_ORDER, key, target=order))


async def _text(request: Request) -> str:
    body = await request.body()
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        what = f"body: must be a policy file in UTF-8; it is not at byte {error.start}"
        raise HTTPException(422, what) from error


def _faulty(error: SetupError) -> JSONResponse:
    faults = [_told(fault) for fault in error.faults[:MOST_FAULTS]]
    detail = f"{len(error.faults)} fault(s), the first: {error.faults[0]}"
    return JSONResponse({"detail": detail, "faults": faults}, 422)


def _told(fault: Fault) -> dict[str, Any]:
    return {"line": fault.line, "column": fault.column, "what": fault.what}
