"""Random expressions that mostly fit their types, over the facts or over plain variables."""

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from edge_rules.facts import FIELDS, Kind
from tests.edge_rules.policy.fuzzing import oddities
from tests.edge_rules.policy.fuzzing.forms import EXTENDED, FORMS, SCALARS

_KINDS: Final = {
    Kind.BOOL: "bool", Kind.INT: "int", Kind.DOUBLE: "double", Kind.STRING: "string",
    Kind.TIMESTAMP: "time", Kind.DURATION: "span", Kind.STRINGS: "strings",
}  # fmt: skip
FACTS: Final[dict[str, list[str]]] = {kind: [] for kind in _KINDS.values()}
for _name, _field in FIELDS.items():
    FACTS[_KINDS[_field.kind]].append(_name)
VARIABLES: Final = {
    "bool": ["b"], "int": ["i"], "uint": ["u"], "double": ["d"], "string": ["s", "long"],
    "bytes": ["y"], "time": ["t"], "span": ["n"], "strings": ["ls"], "ints": ["li"],
    "map": ["m"], "any": ["x", "nobody"],
}  # fmt: skip
_WORDED: Final = [(name, sorted(field.words)) for name, field in FIELDS.items() if field.words]
_LITERALS: Final[Mapping[str, Sequence[str]]] = {
    "bool": ("true", "false"), "int": oddities.INTS, "uint": oddities.UINTS,
    "double": oddities.DOUBLES, "string": oddities.STRINGS, "bytes": oddities.BYTES,
    "strings": ("['ab', 'c']", "['']", "['a', 'b', 'c', 'a']"), "ints": ("[1, 2, 3]", "[0]", "[]"),
    "map": ("{'a': 1}", "{1: 'a', 2: 'b'}", "{true: 1, 1: 2, 1u: 3}", "{}", "{'k': {'k': [1]}}"),
    "any": ("null", "[]", "{}", "dyn(1)", "[1, 'a', 2.0]", "type(1)", *oddities.NAMES),
}  # fmt: skip
_PLAIN: Final[Mapping[str, Sequence[str]]] = {
    "int": ("0", "1", "3", "9223372036854775807"), "double": ("36.5", "37.3", "-0.0", "1e308"),
    "uint": ("0u", "18446744073709551615u"), "string": ("'ab'", '""', '"北门"', "r'\\d'", "'b-1'"),
    "bytes": ("b'ab'", 'b"\\xff"'), "any": ("null", "dyn(1)", "[1, 'a', 2.0]", "dyn('ab')"),
    "time": ("timestamp('2026-11-23T08:00:00Z')", "timestamp(0)"),
    "span": ("duration('48h')", "duration('9223372036854775807ns')"),
}  # fmt: skip
_SOUND: Final[Mapping[str, Sequence[str]]] = {
    "pattern": ("^(a+)+$", "b-[0-9]", "", "北|ab", "(a{1,30})b"), "zone": ("UTC", "Asia/Shanghai"),
    "length": ("48h", "-1.5m", "0"), "stamp": ("2026-11-23T08:00:00Z", "9999-12-31T23:59:59Z"),
}  # fmt: skip
_ITEMS: Final = {"strings": "string", "ints": "int", "map": "any", "any": "any"}
_PART: Final = re.compile(r"\{(\w+)\}|(@1)|(@)")
_ODD: Final = 0.03  # how often a literal is an odd one
_MISFIT: Final = 0.005  # how often something of another type stands where one is wanted
_TEXTS: Final = {
    "pattern": oddities.PATTERNS, "zone": oddities.ZONES, "length": oddities.SPANS,
    "stamp": oddities.STAMPS,
}  # fmt: skip


class ExpressionMaker:
    """Makes expressions; `extended` ones are for `policy eval`, over plain variables."""

    def __init__(self, random: Random, *, extended: bool = False) -> None:
        self._random = random
        self._names = VARIABLES if extended else FACTS
        self._extended = extended
        self._scope: list[tuple[str, str]] = []

    def expression(self, kind: str = "bool", depth: int | None = None) -> str:
        """Make the text of one expression."""
        if depth is None:
            depth = self._random.choice((1, 1, 2, 2, 2, 3, 3, 4, 5))
        return self._part(kind, depth)

    def _part(self, kind: str, depth: int) -> str:
        random = self._random
        if kind in _TEXTS:
            return _quoted(random.choice((_TEXTS if random.random() < _ODD else _SOUND)[kind]))
        if kind == "fact":
            return random.choice(random.choice(list(self._names.values())))
        if kind == "worded":
            name, words = random.choice(_WORDED)
            return f'{name} {random.choice(("==", "!="))} "{random.choice(words)}"'
        if random.random() < _MISFIT:
            kind = random.choice(SCALARS)
        if depth <= 0 or random.random() < 0.1:
            return self._leaf(kind)
        forms = FORMS.get(kind, [])
        if self._extended and random.random() < 0.4:
            forms = EXTENDED.get(kind, forms)
        return self._filled(random.choice(forms or ["{int}"]), depth - 1)

    def _filled(self, form: str, depth: int) -> str:
        outside = len(self._scope)
        last = "any"

        def put(found: re.Match[str]) -> str:
            nonlocal last
            if found[1]:
                last = found[1]
                return self._part(found[1], depth)
            if found[3]:
                self._scope.append((f"v{len(self._scope)}", _ITEMS.get(last, last)))
            return self._scope[-1][0]

        text = _PART.sub(put, form.replace("{{", "\x01").replace("}}", "\x02"))
        del self._scope[outside:]
        return text.replace("\x01", "{").replace("\x02", "}")

    def _leaf(self, kind: str) -> str:
        random = self._random
        local = [name for name, held in self._scope if held in (kind, "any")]
        if local and random.random() < 0.5:
            return random.choice(local)
        if kind in self._names and random.random() < 0.6:
            return random.choice(self._names[kind])
        held = _LITERALS if kind not in _PLAIN or random.random() < _ODD else _PLAIN
        return random.choice(held.get(kind) or _PLAIN[kind])


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
