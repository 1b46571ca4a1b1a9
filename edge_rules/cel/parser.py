"""Tokens to a tree, by the grammar of the CEL language definition.

Operators are climbed by precedence, so that one level of nesting costs few Python frames, and
nesting is bounded, so that no text can exhaust the stack of this or of a later stage.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from edge_rules.cel.dialect import STANDARD, Dialect
from edge_rules.cel.macros import EXTENDED, MACROS, USAGE, expand
from edge_rules.cel.named_macros import NAMESPACED, dotted, expand_named
from edge_rules.cel.syntax import Call, Expr, Ident, ListOf, Literal, MapOf, Select, children
from edge_rules.cel.tokens import RESERVED, Token, refused, tokenize
from edge_rules.cel.values import INT_MAX

Item = TypeVar("Item")

MAX_DEPTH = 64  # the language asks for 32 of each kind of nesting; each level costs a few frames
MAX_NODES = 2_048  # checking a type for each has to end in good time

_PRECEDENCE: Final = {
    "||": 1, "&&": 2,
    "<": 3, "<=": 3, ">": 3, ">=": 3, "==": 3, "!=": 3, "in": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "%": 5,
}  # fmt: skip
_FUNCTIONS: Final = {mark: f"_{mark}_" for mark in _PRECEDENCE} | {"in": "@in"}
_CONSTANTS: Final = {"true": True, "false": False, "null": None}


def parse(text: str, dialect: Dialect = STANDARD) -> tuple[Expr, list[tuple[int, int]]]:
    """Parse one expression; say also where its comments stand."""
    tokens, comments = tokenize(text)
    return _Parser(tokens, dialect).whole(), comments


class _Parser:
    def __init__(self, tokens: list[Token], dialect: Dialect) -> None:
        self._tokens = tokens
        self._dialect = dialect
        self._next = 0
        self._nodes = 0
        self._open = 0
        self._depths: dict[int, int] = {}

    def whole(self) -> Expr:
        node = self._expression()
        if self._token.kind != "end":
            msg = "an operator or the end"
            raise self._unexpected(msg)
        return node

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self, kind: str) -> Token | None:
        token = self._tokens[self._next]
        if token.kind != kind:
            return None
        self._next += 1
        return token

    def _expect(self, kind: str, why: str) -> Token:
        token = self._take(kind)
        if token is None:
            msg = f"`{kind}` {why}"
            raise self._unexpected(msg)
        return token

    def _expression(self) -> Expr:
        self._open += 1
        if self._open > MAX_DEPTH:
            raise refused(self._token.at, f"nested deeper than {MAX_DEPTH} levels")
        node = self._binary(1)
        if mark := self._take("?"):
            yes = self._binary(1)
            self._expect(":", "between the two values of `?`")
            node = self._node(Call(self._id(), mark.at, "_?_:_", (node, yes, self._expression())))
        self._open -= 1
        return node

    def _binary(self, floor: int) -> Expr:
        left = self._unary()
        while (level := _PRECEDENCE.get(self._token.kind, 0)) >= floor:
            mark = self._tokens[self._next]
            self._next += 1
            right = self._binary(level + 1)
            left = self._joined(mark, left, right)
        return left

    def _joined(self, mark: Token, left: Expr, right: Expr) -> Expr:
        function = _FUNCTIONS[mark.kind]
        args: tuple[Expr, ...] = (left, right)
        if level_is_logic(function) and self._grows(left, function):
            args = (*children(left), right)
        return self._node(Call(self._id(), mark.at, function, args))

    def _grows(self, left: Expr, function: str) -> bool:
        """Whether `a && b` becomes `a && b && c`; one in parentheses means the same."""
        return isinstance(left, Call) and left.function == function

    def _unary(self) -> Expr:
        marks: list[Token] = []
        while self._token.kind in ("!", "-") and (not marks or self._token.kind == marks[0].kind):
            marks.append(self._token)
            self._next += 1
            if len(marks) > MAX_DEPTH:
                raise refused(marks[0].at, f"more than {MAX_DEPTH} signs in a row")
        negative = bool(marks) and marks[0].kind == "-" and self._token.kind in ("int", "double")
        node = self._member(marks.pop() if negative else None)
        for mark in reversed(marks):
            function = "!_" if mark.kind == "!" else "-_"
            node = self._node(Call(self._id(), mark.at, function, (node,)))
        return node

    def _member(self, minus: Token | None) -> Expr:
        node = self._primary(minus)
        while True:
            if self._take("."):
                node = self._selected(node)
            elif mark := self._take("["):
                function = "_[?_]" if self._optional() else "_[_]"
                index = self._expression()
                self._expect("]", "after an index")
                node = self._node(Call(self._id(), mark.at, function, (node, index)))
            elif self._token.kind == "{" and _names(node):
                raise refused(
                    self._token.at,
                    "messages can't be built here: use a list, a map or plain values",
                )
            else:
                return node

    def _selected(self, operand: Expr) -> Expr:
        optional = self._optional()
        escaped = self._take("escaped")
        name = escaped or self._take("name")
        if name is None:
            msg = "a name after `.`"
            raise self._unexpected(msg)
        if optional:
            field = self._node(Literal(self._id(), name.at, name.text))
            return self._node(Call(self._id(), name.at, "_?._", (operand, field)))
        if escaped or not self._take("("):
            return self._node(Select(self._id(), name.at, operand, name.text))
        args = self._list_until(")", self._expression)
        return self._call(name, operand, args)

    def _call(self, name: Token, target: Expr | None, args: tuple[Expr, ...]) -> Expr:
        full = f"{dotted(target)}.{name.text}" if target is not None else name.text
        if self._dialect.extended and self._dialect.macros and full in NAMESPACED:
            return expand_named(full, name.at, args, self._id, self._node)
        if target is not None and full.lstrip(".") in self._dialect.functions:
            return self._node(Call(self._id(), name.at, full.lstrip("."), args))
        table = EXTENDED if self._dialect.extended else MACROS
        macro = table.get((name.text, len(args), target is not None))
        if not self._dialect.macros:
            macro = None
        elif macro is None and name.text in USAGE:
            raise refused(name.at, f"{name.text}() is written {USAGE[name.text]}")
        if macro is None:
            return self._node(Call(self._id(), name.at, name.text, args, target))
        return self._node(expand(macro, self._id(), name.at, target, args))

    def _primary(self, minus: Token | None) -> Expr:
        token = self._token
        self._next += 1
        match token.kind:
            case "int" | "uint" | "double" | "string" | "bytes":
                return self._literal(token, minus)
            case "true" | "false" | "null":
                return self._node(Literal(self._id(), token.at, _CONSTANTS[token.kind]))
            case "(":
                node = self._expression()
                self._expect(")", f"to close the `(` at {token.at}")
                return node
            case "[":
                items = self._list_until("]", self._item, trailing=True)
                nodes = tuple(node for node, _ in items)
                return self._node(ListOf(self._id(), token.at, nodes, _optional_ones(items)))
            case "{":
                entries = self._list_until("}", self._entry, trailing=True)
                pairs = tuple(pair for pair, _ in entries)
                return self._node(MapOf(self._id(), token.at, pairs, _optional_ones(entries)))
            case "name" | ".":
                return self._named(token)
        self._next -= 1
        msg = "a value"
        raise self._unexpected(msg)

    def _named(self, first: Token) -> Expr:
        absolute = first.kind == "."
        name = self._take("name") if absolute else first
        if name is None:
            msg = "a name after `.`"
            raise self._unexpected(msg)
        if name.text in RESERVED:
            raise refused(name.at, f"`{name.text}` is a reserved word of CEL, not a name")
        if not self._take("("):
            return self._node(Ident(self._id(), first.at, name.text, absolute))
        return self._call(name, None, self._list_until(")", self._expression))

    def _literal(self, token: Token, minus: Token | None) -> Expr:
        at = token.at if minus is None else minus.at
        value = token.value
        if token.kind == "int" and minus is None and value > INT_MAX:
            raise refused(at, "this int does not fit 64 bits")
        return self._node(Literal(self._id(), at, value if minus is None else -value))

    def _item(self) -> tuple[Expr, bool]:
        optional = self._optional()
        return self._expression(), optional

    def _entry(self) -> tuple[tuple[Expr, Expr], bool]:
        optional = self._optional()
        key = self._expression()
        self._expect(":", "between a key and its value")
        return (key, self._expression()), optional

    def _list_until(
        self, close: str, item: Callable[[], Item], *, trailing: bool = False
    ) -> tuple[Item, ...]:
        items: list[Item] = []
        while not self._take(close):
            items.append(item())
            if self._take(close):
                break
            self._expect(",", f"or `{close}`")
            if self._token.kind == close and not trailing:
                msg = "a value"
                raise self._unexpected(msg)
        return tuple(items)

    def _optional(self) -> bool:
        """Take the `?` of an optional value."""
        if self._token.kind == "?" and not self._dialect.extended:
            raise refused(
                self._token.at, "optional values (`?`) are not in this language: ask has()"
            )
        return self._take("?") is not None

    def _id(self) -> int:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise refused(self._token.at, f"more than {MAX_NODES} parts in one expression")
        return self._nodes

    def _node(self, node: Expr) -> Expr:
        """Keep how deep the tree below a node is, and refuse what is too deep."""
        below = max((self._depths[child.id] for child in children(node)), default=0)
        if below >= MAX_DEPTH:
            raise refused(node.at, f"nested deeper than {MAX_DEPTH} levels")
        self._depths[node.id] = below + 1
        return node

    def _unexpected(self, wanted: str) -> Exception:
        token = self._token
        found = "the end" if token.kind == "end" else f"`{' '.join(token.text[:32].split())}`"
        return refused(token.at, f"{found} where {wanted} should stand")


def level_is_logic(function: str) -> bool:
    """Whether an operator takes any number of operands."""
    return function in ("_&&_", "_||_")


def _optional_ones(parts: tuple[tuple[object, bool], ...]) -> frozenset[int]:
    return frozenset(at for at, (_, optional) in enumerate(parts) if optional)


def _names(node: Expr) -> bool:
    """Whether a node is a dotted name, so that `{` after it would build a message."""
    while isinstance(node, Select) and not node.test:
        node = node.operand
    return isinstance(node, Ident)
