"""Differences between decisions as people and programs read them: lines of text, or of JSON."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from edge_rules.decision import Decision
from edge_rules.policy.change import Change

MAX_SHOWN: Final = 20  # kinds of differences; --json gives all
MAX_WHY: Final = 16  # conditions of one; --json gives all


def as_json(line: Mapping[str, Any]) -> str:
    """Write one line of JSON; what stands in facts is any text."""
    text = json.dumps(line, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def decision_json(decision: Decision) -> dict[str, Any]:
    """Lay a decision out as records do."""
    return {
        "decision": decision.outcome.value,
        "reasons": list(decision.reasons),
        "rules": list(decision.rules),
        "missing": [{"rule": each.rule, "fact": each.fact} for each in decision.missing],
    }


def change_json(
    change: Change, before: Decision, after: Decision, why: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Lay out a difference: both decisions, the rules that tell them apart, and why."""
    return {
        "before": decision_json(before),
        "after": decision_json(after),
        "ended": list(change.ended),
        "begun": list(change.begun),
        "why": list(why),
    }


def heading(change: Change, count: int, names: tuple[str, str]) -> str:
    """Say in a line what changes, how often, and which rules tell the two apart."""
    what = f"{change.before} → {change.after}"
    if change.before is change.after:
        what = f"{change.before}, for other reasons"
    spoken = zip(names, (change.ended, change.begun), strict=True)
    rules = "; ".join(f"{name}: {', '.join(some)}" for name, some in spoken if some)
    return f"{what}, {count}×" + (f"  ({rules})" if rules else "  (no rule fires)")


def decision_text(decision: Decision) -> str:
    """Write a decision on one line."""
    text = f"{decision.outcome} ({', '.join(decision.reasons)})"
    if decision.rules:
        text += f", rules {', '.join(decision.rules)}"
    if decision.missing:
        text += f", missing {', '.join(dict.fromkeys(each.fact for each in decision.missing))}"
    return text


def why_text(why: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Write why a difference came about, a line a condition."""
    for at, each in enumerate(why):
        if at == MAX_WHY:
            yield "    …: --json gives all conditions"
            return
        where = f"{each['policy']}: " if each["policy"] else ""
        yield f"    {where}{each['en']}"
