"""What `menshen replay` prints: each change for programs, kinds of changes for people."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge_rules.decision import Decision
from edge_rules.policy.change import Change, change_of
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.explaining import Explainer
from edge_rules.policy.findings import MAX_KINDS, grave
from edge_rules.policy.rules import Policy, Rule
from edge_rules.policy.written_facts import write_facts
from edge_rules.replaying import Asked
from gateway.cli.policy.changes import (
    MAX_SHOWN,
    as_json,
    change_json,
    decision_text,
    heading,
    why_text,
)
from gateway.outbox.recorded_visits import RecordedVisits
from gateway.ports import Event

MAX_EACH: Final = 5  # visits that are listed of one kind; --json lists all
MAX_POLICIES: Final = 100  # that judged the visits; how many more there were is not counted
NAMES: Final = ("then", "now")
NEW: Final = "new"


@dataclass(frozen=True, slots=True)
class _Case:
    """One visit that comes out otherwise."""

    event: Event
    asked: Asked
    now: Decision


@dataclass(slots=True)
class _Kind:
    count: int = 0
    cases: list[_Case] = field(default_factory=list)


class ReplayLines:
    """Judges visits one by one; keeps of all of them counts and a few cases."""

    def __init__(self, policy: Policy, path: Path) -> None:
        self.judged = 0
        self.changed = 0
        self._second = 0
        self._beyond = 0
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._earlier: Counter[str] = Counter()
        self._kinds: dict[Change, _Kind] = {}
        self._rules = {rule.id: rule for rule in policy.rules}
        self._compiled = compile_policy(policy)
        self._explainer = Explainer(policy)
        self._path = path

    def take(self, event: Event, asked: Asked, *, as_json: bool) -> str | None:
        """Judge a visit again; return a line about it if it is to be printed now."""
        self.judged += 1
        self._second += asked.second
        if asked.policy in self._earlier or len(self._earlier) < MAX_POLICIES:
            self._earlier[asked.policy] += 1
        now = asked.again(self._compiled.decide(asked.facts))
        change = change_of(asked.decided, now, frozenset(self._redefined(asked)))
        if change is None:
            return None
        self.changed += 1
        self._outcomes[change.before.value, change.after.value] += 1
        case = _Case(event, asked, now)
        if as_json:
            return self._json(change, case)
        self._keep(change, case)
        return None

    def end_json(self, visits: RecordedVisits) -> Iterator[str]:
        """Give the last line."""
        changes = [
            {"before": before, "after": after, "count": count}
            for (before, after), count in self._outcomes.most_common()
        ]
        summary = {
            "policy": {"file": str(self._path), "policy": self._compiled.name,
                       "hash": self._compiled.hash},
            "visits": self.judged - self._second,
            "second_measurements": self._second,
            "changed": self.changed,
            "changes": changes,
            "not_asked": visits.not_asked,
            "unreadable": visits.unreadable,
            "through": visits.through,
            "earlier_policies": dict(self._earlier),
        }  # fmt: skip
        yield as_json({"summary": summary})

    def end_text(self, visits: RecordedVisits) -> Iterator[str]:
        """Give the whole report."""
        yield f"{self._path}: {self._compiled.name} {self._compiled.hash}"
        second = f" and {self._second} second measurements" if self._second else ""
        yield (
            f"{self.changed} of {self.judged - self._second} visits{second} on record (up to seq"
            f" {visits.through}) come out otherwise"
        )
        for (before, after), count in self._outcomes.most_common():
            other = " (for other reasons)" if before == after else ""
            yield f"  {before} → {after}{other}: {count}"
        if visits.not_asked:
            yield f"{visits.not_asked} more were referred without asking a policy, then as now"
        if visits.unreadable:
            yield f"{visits.unreadable} have no facts on record that can be read: not judged again"
        yield from self._kinds_text()

    def _redefined(self, asked: Asked) -> Iterator[str]:
        """Name the rules that fired then and can't have said what they say in the new policy."""
        before = asked.decided
        unjudged = {missing.rule for missing in before.missing}
        for name in () if asked.doubts else before.rules:
            rule = self._rules.get(name)
            if rule is None or name in unjudged:
                continue
            if (rule.then is before.outcome) is not (rule.reason in before.reasons):
                yield name

    def _keep(self, change: Change, case: _Case) -> None:
        kind = self._kinds.get(change)
        if kind is None:
            if len(self._kinds) >= MAX_KINDS:
                self._beyond += 1
                return
            kind = self._kinds[change] = _Kind()
        kind.count += 1
        if len(kind.cases) < MAX_EACH:
            kind.cases.append(case)

    def _kinds_text(self) -> Iterator[str]:
        kinds = sorted(self._kinds.items(), key=lambda each: (grave(each[0]), -each[1].count))
        for change, kind in kinds[:MAX_SHOWN]:
            yield f"\n{heading(change, kind.count, NAMES)}"
            first = kind.cases[0]
            for case in kind.cases:
                where = "seq {seq}, {at}, {lane}, visit {visit}".format(**_where(case.event))
                yield f"  {where}"
            if kind.count > len(kind.cases):
                yield f"  … and {kind.count - len(kind.cases)} more: --json lists them"
            yield f"  {NAMES[0]}: {decision_text(first.asked.decided)}"
            yield f"  {NAMES[1]}: {decision_text(first.now)}"
            yield from why_text(self._why(change, first))
        left = len(kinds) - MAX_SHOWN
        if left > 0 or self._beyond:
            yield f"\n… and {max(left, 0)} more kinds of changes: --json lists each change"

    def _json(self, change: Change, case: _Case) -> str:
        why = self._why(change, case)
        return as_json(
            {
                **_where(case.event),
                "policy": case.asked.policy,
                "doubts": list(case.asked.doubts),
                **change_json(change, case.asked.decided, case.now, why),
            }
        )

    def _why(self, change: Change, case: _Case) -> list[Mapping[str, Any]]:
        """List the new policy's conditions in the rules that changed, and which rules it lacks.

        Of the policy of then there is no more than its hash and the rules that fired.
        """
        conditions = self._explainer.explain(write_facts(case.asked.facts))["conditions"]
        both = frozenset(change.ended) & frozenset(change.begun)
        told = [
            _now_says(self._rules[rule]) if rule in self._rules else _gone(rule)
            for rule in sorted(change.rules)
            if rule in both or rule not in self._rules
        ]
        return [
            *told,
            *({"policy": NEW, **each} for each in conditions if each["rule"] in change.rules),
        ]


def _gone(rule: str) -> Mapping[str, Any]:
    zh, en = f"新策略中没有规则 {rule}", f"The new policy has no rule {rule}"
    return {"policy": NEW, "rule": rule, "zh": zh, "en": en}


def _now_says(rule: Rule) -> Mapping[str, Any]:
    said = f"{rule.then} ({rule.reason})"
    zh, en = f"规则 {rule.id} 现为 {said}", f"Rule {rule.id} now says {said}"
    return {"policy": NEW, "rule": rule.id, "zh": zh, "en": en}


def _where(event: Event) -> dict[str, Any]:
    return {key: event.get(key) for key in ("seq", "at", "lane", "visit")}
