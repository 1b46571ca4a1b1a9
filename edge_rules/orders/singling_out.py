"""Whether an ordered policy could single one person out. Pure.

No fact is a person or a credential's number. But the instant at which a credential was issued is
hardly shared with anybody: an order may ask how long ago that was, and nothing else of such times.
"""

from collections.abc import Iterator

from edge_rules.cel.environment import Checked, Variable
from edge_rules.cel.syntax import Call, Expr, Select, children
from edge_rules.cel.types import TIMESTAMP
from edge_rules.orders.checking import OrderRefusal
from edge_rules.policy.rules import Policy

SINGLES_OUT = "order-singles-out"
INSTANTS = frozenset({"credential.issued", "credential.expires", "credential.age"})
AGE = "credential.age"
NOW = "now"

_COMPARES = frozenset({"_<_", "_<=_", "_>_", "_>=_"})
_RECKONS = frozenset({"_-_", "_+_", "-_"})


def singled_out(policy: Policy) -> OrderRefusal | None:
    """Refuse a policy that asks more of a credential's times than how far from now they are."""
    for rule in policy.rules:
        fact = next(_wrong(rule.when.root, rule.when), None)
        if fact is not None:
            what = (
                f"policy: rule {rule.id} may compare {fact} with < <= > >= to a time before or "
                "after now, as now - credential.issued < duration('48h'), and no more"
            )
            return OrderRefusal(SINGLES_OUT, what)
    return None


def _wrong(node: Expr, checked: Checked) -> Iterator[str]:
    """Give the instants that are used otherwise than as an age."""
    fact = _fact(node, checked)
    if fact in INSTANTS and not _is_asked_for(node):
        yield fact
        return
    if isinstance(node, Call) and node.function in _COMPARES:
        found = set(_reckoned(node, checked))
        if "" not in found and found & INSTANTS and (NOW in found or found == {AGE}):
            return
    for child in children(node):
        yield from _wrong(child, checked)


def _reckoned(node: Expr, checked: Checked) -> Iterator[str]:
    """Give the facts of a comparison whose sides are sums of times; anything else spoils it."""
    for side in children(node):
        waiting = [side]
        while waiting:
            part = waiting.pop()
            fact = _fact(part, checked)
            if fact is not None:
                yield fact
            elif isinstance(part, Call) and part.function in _RECKONS:
                waiting += children(part)
            elif checked.types[part.id] == TIMESTAMP or list(_facts(part, checked)):
                yield ""  # a fixed instant, or a fact inside of something else


def _facts(node: Expr, checked: Checked) -> Iterator[str]:
    fact = _fact(node, checked)
    if fact is not None:
        yield fact
    for child in children(node):
        yield from _facts(child, checked)


def _fact(node: Expr, checked: Checked) -> str | None:
    reference = checked.references.get(node.id)
    return reference.name if isinstance(reference, Variable) else None


def _is_asked_for(node: Expr) -> bool:
    return isinstance(node, Select) and node.test  # has(…) tells nobody from another
