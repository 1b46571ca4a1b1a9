"""The static checker: a type for every part of an expression, before any fact is seen."""

from collections.abc import Mapping
from typing import Final

from edge_rules.policy.environment import (
    Checked,
    Environment,
    Local,
    Reference,
    Variable,
    did_you_mean,
)
from edge_rules.policy.errors import ExpressionFault
from edge_rules.policy.functions import FUNCTIONS, TYPE_NAMES, Overload, shown
from edge_rules.policy.syntax import Call, Expr, Ident, ListOf, Literal, Loop, MapOf, Select
from edge_rules.policy.types import (
    BOOL,
    DYN,
    ERROR,
    INT,
    NUMERIC,
    STRING,
    UINT,
    Bindings,
    Type,
    list_of,
    map_of,
)
from edge_rules.policy.values import type_name

_KEYS: Final = (BOOL, INT, UINT, STRING, DYN, ERROR)


def check(
    root: Expr, environment: Environment, *, lenient: bool = False
) -> tuple[Checked, list[ExpressionFault]]:
    """Give every part a type and list every fault.

    A lenient check has no faults: what does not fit is left to be judged when it is evaluated.
    """
    checker = _Checker(environment, lenient=lenient)
    checker.type_of(root)
    types = {id_: checker.final(given) for id_, given in checker.types.items()}
    return Checked(root, types, checker.references), checker.faults


