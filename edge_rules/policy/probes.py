"""Facts worth trying on policies: about each rule's turning points first, by chance after that.

What is made here need not be possible at a gate: an hour that is not that of `now`, say.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any, Final

from edge_rules.facts import clean_facts
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.meaning import meaning_of
from edge_rules.policy.probe_search import Chance, Flat, Search
from edge_rules.policy.probe_values import MISSING, flattened, nested, probe_values
from edge_rules.policy.rules import Policy, Rule
from edge_rules.policy.written_facts import read_facts

__all__ = ["MISSING", "Chance", "probe_facts", "probe_values"]

MAX_RULES: Final = 400  # of a policy looked at one by one; of more, a choice by chance
NEARBY: Final = 0.75  # of what chance makes: a few facts changed where a rule fires
MAX_CHANGED: Final = 4

_Values = Mapping[str, tuple[Any, ...]]


def probe_facts(policies: Sequence[Policy], chance: Chance, count: int) -> Iterator[dict[str, Any]]:
    """Give `count` facts as `clean_facts` gives them; the same chance gives the same facts.

    First the policies' own tests, and each rule's conditions made true, false and unknown one by
    one where a few tries find out how; at most half of all. Then combinations by chance.
    """
    values = probe_values(policies)
    starts: list[Flat] = []
    seen: set[frozenset[tuple[str, Any]]] = set()
    for flat in _systematic(policies, values, chance, starts):
        if 2 * len(seen) >= count:
            break
        key = frozenset((name, value) for name, value in flat.items() if value is not MISSING)
        if key not in seen:
            seen.add(key)
            yield nested(flat)
    for _ in range(count - len(seen)):
        yield nested(_by_chance(values, starts, chance))


def _systematic(
    policies: Sequence[Policy], values: _Values, chance: Chance, starts: list[Flat]
) -> Iterator[Flat]:
    """Go round the rules: what makes each fire, then what ends that, then all single changes.

    Whatever makes a rule fire is added to `starts`.
    """
    for policy in policies:
        for test in policy.tests:
            starts.append(flattened(clean_facts(read_facts(test.given))))
            yield starts[-1]
    searches = _searches(policies, values, chance)
    for flat in _in_turn([search.firing() for search in searches]):
        starts.append(flat)
        yield flat
    yield from _in_turn([search.turned() for search in searches])
    yield from _in_turn([search.nearby() for search in searches])


def _searches(policies: Sequence[Policy], values: _Values, chance: Chance) -> list[Search]:
    """List the rules to look at, those first that not all policies have."""
    shared: Counter[Hashable] = Counter()
    for policy in policies:
        shared.update({_asked(rule) for rule in policy.rules})
    first: list[Search] = []
    others: list[Search] = []
    for policy in policies:
        decide = compile_policy(policy).decide
        own = [rule for rule in policy.rules if shared[_asked(rule)] < len(policies)]
        rest = [rule for rule in policy.rules if shared[_asked(rule)] == len(policies)]
        for rules, searches in ((own, first), (rest, others)):
            some = chance.sample(rules, MAX_RULES) if len(rules) > MAX_RULES else rules
            searches += [Search(rule, decide, values, chance) for rule in some]
    return first + others


def _asked(rule: Rule) -> Hashable:
    return rule.id, rule.then, rule.reason, meaning_of(rule.when)


def _in_turn(sources: Sequence[Iterator[Flat]]) -> Iterator[Flat]:
    """Take one of each source, then one more of each."""
    rounds = zip_longest(*sources)
    return (flat for flat in chain.from_iterable(rounds) if flat is not None)


def _by_chance(values: _Values, starts: Sequence[Flat], chance: Chance) -> Flat:
    names = list(values)
    if starts and chance.random() < NEARBY:
        flat = dict(chance.choice(starts))
        names = chance.sample(names, min(len(names), chance.choice(range(1, MAX_CHANGED + 1))))
    else:
        flat = {}
    whole = chance.random() < 0.5  # facts that are all there, else each rule lacks some
    for name in names:
        flat[name] = chance.choice(values[name][:-1] if whole else values[name])
    return flat
