"""Texts spoilt: tokens, characters and lines dropped, doubled, swapped and put in."""

import re
from collections.abc import Sequence
from random import Random
from typing import Final

from tests.edge_rules.policy.fuzzing import oddities

_TOKEN: Final = re.compile(r"\s+|\w+|'[^']*'|\"[^\"]*\"|&&|\|\||[=!<>]=|.", re.DOTALL)
MAX_CHANGES = 4
_ODD: Final = (
    *(oddities.INTS, oddities.DOUBLES, oddities.STRINGS, oddities.NAMES, oddities.MARKS),
    *(oddities.CHARACTERS, oddities.UINTS, oddities.BYTES),
)


def spoilt_expression(random: Random, text: str) -> str:
    """Change a few tokens or characters."""
    for _ in range(random.randint(1, MAX_CHANGES)):
        if random.random() < 0.7:
            text = "".join(_changed(random, _TOKEN.findall(text), _ODD))
        else:
            text = "".join(_changed(random, list(text), (oddities.CHARACTERS, oddities.MARKS)))
    return text


def spoilt_file(random: Random, text: str) -> str:
    """Change a few lines, values or characters of YAML."""
    for _ in range(random.randint(1, MAX_CHANGES)):
        way = random.randrange(4)
        if way == 0:
            text = "".join(_changed(random, text.splitlines(keepends=True), (oddities.YAML,)))
        elif way == 1:
            text = "".join(_changed(random, list(text), (oddities.CHARACTERS, oddities.MARKS)))
        elif way == 2:
            text = _other_value(random, text)
        else:
            text = "".join(_changed(random, _TOKEN.findall(text), (*_ODD, oddities.YAML)))
    return text


def _other_value(random: Random, text: str) -> str:
    lines = text.split("\n")
    keyed = [at for at, line in enumerate(lines) if ": " in line]
    if keyed:
        at = random.choice(keyed)
        lines[at] = f"{lines[at].split(': ')[0]}: {random.choice(oddities.YAML)}"
    return "\n".join(lines)


def _changed(random: Random, parts: list[str], odd: Sequence[Sequence[str]]) -> list[str]:
    if not parts:
        return [random.choice(random.choice(odd))]
    at, other = random.randrange(len(parts)), random.randrange(len(parts))
    match random.randrange(6):
        case 0:
            del parts[at : at + random.choice((1, 1, 2, 5))]
        case 1:
            parts[at:at] = parts[other : other + random.choice((1, 3, 10))]
        case 2:
            parts[at], parts[other] = parts[other], parts[at]
        case 3:
            parts[at:at] = parts[at : at + 1] * random.choice((1, 3, 70))
        case 4:
            parts.insert(at, random.choice(random.choice(odd)))
        case _:
            parts[at] = random.choice(random.choice(odd))
    return parts
