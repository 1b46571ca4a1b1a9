"""What `menshen policy diff` prints: for people, or a JSON object a line."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edge_rules.facts import clean_facts
from edge_rules.policy.comparison import AFTER, BEFORE, Comparison
from edge_rules.policy.findings import Findings, Kind
from edge_rules.policy.proving.answers import Answer
from edge_rules.policy.rules import Policy
from edge_rules.policy.written_facts import read_facts, write_facts
from gateway.cli.policy.changes import (
    MAX_SHOWN,
    as_json,
    change_json,
    decision_text,
    heading,
    why_text,
)

GENERATED, RECORDED, PROVED = "generated", "recorded", "proved"
NAMES = (BEFORE, AFTER)


class DiffLines:
    """Takes what was found, source by source, and lays all of it out."""

    def __init__(
        self,
        comparison: Comparison,
        paths: tuple[Path, Path],
        policies: tuple[Policy, Policy],
        *,
        as_json: bool,
    ) -> None:
        self.differ = False
        self._comparison = comparison
        self._as_json = as_json
        self._sources: list[tuple[str, Findings]] = []
        self._said: list[str] = []
        self._summary: dict[str, Any] = {
            name: {"file": str(path), "policy": policy.name, "hash": hash_}
            for name, path, policy, hash_ in zip(
                NAMES, paths, policies, comparison.hashes, strict=True
            )
        }
        self._said += [f"{name}: {each['file']} ({each['policy']} {each['hash']})"
                       for name, each in self._summary.items()]  # fmt: skip

    @property
    def found(self) -> bool:
        """Whether there are facts that the two decide differently."""
        return any(findings.differing for _, findings in self._sources)

    def generated(self, findings: Findings, seed: int) -> None:
        """Take what was found on facts that were made up."""
        self._take(GENERATED, findings, {"seed": seed}, f"facts made up (seed {seed})")

    def recorded(self, findings: Findings, unreadable: int) -> None:
        """Take what was found on visits that are on record; one that can't be read may differ."""
        self._take(RECORDED, findings, {"unreadable": unreadable}, "visits on record")
        if unreadable:
            self.differ = True
            self._said.append(f"{unreadable} visits have no facts on record that can be read")

    def proved(self, answer: Answer) -> None:
        """Take a solver's answer; a case that it found is shown like one that was made up."""
        self.differ |= answer.holds is not True
        self._summary["proof"] = {"holds": answer.holds, "why": answer.why}
        if answer.holds:
            self._said.append("proved: all facts are decided alike")
        elif answer.holds is None:
            self._said.append(f"not proved: {answer.why}")
        else:
            self._said.append("disproved: there are facts that are decided differently")
        if answer.facts is not None:
            facts = clean_facts(read_facts(answer.facts))
            decisions = self._comparison.decisions(facts)
            findings = Findings()
            findings.take(facts, decisions, self._comparison.change(decisions))
            self._sources.append((PROVED, findings))

    def all(self) -> Iterator[str]:
        """Give all lines."""
        if self._as_json:
            for source, findings in self._sources:
                yield from (as_json(self._json(source, kind)) for kind in findings.kinds())
            yield as_json({"summary": self._summary})
            return
        yield from self._said
        for source, findings in self._sources:
            kinds = findings.kinds()
            for kind in kinds[:MAX_SHOWN]:
                yield from self._text(source, kind)
            left = len(kinds) - MAX_SHOWN
            if left > 0:
                yield f"\n… and {left} more kinds of differences ({source}): --json lists them"

    def _take(self, source: str, findings: Findings, more: Mapping[str, Any], what: str) -> None:
        self.differ |= findings.differing > 0
        self._sources.append((source, findings))
        self._summary[source] = {
            "tried": findings.tried,
            "differ": findings.differing,
            "other_words": findings.other_words,
            "kinds": len(findings.kinds()),
            "beyond": findings.beyond,
            **more,
        }
        said = f"{findings.differing} of {findings.tried} {what} are decided differently"
        if findings.other_words:
            said += f"; {findings.other_words} alike, but shown otherwise"
        if findings.beyond:
            said += f"; {findings.beyond} of kinds that there was no room for"
        self._said.append(said)

    def _json(self, source: str, kind: Kind) -> dict[str, Any]:
        facts = self._comparison.smallest(kind.facts, kind.change)
        decisions = self._comparison.decisions(facts)
        why = self._comparison.why(facts, kind.change)
        return {
            "source": source,
            "count": kind.count,
            **change_json(kind.change, *decisions, why),
            "given": _given(facts),
            **({"where": kind.where} if kind.where else {}),
        }

    def _text(self, source: str, kind: Kind) -> Iterator[str]:
        facts = self._comparison.smallest(kind.facts, kind.change)
        yield f"\n{heading(kind.change, kind.count, NAMES)}  [{source}]"
        if kind.where:
            yield "  for one, {at}, {lane}, visit {visit} (seq {seq})".format(**kind.where)
        yield f"  given: {as_json(_given(facts))}"
        for name, decision in zip(NAMES, self._comparison.decisions(facts), strict=True):
            yield f"  {name}: {decision_text(decision)}"
        yield from why_text(self._comparison.why(facts, kind.change))


def _given(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Write facts as a policy's tests do; groups of which nothing is left go."""
    return {name: value for name, value in write_facts(facts).items() if value != {}}
