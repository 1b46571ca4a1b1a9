"""CertLogic to Python syntax: each rule becomes a function of `data` and of its budget.

What a rule does by itself is counted here, once, and paid for before it runs; what depends on the
data (long texts, lists, `reduce`) is paid for as it is met. So straight rules count nothing.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from edge_rules.cel.python_code import Namespace, assign, compare, constant, define, load
from edge_rules.certlogic.date_times import DateTime
from edge_rules.certlogic.errors import RuleFailedError
from edge_rules.certlogic.function_code import Fragments, FunctionCode, Kind, Part
from edge_rules.certlogic.operations import (
    added,
    born,
    dated,
    fragment,
    member,
    moved,
    rounds,
    truth_of,
    whole,
)
from edge_rules.certlogic.validation import COMPARISONS, DATE_COMPARISONS
from edge_rules.certlogic.values import CHARACTERS_A_STEP, Budget, same

STEPS_A_DATE = 4  # reading one takes as long as four other operations

DATA, BUDGET = "data", "budget"
ITEMS, ACCUMULATOR, CURRENT = "items", "accumulator", "current"

_TESTED: Final = frozenset({type(None), bool, int, str, list, dict})  # true as Python has it
_NUMBERS: Final = frozenset({int, float})
_SIGNS: Final[Mapping[str, type[ast.cmpop]]] = {
    "<": ast.Lt,
    ">": ast.Gt,
    "<=": ast.LtE,
    ">=": ast.GtE,
    "before": ast.Lt,
    "after": ast.Gt,
    "not-after": ast.LtE,
    "not-before": ast.GtE,
}
_KINDS: Final = {bool: Kind.BOOL, int: Kind.INT, str: Kind.TEXT}


class Translator:
    """Writes the functions of valid rules into one namespace."""

    def __init__(self, space: Namespace) -> None:
        self._space = space
        self.functions: list[ast.stmt] = []

    def rule(self, name: str, rule: object) -> int:
        """Write `name(data, budget)`; return the steps that it takes by itself."""
        code = FunctionCode(self._space, {(): DATA})
        value = _Writer(self, code).value(rule).code
        body = [*code.start, *code.block, ast.Return(value)]
        self.functions.append(define(name, [DATA, BUDGET], body))
        return code.cost

    def fold(self, rule: object) -> str:
        """Write the loop of a `reduce` as a function of its own: its step sees nothing else."""
        names: dict[Fragments, str] = {(ACCUMULATOR,): ACCUMULATOR, (CURRENT,): CURRENT}
        code = FunctionCode(self._space, names, _both)
        value = _Writer(self, code).value(rule).code
        step = [*code.start, *code.block, assign(ACCUMULATOR, value)]
        items = self._space.call(rounds, load(ITEMS), ast.Constant(1 + code.cost), load(BUDGET))
        absent = compare(load(ITEMS), ast.Is(), ast.Constant(None))
        body = [
            ast.If(absent, [ast.Return(load(ACCUMULATOR))], []),
            ast.For(ast.Name(CURRENT, ast.Store()), items, step, []),
            ast.Return(load(ACCUMULATOR)),
        ]
        name = f"fold_{len(self.functions)}"
        self.functions.append(define(name, [ITEMS, ACCUMULATOR, BUDGET], body))
        return name


def _both() -> ast.expr:
    keys: list[ast.expr | None] = [ast.Constant(ACCUMULATOR), ast.Constant(CURRENT)]
    return ast.Dict(keys, [load(ACCUMULATOR), load(CURRENT)])


class _Writer:
    """Writes the value of a rule into a function."""

    def __init__(self, translator: Translator, code: FunctionCode) -> None:
        self._translator = translator
        self._code = code
        self._call = code.space.call

    def value(self, rule: Any) -> Part:  # noqa: ANN401 - JSON
        """Write the code of a rule and of all below it."""
        code = self._code
        if isinstance(rule, list):
            code.cost += 1 + len(rule)
            items = code.operands([partial(self.value, item) for item in rule])
            return Part(ast.List([item.code for item in items], ast.Load()), Kind.LIST)
        if not isinstance(rule, dict):
            return Part(ast.Constant(rule), _KINDS.get(type(rule), Kind.ANY), quiet=True)
        ((operator, operands),) = rule.items()
        if operator == "var":
            fragments = tuple(operands.split(".")) if operands else ()
            code.cost += 1 + len(fragments)
            return code.path(fragments)
        code.cost += 1
        return _WRITERS[operator](self, operator, operands)

    def values(self, rules: Sequence[Any]) -> list[Part]:
        """Write several, worked out from left to right."""
        return self._code.operands([partial(self.value, rule) for rule in rules])

    def truth(self, part: Part, operator: str) -> ast.expr:
        """Write a test; what is neither true nor false fails."""
        if part.kind is Kind.DATE:
            return self._call(truth_of, part.code, ast.Constant(operator))
        if part.kind is not Kind.ANY:
            return part.code
        kept = self._code.kept(part)
        kind = self._call(type, kept.code)
        plain = compare(kind, ast.In(), self._code.space.held(_TESTED))
        tested = self._call(truth_of, kept.code, ast.Constant(operator))
        return ast.IfExp(plain, kept.code, tested)

    def if_(self, operator: str, operands: list[Any]) -> Part:
        code = self._code
        test = self.truth(self.value(operands[0]), operator)
        with code.apart() as when:
            then = self.value(operands[1])
        with code.apart() as unless:
            otherwise = self.value(operands[2])
        kind = then.kind if then.kind is otherwise.kind else Kind.ANY
        if not when and not unless:
            return Part(ast.IfExp(test, then.code, otherwise.code), kind)
        name = code.fresh()
        when.append(assign(name, then.code))
        unless.append(assign(name, otherwise.code))
        code.block.append(ast.If(test, when, unless))
        return Part(load(name), kind, quiet=True)

    def and_(self, operator: str, operands: list[Any]) -> Part:
        """Write one `if` behind the other, not in each other: there may be thousands."""
        code = self._code
        code.cost += len(operands)
        parts: list[tuple[list[ast.stmt], Part]] = []
        for rule in operands:
            with code.apart() as block:
                part = self.value(rule)
            parts.append((block, part))
        plain = all(part.kind is Kind.BOOL for _, part in parts)
        if plain and not any(block for block, _ in parts):
            return Part(ast.BoolOp(ast.And(), [part.code for _, part in parts]), Kind.BOOL)
        found = code.fresh()
        tested = found if plain else code.fresh()
        for number, (block, part) in enumerate(parts):
            with code.apart() as statements:
                code.block += [*block, assign(found, part.code)]
                if not plain:
                    held = Part(load(found), part.kind, quiet=True)
                    code.block.append(assign(tested, self.truth(held, operator)))
            code.block += [ast.If(load(tested), statements, [])] if number else statements
        return Part(load(found), Kind.BOOL if plain else Kind.ANY, quiet=True)

    def not_(self, operator: str, operands: list[Any]) -> Part:
        test = self.truth(self.value(operands[0]), operator)
        return Part(ast.UnaryOp(ast.Not(), test), Kind.BOOL)

    def equal(self, _operator: str, operands: list[Any]) -> Part:
        left, right = self.values(operands)
        self._code.cost += 1
        known = [part.code.value for part in (left, right) if isinstance(part.code, ast.Constant)]
        if len(known) == 2:
            return Part(ast.Constant(same(known[0], known[1], Budget())), Kind.BOOL, quiet=True)
        quick = self._equal_to(left, right, known[0]) if known else None
        if quick is None and left.kind is right.kind is Kind.DATE:
            quick = compare(_ms(left), ast.Eq(), _ms(right))
        if quick is None:
            quick = self._call(same, left.code, right.code, load(BUDGET))
        return Part(quick, Kind.BOOL)

    def _equal_to(self, left: Part, right: Part, known: object) -> ast.expr | None:
        """Write a comparison with a constant: Python's own, but that True is not 1."""
        if isinstance(known, str):
            self._code.cost += len(known) // CHARACTERS_A_STEP
        elif isinstance(known, bool) or known is None:
            return compare(left.code, ast.Is(), right.code)
        else:
            other = self._code.kept(right if isinstance(left.code, ast.Constant) else left)
            number = self._call(type, other.code)
            is_number = compare(number, ast.In(), self._code.space.held(_NUMBERS))
            equal = compare(other.code, ast.Eq(), ast.Constant(known))  # type: ignore[arg-type] # a number
            return ast.BoolOp(ast.And(), [is_number, equal])
        return compare(left.code, ast.Eq(), right.code)

    def in_(self, _operator: str, operands: list[Any]) -> Part:
        item, among = operands
        if isinstance(among, list) and all(isinstance(word, str) for word in among):
            steps = sum(2 + len(word) // CHARACTERS_A_STEP for word in among)
            self._code.cost += 1 + steps
            words = constant(tuple(among))
            return Part(compare(self.value(item).code, ast.In(), words), Kind.BOOL)
        wanted, collection = self.values(operands)
        return Part(self._call(member, wanted.code, collection.code, load(BUDGET)), Kind.BOOL)

    def plus(self, _operator: str, operands: list[Any]) -> Part:
        left, right = self.values(operands)
        return Part(self._call(added, left.code, right.code), Kind.INT)

    def compared(self, operator: str, operands: list[Any]) -> Part:
        dates = operator in DATE_COMPARISONS
        sign = _SIGNS[operator]
        make = partial(self._comparable, operator, dates=dates)
        parts = self._code.operands([partial(make, rule) for rule in operands])
        if len(parts) > 2:  # a chain stops early; all operands are worked out first
            parts = [self._code.kept(part) for part in parts]
        first, *others = [_ms(part) if dates else part.code for part in parts]
        checked = ast.Compare(first, [sign() for _ in others], others)
        return Part(checked, Kind.BOOL)

    def _comparable(self, operator: str, rule: Any, *, dates: bool) -> Part:  # noqa: ANN401 - JSON
        part = self.value(rule)
        wanted, check = (Kind.DATE, dated) if dates else (Kind.INT, whole)
        if part.kind is wanted:
            return part
        checked = self._call(check, part.code, ast.Constant(operator))
        if part.quiet and not dates and part.kind is Kind.ANY:
            checked = ast.IfExp(self._code.is_type(part, int), part.code, checked)
        return Part(checked, wanted)

    def plus_time(self, _operator: str, operands: list[Any]) -> Part:
        amount, unit = int(operands[1]), operands[2]
        text = self.value(operands[0])
        return self._date(moved, text, amount, unit)

    def date_of_birth(self, _operator: str, operands: list[Any]) -> Part:
        return self._date(born, self.value(operands[0]))

    def _date(self, read: Callable[..., DateTime], text: Part, *rest: int | str) -> Part:
        """Write a date; one that stands in the rule is read now, unless it fails."""
        if isinstance(text.code, ast.Constant):
            try:
                return Part(
                    self._code.space.held(read(text.code.value, *rest)), Kind.DATE, quiet=True
                )
            except RuleFailedError:
                pass
        self._code.cost += STEPS_A_DATE
        return Part(self._call(read, text.code, *map(ast.Constant, rest)), Kind.DATE)

    def from_uvci(self, _operator: str, operands: list[Any]) -> Part:
        uvci = self.value(operands[0])
        return Part(self._call(fragment, uvci.code, ast.Constant(int(operands[1])), load(BUDGET)))

    def reduce(self, _operator: str, operands: list[Any]) -> Part:
        array, initial = self.values([operands[0], operands[2]])
        fold = load(self._translator.fold(operands[1]))
        return Part(ast.Call(fold, [array.code, initial.code, load(BUDGET)], []))


def _ms(part: Part) -> ast.expr:
    return ast.Attribute(part.code, "ms", ast.Load())


_Write = Callable[[_Writer, str, list[Any]], Part]
_WRITERS: Final[Mapping[str, _Write]] = {
    "if": _Writer.if_,
    "and": _Writer.and_,
    "!": _Writer.not_,
    "===": _Writer.equal,
    "in": _Writer.in_,
    "+": _Writer.plus,
    "plusTime": _Writer.plus_time,
    "dccDateOfBirth": _Writer.date_of_birth,
    "extractFromUVCI": _Writer.from_uvci,
    "reduce": _Writer.reduce,
    **dict.fromkeys((*COMPARISONS, *DATE_COMPARISONS), _Writer.compared),
}
