"""edge_rules.cel.checker: types, and what is refused before any fact is seen."""

import pytest

from edge_rules.cel.checker import MAX_FAULTS
from edge_rules.cel.environment import Constant, Environment
from edge_rules.cel.errors import ExpressionRefusedError
from edge_rules.cel.evaluation import check_expression
from edge_rules.cel.types import BOOL, DOUBLE
from edge_rules.facts import FIELDS
from edge_rules.policy.conditions import VARIABLES

WORDS = {name: field.words for name, field in FIELDS.items() if field.words}
FACTS = Environment(VARIABLES, {"defaults.cold_limit": Constant(DOUBLE, 34.0)}, WORDS)


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("null", "null"),
        ("1 + 1", "int"),
        ("1u * 2u", "uint"),
        ("temperature.celsius - defaults.cold_limit", "double"),
        ("now - credential.issued", "duration"),
        ("now + credential.age", "timestamp"),
        ("credential.age + now", "timestamp"),
        ("now - duration('1h')", "timestamp"),
        ("1 < 2u", "bool"),
        ("local.hour >= 6.5", "bool"),
        ("[]", "list(dyn)"),
        ("[1, 2]", "list(int)"),
        ("[1, 'a']", "list(dyn)"),
        ("[[], [1]]", "list(list(int))"),
        ("{'a': 1}", "map(string, int)"),
        ("{1: 'a', 'b': 2}", "map(dyn, dyn)"),
        ("credential.gates", "list(string)"),
        ("credential.gates[0]", "string"),
        ("credential.gates.map(g, size(g))", "list(int)"),
        ("credential.gates.filter(g, g == 'north')", "list(string)"),
        ("credential.gates.exists(g, g == lane)", "bool"),
        ("{'a': 1}.map(k, k)", "list(string)"),
        ("now.getHours('Asia/Shanghai')", "int"),
        ("credential.age.getHours()", "int"),
        ("true ? 1 : 2", "int"),
        ("true ? dyn(1) : 'a'", "dyn"),
        ("dyn(1) == 'a'", "bool"),
        ("dyn([1])[0] + 1", "int"),
        ("type(1)", "type(int)"),
        ("[] + [1]", "list(int)"),
        ("size(site) + site.size()", "int"),
        ("string(1) + string(2.0) + string(now)", "string"),
        ("int('1') + int(now)", "int"),
        ("b'a' + bytes('b')", "bytes"),
        ("has(credential.colour)", "bool"),
        ("site.matches('^a+$') || matches(site, 'b')", "bool"),
        ("temperature.second && !access.blocked", "bool"),
    ],
)
def test_each_expression_has_its_type(text: str, type_: str) -> None:
    assert str(check_expression(text, FACTS).type) == type_


