"""edge_rules.cel.parser: the grammar, the places of faults, and hostile text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_rules.cel.environment import Environment
from edge_rules.cel.errors import ExpressionRefusedError
from edge_rules.cel.evaluation import check_expression, compile_expression
from edge_rules.cel.parser import MAX_DEPTH
from edge_rules.cel.tokens import MAX_TEXT

NOTHING = Environment()


def value(text: str) -> object:
    return compile_expression(check_expression(text, NOTHING))({})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 + 2 * 3 - 4 / 2", 5),
        ("(1 + 2) * 3", 9),
        ("7 - 2 - 1", 4),
        ("-2 * -3", 6),
        ("--3", 3),
        ("!!true", True),
        ("-9223372036854775808", -(2**63)),
        ("0x1F", 31),
        ("-0xf", -15),
        ("0XAbu == 171u", True),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.5e-1", 0.15),
        ("true || false && false", True),
        ("1 < 2 == true", True),
        ("true ? 1 : false ? 2 : 3", 1),
        ("false ? 1 : false ? 2 : 3", 3),
        ("2 in [1, 2]", True),
        ("!(2 in [1, 2,])", False),
        ("[1, 2, 3,][2]", 3),
        ("{'a': 1, 'b': 2,}['b']", 2),
        ("{'a': {'b': [5]}}.a.b[0]", 5),
        ("{'a-b': 1}.`a-b`", 1),
        ("'a' 'b'", None),
        (r"'\x41\u4e2d\U0001F62C\101\n'", "A中😬A\n"),
        (r"r'\n'", r"\n"),
        ("'''it's\n\"so\"'''", 'it\'s\n"so"'),
        ("b'\\xff\u00ff'", b"\xff\xc3\xbf"),
        (r"bR'\xff'", rb"\xff"),
        ("1 // the rest\n + 1", 2),
        ("size('😬')", 1),
        ("[1, 2].map(x, x > 1, x * 10)", (20,)),
        ("[1, 2].exists(x, [3].all(y, y > x))", True),
        ("[[1], [2, 3]].filter(x, size(x) == 2)", ((2, 3),)),
        ("[1, 2].existsOne(x, x == 1)", True),
        ("[1].map(x, [2].map(x, x))", ((2,),)),
    ],
)  # fmt: skip
def test_each_row_of_the_grammar(text: str, wanted: object) -> None:
    if wanted is None:
        with pytest.raises(ExpressionRefusedError):
            value(text)
    else:
        assert value(text) == wanted
        assert type(value(text)) is type(wanted)


@pytest.mark.parametrize(
    ("text", "at", "what"),
    [
        ("", 0, "a value"),
        ("1 +", 3, "the end"),
        ("1 + * 2", 4, "a value"),
        ("a = 1", 2, "write `==`"),
        ("a & b", 2, "write `&&`"),
        ("a | b", 2, "write `||`"),
        ("a ? b", 5, "`:`"),
        ("(a", 2, "to close"),
        ("[1, 2", 5, "`,`"),
        ("f(1,)", 4, "a value"),
        ("{1 2}", 3, "`:`"),
        ("a b", 2, "an operator or the end"),
        ("a.1", 1, "an operator"),
        ("a.in", 2, "a name"),
        ("for", 0, "reserved"),
        ("x + while", 4, "reserved"),
        ("'abc", 0, "no end"),
        ("'a\nb'", 0, "no end"),
        ("'a\\q'", 2, "unknown escape"),
        ("'\\ud800'", 1, "no character"),
        ("'\\U00110000'", 1, "no character"),
        ("b'\\u0041'", 2, r"\xHH"),
        ("9223372036854775808", 0, "does not fit 64 bits"),
        ("-9223372036854775809", 1, "does not fit 64 bits"),
        ("18446744073709551616u", 0, "does not fit 64 bits"),
        ("1e999", 0, "too large"),
        ("a # b", 2, "no meaning"),
        ("Foo{a: 1}", 3, "messages can't be built"),
        ("a.b.Foo{}", 7, "messages can't be built"),
        ("a.?b", 2, "optional"),
        ("a[?0]", 2, "optional"),
        ("[?a]", 1, "optional"),
        ("{?'a': b}", 1, "optional"),
        ("has(a)", 4, "asks for a field"),
        ("has(a.b, c)", 0, "is written has("),
        ("all(x, true)", 0, "is written list.all("),
        ("[1].all(1, true)", 8, "a plain name"),
        ("[1].map(a.b, true)", 10, "a plain name"),
        ("`a b`", 0, "a value"),
    ],
)
def test_each_fault_of_syntax_has_its_place(text: str, at: int, what: str) -> None:
    with pytest.raises(ExpressionRefusedError) as caught:
        check_expression(text, NOTHING)
    fault = caught.value.faults[0]
    assert (fault.at, what in fault.what) == (at, True), fault


def refusal(text: str) -> ExpressionRefusedError | None:
    try:
        compile_expression(check_expression(text, NOTHING))
    except ExpressionRefusedError as error:
        return error
    return None


DEEP = 100_000
BOMBS = [
    "(" * DEEP,
    "[" * DEEP,
    "{1:" * DEEP,
    "!" * DEEP + "true",
    "-" * DEEP + "1",
    "a." * DEEP + "a",
    "a" + "[0]" * DEEP,
    "f(" * DEEP,
    "true?" * DEEP,
    "1+" * DEEP + "1",
    "'" * DEEP,
    '"""' * DEEP,
    "9" * DEEP,
    "0x" + "f" * DEEP,
    "1e" + "9" * DEEP,
    "\\" * DEEP,
    "a" * 1_000_000,
    "[" + "1," * 500_000 + "]",
    "x.map(y," * DEEP,
    "\x00" * 1_000_000,
]


