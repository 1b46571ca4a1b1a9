"""Values as formulas: what a part of an expression is for all facts at once, or why it is nothing.

A term has a value unless it is `missing` (a fact lacks) or `failed` (an error); never both.
Constants are folded on the way, so that facts which can't be missing cost nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import z3

NO: Final = z3.BoolVal(val=False)
YES: Final = z3.BoolVal(val=True)


@dataclass(frozen=True, slots=True)
class Term:
    """A value with the conditions under which there is none; then `value` means nothing."""

    value: Any  # a formula, or the items of a list
    missing: z3.BoolRef = NO
    failed: z3.BoolRef = NO

    @property
    def known(self) -> z3.BoolRef:
        """When there is a value."""
        return negation(either((self.missing, self.failed)))

    @property
    def holds(self) -> z3.BoolRef:
        """When it is true for sure."""
        return both((self.value, self.known))


@dataclass(frozen=True, slots=True)
class Items:
    """A list: each item with the condition under which it is in it.

    `dense` where those that are in it come first; `ordered` where they stand as they are listed.
    """

    guards: tuple[z3.BoolRef, ...]
    values: tuple[Any, ...]
    dense: bool = True
    ordered: bool = True
    length: z3.ArithRef | None = None  # where an unknown says it

    @property
    def count(self) -> z3.ArithRef:
        """How many items are in it."""
        if self.length is not None:
            return self.length
        sure = sum(1 for guard in self.guards if guard is YES)
        unsure = [z3.If(guard, 1, 0) for guard in self.guards if guard is not YES]
        return z3.Sum([z3.IntVal(sure), *unsure]) if unsure else z3.IntVal(sure)


def both(parts: Iterable[z3.BoolRef]) -> z3.BoolRef:
    """All of these."""
    kept = []
    for part in parts:
        if z3.is_false(part):
            return NO
        if not z3.is_true(part):
            kept.append(part)
    return z3.And(kept) if len(kept) > 1 else kept[0] if kept else YES


def either(parts: Iterable[z3.BoolRef]) -> z3.BoolRef:
    """Any of these."""
    kept = []
    for part in parts:
        if z3.is_true(part):
            return YES
        if not z3.is_false(part):
            kept.append(part)
    return z3.Or(kept) if len(kept) > 1 else kept[0] if kept else NO


def negation(part: z3.BoolRef) -> z3.BoolRef:
    """Not this."""
    if z3.is_false(part):
        return YES
    return NO if z3.is_true(part) else z3.Not(part)


def choice(test: z3.BoolRef, yes: Any, no: Any) -> Any:  # noqa: ANN401 - a formula of any sort
    """One of two formulas."""
    if z3.is_true(test) or yes is no:
        return yes
    return no if z3.is_false(test) else z3.If(test, yes, no)


def all_hold(terms: Sequence[Term]) -> Term:
    """Judge `a && b` by CEL's logic: false if any is false, whatever is wrong beside it."""
    refuted = either(both((negation(term.value), term.known)) for term in terms)
    return _judged(both(term.value for term in terms), refuted, terms)


def any_holds(terms: Sequence[Term]) -> Term:
    """Judge `a || b` by CEL's logic: true if any is true, whatever is wrong beside it."""
    settled = either(term.holds for term in terms)
    return _judged(either(term.value for term in terms), settled, terms)


def in_turn(terms: Iterable[Term], value: Any = YES) -> Term:  # noqa: ANN401 - any value
    """Give a value that needs all of these: the first that has none decides what is wrong."""
    missing, failed = NO, NO
    for term in terms:
        if term.missing is NO and term.failed is NO:
            continue
        fine = negation(either((missing, failed)))
        missing = either((missing, both((fine, term.missing))))
        failed = either((failed, both((fine, term.failed))))
    return Term(value, missing, failed)


def failing(term: Term, when: z3.BoolRef) -> Term:
    """Let a value be an error under a condition that makes sense only where there is one."""
    if when is NO:
        return term
    return Term(term.value, term.missing, either((term.failed, both((term.known, when)))))


def guarded(term: Term, guard: z3.BoolRef, *, otherwise: bool) -> Term:
    """Let a truth count only under a condition."""
    value = either((negation(guard), term.value)) if otherwise else both((guard, term.value))
    return Term(value, both((guard, term.missing)), both((guard, term.failed)))


def tried(term: Term, guard: z3.BoolRef) -> Term:
    """Let a value be asked for only under a condition; what it is does not count."""
    return Term(YES, both((guard, term.missing)), both((guard, term.failed)))


def chosen(test: Term, yes: Term, no: Term) -> Term:
    """`test ? yes : no`."""
    branch = Term(
        _either_value(test.value, yes.value, no.value),
        choice(test.value, yes.missing, no.missing),
        choice(test.value, yes.failed, no.failed),
    )
    return in_turn((test, branch), branch.value)


def _judged(value: z3.BoolRef, settled: z3.BoolRef, terms: Sequence[Term]) -> Term:
    missing = either(term.missing for term in terms)
    failed = either(term.failed for term in terms)
    open_ = negation(settled)
    return Term(value, both((open_, missing)), both((open_, negation(missing), failed)))


def _either_value(test: z3.BoolRef, yes: Any, no: Any) -> Any:  # noqa: ANN401 - any value
    if not isinstance(yes, Items):
        return choice(test, yes, no)
    size = max(len(yes.values), len(no.values))
    guards, values = [], []
    for at in range(size):
        here = [side for side in (yes, no) if at < len(side.values)]
        guards.append(choice(test, _guard(yes, at), _guard(no, at)))
        given = [side.values[at] for side in here]
        values.append(_either_value(test, *given) if len(given) > 1 else given[0])
    return Items(tuple(guards), tuple(values), yes.dense and no.dense, yes.ordered and no.ordered)


def _guard(items: Items, at: int) -> z3.BoolRef:
    return items.guards[at] if at < len(items.guards) else NO
