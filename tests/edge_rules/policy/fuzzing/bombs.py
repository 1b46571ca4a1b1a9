"""Expressions made huge, deep or costly: each by one idea, in many sizes."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

Bomb = Callable[[int, str], str]  # a size and an expression to build around

SIZES: Final = (2, 8, 18, 20, 40, 60, 63, 64, 65, 70, 150, 400, 1000, 4000)
LONGEST: Final = 20_000  # characters; an expression has fewer
_EIGHT: Final = "[1,2,3,4,5,6,7,8]"


def bomb(random: Random, expression: str, *, extended: bool = False) -> str:
    """Make something around an expression that should be refused, or cost little."""
    made = random.choice(EXTENDED_BOMBS if extended and random.random() < 0.6 else BOMBS)
    return made(random.choice(SIZES), expression)[:LONGEST]


def _around(before: str, after: str, end: str = "") -> Bomb:
    """Put an expression so many times within something."""
    return lambda n, inner: before * n + inner + after * n + end


def _after(start: str, part: str, end: str = "") -> Bomb:
    """Put something so many times behind a start."""
    return lambda n, _: start + part * n + end


def _joined(joint: str, part: str, start: str = "", end: str = "") -> Bomb:
    """Join parts, in which `#` is the number of each."""
    return lambda n, _: start + joint.join(part.replace("#", str(k)) for k in range(n)) + end


def _grown(first: str, doubled: str, end: str) -> Bomb:
    """Name a value that doubles so many times; `#` is the last name, `@` the one before."""

    def make(count: int, _: str) -> str:
        names = [first, *(f"v{k}" for k in range(count))]
        bound = "".join(f"cel.bind(v{k}, {doubled.replace('#', names[k])}, " for k in range(count))
        last = end.replace("#", names[-1]).replace("@", names[-2])
        return bound + last + ")" * count

    return make


_SUM: Final = "# + #"
BOMBS: Final[Sequence[Bomb]] = (
    _around("(", ")"),
    _around("[", "]", " == []"),
    _around("{1:", "}", " == {}"),
    _around("f(", ")"),
    _around("has(", ")"),
    _around("true ? ", " : true"),
    _around(f"{_EIGHT}.all(a, ", ")"),
    _around("credential.gates.all(a, ", ")"),
    _around("[[][0]].all(k, [{k: k}].all(v, k == v && ", "))"),
    _around("", " || true"),
    lambda n, e: "!" * n + f"({e})",
    lambda n, e: "-" * n + f"({e}) == 1",
    lambda n, e: " && ".join([f"({e})"] * n),
    lambda n, e: " || ".join([f"({e})"] * n),
    lambda n, e: e + " // " + "x" * n * 100,
    lambda n, e: " " * n * 100 + e,
    lambda n, e: e + "\n" * n * 10,
    lambda n, _: f"'{'a' * n * 100}'.contains('{'a' * n * 50}b')",
    lambda n, _: f"'{'a' * n * 100}'.indexOf('{'a' * n * 50}b') == 1",
    lambda n, _: f"lane.matches('{'(' * n}a{')*' * n}')",
    _after("x", ".x", " == 1"),
    _after("x", "[0]", " == 1"),
    _after("x", ".f()"),
    _after("credential.gates", ".map(a, a + a)", ".size() == 1"),
    _after("credential.gates", ".map(a, [a, a])", ".size() == 1"),
    _after("credential.gates", ".filter(a, a in credential.gates)", ".size() == 1"),
    _after("lane", " + lane", " == lane"),
    _after("lane", ".lowerAscii().upperAscii()", " == lane"),
    _after("lane", ".substring(0)", " == lane"),
    _after("lane.matches('", "(a|b)", "')"),
    _after("duration('", "1h", "') == now - now"),
    _after("", "1" * 50, " == 1"),
    _after("0.", "1" * 50, " == 1.0"),
    _after("'", "\\u0041" * 10, "' == lane"),
    _joined(" + ", "1", end=" == 1"),
    _joined(" == ", "1"),
    _joined(" == ", "[]"),
    _joined(" ? ", "true"),
    _joined(", ", "[]", "size([", "]) == 1"),
    _joined(", ", "#: []", "size({", "}) == 1"),
    _joined(", ", "1", "math.greatest(", ") == 1"),
    _joined(", ", "lane", "[", "].exists(a, a == lane)"),
    _joined(", ", "'#'", "lane in [", "]"),
    _joined(" && ", "nobody# == 1"),
    _joined(" && ", "credential.statu# == 'x'"),
    _joined(" && ", "credential.kind == 'eu-dc#'"),
    _joined(" && ", "lane.matches('#(a{1,99}){1,9}b')"),
    _joined(" && ", "lane.matches('#(a{1,30})b')"),
    _joined(" && ", "lane.matches('a{1,#}\\\\w*')"),
    _joined(" && ", "now.getHours('Zone/#') == 1"),
)
EXTENDED_BOMBS: Final[Sequence[Bomb]] = (
    _grown("s", _SUM, "#.lastIndexOf('b' + @)"),
    _grown("s", _SUM, "#.matches('(a{1,1000})b')"),
    _grown("s", _SUM, "#.split('')"),
    _grown("s", _SUM, "#.split('').map(q, [q])"),
    _grown("s", _SUM, "strings.quote(# + '北').lowerAscii().reverse()"),
    _grown("s", _SUM, "#.replace('a', 'b').replace('b', 'aa') == #"),
    _grown("bytes(s)", _SUM, "base64.encode(#)"),
    _grown("li", _SUM, "#"),
    _grown("li", _SUM, "# == #.map(q, q)"),
    _grown("li", _SUM, "4 in #"),
    _grown("s", "[#, #]", "'%s'.format([#])"),
    _grown("s", "[#, #]", "# == #"),
    _grown("s", "{'a': #, 'b': #}", "# == #"),
    _grown("1", "[[#], [#]]", "type(#) == list"),
    _grown("[]", "{'a': #}", "#"),
    _after("long", ".replace('a', 'aa')"),
    _after("long.split('')", ".map(a, [a])"),
    _after("'%.100f'.format([1e308])", ".replace('0', '00000000')"),
    _after("{'k': 1}", ".transformMap(k, v, {k: v})"),
    _after("li", ".transformList(k, v, [k, v])"),
    _after("bytes(long + '\\xff')", " + bytes(long)"),
    _after("base64.decode(base64.encode(bytes(long)))", " + bytes(long)"),
    _after("m", ".?a"),
    _after("'", "%s" * 10, "'.format(long.split(''))"),
    _joined(", ", "cel.index(#) + cel.index(#)", "cel.block([1, ", "], cel.index(1))"),
    lambda *_: "long.matches('(a{1,1000})b')",
    lambda *_: "long.lastIndexOf('b' + long.substring(size(long) / 2))",
    lambda *_: "(long + long).replace('', long)",
    lambda *_: "long.split('').transformMap(i, v, v + v)",
    lambda *_: "long.split('').map(a, long)",
    lambda *_: "long.split('').map(a, long.contains(a + 'b'))",
    lambda *_: "long.split('').exists(a, long.split('').exists(b, a != b))",
    lambda n, _: "optional.of(" * n + "1" + ")" * n,
    lambda n, _: f"{_EIGHT}.map(a, " * n + "1" + ")" * n,
    lambda n, _: f"{_EIGHT}.transformMap(i, a, " * n + "1" + ")" * n,
)
