"""`&&`, `||`, all() and exists() by CEL's logic: an error counts if nothing outweighs it."""

from collections.abc import Callable, Iterable

from edge_rules.cel.errors import EvaluationError, worst
from edge_rules.cel.operators import truth
from edge_rules.cel.values import Value


def all_of(*operands: Callable[[], Value]) -> bool:
    """Judge `a && b`: false if any is false, whatever fails beside it."""
    return not _found(wanted=False, tries=operands)


def any_of(*operands: Callable[[], Value]) -> bool:
    """Judge `a || b`: true if any is true, whatever fails beside it."""
    return _found(wanted=True, tries=operands)


def all_items(test: Callable[[Value], Value], items: Iterable[Value]) -> bool:
    """Judge `items.all(x, test)`."""
    return not _found(wanted=False, tries=[_bound(test, item) for item in items])


def any_item(test: Callable[[Value], Value], items: Iterable[Value]) -> bool:
    """Judge `items.exists(x, test)`."""
    return _found(wanted=True, tries=[_bound(test, item) for item in items])


def _bound(test: Callable[[Value], Value], item: Value) -> Callable[[], Value]:
    return lambda: test(item)


def _found(*, wanted: bool, tries: Iterable[Callable[[], Value]]) -> bool:
    errors: list[EvaluationError] = []
    for attempt in tries:
        try:
            if truth(attempt()) is wanted:
                return True
        except EvaluationError as error:
            errors.append(error)
    if errors:
        raise worst(errors)
    return False