@pytest.mark.parametrize(
    ("text", "at", "what"),
    [
        ("temperature.celsus > 1.0", 12, "did you mean `temperature.celsius`?"),
        ("temprature.celsius > 1.0", 0, "did you mean `temperature.celsius`?"),
        ("temperature > 1.0", 0, "is a group"),
        ("size(credential) > 1", 5, "is a group"),
        ("colour == 'green'", 0, "unknown name `colour`"),
        ("defaults.cold > 1.0", 9, "did you mean `defaults.cold_limit`?"),
        ("site.name == 'a'", 5, "string has no field `name`"),
        ("temperature.celsius == 37", 20, "write it with a decimal point"),
        ("1 + 1.0", 2, "don't mix"),
        ("1u + 1", 3, "convert one with uint(…)"),
        ("-1u", 0, "no `-` for uint"),
        ("'a' - 'b'", 4, "no `-` for string and string"),
        ("site > 1", 5, "no `>` for string and int"),
        ("now + now", 4, "no `+` for timestamp and timestamp"),
        ("credential.age - now", 15, "no `-` for duration and timestamp"),
        ("true && 1", 8, "each side of `&&` must be true or false, this is int"),
        ("site || true", 0, "each side of `||`"),
        ("!1", 0, "no `!` for int"),
        ("1 ? 2 : 3", 0, "what stands before `?`"),
        ("true ? 1 : 'a'", 5, "must be of one type"),
        ("1 in ['a']", 2, "no `in` for int and list(string)"),
        ("1 in 2", 2, "no `in`"),
        ("credential.gates[site]", 16, "no `[]` for list(string) and string"),
        ("{1.5: 2}", 1, "can't be a key"),
        ("site.all(x, true)", 5, "runs over a list or a map"),
        ("[1].all(x, x)", 11, "must be true or false, this is int"),
        ("[1].map(x, x, 2)", 11, "the condition of map()"),
        ("[1].all(x, y > 1)", 11, "unknown name `y`"),
        ("x > 1 && [1].all(x, x > 1)", 0, "unknown name `x`"),
        ("sise(site) > 1", 0, "did you mean `size`?"),
        ("startsWith(site, 'a')", 0, "write value.startsWith(…)"),
        ("site.int() > 1", 5, "write int(value)"),
        ("site.startsWith(1)", 5, "no `startsWith()` for string and int"),
        ("now.getHours(8)", 4, "no `getHours()`"),
        ("credential.age.getFullYear()", 15, "no `getFullYear()` for duration"),
        ("has(now.x)", 8, "has no field"),
        ("has(defaults.cold_limit)", 13, "this is a constant"),
        ("credential.status == 'vald'", 21, "did you mean `valid`?"),
        ("'grren' != credential.colour", 0, "did you mean `green`?"),
        ("level.name in ['I', 'V']", 20, 'is never "V"'),
        ("null == 1", 5, "no `==` for null and int"),
        ("true == 'true'", 5, "no `==`"),
        ("[1] < [2]", 4, "no `<`"),
    ],
)
def test_each_fault_of_type_or_name_has_its_place(text: str, at: int, what: str) -> None:
    with pytest.raises(ExpressionRefusedError) as caught:
        check_expression(text, FACTS)
    (fault,) = caught.value.faults
    assert what in fault.what
    assert fault.at == at


def test_every_fault_of_an_expression_is_listed() -> None:
    with pytest.raises(ExpressionRefusedError) as caught:
        check_expression("nobody == 1 && temperature.x > 1.0 || 1 + 1u == 2", FACTS)
    assert [fault.at for fault in caught.value.faults] == [0, 27, 40]


def test_very_many_types_that_nothing_fixes_are_followed_without_recursion() -> None:
    assert check_expression(f"size([{', '.join(['[]'] * 2000)}]) == 0", FACTS).type == BOOL


def test_only_the_first_of_many_faults_are_told() -> None:
    text = " && ".join(f"nobody{n} == {n}" for n in range(200))
    with pytest.raises(ExpressionRefusedError) as caught:
        check_expression(text, FACTS)
    assert len(caught.value.faults) == MAX_FAULTS


@pytest.mark.parametrize("levels", [12, 20])
def test_a_type_that_doubles_with_every_level_is_refused(levels: int) -> None:
    text = "true"
    for level in reversed(range(levels)):
        inner = f"v{level - 1}" if level else "1"
        text = f"[{{k{level}: k{level}}}].all(v{level}, k{level} == {inner} && {text})"
        text = f"[[][0]].all(k{level}, {text})"
    with pytest.raises(ExpressionRefusedError, match="a type of more than 1024 parts"):
        check_expression(text, FACTS)


def test_a_key_that_can_be_none_makes_no_type_of_its_map() -> None:
    for bad in ("{[1]: 1}", "{{1: 1}: 1}", "{{{1: 1}: {1: 1}}: 1}"):
        with pytest.raises(ExpressionRefusedError, match="can't be a key"):
            check_expression(f"{bad} == {bad}", FACTS)