class _Checker:
    def __init__(self, environment: Environment, *, lenient: bool) -> None:
        self._names = environment
        self._lenient = lenient
        self._bindings = Bindings()
        self._scopes: list[tuple[str, Type]] = []
        self.types: dict[int, Type] = {}
        self.references: dict[int, Reference] = {}
        self.faults: list[ExpressionFault] = []

    def final(self, given: Type) -> Type:
        return DYN if given is ERROR else self._bindings.resolve(given, final=True)

    def type_of(self, node: Expr) -> Type:
        """Find the type of a node and of all below it."""
        match node:
            case Literal():
                found = TYPE_NAMES.get(type_name(node.value), DYN)
            case Ident():
                found = self._ident(node)
            case Select():
                found = self._select(node)
            case Call():
                found = self._call(node)
            case ListOf():
                found = list_of(self._joined(node.items))
            case MapOf():
                found = self._map(node)
            case Loop():
                found = self._loop(node)
        self.types[node.id] = found
        return found

    def _fault(self, at: int, what: str) -> Type:
        if self._lenient:
            return DYN
        self.faults.append(ExpressionFault(at, what))
        return ERROR

    def _refer(self, node: Expr, found: tuple[Reference, Type]) -> Type:
        self.references[node.id] = found[0]
        return found[1]

    def _local(self, name: str) -> tuple[Reference, Type] | None:
        for known, type_ in reversed(self._scopes):
            if known == name:
                return Local(name), type_
        return None

    def _ident(self, node: Ident) -> Type:
        found = None if node.absolute else self._local(node.name)
        found = found or self._names.find(node.name, absolute=node.absolute)
        if found:
            return self._refer(node, found)
        fields = self._names.fields_of(node.name)
        if fields:
            what = f"`{node.name}` is a group: name one of its fields, as {fields[0]}"
            return self._fault(node.at, what)
        return self._fault(node.at, f"unknown name `{node.name}`{self._names.nearest(node.name)}")

    def _select(self, node: Select) -> Type:
        head, dotted = self._dotted(node)
        if head is not None:
            found = self._names.find(dotted, absolute=head.absolute)
            if found and (not node.test or isinstance(found[0], Variable)):
                type_ = self._refer(node, found)
                return BOOL if node.test else type_
            if not self._known(node.operand):
                return self._unknown(node, head, dotted)
        return self._field(node, self._bindings.resolve(self.type_of(node.operand)))

    def _dotted(self, node: Expr) -> tuple[Ident | None, str]:
        """Return the name a chain of selections begins with, unless a loop owns it."""
        fields: list[str] = []
        while isinstance(node, Select):
            fields.append(node.field)
            node = node.operand
        if not isinstance(node, Ident) or (not node.absolute and self._local(node.name)):
            return None, ""
        return node, ".".join([node.name, *reversed(fields)])

    def _known(self, node: Expr) -> bool:
        """Whether a chain of selections, or a part of it, names something."""
        while isinstance(node, Select):
            head, dotted = self._dotted(node)
            if head and self._names.find(dotted, absolute=head.absolute):
                return True
            node = node.operand
        return isinstance(node, Ident) and bool(self._names.find(node.name, absolute=node.absolute))

    def _unknown(self, node: Select, head: Ident, dotted: str) -> Type:
        fields = self._names.fields_of(head.name)
        if not fields:
            near = self._names.nearest(dotted) or self._names.nearest(head.name)
            return self._fault(head.at, f"unknown name `{head.name}`{near}")
        near = did_you_mean(dotted, fields) or f": there is {', '.join(fields)}"
        return self._fault(node.at, f"unknown fact `{dotted}`{near}")

    def _field(self, node: Select, operand: Type) -> Type:
        if operand in (DYN, ERROR) or operand.free:
            return BOOL if node.test else DYN
        if operand.name == "map" and self._bindings.accepts([operand.params[0]], [STRING]):
            return BOOL if node.test else operand.params[1]
        fault = self._fault(node.at, f"{operand} has no field `{node.field}`")
        return BOOL if node.test else fault

    def _joined(self, items: tuple[Expr, ...]) -> Type:
        if not items:
            return self._bindings.fresh()
        joined = self.type_of(items[0])
        for item in items[1:]:
            joined = self._bindings.joined(joined, self.type_of(item))
        return joined

    def _map(self, node: MapOf) -> Type:
        keys = self._joined(tuple(key for key, _ in node.entries))
        for key, _ in node.entries:
            type_ = self._bindings.resolve(self.types[key.id])
            if type_ not in _KEYS and not type_.free:
                self._fault(key.at, f"{type_} can't be a key: bool, int, uint or string can")
        return map_of(keys, self._joined(tuple(value for _, value in node.entries)))

    def _loop(self, node: Loop) -> Type:
        over = self._bindings.resolve(self.type_of(node.over))
        if over.name in ("list", "map"):
            item = over.params[0]
        elif over in (DYN, ERROR) or over.free:
            item = DYN
        else:
            item = self._fault(node.at, f"{node.kind}() runs over a list or a map, not {over}")
        self._scopes.append((node.variable, item))
        if node.condition is not None:
            self._expect_bool(node.condition, "the condition of map()")
        if node.kind == "map":
            body = self.type_of(node.body)
        else:
            body = self._expect_bool(node.body, f"the condition of {node.kind}()")
        self._scopes.pop()
        if node.kind == "map":
            return list_of(body)
        return list_of(item) if node.kind == "filter" else BOOL

    def _expect_bool(self, node: Expr, where: str) -> Type:
        given = self.type_of(node)
        if self._bindings.accepts([BOOL], [given]):
            return BOOL
        given = self._bindings.resolve(given)
        return self._fault(node.at, f"{where} must be true or false, this is {given}")

    def _call(self, node: Call) -> Type:
        if node.function in ("_&&_", "_||_"):
            for operand in node.args:
                self._expect_bool(operand, f"each side of `{shown(node.function)}`")
            return BOOL
        if node.function == "_?_:_":
            return self._choice(node)
        overloads = FUNCTIONS.get(node.function)
        target = () if node.target is None else (self.type_of(node.target),)
        given = target + tuple(map(self.type_of, node.args))
        if overloads is None:
            near = did_you_mean(node.function, (n for n in FUNCTIONS if n.isalpha()))
            return self._fault(node.at, f"unknown function {node.function}(){near}")
        result = self._overload(overloads, given, member=bool(target))
        if result is None:
            return self._fault(node.at, self._no_overload(node, overloads, given))
        if not self._lenient:
            self._check_words(node)
        return result

    def _overload(
        self, overloads: list[Overload], given: tuple[Type, ...], *, member: bool
    ) -> Type | None:
        result: Type | None = None
        for overload in overloads:
            if overload.member is not member:
                continue
            *params, gives = self._bindings.renamed([*overload.params, overload.result])
            if not self._bindings.accepts(params, given):
                continue
            gives = self._bindings.resolve(gives)
            result = gives if result is None or result == gives else DYN
            if not any(DYN in (each, *each.params) or each is ERROR for each in given):
                break
        return result

    def _choice(self, node: Call) -> Type:
        self._expect_bool(node.args[0], "what stands before `?`")
        yes, no = map(self.type_of, node.args[1:])
        if self._bindings.accepts([yes], [no]):
            return self._bindings.joined(yes, no)
        what = f"both values of `?` must be of one type, these are {yes} and {no}"
        return self._fault(node.at, what)

    def _no_overload(self, node: Call, overloads: list[Overload], given: tuple[Type, ...]) -> str:
        types = [self._bindings.resolve(each) for each in given]
        name = shown(node.function)
        if all(each.member is (node.target is None) for each in overloads):
            how = (
                "on a value, as value." if node.target is None else "without a value before it, as "
            )
            return f"{name} is called {how}{name}"
        what = f"no `{name}` for {' and '.join(map(str, types)) or 'nothing'}"
        if len(types) == 2 and all(each in NUMERIC for each in types):
            other = types[0] if types[0] != INT else types[1]
            what += f": numbers of two types don't mix here, convert one with {other}(…)"
            if other.name == "double":
                what += " or write it with a decimal point"
        return what

    def _check_words(self, node: Call) -> None:
        """Refuse to compare a fact with a word that it can never be: the rule would never fire."""
        if node.function not in ("_==_", "_!=_", "@in"):
            return
        left, right = node.args
        for fact, said in ((left, right), (right, left)):
            reference = self.references.get(fact.id)
            words = self._words(reference)
            if not words:
                continue
            for item in said.items if isinstance(said, ListOf) else (said,):
                if isinstance(item, Literal) and item.value not in words:
                    near = (
                        did_you_mean(str(item.value), words)
                        or f": it is one of {', '.join(sorted(words))}"
                    )
                    self._fault(item.at, f"`{fact_name(reference)}` is never {item.value!r}{near}")

    def _words(self, reference: Reference | None) -> frozenset[str] | None:
        return self._names.words.get(reference.name) if isinstance(reference, Variable) else None


def fact_name(reference: Reference | None) -> str:
    """Name what a reference points to."""
    return reference.name if isinstance(reference, Variable | Local) else "this"


__all__ = ["Mapping", "check"]
