"""What a name in an expression stands for: a loop's variable, a fact, a constant, or a mistake."""

from edge_rules.cel.environment import (
    Constant,
    Environment,
    Local,
    Reference,
    Variable,
    did_you_mean,
)
from edge_rules.cel.errors import ExpressionFault
from edge_rules.cel.syntax import Expr, Ident, ListOf, Literal, Select
from edge_rules.cel.types import Type

Meaning = tuple[Reference, Type]


class Naming:
    """Resolves names, the longest dotted name first, a loop's variables before all others."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._loops: list[tuple[str, Type]] = []

    def enter(self, variable: str, type_: Type) -> None:
        """Go into a loop."""
        self._loops.append((variable, type_))

    def leave(self) -> None:
        """Leave the innermost loop."""
        self._loops.pop()

    def meaning(self, node: Ident | Select) -> Meaning | None:
        """Return what a whole node names, None if it names nothing as a whole."""
        if isinstance(node, Ident):
            local = None if node.absolute else self._local(node.name)
            return local or self._environment.find(node.name, absolute=node.absolute)
        head, dotted = self._dotted(node)
        return self._environment.find(dotted, absolute=head.absolute) if head else None

    def mistake(self, node: Ident | Select) -> ExpressionFault | None:
        """Say what is wrong with a name that means nothing, None if a part of it does."""
        if isinstance(node, Ident):
            return ExpressionFault(node.at, self._unknown_name(node))
        head, dotted = self._dotted(node)
        if head is None or self._partly_known(node.operand):
            return None
        fields = self._environment.fields_of(head.name)
        if not fields:
            near = self._environment.nearest(dotted) or self._environment.nearest(head.name)
            return ExpressionFault(head.at, f"unknown name `{head.name}`{near}")
        near = did_you_mean(dotted, fields) or f": there is {', '.join(fields)}"
        return ExpressionFault(node.at, f"unknown fact `{dotted}`{near}")

    def _local(self, name: str) -> Meaning | None:
        for known, type_ in reversed(self._loops):
            if known == name:
                return Local(name), type_
        return None

    def _dotted(self, node: Expr) -> tuple[Ident | None, str]:
        """Return the name a chain of selections begins with, unless a loop owns it."""
        fields: list[str] = []
        while isinstance(node, Select):
            fields.append(node.field)
            node = node.operand
        if not isinstance(node, Ident) or (not node.absolute and self._local(node.name)):
            return None, ""
        return node, ".".join([node.name, *reversed(fields)])

    def _partly_known(self, node: Expr) -> bool:
        while isinstance(node, Select):
            if self.meaning(node):
                return True
            node = node.operand
        return isinstance(node, Ident) and self.meaning(node) is not None

    def _unknown_name(self, node: Ident) -> str:
        fields = self._environment.fields_of(node.name)
        if fields:
            return f"`{node.name}` is a group: name one of its fields, as {fields[0]}"
        return f"unknown name `{node.name}`{self._environment.nearest(node.name)}"


def impossible_words(
    left: Expr, right: Expr, references: dict[int, Reference], environment: Environment
) -> list[ExpressionFault]:
    """Find words that a fact is compared with and can never be: the rule would never fire."""
    faults = []
    for fact, said in ((left, right), (right, left)):
        reference = references.get(fact.id)
        words = environment.words.get(reference.name) if isinstance(reference, Variable) else None
        if not words or not isinstance(reference, Variable):
            continue
        for item in said.items if isinstance(said, ListOf) else (said,):
            for word in _words_of(item, references):
                if word not in words:
                    near = did_you_mean(word, words) or f": it is {' or '.join(sorted(words))}"
                    faults.append(
                        ExpressionFault(item.at, f'`{reference.name}` is never "{word}"{near}')
                    )
    return faults


def _words_of(node: Expr, references: dict[int, Reference]) -> list[str]:
    reference = references.get(node.id)
    value = reference.value if isinstance(reference, Constant) else None
    if isinstance(node, Literal):
        value = node.value
    values = value if isinstance(value, tuple) else (value,)
    return [each for each in values if isinstance(each, str)]
