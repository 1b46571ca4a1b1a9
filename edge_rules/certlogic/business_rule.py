"""One business rule of a nation, as the EU's gateway hands it out: logic with its papers.

Source: the schema and the constraints of the DCC gateway (validation-rule.schema.json).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from devices.moment import parse_stamp
from edge_rules.certlogic.errors import RuleFault, RuleInvalidError
from edge_rules.certlogic.expression import SPECIFICATION
from edge_rules.certlogic.validation import validate

ENGINE = "CERTLOGIC"

_IDENTIFIER = re.compile(r"(GR|VR|TR|RR|IR)-[A-Z]{2}-\d{1,8}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})", re.ASCII)
_REGION = re.compile(r"[\w -]{0,40}")

Version: TypeAlias = tuple[int, int, int]


class RuleType(StrEnum):
    """Whose rule it is: of the country one arrives in, or of the one that issued."""

    ACCEPTANCE = "Acceptance"
    INVALIDATION = "Invalidation"


class CertificateType(StrEnum):
    """Which certificates a rule speaks of; General speaks of all."""

    GENERAL = "General"
    VACCINATION = "Vaccination"
    TEST = "Test"
    RECOVERY = "Recovery"


_PREFIXES = {
    CertificateType.GENERAL: "GR",
    CertificateType.VACCINATION: "VR",
    CertificateType.TEST: "TR",
    CertificateType.RECOVERY: "RR",
}


@dataclass(frozen=True, slots=True)
class BusinessRule:
    """A rule that can be judged while `valid_from_ms` <= now < `valid_to_ms`.

    `logic` is valid CertLogic, or None where this engine can't evaluate it: another one's, or a
    newer language.
    """

    identifier: str
    type: RuleType
    country: str
    region: str
    version: Version
    certificate_type: CertificateType
    valid_from_ms: int
    valid_to_ms: int
    logic: object
    said: Mapping[str, str] = field(default_factory=dict)  # in words, by language

    def valid_at(self, at_ms: int) -> bool:
        """Tell whether the rule is in force."""
        return self.valid_from_ms <= at_ms < self.valid_to_ms


def read_business_rule(told: object) -> BusinessRule:
    """Read the JSON of one rule; RuleInvalidError tells everything wrong with it."""
    if not isinstance(told, dict):
        raise RuleInvalidError([RuleFault("", None, "a business rule is a JSON object")])
    reading = _Reading(told)
    engine, engine_version = reading.text("Engine"), reading.version("EngineVersion")
    spoken = engine == ENGINE and _speaks(engine_version)
    logic = told.get("Logic")
    if spoken:  # the faults of a language unknown here are not ours to tell
        reading.faults += [
            RuleFault(f"/Logic{fault.path}", fault.expr, fault.what) for fault in validate(logic)
        ]
    papers: dict[str, Any] = {
        "identifier": reading.matching("Identifier", _IDENTIFIER, "such as VR-DE-0001"),
        "type": reading.word("Type", RuleType),
        "country": reading.matching("Country", _COUNTRY, "two capital letters"),
        "region": reading.matching("Region", _REGION, "the name of a region", missing=""),
        "version": reading.version("Version"),
        "certificate_type": reading.word("CertificateType", CertificateType),
        "valid_from_ms": reading.stamp("ValidFrom"),
        "valid_to_ms": reading.stamp("ValidTo"),
        "said": _said(told.get("Description")),
    }
    if not reading.faults:
        reading.faults += _disagreements(papers)
    if reading.faults:
        raise RuleInvalidError(reading.faults)
    return BusinessRule(**papers, logic=logic if spoken else None)


def _disagreements(papers: Mapping[str, Any]) -> Iterator[RuleFault]:
    """Find papers that contradict each other, as the EU's gateway refuses them."""
    prefix, country, _ = papers["identifier"].split("-")
    invalidates = papers["type"] is RuleType.INVALIDATION
    wanted = "IR" if invalidates else _PREFIXES[papers["certificate_type"]]
    if prefix != wanted:
        yield RuleFault("/Identifier", papers["identifier"], f"must begin with {wanted}-")
    if country != papers["country"]:
        yield RuleFault("/Identifier", papers["identifier"], "names another Country")
    if papers["valid_from_ms"] >= papers["valid_to_ms"]:
        yield RuleFault("/ValidTo", None, "must lie after ValidFrom")


def _speaks(version: Version) -> bool:
    """Newer minor versions add operations, a newer major one may mean anything."""
    return version[0] == SPECIFICATION[0] and version <= SPECIFICATION


def _said(description: object) -> dict[str, str]:
    parts = description if isinstance(description, list) else []
    return {
        part["lang"]: part["desc"]
        for part in parts
        if isinstance(part, dict)
        and isinstance(part.get("lang"), str)
        and isinstance(part.get("desc"), str)
    }


class _Reading:
    """Reads the members of a rule and keeps what is wrong with them."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told
        self.faults: list[RuleFault] = []

    def text(self, name: str, *, missing: str | None = None) -> str:
        value = self._told.get(name)
        if value is None and missing is not None:
            return missing
        if isinstance(value, str):
            return value
        return self._wrong(name, "is missing or no text")

    def matching(
        self, name: str, pattern: re.Pattern[str], right: str, *, missing: str | None = None
    ) -> str:
        known = len(self.faults)
        text = self.text(name, missing=missing)
        if len(self.faults) == known and not pattern.fullmatch(text):
            self._wrong(name, f"must be {right}")
        return text

    def version(self, name: str) -> Version:
        match = _VERSION.fullmatch(self.matching(name, _VERSION, "a version such as 1.0.0"))
        return (int(match[1]), int(match[2]), int(match[3])) if match else (0, 0, 0)

    def word(self, name: str, words: type[StrEnum]) -> StrEnum | None:
        value = self._told.get(name)
        if isinstance(value, str) and value in list(words):
            return words(value)
        self._wrong(name, f"must be one of {', '.join(words)}")
        return None

    def stamp(self, name: str) -> int:
        try:
            return parse_stamp(self.text(name))
        except ValueError as error:
            if isinstance(self._told.get(name), str):
                self._wrong(name, f"is {error}")
            return 0

    def _wrong(self, name: str, what: str) -> str:
        self.faults.append(RuleFault(f"/{name}", self._told.get(name), what))
        return ""
