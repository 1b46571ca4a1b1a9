"""The names an expression may use, and what the checker found each of its names to be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeAlias

from edge_rules.cel.dialect import STANDARD, Dialect
from edge_rules.cel.functions import FUNCTIONS, TYPE_NAMES, Overload
from edge_rules.cel.syntax import Expr, filled
from edge_rules.cel.types import ADDRESS, DYN, NETWORK, Type, optional_of, type_of
from edge_rules.cel.values import TypeValue

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Variable:
    """A fact or binding, by its full dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A name for a value that never changes."""

    type: Type
    value: Any


@dataclass(frozen=True, slots=True)
class Local:
    """The variable of a loop around the name."""

    name: str


Reference: TypeAlias = Variable | Constant | Local

_TYPES: Mapping[str, Constant] = {
    name: Constant(type_of(kind), TypeValue(name)) for name, kind in TYPE_NAMES.items()
}
_EXTENDED_TYPES: Mapping[str, Constant] = {
    kind.name: Constant(type_of(kind), TypeValue(kind.name))
    for kind in (ADDRESS, NETWORK, optional_of(DYN))
}


@dataclass(frozen=True, slots=True)
class Environment:
    """What names mean outside of an expression; `words` are all that a fact can say."""

    variables: Mapping[str, Type] = field(default_factory=lambda: _NOTHING)
    constants: Mapping[str, Constant] = field(default_factory=lambda: _NOTHING)
    words: Mapping[str, frozenset[str]] = field(default_factory=lambda: _NOTHING)
    container: str = ""
    dialect: Dialect = STANDARD
    functions: Mapping[str, Sequence[Overload]] = field(default_factory=lambda: _NOTHING)

    def overloads(self, name: str) -> Sequence[Overload] | None:
        """Return the ways to call a function, None if there is none of that name."""
        found: list[Overload] = []
        for full in self._candidates(name):
            found += [*FUNCTIONS.get(full, ()), *self.functions.get(full, ())]
        return found or None

    def find(self, name: str, *, absolute: bool = False) -> tuple[Reference, Type] | None:
        """Resolve a dotted name, in the container first, then outwards."""
        for full in (name,) if absolute else self._candidates(name):
            if full in self.variables:
                return Variable(full), self.variables[full]
            constant = self.constants.get(full) or _TYPES.get(full)
            if constant is None and self.dialect.extended:
                constant = _EXTENDED_TYPES.get(full)
            if constant is not None:
                return constant, constant.type
        return None

    def fields_of(self, group: str) -> list[str]:
        """List the dotted names below a group, empty if there is no such group."""
        return [name for name in self._names() if name.startswith(f"{group}.")]

    def nearest(self, name: str) -> str:
        """Say which known name a misspelt one may mean."""
        return did_you_mean(name, self._names())

    def _names(self) -> list[str]:
        return [*self.variables, *self.constants]

    def _candidates(self, name: str) -> Iterator[str]:
        within = self.container
        while within:
            yield f"{within}.{name}"
            within = within.rpartition(".")[0]
        yield name


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What rules share that differ only in texts: the first of them, the ids of those literals."""

    first: Expr
    holes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """An expression with the type of every part and the meaning of every name.

    A rule that shares its shape is kept as the `values` for the holes; its places, and the tree it
    was `written` as, are those of the first of that shape.
    """

    written: Expr
    types: Mapping[int, Type]
    references: Mapping[int, Reference]
    shape: Shape | None = None
    values: tuple[str, ...] = ()

    @property
    def root(self) -> Expr:
        """The tree, made anew where rules share one."""
        if self.shape is None:
            return self.written
        return filled(self.written, dict(zip(self.shape.holes, self.values, strict=True)))

    @property
    def type(self) -> Type:
        """The type of the whole."""
        return self.types[self.written.id]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a clause that names the nearest known word, or nothing."""
    near = _nearest(word[:64], tuple(known))
    return f": did you mean `{near}`?" if near else ""


@lru_cache(maxsize=256)  # one mistake often stands in many rules
def _nearest(word: str, known: tuple[str, ...]) -> str:
    return next(iter(get_close_matches(word, known, 1)), "")
