"""Policy files that are meant to harm whoever reads them."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from tests.edge_rules.policy.fuzzing import oddities
from tests.edge_rules.policy.fuzzing.policies import HEAD, one_rule, rule

Weapon = Callable[[int], str]

MAX_RULES: Final = 100  # the time to load is by the number of rules that are not alike: 0.3 ms each
SIZES: Final = (1, 5, 20, 31, 33, 100, 300)


def weapon(random: Random) -> str:
    """Make one of them, in one of many sizes."""
    return random.choice(WEAPONS)(random.choice(SIZES))


def _doubled(first: str, form: str) -> Weapon:
    """Refer twice to what stands on the line before; `*` is its name."""

    def make(count: int) -> str:
        lines = [f"a0: &a0 {first}"]
        lines += [f"a{k}: &a{k} {form.replace('*', f'*a{k - 1}')}" for k in range(1, count)]
        return "\n".join(lines) + "\n"

    return make


def _rules(when: str) -> Weapon:
    """Write so many rules; `#` is the number of each."""

    def make(count: int) -> str:
        numbers = range(min(count, MAX_RULES))
        return f"{HEAD}rules:\n" + "".join(
            rule(number, when.replace("#", str(number)), "admit") for number in numbers
        )

    return make


def _lines(part: str, start: str = HEAD, end: str = "") -> Weapon:
    """Write a part so many times; `#` is the number of each."""
    return lambda n: start + "".join(part.replace("#", str(k)) for k in range(n)) + end


def _odd_defaults(count: int) -> str:
    odd = (oddities.YAML[k % len(oddities.YAML)] for k in range(count))
    return f"{HEAD}defaults:\n" + "".join(f"  d{k}: {value}\n" for k, value in enumerate(odd))


_LOOP: Final = "credential.gates.all(a, a.startsWith('b') && size(a) < # && has(credential.issuer))"
_LATE: Final = "credential.gates.all(a, a != '#' && a.endsWith('a')) && credential.issuer == lane"
_GIVEN: Final = "  - {given: {lane: x}, expect: {rules: [nobody]}}\n"
_SAYING: Final = "rules:\n  - {id: a, then: admit, reason: b, when: 'true', say: {zh: "
WEAPONS: Final[Sequence[Weapon]] = (
    _doubled("[x, x]", "[*, *]"),
    _doubled("{x: y}", "{p: *, q: *}"),
    _doubled("x", "{p: *}"),
    _lines("*a, ", f"{HEAD}defaults: {{a: &a [{'1, ' * 300}1]}}\nrules: [", "*a]"),
    lambda _: "a: &a\n  b: *a\n",
    lambda n: "[" * n + "]" * n,
    lambda n: "{a: " * n + "}" * n,
    lambda n: "".join(f"{' ' * k}a:\n" for k in range(n)),
    lambda n: "? " * n + "x",
    lambda n: "- " * n + "x",
    lambda n: "!" * n + "x",
    lambda n: "&a " * n + "x",
    lambda n: "|\n" + " " * n + "x",
    lambda n: "\x00" * n,
    lambda n: "a" * n * 10 + ": 1",
    lambda n: "a: '" + "''" * n * 10,
    lambda n: '"' + "\\x41" * n * 10,
    _lines("policy: twice\n"),
    _lines("key#: 1\n", end="rules: []"),
    _lines("  - {}\n", f"{HEAD}rules:\n"),
    _lines("  - x\n", f"{HEAD}rules:\n"),
    _lines("a#: b, ", f"{HEAD}rules: {{", "a: b}"),
    _lines("好", f"{HEAD}{_SAYING}", ", en: x}}\n"),
    _lines(_GIVEN, f"{HEAD}tests:\n"),
    _lines("fact#: 1, ", f"{HEAD}tests:\n  - given: {{", "a: 1}\n    expect: {decision: admit}\n"),
    _lines("%YAML 1.1\n", "", f"---\n{one_rule('true')}"),
    _lines("---\n", one_rule("true")),
    _lines("# " + "x" * 10, one_rule("true")),
    _rules("true"),
    _rules("truth"),
    _rules("credential.kimd == '#'"),
    _rules("lane.matches('#(a{1,999})b')"),
    _rules("lane.matches('(a{1,1#})b')"),
    _rules("lane.matches('#.*a')"),
    _rules("lane == '#'"),
    _rules(_LOOP),
    _rules(_LATE),
    _odd_defaults,
    lambda _: "",
    lambda _: "\ufeff" + one_rule("true"),
    lambda n: one_rule("true").replace("\n", "\r\n" * min(n, 20)),
    lambda _: one_rule("true").encode().decode("utf-16-le", "replace"),
)
