"""Policy files of one rule or some dozen, most of which fit the schema."""

import json
from random import Random
from typing import Final

from tests.edge_rules.policy.fuzzing.bombs import bomb
from tests.edge_rules.policy.fuzzing.expressions import ExpressionMaker
from tests.edge_rules.policy.fuzzing.mutations import spoilt_expression

HEAD: Final = "policy: fuzzed\nfacts: checkpoint/1\n"
_OUTCOMES: Final = ("admit", "admit", "refer", "deny")
_DOORS: Final = ("b", "b-1", "b-2", "北门", "")
_KEYED: Final = (
    'gate.door == "{}"', '"{}" == lane', "lane == '{}'", 'gate.door in ["{}", "ab"]',
    'has(gate.door) && gate.door == "{}"', 'credential.issuer == "{}"', "person.count == {n}",
    "person.kind == '{kind}'", 'lane == defaults.home', 'gate.door in defaults.doors',
    'gate.door == "{}" && lane == "{}"', 'gate.door == "{}" // {}',
)  # fmt: skip
_DEFAULTS: Final = (
    "defaults:\n  limit: 37.3\n  home: ab\n  doors: [b, b-1, b-1]\n  since: 2026-11-23T08:00:00Z\n"
)


def rule(number: int, when: str, then: str) -> str:
    """Write one rule."""
    return f"  - {{id: r{number}, when: {_scalar(when)}, then: {then}, reason: reason-{number}}}\n"


def one_rule(when: str) -> str:
    """Write a policy of one rule that admits."""
    return f"{HEAD}rules:\n{rule(0, when, 'admit')}"


def one_rule_in_a_block(when: str, style: str) -> str:
    """Write the condition over lines of its own, as people do."""
    lines = "".join(f"      {line}\n" for line in when.split("\n"))
    return f"{HEAD}rules:\n  - id: a\n    then: admit\n    reason: b\n    when: {style}\n{lines}"


def policy_file(random: Random) -> str:
    """Write a policy of up to some dozen rules, most of which fit the schema."""
    maker = ExpressionMaker(random)
    asked = [_condition(random, maker) for _ in range(random.choice((1, 2, 3, 5)))]
    if random.random() < 0.5:
        keyed = [random.choice(_KEYED) for _ in range(random.choice((1, 1, 2)))]
        asked += [
            _keyed(random, random.choice(keyed), maker) for _ in range(random.choice((8, 30)))
        ]
    random.shuffle(asked)
    rules = [rule(n, when, random.choice(_OUTCOMES)) for n, when in enumerate(asked)]
    otherwise = random.choice(("", "", "otherwise: deny\n", "otherwise: refer\n"))
    return f"{HEAD}{_DEFAULTS}rules:\n{''.join(rules)}{otherwise}"


def _condition(random: Random, maker: ExpressionMaker) -> str:
    text = maker.expression()
    odd = random.random()
    if odd < 0.03:
        return spoilt_expression(random, text)
    return bomb(random, text) if odd < 0.04 else text


def _keyed(random: Random, form: str, maker: ExpressionMaker) -> str:
    doors = [random.choice(_DOORS) for _ in range(2)]
    text = form.format(*doors, n=random.randrange(3), kind=random.choice(("resident", "staff")))
    if random.random() < 0.3 and "//" not in text:
        text += f" && {maker.expression('bool', 1)}"
    return text


def _scalar(text: str) -> str:
    return json.dumps(text)
