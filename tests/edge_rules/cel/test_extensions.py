"""The functions of CEL's extensions, each by its documentation."""

from typing import Any

import pytest

from edge_rules.cel.eval_line import evaluate_line
from edge_rules.cel.values import MAX_SIZE
from tests.edge_rules.policy.policies import HEAD, decide, faults_of, with_rules

TRUE = [
    # math
    "math.greatest(1, 2u, 3.5) == 3.5 && math.least(-1, 2u, 3.5) == -1",
    "math.greatest([1, 2, 3]) == 3 && math.least([1.5]) == 1.5",
    "type(math.greatest(1, 1u)) == int && type(math.least(1.0, 1)) == double",
    "math.ceil(1.2) == 2.0 && math.floor(-1.2) == -2.0 && math.trunc(-1.9) == -1.0",
    "math.round(0.5) == 1.0 && math.round(-2.5) == -3.0 && math.round(0.49999999999999994) == 0.0",
    "math.isNaN(math.round(0.0 / 0.0)) && math.isInf(math.ceil(1.0 / 0.0))",
    "math.abs(-3) == 3 && math.abs(-1.5) == 1.5 && math.abs(3u) == 3u",
    "math.sign(-4) == -1 && math.sign(0u) == 0u && math.isNaN(math.sign(0.0 / 0.0))",
    "math.sqrt(16) == 4.0 && math.sqrt(2.25) == 1.5 && math.isNaN(math.sqrt(-1.0))",
    "math.bitAnd(5u, 3u) == 1u && math.bitOr(1, 2) == 3 && math.bitXor(3, 5) == 6",
    "math.bitXor(-1, 1) == -2 && math.bitNot(-1) == 0",
    "math.bitShiftLeft(1, 63) == -9223372036854775807 - 1 && math.bitShiftLeft(1u, 64) == 0u",
    "math.bitShiftRight(-1, 0) == -1 && math.bitShiftRight(-1, 63) == 1",
    # strings
    "'hello'.charAt(4) == 'o' && 'hello'.charAt(5) == ''",
    "'hello mellow'.indexOf('jello') == -1 && 'hello mellow'.indexOf('ello', 2) == 7",
    "'hello mellow'.lastIndexOf('') == 12 && 'hello mellow'.lastIndexOf('ello', 6) == 1",
    "'温度温'.indexOf('温', 1) == 2 && '温度温'.lastIndexOf('温', 1) == 0",
    "'a-b-c'.split('-') == ['a', 'b', 'c'] && 'a-b-c'.split('-', 2) == ['a', 'b-c']",
    "'abc'.split('') == ['a', 'b', 'c'] && 'abc'.split('', 2) == ['a', 'bc']",
    "'a-b'.split('-', 0) == [] && 'a-b'.split('-', 1) == ['a-b'] && ''.split('-') == ['']",
    "'hello hello'.replace('he', 'we', 1) == 'wello hello'",
    "'hello'.replace('l', '', -1) == 'heo' && 'ab'.replace('', '-') == '-a-b-'",
    "'TacoCÆt'.lowerAscii() == 'tacocÆt' && 'æt'.upperAscii() == 'æT'",
    "'\\u180etext\\u200b'.trim() == '\\u180etext\\u200b' && '\\u3000a\\u0085'.trim() == 'a'",
    "'gums'.reverse() == 'smug' && ['a', 'b'].join(', ') == 'a, b'",
    r'''strings.quote("a\"b\\c\n") == "\"a\\\"b\\\\c\\n\""''',
    # format
    "'%s %s %s'.format([1e21, 1e-7, -0.0]) == '1000000000000000000000 0.0000001 -0'",
    "'%s'.format([{'b': [1u, null], 'a': b'x'}]) == '{a: x, b: [1, null]}'",
    "'%s'.format([b'a\\xff\\xfe']) == 'a\ufffd'",
    "'%s %s %s'.format([duration('1.5s'), int, true]) == '1.5s int true'",
    "'%.2f %.1e %f'.format([2.675, 31415, 1u]) == '2.67 3.1e+04 1.000000'",
    "'%d %x %X %o %b'.format([-5, -255, 'é', 8u, -2]) == '-5 -ff C3A9 10 -10'",
    "'100%%'.format([]) == '100%'",
    # optionals
    "optional.of(1).or(optional.of(1 / 0)).value() == 1 && optional.of(1).orValue(1 / 0) == 1",
    "!optional.ofNonZeroValue(0).hasValue() && !optional.ofNonZeroValue(duration('0s')).hasValue()",
    "{'a': {'b': 1}}.?a.?b == optional.of(1) && {'a': {'b': 1}}.?x.b == optional.none()",
    "[1, 2][?5].orValue(7) == 7",
    "{1: 'a'}[?dyn(1u)].value() == 'a' && [1][?dyn(1.0)].orValue(9) == 9",
    "[?optional.none(), 1, ?optional.of(2)] == [1, 2]",
    "{?'a': optional.of(1), 'b': 2}.size() == 2",
    "optional.of(2).optMap(x, x * x).value() == 4 && !optional.none().optMap(x, 1 / 0).hasValue()",
    "optional.of(2).optFlatMap(x, optional.none()) == optional.none()",
    "optional.unwrap([optional.of(1), optional.none()]) == [1]",
    "[optional.of(2)].unwrapOpt() == [2]",
    "[1, 2].first().value() == 1 && [1, 2].last().value() == 2 && ![].first().hasValue()",
    "type(optional.none()) == optional_type && optional.of(1) != optional.of(2)",
    # bindings and two variables
    "cel.bind(x, 1 / 0, true) && cel.bind(x, 2, cel.bind(y, x + 1, x * y)) == 6",
    "cel.bind(x, 1, [2].map(x, x)) == [2]",
    "[5, 6].all(i, v, v == i + 5) && {'a': 'a'}.exists(k, v, k == v)",
    "[1, 2, 3].transformList(i, v, i % 2 == 0, i * v + v) == [1, 9]",
    "[1, 2].transformMap(i, v, v * 2) == {0: 2, 1: 4}",
    "{'a': 1}.transformMapEntry(k, v, {v: k}) == {1: 'a'}",
    "[1, 2, 3].exists(i, v, 1 / i > 0 && v == 2)",
    # network
    "ip('::1').isLoopback() && ip('::1').family() == 6 && ip('10.0.0.1').family() == 4",
    "ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1')",
    "!isIP('127.0.0.01') && !isIP('1.2.3') && isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0/08')",
    "!isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0/255.0.0.0') && !isCIDR('10.0.0.0')",
    "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')",
    "!cidr('10.1.0.0/16').containsCIDR('10.0.0.0/8')",
    "cidr('192.168.1.5/24').ip() == ip('192.168.1.5')",
    "cidr('192.168.1.5/24').prefixLength() == 24",
    "string(cidr('192.168.1.5/24').masked()) == '192.168.1.0/24'",
    # encoders
    "base64.encode(b'hello') == 'aGVsbG8=' && base64.decode('aGVsbG8') == b'hello'",
]

