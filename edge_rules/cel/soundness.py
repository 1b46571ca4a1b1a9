"""Calls that can't have a value whatever the facts are: a wrong date, time zone or pattern."""

from collections.abc import Iterator

from edge_rules.cel.checker import MAX_FAULTS
from edge_rules.cel.environment import Checked
from edge_rules.cel.errors import EvaluationError, ExpressionFault
from edge_rules.cel.generator import FOLDED, UNKNOWN, constant_of
from edge_rules.cel.library import IMPLEMENTATIONS
from edge_rules.cel.syntax import Call, Expr, children
from edge_rules.cel.texts import pattern
from edge_rules.cel.times import ACCESSORS, zone


def unsound(checked: Checked) -> list[ExpressionFault]:
    """List the constants of an expression that will fail every time, up to `MAX_FAULTS`."""
    faults = []
    for node in _calls(checked.root):
        try:
            _try(node, checked)
        except EvaluationError as error:
            faults.append(ExpressionFault(node.args[-1].at, error.what))
        if len(faults) >= MAX_FAULTS:
            break
    return faults


def _calls(root: Expr) -> Iterator[Call]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting += children(node)
        if isinstance(node, Call) and node.args:
            yield node


def _try(node: Call, checked: Checked) -> None:
    last = constant_of(node.args[-1], checked)
    if node.function == "matches":
        if type(last) is not str:
            msg = "the pattern of matches() must be written out: it is no fact"
            raise EvaluationError(msg)
        pattern(last)
    if last is UNKNOWN:
        return
    if node.function in FOLDED and node.target is None:
        IMPLEMENTATIONS[node.function](last)
    elif node.function in ACCESSORS and type(last) is str:
        zone(last)
