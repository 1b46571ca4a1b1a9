"""Python syntax that generated code is made of. Only names made here ever reach it."""

import ast
from collections.abc import Callable, Iterable, Sequence
from types import CodeType
from typing import Any, Final

from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.values import Value

_LITERALS: Final = (bool, int, float, str, bytes, type(None))


class Namespace:
    """The globals of generated code: values and functions under names of our own making."""

    def __init__(self) -> None:
        self.globals: dict[str, Any] = {"__builtins__": {}}
        self._names: dict[int, str] = {}

    def constant(self, value: Value) -> ast.expr:
        """Put a value into the code, or where code can't hold it among the globals."""
        if type(value) in _LITERALS:
            return ast.Constant(value)
        if type(value) is tuple and all(type(item) in _LITERALS for item in value):
            return constant(value)
        return self.held(value)

    def held(self, thing: Any) -> ast.expr:  # noqa: ANN401 - any object
        """Keep an object among the globals and return its name."""
        name = self._names.get(id(thing))
        if name is None:
            name = f"k{len(self._names)}"
            self._names[id(thing)] = name
            self.globals[name] = thing  # also keeps the object alive, so that its id stays its own
        return load(name)

    def call(self, function: Callable[..., Any], *args: ast.expr) -> ast.expr:
        """Call a function of ours or of Python."""
        return ast.Call(self.held(function), list(args), [])

    def run(self, statements: Sequence[ast.stmt], label: str) -> dict[str, Any]:
        """Compile statements to one code object, run it, and return what it defined."""
        module = ast.Module(list(statements), [])
        code: CodeType = compile(ast.fix_missing_locations(module), f"<{label}>", "exec")
        exec(code, self.globals)  # noqa: S102 - our own tree; no text of a policy is ever parsed as Python
        return self.globals


def constant(value: tuple[Any, ...]) -> ast.expr:
    """Write a tuple of plain values down; Python's own compiler takes it as a constant."""
    return ast.Constant(value)  # type: ignore[arg-type] # the stubs know the parser's output only


def load(name: str) -> ast.expr:
    """Read a name."""
    return ast.Name(name, ast.Load())


def assign(name: str, value: ast.expr) -> ast.stmt:
    """Set a local."""
    return ast.Assign([ast.Name(name, ast.Store())], value)


def extend(name: str, value: ast.expr) -> ast.stmt:
    """`name += value`."""
    return ast.AugAssign(ast.Name(name, ast.Store()), ast.Add(), value)


def subscript(held: ast.expr, key: str) -> ast.expr:
    """`held[key]`."""
    return ast.Subscript(held, ast.Constant(key), ast.Load())


def item_at(held: ast.expr, at: int) -> ast.expr:
    """`held[at]`."""
    return ast.Subscript(held, ast.Constant(at), ast.Load())


def compare(left: ast.expr, sign: ast.cmpop, right: ast.expr) -> ast.expr:
    """`left sign right`."""
    return ast.Compare(left, [sign], [right])


def method(held: ast.expr, name: str, *args: ast.expr) -> ast.expr:
    """`held.name(args)`, for methods that we name ourselves."""
    return ast.Call(ast.Attribute(held, name, ast.Load()), list(args), [])


def each(item: ast.expr, name: str, over: ast.expr, conditions: Iterable[ast.expr]) -> ast.expr:
    """`item for name in over if conditions`."""
    source = ast.comprehension(ast.Name(name, ast.Store()), over, list(conditions), 0)
    return ast.GeneratorExp(item, [source])


def parameters(*names: str) -> ast.arguments:
    """Name the parameters of a function."""
    return ast.arguments([], [ast.arg(name) for name in names], None, [], [], None, [])


def later(body: ast.expr, *names: str) -> ast.expr:
    """`lambda names: body`."""
    return ast.Lambda(parameters(*names), body)


def define(name: str, arguments: Sequence[str], body: Sequence[ast.stmt]) -> ast.stmt:
    """`def name(arguments): body`."""
    return ast.FunctionDef(name, parameters(*arguments), list(body), [])


def attempt(body: Sequence[ast.stmt], error: ast.expr, otherwise: Sequence[ast.stmt]) -> ast.stmt:
    """`try: body`, `except error: otherwise`."""
    return ast.Try(list(body), [ast.ExceptHandler(error, None, list(otherwise))], [], [])


def fail(what: str) -> Any:  # noqa: ANN401 - never returns
    """Raise from within an expression."""
    raise EvaluationError(what)