WRONG = {
    "math.greatest()": "is written",
    "math.greatest('a')": "takes numbers",
    "math.greatest([])": "takes numbers",
    "math.least(dyn('a'))": "no such overload",
    "math.greatest(dyn([]))": "no such overload",
    "math.greatest(0.0 / 0.0, 1)": "NaN",
    "math.abs(-9223372036854775807 - 1)": "overflow",
    "math.bitShiftLeft(1, -1)": "negative offset",
    "'hello'.charAt(-1)": "index out of range",
    "'hello'.indexOf('l', 20)": "index out of range",
    "'hello'.substring(3, 2)": "substring range",
    "['a', dyn(1)].join()": "no such overload",
    "'%s'.format([])": "index 0 out of range",
    "'%'.format([1])": "unrecognized formatting clause",
    "'%y'.format([1])": "unrecognized formatting clause",
    "'%.9999f'.format([1.0])": "at most 100 decimals",
    "'%d'.format(['a'])": "decimal clause",
    "optional.none().value()": "no value",
    "[?1]": "optional value",
    "cel.bind(x.y, 1, 2)": "plain name",
    "cel.bind(x, 1 / 0, x)": "divide by zero",
    "cel.block([1], cel.index(1))": "unknown name",
    "[1].all(i, i, true)": "differ",
    "{'a': 1, 'b': 1}.transformMapEntry(k, v, {v: k})": "repeated key",
    "ip('fe80::1%en0')": "zone",
    "ip('::ffff:1.2.3.4')": "IPv4-mapped",
    "cidr('10.0.0.0/8').containsIP('x')": "parse error",
    "base64.decode('a*')": "illegal base64",
}


RULES = [
    ("math.abs(temperature.celsius - temperature.ambient) > 9.5", "refer"),
    ("math.round(temperature.celsius) == 37.0", "deny"),
    ("credential.issuer.trim().lowerAscii().substring(0, 2) == 'cn'", "refer"),
    ("credential.issuer.charAt(0) == credential.issuer.upperAscii().charAt(90)", "refer"),
]


