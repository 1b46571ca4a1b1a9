"""How expressions of each type are put together of others, one form a line.

`{int}` stands for an expression of that type, `@` names a new variable of what stands before it,
`@1` is the innermost of them. `pattern`, `zone`, `length` and `stamp` are texts of their kinds.
"""

from typing import Final

SCALARS: Final = ("int", "uint", "double", "string", "bytes", "bool", "time", "span", "any")


def _forms(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


_BOOL: Final = """
    {bool} && {bool}
    {bool} || {bool} || {bool}
    !({bool})
    ({bool})
    {worded}
    {worded} && {worded} && {bool}
    has({fact})
    has({fact}) && {bool}
    {string} in {strings}
    {int} in {ints}
    {string} in {map}
    {any} in [{any}, {any}]
    bool({string})
    {string}.contains({string})
    {string}.startsWith({string})
    {string}.endsWith({string})
    {string}.matches({pattern})
    {string}.matches({string})
    {double} < {int}
    {uint} >= {double}
    math.isNaN({double})
    math.isInf({double})
    {strings} == {strings}
    {map} == {map}
    type({any}) == type({any})
"""
_INT: Final = """
    -({int})
    size({string})
    {strings}.size()
    size({map})
    int({double})
    int({string})
    int({time})
    {ints}[{int}]
    {map}['a']
    {map}.a
    {time}.getHours({zone})
    {time}.getDayOfYear()
    {span}.getSeconds()
    {string}.indexOf({string})
    {string}.indexOf({string}, {int})
    math.abs({int})
    math.sign({int})
    math.greatest({int}, {int}, {int})
    math.bitXor({int}, {int})
    math.bitShiftLeft({int}, {int})
"""
_STRING: Final = """
    ({string}) + ({string})
    {strings}[{int}]
    string({double})
    string({time})
    string({span})
    string({bytes})
    {string}.lowerAscii()
    {string}.upperAscii()
    {string}.trim()
    {string}.charAt({int})
    {string}.substring({int})
    {string}.substring({int}, {int})
"""
_DOUBLE: Final = """
    double({int})
    double({string})
    -({double})
    math.round({double})
    math.sqrt({int})
    math.least([{double}, {double}])
    math.greatest({double}, {double})
"""
FORMS: Final[dict[str, list[str]]] = {
    "bool": [
        *_forms(_BOOL),
        *(f"({{{kind}}}) {sign} ({{{kind}}})" for kind in SCALARS for sign in ("==", "!=", "<")),
        *(f"{{{held}}}.{name}(@, {{bool}})" for held in ("strings", "ints", "map")
          for name in ("all", "exists", "exists_one")),
    ],
    "int": [*_forms(_INT), *(f"({{int}}) {sign} ({{int}})" for sign in "+-*/%")],
    "uint": ["({uint}) - ({uint})", "uint({double})", "uint({int})", "math.bitNot({uint})"],
    "double": [*_forms(_DOUBLE), *(f"({{double}}) {sign} ({{double}})" for sign in "+-*/")],
    "string": _forms(_STRING),
    "bytes": ["({bytes}) + ({bytes})", "bytes({string})"],
    "time": [
        *("({time}) + ({span})", "({time}) - ({span})", "timestamp({stamp})", "timestamp({int})"),
    ],
    "span": ["({time}) - ({time})", "({span}) + ({span})", "duration({length})"],
    "strings": [
        *("({strings}) + ({strings})", "[{string}, {string}]", "{strings}.map(@, {string})"),
        "{strings}.filter(@, {bool})",
    ],
    "ints": [
        *("({ints}) + ({ints})", "[{int}, {int}, {int}]", "{ints}.map(@, {int})"),
        *("{ints}.map(@, {bool}, {int})", "{ints}.filter(@, {bool})", "{strings}.map(@, {int})"),
    ],
    "map": ["{{{string}: {int}}}", "{{{int}: {any}, {int}: {any}}}", "{{{any}: {any}}}"],
    "any": [
        *("dyn({int})", "dyn({string})", "[{any}, {any}]", "{map}", "{int}", "{string}", "{bool}"),
    ],
}  # fmt: skip
_MORE_STRINGS: Final = """
    {string}.format([{any}, {any}])
    '%s'.format([{map}])
    '%.99f %e %x %b'.format([{double}, {double}, {string}, {int}])
    {string}.replace({string}, {string})
    {string}.replace({string}, {string}, {int})
    {strings}.join({string})
    {string}.reverse()
    strings.quote({string})
    base64.encode({bytes})
    cel.bind(@, {string}, @1 + @1)
"""
EXTENDED: Final[dict[str, list[str]]] = {
    "bool": _forms("""
        {ints}.all(@, @, {bool})
        {map}.exists(@, @, {bool})
        cel.bind(@, {bool}, {bool})
        {any}.hasValue()
        optional.of({int}).hasValue()
        {map}.?a.hasValue()
        isIP({string})
        ip({string}).family() == {int}
        cidr({string}).containsIP({string})
    """),
    "int": _forms("""
        {string}.lastIndexOf({string})
        {string}.lastIndexOf({string}, {int})
        {map}.?a.orValue({int})
        {ints}[?{int}].orValue({int})
        cel.bind(@, {int}, {int})
        cel.block([{int}], cel.index(0))
    """),
    "string": _forms(_MORE_STRINGS),
    "strings": _forms("""
        {string}.split({string})
        {string}.split({string}, {int})
        {strings}.transformList(@, @, {string})
    """),
    "bytes": ["base64.decode({string})"],
    "map": _forms("""
        {strings}.transformMap(@, @, {any})
        {map}.transformMap(@, @, {bool}, {any})
        {ints}.transformMapEntry(@, @, {{{int}: {any}}})
    """),
    "any": [
        *("optional.none()", "optional.ofNonZeroValue({any})", "{map}.?b"),
        "{any}.optMap(@, {any})",
    ],
}  # fmt: skip
