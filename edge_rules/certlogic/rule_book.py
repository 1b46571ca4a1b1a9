"""The business rules of one place, judged: may this certificate's holder pass, and why not.

A rule passes when its logic is exactly true, an invalidation rule too. One that has no value
fails, as the specification advises, and so does one that this engine can't evaluate: a
certificate is never taken for good because a rule about it was not understood.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from devices.moment import format_stamp
from edge_rules.certlogic.business_rule import BusinessRule, CertificateType, RuleType
from edge_rules.certlogic.expression import Expression, compile_rules
from edge_rules.certlogic.rule_set import ValueSets
from edge_rules.certlogic.values import Budget

MAX_STEPS_A_CERTIFICATE = 20_000  # of all rules together; national sets stay under 2,000

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
class Place:
    """Where certificates are shown: a country by its two letters, and maybe a region of it."""

    country: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """When a certificate is shown, who issued it, and from when until when it holds."""

    at_ms: int
    issuer: str | None
    issued_ms: int | None = None
    expires_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One rule and what it says."""

    rule: BusinessRule
    found: Found


@dataclass(frozen=True, slots=True)
class RulesVerdict:
    """What all rules in force say; no rule in force says nothing, so the fact is missing."""

    findings: tuple[RuleFinding, ...] = ()

    @property
    def rules_ok(self) -> bool | None:
        """True when every rule passed; None when there is none to ask."""
        return self.failing_rule is None if self.findings else None

    @property
    def failing_rule(self) -> str | None:
        """The identifier of the first rule that did not pass, in the order of the set."""
        failing = (one.rule.identifier for one in self.findings if one.found is not Found.PASSED)
        return next(failing, None)


@dataclass(frozen=True, slots=True)
class _Version:
    """One version of a rule, and its code; None where it can't be evaluated here."""

    rule: BusinessRule
    code: Expression | None


class RuleBook:
    """All rules that can count at one place, compiled to one code object.

    `total` counts the rules that were given, also those of other places; without a place none
    counts.
    """

    def __init__(
        self,
        rules: Sequence[BusinessRule] = (),
        value_sets: ValueSets | None = None,
        place: Place | None = None,
    ) -> None:
        self.total = len(rules)
        self.place = place
        own = [rule for rule in rules if place and _concerns(rule, place)]
        self._versions = _by_name(_compiled(own))
        self._value_sets = {name: list(codes) for name, codes in (value_sets or {}).items()}

    def __len__(self) -> int:
        """Count the rules that can count here, whatever their version."""
        return sum(map(len, self._versions))

    def judge(self, payload: Mapping[str, Any], shown: Shown) -> RulesVerdict:
        """Judge a certificate's payload by the rules in force; never raises."""
        if not self._versions or self.place is None:
            return RulesVerdict()
        data = {"payload": payload, "external": self._external(self.place, shown)}
        budget = Budget(MAX_STEPS_A_CERTIFICATE)
        chosen = self._in_force(payload, shown)
        return RulesVerdict(
            tuple(RuleFinding(one.rule, _found(one.code, data, budget)) for one in chosen)
        )

    def _in_force(self, payload: Mapping[str, Any], shown: Shown) -> Iterator[_Version]:
        """Choose the rules for this certificate: one a name, the newest version that is valid."""
        kinds = {kind for key, kind in _ENTRIES.items() if payload.get(key)}
        kinds.add(CertificateType.GENERAL)
        for versions in self._versions:
            newest = next((one for one in versions if one.rule.valid_at(shown.at_ms)), None)
            if newest is None or newest.rule.certificate_type not in kinds:
                continue
            if newest.rule.type is RuleType.ACCEPTANCE or newest.rule.country == shown.issuer:
                yield newest

    def _external(self, place: Place, shown: Shown) -> dict[str, Any]:
        """Lay out what rules read beside the certificate."""
        return {
            "validationClock": format_stamp(shown.at_ms),
            "countryCode": place.country,
            "region": place.region,
            "issuerCountryCode": shown.issuer,
            "iat": None if shown.issued_ms is None else format_stamp(shown.issued_ms),
            "exp": None if shown.expires_ms is None else format_stamp(shown.expires_ms),
            "valueSets": self._value_sets,
        }


def _concerns(rule: BusinessRule, place: Place) -> bool:
    """Tell whether a rule can count here: acceptance is the matter of the country entered."""
    here = rule.country == place.country or rule.type is RuleType.INVALIDATION
    return here and rule.region in ("", place.region)


def _compiled(rules: Iterable[BusinessRule]) -> list[_Version]:
    rules = list(rules)
    codes = iter(compile_rules([rule.logic for rule in rules if rule.logic is not None]))
    return [_Version(rule, None if rule.logic is None else next(codes)) for rule in rules]


def _by_name(versions: Iterable[_Version]) -> list[list[_Version]]:
    """Bring the versions of each rule together, the newest first; rules keep their order."""
    named: dict[tuple[str, str], list[_Version]] = {}
    for one in versions:
        named.setdefault((one.rule.identifier, one.rule.region), []).append(one)
    return [sorted(same, key=lambda one: one.rule.version, reverse=True) for same in named.values()]


def _found(code: Expression | None, data: Mapping[str, Any], budget: Budget) -> Found:
    if code is None:
        return Found.NOT_UNDERSTOOD
    try:
        return Found.PASSED if code.holds(data, budget) else Found.FAILED
    except Exception:  # a rule that fails in whatever way has no value, and lets nobody pass
        return Found.NO_VALUE