def answer(expression: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - what a line holds
    return evaluate_line({"expr": expression, **more})


@pytest.mark.parametrize("expression", TRUE)
def test_what_the_documentation_says_is_true(expression: str) -> None:
    assert answer(expression).get("value") == {"bool": True}, answer(expression)


@pytest.mark.parametrize(("expression", "said"), WRONG.items())
def test_what_has_no_value_says_why(expression: str, said: str) -> None:
    assert said in answer(expression)["error"]


@pytest.mark.parametrize(
    "expression",
    [
        "'a'.charAt('b')",
        "'a'.charAt()",
        "size(1, 2)",
        "math.bitAnd(1, 1u)",
        "ip(1)",
        "1.orValue(2)",
        "'a'.indexOf('a', 0, 0)",
        "optional.unwrap([1])",
    ],
)
def test_unchecked_calls_of_wrong_types_are_errors(expression: str) -> None:
    assert "no such overload" in answer(expression, disable_check=True)["error"]


@pytest.mark.parametrize(
    "expression",
    [
        "cel.bind(a, 'xxxxxxxxxxxxxxxx', [a]" + ".map(x, x + x)" * 20 + ")",
        "cel.bind(a, [1, 1], [a]" + ".map(x, x + x)" * 30 + ")",
        "'%100s'.format([1])",
        "cel.bind(a, 'aaaaaaaaaa'" + ".replace('a', 'aaaaaaaaaa')" * 8 + ", a)",
        "['aaaaaaaaaa']" + ".map(x, x.split('').join(x))" * 7,
        "['aaaaaaaaaa']" + ".map(x, '%s%s%s%s%s%s%s%s'.format([x, x, x, x, x, x, x, x]))" * 8,
        "[[1, 1]]" + ".map(x, [x, x])" * 24,
    ],
)
def test_nothing_grows_without_bound(expression: str) -> None:
    assert "error" in answer(expression)


def test_rules_call_what_has_a_bound() -> None:
    facts = {
        "temperature": {"celsius": 36.8, "ambient": 20.5},
        "credential": {"issuer": " CN-Health"},
    }
    decision = decide(with_rules(*RULES), facts)
    assert decision.outcome == "deny"
    assert decision.rules == ("rule-1", "rule-2", "rule-3", "rule-4")
    assert "reason-2" in decision.reasons


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("'%s'.format([lane]) == 'a'", "unknown function format()"),
        ("lane.split('-').size() > 1", "unknown function split()"),
        ("optional.of(lane).hasValue()", "unknown name `optional`"),
        ("{}.?a == 1", "optional values"),
        ("cel.bind(x, 1, x == 1)", "unknown name `cel`"),
        ("credential.gates.all(i, g, g == lane)", "all() is written"),
        ("math.sqrt(lane) > 1.0", "no `math.sqrt()` for string"),
    ],
)
def test_rules_have_no_functions_whose_work_is_open(condition: str, said: str) -> None:
    text = f'{HEAD}rules:\n  - {{id: a, when: "{condition}", then: refer, reason: b}}\n'
    assert said in "\n".join(faults_of(text))


def test_without_macros_their_names_are_functions_that_nobody_declared() -> None:
    assert answer("{}.?a.hasValue()", disable_macros=True).get("value") == {"bool": False}
    assert "unknown function" in answer("cel.bind(x, 1, x)", disable_macros=True)["error"]


def test_a_search_takes_no_time_by_both_lengths_multiplied() -> None:
    text, part = "a" * MAX_SIZE, "b" + "a" * (MAX_SIZE // 2)
    assert evaluated("s.lastIndexOf(p)", s=text, p=part) == {"int": "-1"}
    assert evaluated("s.lastIndexOf(p, 9)", s="xbaxbaxbaxba", p="ba") == {"int": "7"}


def test_a_pattern_that_may_try_much_at_each_of_very_many_characters_has_no_value() -> None:
    assert evaluated("s.matches('(a{1,1000})b')", s="a" * MAX_SIZE) is None
    assert evaluated("s.matches('(a+)+$')", s="a" * MAX_SIZE) == {"bool": True}


def evaluated(expression: str, **texts: str) -> dict[str, Any] | None:
    bindings = {name: {"string": text} for name, text in texts.items()}
    line = {"expr": expression, "disable_check": True, "bindings": bindings}
    value: dict[str, Any] | None = evaluate_line(line).get("value")
    return value
