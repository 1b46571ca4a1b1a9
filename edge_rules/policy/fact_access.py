"""How the code of a policy reads facts: straight from the dicts, or with the name of what lacks."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from edge_rules.cel.environment import Checked, Variable
from edge_rules.cel.errors import FactsMissingError
from edge_rules.cel.python_code import Namespace, assign, compare, load, method, subscript
from edge_rules.cel.syntax import Call, Expr, Loop, Select, children
from edge_rules.cel.values import Value, duration_of, timestamp_of
from edge_rules.facts import FIELDS, GROUPS, Kind

_PLACES: Final = {name: at for at, name in enumerate(FIELDS)}
FACTS = "facts"  # the parameter of all generated functions


class FastFacts:
    """Reads each fact at most once into a local, if some rule surely needs it.

    A fact that no rule surely needs is read where it is used: it may well be missing. Groups and
    facts are read in the schema's order: so they were made, so they most likely lie in the memory.
    """

    def __init__(self, space: Namespace, sure: Iterable[str]) -> None:
        self._space = space
        self._groups: dict[str, str] = {}
        self._locals: dict[str, str] = {}
        self._reads = [self._read(name) for name in sorted(set(sure), key=_PLACES.__getitem__)]

    def statements(self) -> list[ast.stmt]:
        """Return the lines that stand before the first rule."""
        groups = [
            assign(self._groups[name], subscript(load(FACTS), name))
            for name in GROUPS
            if name in self._groups
        ]
        return groups + self._reads

    def value(self, name: str) -> ast.expr:
        """Read a fact."""
        local = self._locals.get(name)
        return load(local) if local else self._fetch(name)

    def value_or_none(self, name: str) -> ast.expr:
        """Read a fact that may lack, as it stands in the facts."""
        group, _, field = name.rpartition(".")
        return method(self._group(group), "get", ast.Constant(field))

    def present(self, name: str) -> ast.expr:
        """Ask whether a fact is there."""
        group, _, field = name.rpartition(".")
        return compare(ast.Constant(field), ast.In(), self._group(group))

    def _read(self, name: str) -> ast.stmt:
        value = self._fetch(name)
        self._locals[name] = f"f{len(self._locals)}"
        return assign(self._locals[name], value)

    def _fetch(self, name: str) -> ast.expr:
        group, _, field = name.rpartition(".")
        return converted(name, subscript(self._group(group), field), self._space)

    def _group(self, group: str) -> ast.expr:
        if not group:
            return load(FACTS)
        return load(self._groups.setdefault(group, f"g{len(self._groups)}"))


class CarefulFacts:
    """Reads each fact where it is used and names it if it is missing."""

    def __init__(self, space: Namespace) -> None:
        self._space = space

    def value(self, name: str) -> ast.expr:
        """Read a fact."""
        group, _, field = name.rpartition(".")
        args = (ast.Constant(part) for part in (group, field))
        return converted(name, self._space.call(read_fact, load(FACTS), *args), self._space)

    def present(self, name: str) -> ast.expr:
        """Ask whether a fact is there."""
        group, _, field = name.rpartition(".")
        return compare(ast.Constant(field), ast.In(), subscript(load(FACTS), group))


def converted(name: str, value: ast.expr, space: Namespace) -> ast.expr:
    """Turn Python's times into CEL's."""
    kind = FIELDS[name].kind
    if kind is Kind.TIMESTAMP:
        return space.call(timestamp_of, value)
    return space.call(duration_of, value) if kind is Kind.DURATION else value


def read_fact(facts: Mapping[str, Any], group: str, field: str) -> Value:
    """Return a fact, or say by its name that it is missing."""
    held = facts.get(group, {}) if group else facts
    if field not in held:
        raise FactsMissingError((f"{group}.{field}" if group else field,))
    return held[field]


def sure_facts(node: Expr, checked: Checked) -> Iterator[str]:
    """Name the facts without which an expression certainly has no value at the first try."""
    reference = checked.references.get(node.id)
    if isinstance(reference, Variable):
        if not (isinstance(node, Select) and node.test):
            yield reference.name
        return
    below = children(node)
    if isinstance(node, Call) and node.function in ("_&&_", "_||_", "_?_:_"):
        below = node.args[:1]
    elif isinstance(node, Loop):
        below = (node.over,)
    for child in below:
        yield from sure_facts(child, checked)
