"""The static checker: a type for every part of an expression, before any fact is seen."""

from collections.abc import Sequence
from typing import Final

from edge_rules.cel.environment import Checked, Constant, Environment, Reference, did_you_mean
from edge_rules.cel.errors import ExpressionFault
from edge_rules.cel.extensions import OVERLOADS
from edge_rules.cel.functions import FUNCTIONS, TYPE_NAMES, Overload, no_overload, shown
from edge_rules.cel.naming import Naming, impossible_words
from edge_rules.cel.syntax import Bind, Call, Expr, Ident, ListOf, Literal, Loop, MapOf, Select
from edge_rules.cel.tokens import refused
from edge_rules.cel.types import (
    BOOL,
    DYN,
    ERROR,
    INT,
    STRING,
    UINT,
    Bindings,
    Type,
    TypeTooLargeError,
    list_of,
    map_of,
    optional_of,
)
from edge_rules.cel.values import type_name

MAX_FAULTS: Final = 20  # of one expression are told: each misspelt name is compared with all known
_MAKERS: Final = ("map", "transformList", "transformMap", "transformMapEntry")
_KEYS: Final = (BOOL, INT, UINT, STRING, DYN, ERROR)


def check(
    root: Expr, environment: Environment, *, lenient: bool = False
) -> tuple[Checked, list[ExpressionFault]]:
    """Give every part a type and list every fault, up to `MAX_FAULTS`.

    A lenient check has no faults: what does not fit is left to be judged when it is evaluated.
    """
    checker = _Checker(environment, lenient=lenient)
    try:
        checker.type_of(root)
        types = {id_: checker.final(given) for id_, given in checker.types.items()}
    except _EnoughError:
        return Checked(root, {}, {}), checker.faults
    except TypeTooLargeError as error:
        raise refused(checker.at, str(error)) from error
    return Checked(root, types, checker.references), checker.faults


class _EnoughError(Exception):
    """As many faults as are told were found."""


