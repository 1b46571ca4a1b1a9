"""CEL's types, and when a value of one may stand where another is wanted.

A free type (its name begins with `?`) stands for any one type; `Bindings` keeps which.
Source: the CEL language definition, "Gradual Type Checking".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

MAX_PARTS = 1024  # of one type; a map of maps doubles with every level, whatever wrote it
_MAX_SHOWN = 64  # parts of a type that are written out


class TypeTooLargeError(ValueError):
    """A type of more than `MAX_PARTS` parts came about."""

    def __init__(self) -> None:
        super().__init__(f"lists and maps come to a type of more than {MAX_PARTS} parts")


@dataclass(frozen=True, slots=True)
class Type:
    """A type by its name, with the types of what it holds.

    `free` stands for any one type; `settled` is a type that neither is nor holds a free one.
    """

    name: str
    params: tuple["Type", ...] = ()
    free: bool = field(init=False, compare=False, default=False)
    settled: bool = field(init=False, compare=False, default=True)
    parts: int = field(init=False, compare=False, default=1)

    def __post_init__(self) -> None:
        if self.params:
            parts = 1 + sum([each.parts for each in self.params])
            if parts > MAX_PARTS:
                raise TypeTooLargeError
            object.__setattr__(self, "parts", parts)
            object.__setattr__(self, "settled", all(each.settled for each in self.params))
        elif self.name[0] == "?":
            object.__setattr__(self, "free", True)
            object.__setattr__(self, "settled", False)

    def __str__(self) -> str:
        if not self.params:
            return _SHORT.get(self.name, self.name)
        if self.parts > _MAX_SHOWN:
            return f"{self.name}(…)"
        return f"{self.name}({', '.join(map(str, self.params))})"


_SHORT: Final = {
    "google.protobuf.Timestamp": "timestamp",
    "google.protobuf.Duration": "duration",
    "null_type": "null",
}

BOOL, INT, UINT, DOUBLE = Type("bool"), Type("int"), Type("uint"), Type("double")
STRING, BYTES, NULL = Type("string"), Type("bytes"), Type("null_type")
TIMESTAMP, DURATION = Type("google.protobuf.Timestamp"), Type("google.protobuf.Duration")
ADDRESS, NETWORK = Type("net.IP"), Type("net.CIDR")
DYN = Type("dyn")  # known only when it is evaluated
ERROR = Type("error")  # of what a fault was found in: agrees with everything, so it's named once
_ANY: Final = (DYN.name, ERROR.name)
NUMERIC: Final = (INT, UINT, DOUBLE)


def list_of(item: Type) -> Type:
    """Make the type of lists of one kind of item."""
    return Type("list", (item,))


def map_of(key: Type, value: Type) -> Type:
    """Make the type of maps."""
    return Type("map", (key, value))


def type_of(what: Type) -> Type:
    """Make the type of a type as a value."""
    return Type("type", (what,))


def optional_of(what: Type) -> Type:
    """Make the type of values that may be nothing."""
    return Type("optional_type", (what,))


def wrapper_of(what: Type) -> Type:
    """Make the type of values that may be null."""
    return Type("wrapper", (what,))


@dataclass(slots=True)
class Bindings:
    """What the free types of one expression stand for, as far as it's known."""

    known: dict[str, Type] = field(default_factory=dict)
    nullable: bool = False  # whether null may stand for a time, a message or an optional value
    _made: int = 0
    _undo: list[tuple[str, Type | None]] = field(default_factory=list)

    def fresh(self) -> Type:
        """Make a free type that nothing else uses."""
        self._made += 1
        return Type(f"?{self._made}")

    def renamed(self, types: Sequence[Type]) -> list[Type]:
        """Give the free types of a declaration new names for one use of it."""
        names: dict[str, Type] = {}
        return [self._renamed(each, names) for each in types]

    def resolve(self, given: Type, *, final: bool = False) -> Type:
        """Put in what is known; with `final` what nothing fixed becomes dyn."""
        if given.settled:
            return given
        if given.free:
            bound = self._followed(given)
            if bound.free:
                return DYN if final else bound
            return self.resolve(bound, final=final)
        return Type(given.name, tuple([self.resolve(each, final=final) for each in given.params]))

    def accepts(self, wanted: Sequence[Type], given: Sequence[Type]) -> bool:
        """Whether values of these types may stand there; if so what that fixes is kept."""
        self._undo.clear()
        if len(wanted) == len(given) and all(map(self._assign, wanted, given)):
            return True
        while self._undo:
            name, before = self._undo.pop()
            if before is None:
                del self.known[name]
            else:
                self.known[name] = before
        return False

    def joined(self, one: Type, other: Type) -> Type:
        """Find the type of a list that holds both: the more general of two, else dyn."""
        if self.accepts([one], [other]):
            return one if self._at_least_as_general(one, other) else other
        if self.accepts([other], [one]):
            return other
        return DYN

    def _followed(self, free: Type) -> Type:
        """Go from one free type to the next it stands for; the way is shorter the next time."""
        passed = []
        while free.free and (bound := self.known.get(free.name)) is not None:
            passed.append(free.name)
            free = bound
        for name in passed[:-1]:
            self._bind(name, free)
        return free

    def _bind(self, name: str, bound: Type) -> None:
        self._undo.append((name, self.known.get(name)))
        self.known[name] = bound

    def _renamed(self, given: Type, names: dict[str, Type]) -> Type:
        if given.free:
            if given.name not in names:
                names[given.name] = self.fresh()
            return names[given.name]
        if given.settled:
            return given
        return Type(given.name, tuple(self._renamed(each, names) for each in given.params))

    def _assign(self, wanted: Type, given: Type) -> bool:  # noqa: PLR0911 - one line a case
        wanted, given = self.resolve(wanted), self.resolve(given)
        if wanted.free and given == DYN:
            self._bind(wanted.name, DYN)
            return True
        if wanted is given or wanted == given or wanted.name in _ANY or given.name in _ANY:
            return True
        for free, other in ((wanted, given), (given, wanted)):
            if free.free:
                if _mentions(other, free):
                    return False
                self._bind(free.name, other)
                return True
        if wanted.name == given.name == "type":
            return True  # any two types can be compared
        for one, other in ((wanted, given), (given, wanted)):
            if one.name == "wrapper" and other.name != "wrapper":
                return other == NULL or self._assign(one.params[0], other)
        if self.nullable and NULL in (wanted, given):
            return _PLAIN.isdisjoint({wanted.name, given.name})
        return (
            wanted.name == given.name
            and len(wanted.params) == len(given.params)
            and all(map(self._assign, wanted.params, given.params))
        )

    def _at_least_as_general(self, one: Type, other: Type) -> bool:
        one, other = self.resolve(one), self.resolve(other)
        if one.free or one.name in _ANY:
            return True
        if other == NULL or (one.name == "wrapper" and other == one.params[0]):
            return True
        if one.name != other.name or len(one.params) != len(other.params):
            return False
        return all(map(self._at_least_as_general, one.params, other.params))


_PLAIN: Final = frozenset(
    {"bool", "int", "uint", "double", "string", "bytes", "list", "map", "type"}
)  # what null never stands for


def _mentions(given: Type, free: Type) -> bool:
    return given == free or any(_mentions(each, free) for each in given.params)
