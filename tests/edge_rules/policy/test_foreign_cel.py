"""The language against the conformance tests of its own specification."""

from pathlib import Path

import pytest

from tests.edge_rules.policy.foreign import read_cases, verdict

CORE = {
    "basic": 17, "comparisons": 184, "conversions": 54, "fields": 31, "fp_math": 11,
    "integer_math": 31, "lists": 19, "logic": 15, "macros": 18, "namespace": 5, "parse": 103,
    "plumbing": 1, "string": 25, "timestamps": 47,
}  # fmt: skip


@pytest.mark.parametrize(("name", "count"), CORE.items())
def test_every_test_of_the_core_language_holds(test_data: Path, name: str, count: int) -> None:
    cases = read_cases(test_data, name)
    assert [wrong for case in cases if (wrong := verdict(case))] == []
    assert len(cases) >= count


def test_types_are_deduced_as_the_specification_does(test_data: Path) -> None:
    cases = [
        case
        for case in read_cases(test_data, "type_deduction")
        if "optional" not in case["expr"] and "function" not in str(case.get("type_env"))
    ]
    assert [wrong for case in cases if (wrong := verdict(case))] == []
    assert len(cases) >= 5


def test_what_the_language_lacks_is_refused_or_fails_but_never_crashes(test_data: Path) -> None:
    for name in ("macros2", "optionals", "math_ext", "string_ext", "bindings_ext", "network_ext"):
        for case in read_cases(test_data, name):
            verdict(case)  # raises if anything but our own errors comes out
