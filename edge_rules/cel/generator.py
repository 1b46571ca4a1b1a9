"""A checked expression to Python syntax, in one of two manners.

Fast code stops at the first error: it is for facts that are all there. Careful code follows CEL's
logic of errors (`false && error` is false) and names the facts it lacks.
"""

import ast
from collections.abc import Mapping
from typing import Final, Protocol

from edge_rules.cel import absorbing, comprehensions, optionals
from edge_rules.cel.environment import Checked, Constant, Local, Variable
from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.library import IMPLEMENTATIONS
from edge_rules.cel.operators import elements, field_of, has_field, truth, value_of
from edge_rules.cel.python_code import (
    Namespace,
    compare,
    each,
    fail,
    item_at,
    later,
    load,
    method,
)
from edge_rules.cel.specialised import specialise
from edge_rules.cel.syntax import Bind, Call, Expr, Ident, ListOf, Literal, Loop, MapOf, Select
from edge_rules.cel.texts import pattern
from edge_rules.cel.types import BOOL, STRING
from edge_rules.cel.values import make_map

FOLDED: Final = frozenset(
    {"bool", "bytes", "double", "duration", "int", "string", "timestamp", "uint"}
)
_GENERAL: Final = ("contains", "_+_")  # errors from left to right, and a bound on what is built
UNKNOWN: Final = object()


class Names(Protocol):
    """How generated code reads what stands outside of the expression."""

    def value(self, name: str) -> ast.expr:
        """Read a variable."""
        ...

    def present(self, name: str) -> ast.expr:
        """Ask whether a variable has a value."""
        ...


