"""CertLogic against the suites of its own specification and the rules of the nations."""

from pathlib import Path

import pytest

from edge_rules.certlogic.errors import RuleInvalidError
from edge_rules.certlogic.expression import evaluate
from edge_rules.certlogic.validation import validate
from tests.edge_rules.certlogic.foreign import evaluations, national_tests, validations


def alike(got: object, wanted: object) -> bool:
    """Python takes True for 1; JSON does not."""
    if isinstance(got, list) and isinstance(wanted, list):
        return len(got) == len(wanted) and all(map(alike, got, wanted))
    return type(got) is type(wanted) and bool(got == wanted)


def test_every_evaluation_of_the_suite_holds(test_data: Path) -> None:
    cases = list(evaluations(test_data))
    wrong = [where for where, rule, data, told in cases if not alike(evaluate(rule, data), told)]
    assert wrong == []
    assert len(cases) == 218


def test_every_validation_of_the_suite_finds_the_same_faults(test_data: Path) -> None:
    cases = list(validations(test_data))
    for rule, issues in cases:
        found = [{"expr": fault.expr, "message": fault.what} for fault in validate(rule)]
        assert found == issues
    assert len(cases) == 23


def test_what_the_suite_calls_invalid_is_not_evaluated(test_data: Path) -> None:
    invalid = [(rule, issues) for rule, issues in validations(test_data) if issues]
    for rule, issues in invalid:
        with pytest.raises(RuleInvalidError) as caught:
            evaluate(rule, {})
        assert len(caught.value.faults) == len(issues)
    assert len(invalid) == 14


def test_every_test_of_the_national_rules_holds(test_data: Path) -> None:
    cases = list(national_tests(test_data))
    wrong = [where for where, rule, data, told in cases if evaluate(rule, data) is not told]
    assert wrong == []
    assert len(cases) == 335
