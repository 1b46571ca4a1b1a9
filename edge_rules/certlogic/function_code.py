"""One Python function under way: its statements, its names, and what it will cost in steps."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from edge_rules.cel.python_code import Namespace, assign, compare, item_at, load, method
from edge_rules.certlogic.operations import step
from edge_rules.certlogic.values import index_of, reach

MAX_FETCHES = 500  # steps into the data written out in one function; a national rule has up to 30
MAX_INLINE = 8  # steps of one path; `payload.v.0.dn` has four

Fragments: TypeAlias = tuple[str, ...]


class Kind(Enum):
    """What is known of a value before any data is seen."""

    ANY = auto()
    BOOL = auto()
    INT = auto()
    TEXT = auto()
    LIST = auto()
    DATE = auto()


@dataclass(frozen=True, slots=True)
class Part:
    """The code of one value. A quiet one is a name or a constant: it may be read twice."""

    code: ast.expr
    kind: Kind = Kind.ANY
    quiet: bool = False


NULL: Final = Part(ast.Constant(None), quiet=True)


class FunctionCode:
    """Collects the statements of one function over some data.

    `roots` are the names that hold the data, by the path they stand for; `root` gives the data
    as a whole.
    """

    def __init__(
        self,
        space: Namespace,
        roots: Mapping[Fragments, str],
        whole: Callable[[], ast.expr] | None = None,
    ) -> None:
        self.space = space
        self.start: list[ast.stmt] = []
        self.block: list[ast.stmt] = []
        self.cost = 0
        self._paths = dict(roots)
        self._whole = whole
        self._names = 0
        self._fetches = 0

    @contextmanager
    def apart(self) -> Iterator[list[ast.stmt]]:
        """Collect the statements made in the block by themselves."""
        outer, self.block = self.block, []
        try:
            yield self.block
        finally:
            self.block = outer

    def fresh(self) -> str:
        """Make a name."""
        self._names += 1
        return f"t{self._names}"

    def kept(self, part: Part) -> Part:
        """Work a value out now, so that it can be read twice, or later."""
        if part.quiet:
            return part
        name = self.fresh()
        self.block.append(assign(name, part.code))
        return Part(load(name), part.kind, quiet=True)

    def operands(self, makers: Sequence[Callable[[], Part]]) -> list[Part]:
        """Make values whose code, put behind each other, is worked out from left to right."""
        parts: list[Part] = []
        for make in makers:
            with self.apart() as block:
                part = make()
            if block:
                parts = [self.kept(each) for each in parts]
                self.block += block
            parts.append(part)
        return parts

    def is_type(self, part: Part, kind: type) -> ast.expr:
        """`type(part) is kind`."""
        return compare(self.space.call(type, part.code), ast.Is(), self.space.held(kind))

    def path(self, fragments: Fragments) -> Part:
        """Read what a path leads to; it is fetched once, before anything else is worked out.

        That is sound since reading never fails: a path that leads nowhere gives null.
        """
        name = self._paths.get(fragments)
        if name is not None:
            return Part(load(name), quiet=True)
        if not fragments:
            return self._named(fragments, self._whole() if self._whole else ast.Constant(None))
        if len(fragments) == 1 and () not in self._paths:
            return NULL  # inside of `reduce` there are two names
        self._fetches += 1
        if self._fetches > MAX_FETCHES or len(fragments) > MAX_INLINE:
            return self._named(fragments, self._reached(fragments))
        return self._named(fragments, self._fetched(self.path(fragments[:-1]), fragments[-1]))

    def _named(self, fragments: Fragments, code: ast.expr) -> Part:
        name = self._paths[fragments] = self.fresh()
        self.start.append(assign(name, code))
        return Part(load(name), quiet=True)

    def _reached(self, fragments: Fragments) -> ast.expr:
        """Read a path in one call."""
        inside = () not in self._paths
        known = self.path(fragments[:1]) if inside else self.path(())
        rest = fragments[1:] if inside else fragments
        return self.space.call(reach, known.code, ast.Constant(rest))  # type: ignore[arg-type] # a constant

    def _fetched(self, held: Part, fragment: str) -> ast.expr:
        """Read one step of a path: quick for what certificates are made of."""
        if held is NULL:
            return NULL.code
        index = index_of(fragment)
        if index is None:
            fits = self.is_type(held, dict)
            found = method(held.code, "get", ast.Constant(fragment))
        else:
            long = compare(self.space.call(len, held.code), ast.Gt(), ast.Constant(index))
            fits = ast.BoolOp(ast.And(), [self.is_type(held, list), long])
            found = item_at(held.code, index)
        missing = compare(held.code, ast.Is(), ast.Constant(None))
        other = self.space.call(step, held.code, ast.Constant(fragment))
        return ast.IfExp(fits, found, ast.IfExp(missing, ast.Constant(None), other))