class Generator:
    """Writes the code of one expression."""

    def __init__(
        self,
        checked: Checked,
        names: Names,
        space: Namespace,
        *,
        careful: bool,
        holes: Mapping[int, ast.expr] | None = None,
    ) -> None:
        """Write for one rule, or with `holes`, the code of some literals, for all of its shape."""
        self._checked = checked
        self._holes = holes or {}
        self._names = names
        self._space = space
        self._careful = careful
        self._loops: list[tuple[str, ast.expr]] = []
        self._loop_count = 0

    def expression(self, node: Expr) -> ast.expr:  # noqa: PLR0911 - one line a kind of node
        """Write the code of a node and of all below it."""
        if node.id in self._holes:
            return self._holes[node.id]
        known = constant_of(node, self._checked)
        if known is not UNKNOWN:
            return self._space.constant(known)
        match node:
            case Select():
                return self._select(node)
            case Call():
                return self._call(node)
            case ListOf():
                return self._list(node)
            case MapOf():
                return self._map(node)
            case Loop():
                return self._loop(node)
            case Bind():
                return self._bind(node)
            case _:
                return self._name(node)

    def condition(self, node: Expr) -> ast.expr:
        """Write the code of what must be true or false."""
        code = self.expression(node)
        sure = self._checked.types[node.id] == BOOL
        return code if sure else self._space.call(truth, code)

    def _tuple(self, nodes: tuple[Expr, ...]) -> ast.expr:
        return ast.Tuple([self.expression(node) for node in nodes], ast.Load())

    def _list(self, node: ListOf) -> ast.expr:
        if not node.optional:
            return self._tuple(node.items)
        parts = [
            ast.Tuple([self.expression(item), ast.Constant(at in node.optional)], ast.Load())
            for at, item in enumerate(node.items)
        ]
        return self._space.call(optionals.make_list, *parts)

    def _map(self, node: MapOf) -> ast.expr:
        if not node.optional:
            return self._space.call(make_map, *map(self._tuple, node.entries))
        parts = [
            ast.Tuple([*map(self.expression, entry), ast.Constant(at in node.optional)], ast.Load())
            for at, entry in enumerate(node.entries)
        ]
        return self._space.call(optionals.make_optional_map, *parts)

    def _bind(self, node: Bind) -> ast.expr:
        """Find the value at its first use: one that is never used may well have none."""
        value = self.expression(node.value)
        name = self._new_name()
        self._loops.append((node.variable, ast.Call(load(name), [], [])))
        body = self.expression(node.body)
        self._loops.pop()
        once = self._space.call(comprehensions.once, later(value))
        return ast.Call(later(body, name), [once], [])

    def _new_name(self) -> str:
        self._loop_count += 1
        return f"x{self._loop_count}"

    def _name(self, node: Expr) -> ast.expr:
        reference = self._checked.references.get(node.id)
        if isinstance(reference, Local):
            return next(code for name, code in reversed(self._loops) if name == reference.name)
        if isinstance(reference, Variable):
            return self._names.value(reference.name)
        return self._failure("undeclared reference")

    def _select(self, node: Select) -> ast.expr:
        reference = self._checked.references.get(node.id)
        if isinstance(reference, Variable):
            read = self._names.present if node.test else self._names.value
            return read(reference.name)
        held, field = self.expression(node.operand), ast.Constant(node.field)
        given = self._checked.types[node.operand.id]
        exact = given.name == "map" and given.params[0] == STRING
        if node.test:
            if exact:
                return compare(field, ast.In(), held)
            return self._space.call(has_field, held, field)
        return self._space.call(value_of if exact else field_of, held, field)

    def _call(self, node: Call) -> ast.expr:
        if node.function in ("_&&_", "_||_"):
            return self._logic(node)
        if node.function == "_?_:_":
            test, yes, no = node.args
            return ast.IfExp(self.condition(test), self.expression(yes), self.expression(no))
        nodes = (*((node.target,) if node.target else ()), *node.args)
        args = [self.expression(each_) for each_ in nodes]
        if node.function in optionals.LAZY and len(args) == 2:
            return self._space.call(optionals.LAZY[node.function], args[0], later(args[1]))
        implementation = IMPLEMENTATIONS.get(node.function)
        if implementation is None:
            return self._failure("no such function")
        if node.function == "matches" and not self._careful:
            searched = self._search(nodes, args)
            if searched is not None:
                return searched
        types = [self._checked.types[each_.id] for each_ in nodes]
        special = None
        if not (self._careful and node.function in _GENERAL):
            special = specialise(node.function, types, args, self._space)
        return special or self._space.call(implementation, *args)

    def _search(self, nodes: tuple[Expr, ...], args: list[ast.expr]) -> ast.expr | None:
        """Search with a pattern that is compiled beforehand."""
        wanted = constant_of(nodes[1], self._checked)
        if type(wanted) is not str or self._checked.types[nodes[0].id] != STRING:
            return None
        try:
            found = method(self._space.held(pattern(wanted)), "search", args[0])
        except EvaluationError:
            return None
        return compare(found, ast.IsNot(), ast.Constant(None))

    def _logic(self, node: Call) -> ast.expr:
        operands = [self.condition(operand) for operand in node.args]
        if not self._careful:
            return ast.BoolOp(ast.And() if node.function == "_&&_" else ast.Or(), operands)
        absorb = absorbing.all_of if node.function == "_&&_" else absorbing.any_of
        return self._space.call(absorb, *map(later, operands))

    def _loop(self, node: Loop) -> ast.expr:
        over = self.expression(node.over)
        name = self._new_name()
        if node.kind in optionals.MACROS:
            return self._opt_loop(node, name, over)
        if node.second:
            over = self._space.call(comprehensions.pairs, over)
            first, second = (item_at(load(name), at) for at in (0, 1))
            self._loops += [(node.variable, first), (node.second, second)]
        else:
            if self._checked.types[node.over.id].name != "list":
                over = self._space.call(elements, over)
            self._loops.append((node.variable, load(name)))
        code = self._body(node, name, over)
        del self._loops[-2 if node.second else -1 :]
        return code

    def _opt_loop(self, node: Loop, name: str, over: ast.expr) -> ast.expr:
        self._loops.append((node.variable, load(name)))
        body = later(self.expression(node.body), name)
        self._loops.pop()
        return self._space.call(optionals.MACROS[node.kind], over, body)

    def _body(self, node: Loop, name: str, over: ast.expr) -> ast.expr:
        if node.kind in comprehensions.MAKERS:
            conditions = [self.condition(node.condition)] if node.condition else []
            item = self.expression(node.body)
            if node.kind == "transformMap":
                item = ast.Tuple([item_at(load(name), 0), item], ast.Load())
            made = each(item, name, over, conditions)
            return self._space.call(comprehensions.MAKERS[node.kind], made)
        test = self.condition(node.body)
        if node.kind == "filter":
            return self._space.call(tuple, each(load(name), name, over, [test]))
        if node.kind == "exists_one":
            count = self._space.call(sum, each(ast.Constant(1), name, over, [test]))
            return compare(count, ast.Eq(), ast.Constant(1))
        if self._careful:
            absorb = absorbing.all_items if node.kind == "all" else absorbing.any_item
            return self._space.call(absorb, later(test, name), over)
        python = {"all": all, "exists": any}[node.kind]
        return self._space.call(python, each(test, name, over, []))

    def _failure(self, what: str) -> ast.expr:
        return self._space.call(fail, ast.Constant(what))


def constant_of(node: Expr, checked: Checked) -> object:
    """Return the value of what needs no facts, `UNKNOWN` where facts, or an error, decide."""
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, ListOf):
        items = tuple(constant_of(item, checked) for item in node.items)
        return UNKNOWN if UNKNOWN in items or node.optional else items
    if isinstance(node, Ident | Select):
        reference = checked.references.get(node.id)
        return reference.value if isinstance(reference, Constant) else UNKNOWN
    if isinstance(node, Call) and node.function in FOLDED and node.target is None:
        return _converted(node, checked)
    return UNKNOWN


def _converted(node: Call, checked: Checked) -> object:
    args = [constant_of(arg, checked) for arg in node.args]
    if UNKNOWN in args or len(args) != 1:
        return UNKNOWN
    try:
        return IMPLEMENTATIONS[node.function](args[0])
    except EvaluationError:
        return UNKNOWN
