"""The business rules in force for a certificate, judged: may its holder pass, and why not.

A rule passes when its logic is exactly true, an invalidation rule too. One that has no value
fails, as the specification advises, and so does one that this engine can't evaluate: a
certificate is never taken for good because a rule about it was not understood.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from devices.moment import format_stamp
from edge_rules.certlogic.business_rule import (
    BusinessRule,
    CertificateType,
    RuleType,
    read_business_rule,
)
from edge_rules.certlogic.errors import RuleFailedError, RuleFault, RuleInvalidError

_ENTRIES = {
    "v": CertificateType.VACCINATION,
    "t": CertificateType.TEST,
    "r": CertificateType.RECOVERY,
}


class Found(StrEnum):
    """What one rule says of a certificate."""

    PASSED = "passed"
    FAILED = "failed"
    NO_VALUE = "no-value"
    NOT_UNDERSTOOD = "not-understood"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Where and when a certificate is shown, and who issued it.

    `value_sets` are the allowed codes by the name of their set.
    """

    at_ms: int
    country: str
    issuer: str
    region: str = ""
    value_sets: Mapping[str, Sequence[str]] | None = None

    def external(self) -> dict[str, Any]:
        """Lay out what rules read beside the certificate."""
        return {
            "validationClock": format_stamp(self.at_ms),
            "countryCode": self.country,
            "issuerCountryCode": self.issuer,
            "region": self.region,
            "valueSets": {name: list(codes) for name, codes in (self.value_sets or {}).items()},
        }


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One rule and what it says."""

    rule: BusinessRule
    found: Found


@dataclass(frozen=True, slots=True)
class RulesVerdict:
    """What all rules in force say; no rule in force says nothing, so the fact is missing."""

    findings: tuple[RuleFinding, ...]

    @property
    def rules_ok(self) -> bool | None:
        """True when every rule passed; None when there is none to ask."""
        return self.failing_rule is None if self.findings else None

    @property
    def failing_rule(self) -> str | None:
        """The identifier of the first rule that did not pass, in the order of the set."""
        failing = (one.rule.identifier for one in self.findings if one.found is not Found.PASSED)
        return next(failing, None)

    def facts(self) -> dict[str, Any]:
        """Lay out the facts of `credential`; a policy takes None for missing."""
        return {"rules_ok": self.rules_ok, "failing_rule": self.failing_rule}


def read_rule_set(told: object) -> tuple[BusinessRule, ...]:
    """Read a list of rules; RuleInvalidError tells every fault of every rule."""
    if not isinstance(told, list):
        raise RuleInvalidError([RuleFault("", None, "a rule set is a list of business rules")])
    rules: list[BusinessRule] = []
    faults: list[RuleFault] = []
    for index, one in enumerate(told):
        try:
            rules.append(read_business_rule(one))
        except RuleInvalidError as error:
            faults += [replace(fault, path=f"/{index}{fault.path}") for fault in error.faults]
    counts = Counter((rule.identifier, rule.region, rule.version) for rule in rules)
    faults += [
        RuleFault("", None, f"{identifier} is there twice in the same Version")
        for (identifier, *_), count in counts.items()
        if count > 1
    ]
    if faults:
        raise RuleInvalidError(faults)
    return tuple(rules)


def rules_in_force(
    rules: Iterable[BusinessRule], payload: Mapping[str, Any], inquiry: Inquiry
) -> list[BusinessRule]:
    """Choose the rules for this certificate: one a name, the newest version that is valid."""
    kinds = {CertificateType.GENERAL} | {kind for key, kind in _ENTRIES.items() if payload.get(key)}
    chosen: dict[tuple[str, str], BusinessRule] = {}
    for rule in rules:
        if not rule.valid_at(inquiry.at_ms) or not _concerns(rule, inquiry):
            continue
        key = (rule.identifier, rule.region)
        if key not in chosen or chosen[key].version < rule.version:
            chosen[key] = rule
    return [rule for rule in chosen.values() if rule.certificate_type in kinds]


def judge_rules(
    rules: Iterable[BusinessRule], payload: Mapping[str, Any], inquiry: Inquiry
) -> RulesVerdict:
    """Judge a certificate's payload by the rules in force; never raises."""
    data = {"payload": payload, "external": inquiry.external()}
    chosen = rules_in_force(rules, payload, inquiry)
    return RulesVerdict(tuple(RuleFinding(rule, _found(rule, data)) for rule in chosen))


def _concerns(rule: BusinessRule, inquiry: Inquiry) -> bool:
    wanted = inquiry.country if rule.type is RuleType.ACCEPTANCE else inquiry.issuer
    return rule.country == wanted and rule.region in ("", inquiry.region)


def _found(rule: BusinessRule, data: Mapping[str, Any]) -> Found:
    if rule.logic is None:
        return Found.NOT_UNDERSTOOD
    try:
        return Found.PASSED if rule.logic.evaluate(data) is True else Found.FAILED
    except RuleFailedError:
        return Found.NO_VALUE
