"""What a card's FHIR resources say of vaccinations and tests: codes, dates and values, no names.

Source: https://hl7.org/fhir/R4 (Immunization, Observation, DiagnosticReport).
"""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

VACCINATION = "vaccination"
TEST = "test"
KINDS = {"Immunization": VACCINATION, "Observation": TEST, "DiagnosticReport": TEST}

MAX_ENTRIES = 200  # of a card; what lies behind them is judged and not laid out
_CODE = re.compile(r"[\w/:.+-]{1,100}", re.ASCII)  # as code systems and dates have them
_UNIT = re.compile(r"[\w/:.+%*{}\[\]^()-]{1,30}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}(T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2}))?")

Resource = Mapping[str, Any]


def entry_name(resources: Iterable[Resource]) -> str | None:
    """Name what the resources certify, if that is one thing."""
    names = {KINDS.get(resource["resourceType"]) for resource in resources} - {None}
    return names.pop() if len(names) == 1 else None


def entry_facts(resources: Iterable[Resource]) -> dict[str, list[dict[str, Any]]]:
    """Lay out vaccinations and tests in their order."""
    facts: dict[str, list[dict[str, Any]]] = {}
    wanted = [resource for resource in resources if resource["resourceType"] in KINDS]
    for resource in wanted[:MAX_ENTRIES]:
        name = KINDS[resource["resourceType"]]
        laid_out = _vaccination if name == VACCINATION else _test
        facts.setdefault(name, []).append(laid_out(resource))
    return facts


def _vaccination(resource: Resource) -> dict[str, Any]:
    return {
        "codes": _codes(resource.get("vaccineCode")),
        "date": _date(resource.get("occurrenceDateTime")),
        "status": _code(resource.get("status")),
    }


def _test(resource: Resource) -> dict[str, Any]:
    period = resource.get("effectivePeriod")
    began = period.get("start") if isinstance(period, dict) else None
    return {
        "codes": _codes(resource.get("code")),
        "date": _date(resource.get("effectiveDateTime", began)),
        "status": _code(resource.get("status")),
        "result": _result(resource),
    }


def _result(resource: Resource) -> Any:  # noqa: ANN401 - codes, a number with its unit, or a word
    coded = _codes(resource.get("valueCodeableConcept"))
    if coded:
        return coded
    quantity = resource.get("valueQuantity")
    if isinstance(quantity, dict):
        unit = quantity.get("code", quantity.get("unit"))
        fits = isinstance(unit, str) and _UNIT.fullmatch(unit)
        return {"value": _number(quantity.get("value")), "unit": unit if fits else None}
    return None  # a text could hold a name


def _codes(concept: object) -> list[dict[str, str | None]]:
    coding = concept.get("coding") if isinstance(concept, dict) else None
    return [
        {"system": _code(one.get("system")), "code": _code(one.get("code"))}
        for one in (coding if isinstance(coding, list) else [])[:8]
        if isinstance(one, dict)
    ]


def _code(value: object) -> str | None:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None


def _date(value: object) -> str | None:
    return value if isinstance(value, str) and _DATE.fullmatch(value) else None


def _number(value: object) -> int | float | None:
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        return value
    return None
