"""One case a number: a policy file with visits, or a line for `policy eval`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.conftest import REPOSITORY
from tests.edge_rules.policy.fuzzing.bombs import bomb
from tests.edge_rules.policy.fuzzing.expressions import ExpressionMaker
from tests.edge_rules.policy.fuzzing.mutations import spoilt_expression, spoilt_file
from tests.edge_rules.policy.fuzzing.policies import (
    one_rule,
    one_rule_in_a_block,
    policy_file,
)
from tests.edge_rules.policy.fuzzing.visits import SHOUT, visit
from tests.edge_rules.policy.fuzzing.weapons import weapon

VISITS: Final = 3  # decided by each policy that loads
KINDS: Final = ("expression",) * 12 + ("line",) * 6 + ("file",) * 2
_REAL: Final = (
    REPOSITORY / "simulators/estates/riverside/policy.yaml",
    REPOSITORY / "edge_rules/shipped_policies/everyday.yaml",
)
_BINDINGS: Final[Mapping[str, Any]] = {
    "b": {"bool": True}, "i": {"int": "3"}, "u": {"uint": "7"}, "d": {"double": 36.5},
    "s": {"string": "ab"}, "long": {"string": SHOUT * 8}, "y": {"bytes_b64": "/wBh"},
    "t": {"object": "google.protobuf.Timestamp", "json": {"value": "2026-11-23T08:00:00Z"}},
    "n": {"object": "google.protobuf.Duration", "json": {"value": "3600s"}},
    "ls": {"list": [{"string": "ab"}, {"string": "10.0.0.1"}]},
    "li": {"list": [{"int": "1"}, {"int": "2"}]},
    "m": {"map": [[{"string": "a"}, {"int": "1"}]]}, "x": {"null": None},
}  # fmt: skip
_INT: Final = {"primitive": "INT64"}
_DECLARED: Final = {
    "b": {"primitive": "BOOL"}, "i": _INT, "u": {"primitive": "UINT64"},
    "d": {"primitive": "DOUBLE"}, "s": {"primitive": "STRING"}, "long": {"primitive": "STRING"},
    "y": {"primitive": "BYTES"}, "t": {"wellKnown": "TIMESTAMP"}, "n": {"wellKnown": "DURATION"},
    "ls": {"listType": {"elemType": {"primitive": "STRING"}}},
    "li": {"listType": {"elemType": _INT}}, "x": {"dyn": {}},
    "m": {"mapType": {"keyType": {"primitive": "STRING"}, "valueType": _INT}},
}  # fmt: skip
_ENVIRONMENT: Final = [{"name": name, "ident": {"type": kind}} for name, kind in _DECLARED.items()]


@dataclass(frozen=True)
class Corpus:
    """Texts that others wrote, to be spoilt: lines of the conformance tests, policy files."""

    lines: Sequence[Mapping[str, Any]]
    files: Sequence[str]


@dataclass(frozen=True)
class Case:
    """What one number stands for; a `line` has no visits."""

    number: int
    kind: str
    text: str
    visits: Sequence[Mapping[str, Any]] = ()


def read_corpus(test_data: Path | None) -> Corpus:
    """Read the expressions of the language's own tests, where they are, and our policies."""
    lines: list[Mapping[str, Any]] = []
    for file in sorted((test_data / "cel").glob("*.json")) if test_data else ():
        tests = json.loads(file.read_text("utf-8"))["tests"]
        lines += [test for test in tests if not test["needs_proto"]]
    return Corpus(lines, [path.read_text("utf-8") for path in _REAL])


def make_case(seed: int, number: int, corpus: Corpus) -> Case:
    """Make one case; the same for the same seed, number and corpus."""
    random = Random(f"{seed}/{number}")
    kind = random.choice(KINDS)
    if kind == "line":
        return Case(number, kind, json.dumps(_line(random, corpus)))
    text = _file(random, corpus) if kind == "file" else _one_expression(random, corpus)
    return Case(number, kind, text, [visit(random) for _ in range(VISITS)])


def _file(random: Random, corpus: Corpus) -> str:
    odd = random.random()
    if odd < 0.1:
        return weapon(random)
    if odd < 0.13:
        return spoilt_file(random, random.choice(corpus.files))
    text = policy_file(random)
    return spoilt_file(random, text) if odd < 0.35 else text


def _one_expression(random: Random, corpus: Corpus) -> str:
    text = _expression(random, corpus, extended=False)
    if random.random() < 0.9:
        return one_rule(text)
    return one_rule_in_a_block(text, random.choice((">-", "|", ">", "|2-")))


def _expression(random: Random, corpus: Corpus, *, extended: bool) -> str:
    odd = random.random()
    if corpus.lines and odd < 0.06:
        text = str(random.choice(corpus.lines)["expr"])
        return spoilt_expression(random, text) if odd < 0.05 else text
    text = ExpressionMaker(random, extended=extended).expression()
    if odd < 0.18:
        return spoilt_expression(random, text)
    return bomb(random, text, extended=extended) if odd < 0.21 else text


def _line(random: Random, corpus: Corpus) -> dict[str, Any]:
    if corpus.lines and random.random() < 0.2:
        line = dict(random.choice(corpus.lines))
        return line | {"expr": spoilt_expression(random, str(line["expr"]))}
    line = {"expr": _expression(random, corpus, extended=True), "bindings": _BINDINGS}
    if random.random() < 0.5:
        return line | {"type_env": _ENVIRONMENT}
    return line | {"disable_check": True}
