"""The values of CEL's operators and functions, careful and fast."""

import math

import pytest

from edge_rules.cel import types
from edge_rules.cel.environment import Environment
from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.evaluation import check_expression, compile_expression, parse_leniently
from edge_rules.cel.values import Duration, UInt, Value
from tests.edge_rules.cel.foreign import same

NAMES = Environment({"x": types.DYN, "i": types.INT, "s": types.STRING, "d": types.DOUBLE})
BOUND = {"x": 5, "i": 7, "s": "北门-1", "d": 2.5}


def value(text: str, *, careful: bool = True) -> Value:
    return compile_expression(check_expression(text, NAMES), careful=careful)(BOUND)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("-7 / 2", -3), ("-7 % 2", -1), ("7 % -2", 1), ("7u / 2u", UInt(3)), ("7u % 4u", UInt(3)),
        ("1.0 / 0.0", math.inf), ("-1.0 / 0.0", -math.inf), ("0.0 / 0.0", math.nan),
        ("1.0 / -0.0", -math.inf), ("1e308 * 10.0", math.inf), ("-(0.0)", -0.0),
        ("s.size()", 4), ("s.contains('门')", True), ("s.startsWith('北')", True),
        ("s.endsWith('1')", True), ("s.matches('^北.*[0-9]$')", True), ("'ab' < 'b'", True),
        ("'b' in ['a', 'b']", True), ("d in [2.5]", True), ("1 in {1: 2}", True),
        ("dyn(1u) in [1]", True), ("dyn(true) in [1]", False), ("{true: 5}[true]", 5),
        ("{true: 5, 1: 6}[1]", 6), ("[0.0 / 0.0] == [0.0 / 0.0]", False),
        ("x == 5", True), ("x == 5.0", True), ("x == '5'", False), ("x > 4u", True),
        ("9223372036854775807 < 9223372036854775808.0", False),
        ("x + 1", 6), ("int('-12')", -12), ("int(2.9)", 2), ("int(-2.9)", -2),
        ("uint('3')", UInt(3)), ("double('1e3')", 1000.0), ("double(i)", 7.0),
        ("string(1.5)", "1.5"), ("string(1e21)", "1e+21"), ("string(100.0)", "100"),
        ("string(true)", "true"), ("string(3u)", "3"), ("string(b'\\xe4\\xb8\\xad')", "中"),
        ("bytes('中')", "中".encode()), ("bool('t')", True), ("bool('FALSE')", False),
        ("string(duration('1h30m'))", "5400s"), ("string(duration('-1.5s'))", "-1.5s"),
        ("duration('1h') > duration('59m59s')", True), ("duration('100ms').getMilliseconds()", 100),
        ("duration('-90s').getMinutes()", -1), ("duration('26h').getHours()", 26),
        ("timestamp('2026-11-23T08:00:00+08:00') == timestamp('2026-11-23T00:00:00Z')", True),
        ("string(timestamp('2026-11-23T00:00:00.120Z'))", "2026-11-23T00:00:00.12Z"),
        ("string(timestamp(0))", "1970-01-01T00:00:00Z"), ("int(timestamp(-1))", -1),
        ("timestamp('2026-11-23T20:00:00Z').getDayOfWeek('Asia/Shanghai')", 2),
        ("timestamp('2026-11-23T20:00:00Z').getDate('+08:00')", 24),
        ("timestamp('2026-11-23T20:00:00Z').getHours('-03:30')", 16),
        ("timestamp('2026-11-23T20:00:00Z') - timestamp('2026-11-23T19:00:00Z')",
         Duration(3600 * 10**9)),
        ("{'a': 1}.exists(k, k == 'a')", True), ("{true: 1}.all(k, k)", True),
        ("[1, 2, 3].exists_one(e, e > 2)", True), ("type(x) == int", True),
        ("[3, 1].map(e, e * 2)", (6, 2)), ("size({1: 2})", 1), ("[1, 2] + [3]", (1, 2, 3)),
        ("false && 1 / 0 > 0", False), ("1 / 0 > 0 && false", False),
        ("true || 1 / 0 > 0", True), ("1 / 0 > 0 || true", True),
        ("[1, 0].exists(e, 1 / e > 0)", True), ("[0, 1].exists(e, 1 / e > 0)", True),
        ("[0, 1].all(e, 1 / e > 5)", False), ("false ? 1 / 0 : 2", 2),
        ("{'a': 1}['a'] == 1 ? 'y' : 'n'", "y"), ("has({'a': 1}.a)", True),
        ("has(dyn({}).a)", False),
    ],
)  # fmt: skip
def test_each_row_has_its_value(text: str, wanted: Value) -> None:
    assert same(value(text), wanted)
    try:
        assert same(value(text, careful=False), wanted)
    except EvaluationError:
        assert "/ 0" in text or "/ e" in text  # fast code may give up, it never says otherwise


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("9223372036854775807 + 1", "overflow"), ("-9223372036854775808 - 1", "overflow"),
        ("-(-9223372036854775808)", "overflow"), ("i * 9223372036854775807", "overflow"),
        ("-9223372036854775808 / -1", "overflow"), ("-9223372036854775808 % -1", "overflow"),
        ("18446744073709551615u + 1u", "overflow"), ("0u - 1u", "overflow"),
        ("i / 0", "divide by zero"), ("i % 0", "modulus by zero"), ("1u / 0u", "divide by zero"),
        ("[1][1]", "outside"), ("[1][-1]", "outside"), ("[1][x]", "outside"),
        ("{'a': 1}['b']", "no such key"), ("{'a': 1}.b", "no such key"),
        ("{1: 2, 1u: 3}", "repeated key"), ("{'a': 1, 'a': 2}", "repeated key"),
        ("int('x')", "conversion"), ("int('')", "conversion"),
        ("int('99999999999999999999')", "overflow"),
        ("int(1e19)", "range"), ("int(-9223372036854775808.0)", "range"),
        ("int(0.0 / 0.0)", "range"),
        ("uint(-1)", "overflow"), ("uint(-1.0)", "range"),
        ("int(18446744073709551615u)", "overflow"),
        ("double('1_0')", "conversion"), ("bool('yes')", "conversion"),
        ("string(b'\\xff')", "UTF-8"),
        ("timestamp('2026-02-30T00:00:00Z')", "out of range"),
        ("timestamp('now')", "not a timestamp"),
        ("timestamp('2026-11-23 00:00:00Z')", "not a timestamp"),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "out of range"),
        ("duration('5 minutes')", "not a duration"), ("duration('')", "not a duration"),
        ("duration('9223372037s')", "out of range"), ("duration('2562047h') * 2", "no such"),
        ("timestamp(0).getHours('Mars/Base')", "time zone"),
        ("timestamp(0).getHours('../../etc/passwd')", "time zone"),
        ("timestamp(0).getHours('+99:00')", "offset"), ("s.matches('(')", "RE2"),
        ("s.matches('a{1000}{1000}')", "RE2"),
        ("x && true", "no matching overload"), ("x ? 1 : 2", "no matching overload"),
        ("x + 'a'", "no such overload"), ("x < 'a'", "no such overload"),
        ("x.a", "no such overload"),
        ("has(x.a)", "no such overload"), ("x.exists(e, true)", "no such overload"),
        ("1 in x", "no such overload"), ("size(x)", "no such overload"),
        ("-dyn(1u)", "no such overload"),
        ("!x", "no matching overload"), ("x[0]", "no such overload"),
        ("[1, 2].map(e, e / 0)", "divide"), ("[1, 0].exists_one(e, 1 / e > 0)", "divide"),
        ("true && 1 / 0 > 0", "divide"), ("false || 1 / 0 > 0", "divide"),
    ],
)  # fmt: skip
def test_each_row_is_an_error(text: str, what: str) -> None:
    for careful in (True, False):
        with pytest.raises(EvaluationError, match=what):
            compile_expression(parse_leniently(text, NAMES, BOUND), careful=careful)(BOUND)


def test_a_pattern_never_takes_more_than_linear_time() -> None:
    evil = "s.matches('(a+)+$') || s.matches('(a|aa)+b') || s.matches('(.*a){12}')"
    run = compile_expression(check_expression(evil, NAMES))
    assert run({**BOUND, "s": "a" * 30_000 + "!"}) is True  # a backtracking engine never ends


def test_a_name_of_python_is_only_a_name() -> None:
    names = ["__class__", "__builtins__", "facts", "k0", "x1", "evaluate", "import_"]
    environment = Environment(dict.fromkeys(names, types.INT))
    for number, name in enumerate(names):
        text = f"{name} + [1].map(k1, {name})[0]"
        run = compile_expression(check_expression(text, environment))
        assert run({name: number}) == 2 * number
    with pytest.raises(EvaluationError):
        compile_expression(parse_leniently("x.__class__.__mro__", NAMES, BOUND))(BOUND)