class _Checker:
    def __init__(self, environment: Environment, *, lenient: bool) -> None:
        self._environment = environment
        self._naming = Naming(environment)
        self._lenient = lenient
        self._bindings = Bindings(nullable=environment.dialect.extended)
        self.types: dict[int, Type] = {}
        self.references: dict[int, Reference] = {}
        self.faults: list[ExpressionFault] = []
        self.at = 0

    def final(self, given: Type) -> Type:
        return DYN if given is ERROR else self._bindings.resolve(given, final=True)

    def type_of(self, node: Expr) -> Type:
        """Find the type of a node and of all below it."""
        self.at = node.at
        match node:
            case Literal():
                found = TYPE_NAMES.get(type_name(node.value), DYN)
            case Ident() | Select():
                found = self._name(node)
            case Call():
                found = self._call(node)
            case ListOf():
                found = list_of(self._joined(node.items, node.optional))
            case MapOf():
                found = self._map(node)
            case Loop():
                found = self._loop(node)
            case Bind():
                found = self._bind(node)
        self.types[node.id] = found
        return found

    def _fault(self, at: int, what: str) -> Type:
        if self._lenient:
            return DYN
        self.faults.append(ExpressionFault(at, what))
        if len(self.faults) >= MAX_FAULTS:
            raise _EnoughError
        return ERROR

    def _name(self, node: Ident | Select) -> Type:
        test = isinstance(node, Select) and node.test
        found = self._naming.meaning(node)
        if found and test and isinstance(found[0], Constant):
            return self._fault(node.at, "has() asks for a fact, this is a constant")
        if found:
            self.references[node.id] = found[0]
            return BOOL if test else found[1]
        mistake = None if self._lenient else self._naming.mistake(node)
        if mistake:
            return self._fault(mistake.at, mistake.what)
        if isinstance(node, Select):
            return self._field(node)
        return DYN if self._lenient else ERROR

    def _field(self, node: Select) -> Type:
        held = self._bindings.resolve(self.type_of(node.operand))
        if held.name == "optional_type":
            inner = self._field_of(node, self._bindings.resolve(held.params[0]))
            return inner if node.test else optional_of(inner)
        return self._field_of(node, held)

    def _field_of(self, node: Select, held: Type) -> Type:
        if held in (DYN, ERROR) or held.free:
            return BOOL if node.test else DYN
        if held.name == "map" and self._bindings.accepts([held.params[0]], [STRING]):
            return BOOL if node.test else held.params[1]
        return self._fault(node.at, f"{held} has no field `{node.field}`")

    def _joined(self, items: Sequence[Expr], optional: frozenset[int] = frozenset()) -> Type:
        if not items:
            return self._bindings.fresh()
        joined: Type | None = None
        for at, item in enumerate(items):
            given = self.type_of(item)
            if at in optional:
                given = self._inner(item, given)
            joined = given if joined is None else self._bindings.joined(joined, given)
        return joined or DYN

    def _inner(self, node: Expr, given: Type) -> Type:
        """Return what an optional value may hold."""
        inner = self._bindings.fresh()
        if self._bindings.accepts([optional_of(inner)], [given]):
            return inner
        what = f"an optional value should stand after `?`, this is {self._bindings.resolve(given)}"
        return self._fault(node.at, what)

    def _bind(self, node: Bind) -> Type:
        self._naming.enter(node.variable, self.type_of(node.value))
        found = self.type_of(node.body)
        self._naming.leave()
        return found

    def _map(self, node: MapOf) -> Type:
        keys = self._joined([key for key, _ in node.entries])
        for key, _ in node.entries:
            type_ = self._bindings.resolve(self.types[key.id])
            if type_ not in _KEYS and not type_.free:
                keys = self._fault(key.at, f"{type_} can't be a key: bool, int, uint or string can")
        return map_of(keys, self._joined([value for _, value in node.entries], node.optional))

    def _loop(self, node: Loop) -> Type:
        over = self._bindings.resolve(self.type_of(node.over))
        if node.kind in ("optMap", "optFlatMap"):
            return self._opt_loop(node, over)
        first, second = self._loop_variables(node, over)
        self._naming.enter(node.variable, first)
        if node.second:
            self._naming.enter(node.second, second)
        if node.condition is not None:
            self._expect_bool(node.condition, f"the condition of {node.kind}()")
        if node.kind in _MAKERS:
            body = self.type_of(node.body)
        else:
            body = self._expect_bool(node.body, f"the condition of {node.kind}()")
        self._naming.leave()
        if node.second:
            self._naming.leave()
        if node.kind in ("map", "transformList"):
            return list_of(body)
        if node.kind == "transformMap":
            return map_of(first, body)
        if node.kind == "transformMapEntry":
            return self._entry_map(node, body)
        return list_of(first) if node.kind == "filter" else BOOL

    def _loop_variables(self, node: Loop, over: Type) -> tuple[Type, Type]:
        if over.name == "list":
            return (INT, over.params[0]) if node.second else (over.params[0], ERROR)
        if over.name == "map":
            return over.params[0], over.params[1]
        if over in (DYN, ERROR) or over.free:
            return DYN, DYN
        what = f"{node.kind}() runs over a list or a map, not {over}"
        return self._fault(node.at, what), ERROR

    def _entry_map(self, node: Loop, body: Type) -> Type:
        built = map_of(self._bindings.fresh(), self._bindings.fresh())
        if self._bindings.accepts([built], [body]):
            return built
        return self._fault(node.body.at, "transformMapEntry() gives a map with one entry")

    def _opt_loop(self, node: Loop, over: Type) -> Type:
        self._naming.enter(node.variable, self._inner(node.over, over))
        body = self.type_of(node.body)
        self._naming.leave()
        if node.kind == "optMap":
            return optional_of(body)
        return optional_of(self._inner(node.body, body))

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
        if node.function == "_?._":
            return self._optional_field(node)
        target = () if node.target is None else (self.type_of(node.target),)
        given = target + tuple(map(self.type_of, node.args))
        overloads = self._overloads(node.function)
        if overloads is None:
            near = did_you_mean(node.function, (name for name in FUNCTIONS if name.isalpha()))
            return self._fault(node.at, f"unknown function {node.function}(){near}")
        result = self._overload(overloads, given, member=bool(target))
        if result is None:
            types = [self._bindings.resolve(each) for each in given]
            ways = FUNCTIONS.get(node.function, overloads)
            what = no_overload(node.function, types, ways, member=bool(target))
            return self._fault(node.at, what)
        if node.function in ("_==_", "_!=_", "@in"):
            sides = node.args[0], node.args[-1]
            for fault in impossible_words(*sides, self.references, self._environment):
                self._fault(fault.at, fault.what)
        return result

    def _overloads(self, name: str) -> Sequence[Overload] | None:
        found = list(self._environment.overloads(name) or ())
        if self._environment.dialect.extended:
            found += OVERLOADS.get(name, ())
        return found or None

    def _optional_field(self, node: Call) -> Type:
        """Find the type of `operand.?field`."""
        operand, field = node.args
        held = self._bindings.resolve(self.type_of(operand))
        self.types[field.id] = STRING
        if held.name == "optional_type":
            held = self._bindings.resolve(held.params[0])
        if held in (DYN, ERROR) or held.free:
            return optional_of(DYN)
        if held.name == "map" and self._bindings.accepts([held.params[0]], [STRING]):
            return optional_of(held.params[1])
        return self._fault(node.at, f"{held} has no fields")

    def _overload(
        self, overloads: Sequence[Overload], given: tuple[Type, ...], *, member: bool
    ) -> Type | None:
        """Return what a call gives, None if no overload takes these types."""
        unsure = any(each is ERROR or DYN in (each, *each.params) for each in given)
        result: Type | None = None
        for overload in overloads:
            *params, gives = self._bindings.renamed([*overload.params, overload.result])
            if overload.member is not member or not self._bindings.accepts(params, given):
                continue
            gives = self._bindings.resolve(gives)
            if not unsure:
                return gives
            result = gives if result is None or result == gives else DYN
        return result

    def _choice(self, node: Call) -> Type:
        self._expect_bool(node.args[0], "what stands before `?`")
        yes, no = map(self.type_of, node.args[1:])
        if self._bindings.accepts([yes], [no]):
            return self._bindings.joined(yes, no)
        what = f"both values of `?` must be of one type, these are {yes} and {no}"
        return self._fault(node.at, what)
