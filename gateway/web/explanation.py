"""Why a person passed or not: what is on record, and each condition as it was, worked out anew."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from starlette.responses import JSONResponse

from devices.reasons import Bilingual, sentence
from gateway.policies.explanations import BusyError
from gateway.ports import Event, PolicyDesk
from gateway.web.answers import ExplanationAnswer
from gateway.web.house import TheHouse, Viewer
from gateway.web.parameters import EVENT_OR_VISIT_ID

router = APIRouter(prefix="/api/v1")

MAX_DECISIONS_OF_A_VISIT = 100  # each second measurement adds one

CONDITIONS, POLICY_GONE, NOT_ASKED = "conditions", "policy-gone", "not-asked"
NO_POLICY_ASKED = Bilingual("没有询问策略", "No policy was asked")


@router.get("/decisions/{id}/explanation", response_model=ExplanationAnswer)
async def explanation(
    house: TheHouse, _: Viewer, id_: Annotated[str, Path(alias="id", pattern=EVENT_OR_VISIT_ID)]
) -> JSONResponse:
    """Explain a decision, by the id of its event or of its visit (then the last one)."""
    kind = "passage-decided"
    found = await house.disk.read(0, 1, type=kind, id=id_) or await house.disk.read(
        0, MAX_DECISIONS_OF_A_VISIT, type=kind, visit=id_
    )
    if not found:
        raise HTTPException(404, "no decision has this id, or it is past its days of retention")
    try:
        why = await _why(found[-1], house.policies)
    except BusyError as error:
        raise HTTPException(503, str(error)) from error
    return JSONResponse(_on_record(found[-1], why["explained"]) | why)


async def _why(event: Event, policies: PolicyDesk) -> dict[str, Any]:
    """Ask the policy that decided once more, about the facts on record."""
    facts, policy = event.get("facts"), event.get("policy")
    explained = NOT_ASKED if facts is None else POLICY_GONE
    told = await policies.explain(policy, facts) if facts is not None and policy else None
    nothing: dict[str, Any] = {"agrees": None, "asked": [], "conditions": [], "left_out": 0}
    if told is None:
        return {"explained": explained, **nothing}
    return {
        "explained": CONDITIONS,
        "agrees": _agrees(event, told),
        **{key: told[key] for key in ("asked", "conditions", "left_out")},
    }


def _agrees(event: Event, told: dict[str, Any]) -> bool:
    """Whether the policy says again what it said: `said`, where something stood above that."""
    alone = event.get("said") or event
    return told["rules"] == event["rules"] and (
        "said" not in event or told["decision"] == alone["decision"]
    )


def _on_record(event: Event, explained: str) -> dict[str, Any]:
    missing = event.get("missing") or []
    said = [sentence(word) for word in event["reasons"]]
    said += [_lacking(gap["rule"], gap["fact"]) for gap in missing]
    note = {POLICY_GONE: _gone(event.get("policy")), NOT_ASKED: NO_POLICY_ASKED}.get(explained)
    keys = ("seq", "at", "lane", "visit", "decision", "reasons", "rules", "policy", "said")
    return {
        "event": event["id"],
        **{key: event.get(key) for key in keys},
        "doubts": event.get("doubts") or [],
        "missing": missing,
        "facts": event.get("facts"),
        "celsius": event.get("celsius"),
        "readings": event.get("readings"),
        "sentences": {"zh": [each.zh for each in said], "en": [each.en for each in said]},
        "note": {"zh": note.zh, "en": note.en} if note else None,
    }


def _lacking(rule: str, fact: str) -> Bilingual:
    return Bilingual(f"规则 {rule} 缺少 {fact}", f"Rule {rule} lacks {fact}")


def _gone(policy: str | None) -> Bilingual:
    return Bilingual(
        f"当时的策略 {policy} 已不在本机,只能看记录",
        f"The policy that decided, {policy}, is kept no more: this is what is on record",
    )