@pytest.mark.parametrize("cut", [500, 3_000, MAX_TEXT, 10_000_000])
@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb[:8])
def test_hostile_text_is_one_fault(bomb: str, cut: int) -> None:
    refused = refusal(bomb[:cut])
    assert refused is None or (len(refused.faults) == 1 and len(str(refused)) < 400)


NESTINGS = [
    "({})", "[{}][0]", "-({})", "(1 + {})", "[0].map(x, {})[0]", "{{'a': {}}}.a", "int(string({}))",
    "(true ? {} : 2)", "((true && (false || {} != 99)) ? 1 : 2)",
    "([0].exists(x, [1].all(y, {} > 0)) ? 1 : 2)",
]  # fmt: skip


@pytest.mark.parametrize("form", NESTINGS)
def test_nesting_works_up_to_its_bound_and_is_refused_beyond(form: str) -> None:
    text, deepest = "1", 0
    while (refused := refusal(text)) is None:
        for careful in (True, False):
            run = compile_expression(check_expression(text, NOTHING), careful=careful)
            assert isinstance(run({}), int)
        text, deepest = form.format(text), deepest + 1
    assert "nested deeper" in refused.faults[0].what
    assert deepest > MAX_DEPTH // 5


@pytest.mark.parametrize(
    "chain", ["1" + " + 1" * 500, "dyn(1)" + ".a" * 500, "dyn(1)" + "[0]" * 500]
)
def test_a_chain_that_nests_to_the_left_is_bounded_too(chain: str) -> None:
    refused = refusal(chain)
    assert refused is not None
    assert "nested deeper" in refused.faults[0].what


def test_long_chains_of_and_and_or_are_no_nesting() -> None:
    assert value(" && ".join(["true"] * 1000)) is True
    assert value(" || ".join(["false"] * 1000)) is False


@given(st.text(max_size=60))
def test_no_text_crashes_the_parser(text: str) -> None:
    refused = refusal(text)
    assert refused is None or 0 <= refused.faults[0].at <= len(text)


WORDS = [
    "a", "1", "2u", ".5", "'s'", "b'x'", "(", ")", "[", "]", "{", "}", ".", ",", ":", "?", "&&",
    "||", "!", "-", "+", "<", "==", "in", "true", "null", "has(", ".all(x,", ".map(x,", "size(",
    "`q`", "//", "\n", "r'", '"""', "\\",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_no_row_of_words_crashes_parser_checker_or_code(words: list[str]) -> None:
    text = " ".join(words)
    refused = refusal(text)
    assert refused is None or all(0 <= fault.at <= len(text) for fault in refused.faults)


def test_a_fault_is_one_line_whatever_stands_there() -> None:
    with pytest.raises(ExpressionRefusedError) as caught:
        check_expression('lane."""a\nb"""', Environment())
    assert caught.value.faults[0].what.startswith('`"""a b"""` where')
