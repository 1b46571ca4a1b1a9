"""What is probably not meant in a policy that has no fault: found without a single fact.

Said is only what is sure. Rules that compare facts with each other, call functions or loop are
looked at as far as their text is alike; that nothing is said of them does not mean they are right.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from devices.errors import Fault
from edge_rules.cel.syntax import Call, Expr, Literal, children
from edge_rules.cel.wording import written
from edge_rules.decision import Outcome
from edge_rules.facts import FIELDS
from edge_rules.policy.index_keys import conjuncts
from edge_rules.policy.meaning import written_meaning
from edge_rules.policy.ranges import Box, both, box_of, nothing
from edge_rules.policy.rules import Policy, Rule

MAX_PAIRS = 100_000  # of rules compared with each other; more would take seconds
MAX_PARTS = 6  # conditions of one rule whose subsets are looked up

_RANK = {Outcome.DENY: 0, Outcome.REFER: 1, Outcome.ADMIT: 2}
_LESS, _MORE = ("_<_", "_>_")


def advise(policy: Policy) -> list[Fault]:
    """List what is unreachable, said twice, contradictory or left open, in the file's order."""
    boxes = [box_of(rule.when) for rule in policy.rules]
    faults = [*_unreachable(policy, boxes), *_repeated(policy)]
    told = {(fault.line, fault.column) for fault in faults}
    overlaps = _overlaps(policy, boxes)
    faults += [each for each in overlaps if (each.line, each.column) not in told]
    faults += [*_words_left_open(policy, boxes), *_bounds_left_open(policy, boxes)]
    return sorted(faults, key=lambda fault: (fault.line, fault.column))


def _unreachable(policy: Policy, boxes: Sequence[Box]) -> Iterator[Fault]:
    for rule, box in zip(policy.rules, boxes, strict=True):
        parts = conjuncts(rule.when.root)
        if box.impossible:
            what = f"can never fire: no value of {box.impossible} fits all it asks"
            yield _fault(policy, rule, what)
        elif any(isinstance(part, Literal) and part.value is False for part in parts):
            yield _fault(policy, rule, "can never fire: it asks for false")


def _repeated(policy: Policy) -> Iterator[Fault]:
    """Find rules that ask all that another asks: the same, or more to a milder end."""
    known: dict[frozenset[str], Rule] = {}
    asked = []
    for rule in policy.rules:
        parts = frozenset(written_meaning(node, rule.when) for node in conjuncts(rule.when.root))
        first = known.setdefault(parts, rule)
        if first is not rule:
            what = f"asks the same as `{first.id}`"
            if first.then is not rule.then:
                stands = min(first.then, rule.then, key=_RANK.__getitem__)
                what += f", which says {first.then}: {stands} always stands"
            yield _fault(policy, rule, what)
        asked.append((rule, parts))
    for rule, parts in asked:
        if not 1 < len(parts) <= MAX_PARTS:
            continue
        for size in range(1, len(parts)):
            for some in combinations(sorted(parts), size):
                other = known.get(frozenset(some))
                if other and _RANK[other.then] < _RANK[rule.then]:
                    what = f"never decides: whenever it fires, `{other.id}` says {other.then}"
                    yield _fault(policy, rule, what)


def _overlaps(policy: Policy, boxes: Sequence[Box]) -> Iterator[Fault]:
    """Find rules about the same facts that can fire together and disagree."""
    pairs = 0
    for group in _alike(policy, boxes):
        pairs += len(group) * (len(group) - 1) // 2
        if pairs > MAX_PAIRS:
            what = (
                "so many rules speak of the same facts that their overlaps were not all looked for"
            )
            yield Fault(policy.source, 1, 1, what)
            return
        for first, second in combinations(group, 2):
            one, other = policy.rules[first], policy.rules[second]
            if one.then is not other.then and _meet(boxes[first], boxes[second]):
                stands = min(one.then, other.then, key=_RANK.__getitem__)
                what = f"overlaps with `{one.id}`, which says {one.then}: there {stands} stands"
                yield _fault(policy, other, what)


def _alike(policy: Policy, boxes: Sequence[Box]) -> Iterator[list[int]]:
    """Group rules of the same facts, those apart that differ in a fact's one value."""
    groups: dict[object, list[int]] = {}
    for number, box in enumerate(boxes):
        if box.whole and not box.impossible:
            single = {
                fact: next(iter(left))
                for fact, left in box.left.items()
                if isinstance(left, frozenset) and len(left) == 1
            }
            groups.setdefault((frozenset(box.left), frozenset(single.items())), []).append(number)
    merged: dict[frozenset[str], list[list[int]]] = {}
    for number_group in groups.values():
        facts = frozenset(boxes[number_group[0]].left)
        merged.setdefault(facts, []).append(number_group)
    for parts in merged.values():
        if len(parts) <= 100:  # few enough to compare across different single values too
            yield [number for part in parts for number in part]
        else:
            yield from parts


def _meet(one: Box, other: Box) -> bool:
    return not any(nothing(both(one.left[fact], other.left[fact])) for fact in one.left)


def _words_left_open(policy: Policy, boxes: Sequence[Box]) -> Iterator[Fault]:
    """Find words of a fact that no rule speaks of, where rules name the others one by one."""
    named: dict[str, set[str]] = {}
    otherwise: set[str] = set()
    first: dict[str, Rule] = {}
    for rule, box in zip(policy.rules, boxes, strict=True):
        mentioned = {name for name in _facts(rule) if FIELDS[name].words}
        for name in mentioned:
            first.setdefault(name, rule)
            left = box.left.get(name)
            if isinstance(left, frozenset) and len(left) < len(FIELDS[name].words):
                named.setdefault(name, set()).update(left)
            else:
                otherwise.add(name)
    for name, words in named.items():
        lacking = sorted(FIELDS[name].words - words)
        if lacking and len(words) > 1 and name not in otherwise:
            what = f"no rule speaks of {name} as {', '.join(lacking)}: {policy.otherwise} stands"
            yield _fault(policy, first[name], what)


def _bounds_left_open(policy: Policy, boxes: Sequence[Box]) -> Iterator[Fault]:
    """Find two values compared by `<` and by `>`, but nowhere when they are equal."""
    signs: dict[tuple[str, str], dict[str, Rule]] = {}
    for rule, box in zip(policy.rules, boxes, strict=True):
        for node in () if box.impossible else _calls(rule.when.root):
            left, right = written(node.args[0]), written(node.args[1])
            turned = {"_<_": "_>_", "_>_": "_<_"}.get(node.function, node.function)
            sign = node.function if left <= right else turned
            signs.setdefault((min(left, right), max(left, right)), {}).setdefault(sign, rule)
    for (left, right), found in signs.items():
        if set(found) == {_LESS, _MORE}:
            later = max(found.values(), key=lambda rule: rule.place)
            yield _fault(policy, later, f"no rule says what holds when {left} == {right}")


def _calls(root: Expr) -> Iterator[Call]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting += children(node)
        compares = ("_<_", "_<=_", "_>_", "_>=_", "_==_", "_!=_")
        if isinstance(node, Call) and node.function in compares and len(node.args) == 2:
            yield node


def _facts(rule: Rule) -> set[str]:
    return {
        name
        for reference in rule.when.references.values()
        if (name := getattr(reference, "name", "")) in FIELDS
    }


def _fault(policy: Policy, rule: Rule, what: str) -> Fault:
    return Fault(policy.source, *rule.place, f"rule `{rule.id}` {what}")
