"""Random well-typed expressions over the facts, and random facts for them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from edge_rules.cel.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    Type,
    list_of,
)
from edge_rules.facts import FIELDS, Kind
from edge_rules.policy.conditions import TYPES

STRINGS, INTS = list_of(STRING), list_of(INT)
LITERALS: dict[Type, st.SearchStrategy[str]] = {
    BOOL: st.sampled_from(["true", "false"]),
    INT: st.sampled_from(["0", "1", "-3", "7", "9223372036854775807", "-9223372036854775808"]),
    UINT: st.sampled_from(["0u", "2u", "18446744073709551615u"]),
    DOUBLE: st.sampled_from(["0.0", "-0.0", "36.5", "37.3", "1e308", "-2.5"]),
    STRING: st.sampled_from(['""', "'ab'", "'北门'", '"b"']),
    STRINGS: st.sampled_from(["['ab', 'c']", "['']"]),
    INTS: st.sampled_from(["[1, 2, 3]", "[0]"]),
}
NAMES = {
    kind: [name for name, field in FIELDS.items() if TYPES[field.kind] == kind and not field.words]
    for kind in (BOOL, INT, DOUBLE, STRING, TIMESTAMP, DURATION, STRINGS)
}
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.BOOL: st.booleans(),
    Kind.INT: st.sampled_from([0, 1, 2, 4, 2**63 - 1]),
    Kind.DOUBLE: st.sampled_from([0.0, 36.5, 37.3, -1.0]),
    Kind.STRING: st.sampled_from(["", "ab", "北门"]),
    Kind.TIMESTAMP: st.sampled_from(
        [datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)]
    ),
    Kind.DURATION: st.sampled_from([timedelta(hours=3), timedelta(days=-9)]),
    Kind.STRINGS: st.sampled_from([(), ("ab",), ("b", "北门")]),
}
SCALARS = (INT, UINT, DOUBLE, STRING, TIMESTAMP, DURATION)


def expressions(wanted: Type, depth: int = 3) -> st.SearchStrategy[str]:
    """Texts of expressions of one type."""
    return _expression(wanted, depth, ())


def facts() -> st.SearchStrategy[dict[str, Any]]:
    """Facts by their full names; any of them may be missing."""
    return st.fixed_dictionaries(
        {},
        optional={name: VALUES[field.kind] for name, field in FIELDS.items() if not field.words},
    )


@st.composite
def _expression(draw: st.DrawFn, wanted: Type, depth: int, scope: tuple[str, ...]) -> str:
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(_leaf(wanted, scope))
    forms = _forms(wanted)
    form, types, variable = draw(st.sampled_from(forms))
    if variable:
        name = f"v{len(scope)}"
        over = draw(_expression(INTS, depth - 1, scope))
        inner = [draw(_expression(each, depth - 1, (*scope, name))) for each in types]
        return form.format(over, name, *inner)
    return form.format(*(draw(_expression(each, depth - 1, scope)) for each in types))


def _leaf(wanted: Type, scope: tuple[str, ...]) -> st.SearchStrategy[str]:
    choices = [st.sampled_from(NAMES[wanted])] if wanted in NAMES else []
    if wanted in LITERALS:
        choices.append(LITERALS[wanted])
    if wanted == INT and scope:
        choices.append(st.sampled_from(scope))
    return st.one_of(choices)


Form = tuple[str, list[Type], bool]


def _forms(wanted: Type) -> list[Form]:
    forms: list[Form] = [("({} ? {} : {})", [BOOL, wanted, wanted], False)]
    if wanted in (INT, UINT, DOUBLE):
        forms += [(f"({{}} {sign} {{}})", [wanted, wanted], False) for sign in "+-*/"]
    return forms + _FORMS.get(wanted, [])


def _bool_forms() -> list[Form]:
    forms: list[Form] = [
        ("({} && {})", [BOOL, BOOL], False),
        ("({} || {} || {})", [BOOL, BOOL, BOOL], False),
        ("!{}", [BOOL], False),
        ("({} in {})", [STRING, STRINGS], False),
        ("({} in {})", [INT, INTS], False),
        ("{}.contains({})", [STRING, STRING], False),
        ("{}.startsWith({})", [STRING, STRING], False),
        ("{}.endsWith({})", [STRING, STRING], False),
        ("has(temperature.celsius)", [], False),
        ("has(credential.gates)", [], False),
        ("{}.all({}, {})", [BOOL], True),
        ("{}.exists({}, {})", [BOOL], True),
        ("{}.exists_one({}, {})", [BOOL], True),
        ("({} < {})", [INT, DOUBLE], False),
        ("({} >= {})", [DOUBLE, UINT], False),
        ("({} == {})", [INTS, INTS], False),
        ("({} != {})", [STRINGS, STRINGS], False),
    ]
    for each in SCALARS:
        forms += [(f"({{}} {s} {{}})", [each, each], False) for s in ("==", "!=", "<", ">=")]
    return forms


_FORMS: dict[Type, list[Form]] = {
    BOOL: _bool_forms(),
    INT: [
        ("({} % {})", [INT, INT], False),
        ("-({})", [INT], False),
        ("size({})", [STRING], False),
        ("size({})", [STRINGS], False),
        ("int({})", [DOUBLE], False),
        ("int({})", [TIMESTAMP], False),
        ("{}[{}]", [INTS, INT], False),
        ("{}.getSeconds()", [TIMESTAMP], False),
        ("{}.getDayOfWeek()", [TIMESTAMP], False),
    ],
    DOUBLE: [("double({})", [INT], False), ("-({})", [DOUBLE], False)],
    STRING: [("({} + {})", [STRING, STRING], False), ("{}[{}]", [STRINGS, INT], False)],
    TIMESTAMP: [("({} + {})", [TIMESTAMP, DURATION], False)],
    DURATION: [
        ("({} - {})", [TIMESTAMP, TIMESTAMP], False),
        ("({} + {})", [DURATION, DURATION], False),
    ],
    STRINGS: [("({} + {})", [STRINGS, STRINGS], False)],
    INTS: [
        ("{}.map({}, {})", [INT], True),
        ("{}.map({}, {}, {})", [BOOL, INT], True),
        ("{}.filter({}, {})", [BOOL], True),
        ("({} + {})", [INTS, INTS], False),
    ],
}
