"""A decision on record, made ready to be made again: its facts, and what stood above the policy.

A record names what stood above the policy (`doubts`). In one from before records did, it is told
by the words that doubts use: a policy whose own reasons are such words can't be told from them
there, and of a denial nothing is known to have stood above it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

from edge_rules.decision import Decision, MissingFact, Outcome
from edge_rules.facts import clean_facts
from edge_rules.judging import doubted
from edge_rules.policy.written_facts import read_facts

# What a record without `doubts` may begin its reasons with, beside `…-missing`.
DOUBTS: Final = frozenset(
    {"not-one-person", "lane-busy", "time-over", "too-many-readings", "credential-missing",
     "temperature-missing", "repeated-scan", "lockdown", "gate-offline"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A visit that a policy was asked about."""

    facts: dict[str, Any]
    decided: Decision
    doubts: tuple[str, ...]
    policy: str
    second: bool

    def again(self, said: Decision) -> Decision:
        """Return what another policy's decision would have come to, under the same doubts."""
        return doubted(said, self.doubts)


def asked_of(event: Mapping[str, Any]) -> Asked | None:
    """Read a `passage-decided`, None where no policy was asked.

    KeyError, TypeError or ValueError: it is not as a gateway writes it, or holds no facts.
    """
    if "facts" not in event and (event["decision"], event["rules"]) == (Outcome.REFER, []):
        return None
    facts = event["facts"]
    if not isinstance(facts, Mapping):
        msg = "facts are no object"
        raise TypeError(msg)
    decided = Decision(
        Outcome(event["decision"]),
        _words(event["reasons"]),
        _words(event["rules"]),
        tuple(
            MissingFact(str(each["rule"]), str(each["fact"])) for each in event.get("missing", ())
        ),
    )
    doubts = _words(event["doubts"]) if "doubts" in event else _doubts_of(decided)
    second = event.get("supersedes") is not None
    return Asked(clean_facts(read_facts(facts)), decided, doubts, str(event.get("policy")), second)


def _doubts_of(decided: Decision) -> tuple[str, ...]:
    if decided.outcome is not Outcome.REFER:
        return ()
    return tuple(takewhile(DOUBTS.__contains__, decided.reasons))


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        msg = "not a list of words"
        raise TypeError(msg)
    return tuple(value)
