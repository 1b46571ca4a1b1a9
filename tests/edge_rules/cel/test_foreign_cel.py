"""The language against the conformance tests of its own specification."""

import json
from pathlib import Path

import pytest

from edge_rules.cel.eval_line import evaluate_line
from tests.edge_rules.cel.foreign import read_cases, verdict

CORE = {
    "basic": 17, "comparisons": 184, "conversions": 54, "fields": 31, "fp_math": 11,
    "integer_math": 31, "lists": 19, "logic": 15, "macros": 18, "namespace": 5, "parse": 103,
    "plumbing": 1, "string": 25, "timestamps": 47,
}  # fmt: skip
EXTENSIONS = {
    "bindings_ext": 3, "block_ext": 10, "encoders_ext": 2, "macros2": 23, "math_ext": 94,
    "network_ext": 32, "optionals": 39, "string_ext": 105, "type_deduction": 9,
}  # fmt: skip


@pytest.mark.parametrize(("name", "count"), [*CORE.items(), *EXTENSIONS.items()])
def test_every_test_of_the_language_holds(test_data: Path, name: str, count: int) -> None:
    cases = read_cases(test_data, name)
    assert [wrong for case in cases if (wrong := verdict(case))] == []
    assert len(cases) >= count


def test_messages_are_refused_or_fail_but_never_crash(test_data: Path) -> None:
    for file in sorted((test_data / "cel").glob("*.json")):
        for case in json.loads(file.read_text("utf-8"))["tests"]:
            answer = evaluate_line(case)
            assert answer.keys() & {"value", "error", "deduced_type"}
