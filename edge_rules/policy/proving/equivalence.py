"""Proves that two policies decide the same on all facts, or finds some on which they don't."""

from edge_rules.decision import Decision
from edge_rules.facts import clean_facts
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.proving.answers import Answer
from edge_rules.policy.proving.solver_library import need_solver
from edge_rules.policy.rules import Policy
from edge_rules.policy.written_facts import read_facts


def equivalent(
    one: Policy, other: Policy, *, timeout_s: float = 30.0, reasons: bool = False
) -> Answer:
    """Compare the decisions of two policies, with `reasons` also those.

    What holds is proved of all facts; `facts` are some on which they differ; else `why` says what
    stands in the way. PartMissingError where z3 is not installed.
    """
    need_solver()
    from edge_rules.policy.proving.pair_model import search_difference  # noqa: PLC0415 - needs z3

    mine, its = compile_policy(one), compile_policy(other)

    def confirmed(written: dict[str, object]) -> bool:
        facts = clean_facts(read_facts(written))
        return _differ(mine.decide(facts), its.decide(facts), reasons=reasons)

    return search_difference(one, other, confirmed, timeout_s, reasons=reasons)


def _differ(one: Decision, other: Decision, *, reasons: bool) -> bool:
    if one.outcome is not other.outcome:
        return True
    return reasons and set(one.reasons) != set(other.reasons)
