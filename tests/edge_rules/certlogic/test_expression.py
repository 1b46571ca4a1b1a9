"""edge_rules.certlogic.expression: what the suites leave open."""

from typing import Any

import pytest

from edge_rules.certlogic.date_times import read_date_time
from edge_rules.certlogic.errors import RuleFailedError, RuleInvalidError
from edge_rules.certlogic.expression import evaluate
from edge_rules.certlogic.values import as_json

DATE: Any = {"plusTime": ["2021-06-01", 0, "day"]}
VAR: Any = {"var": ""}


@pytest.mark.parametrize(
    ("rule", "data", "value"),
    [
        ({"===": [VAR, 1]}, True, False),
        ({"===": [VAR, 1]}, 1.0, True),
        ({"===": [VAR, ["a", {"var": "1"}]]}, ["a", "b"], True),
        ({"===": [VAR, ["b", "a"]]}, ["a", "b"], False),
        ({"===": [VAR, {"var": ""}]}, {"a": [1, None]}, True),
        ({"===": [DATE, DATE]}, None, True),
        ({"===": [DATE, "2021-06-01"]}, None, False),
        ({"in": [True, VAR]}, [1, "true"], False),
        ({"in": [VAR, [VAR]]}, {"a": [None]}, True),
        ({"+": [VAR, 1]}, 2.0, 3),
        ({">": [3, 2, 1]}, None, True),
        ({">": [3, 2, 2]}, None, False),
        ({"not-before": [DATE, DATE, DATE]}, None, True),
        ({"after": [DATE, DATE]}, None, False),
        ({"before": [{"dccDateOfBirth": ["2021"]}, DATE]}, None, False),
        ({"var": "a.-1"}, {"a": [1]}, None),
        ({"var": "a.length"}, {"a": [1]}, None),
        ({"var": "a.0"}, {"a": "text"}, None),
        ({"var": "0." + "9" * 30}, [[1]], None),
        ({"extractFromUVCI": [VAR, 0]}, "URN:UVCI:URN:UVCI:01", "URN"),
        ({"if": [VAR, 1, {"+": ["a", 1]}]}, "guard", 1),
    ],
)
def test_a_rule_has_one_value(rule: object, data: object, value: object) -> None:
    got = evaluate(rule, data)
    assert type(got) is type(value)
    assert got == value


@pytest.mark.parametrize(
    ("rule", "data"),
    [
        ({"in": [1, VAR]}, None),
        ({"in": ["a", VAR]}, "abc"),
        ({"+": [VAR, 1]}, "1"),
        ({"+": [VAR, 1]}, True),
        ({"+": [VAR, VAR]}, 2**53 - 1),
        ({"<": [VAR, 1]}, None),
        ({"<": [DATE, DATE]}, None),
        ({"<": [VAR, 1]}, 0.5),
        ({"after": [VAR, DATE]}, "2021-06-02"),
        ({"if": [DATE, 1, 2]}, None),
        ({"if": [VAR, 1, 2]}, 0.5),
        ({"if": [VAR, 1, 2]}, float("nan")),
        ({"!": [DATE]}, None),
        ({"and": [VAR, True]}, float("inf")),
        ({"plusTime": [VAR, 1, "day"]}, None),
        ({"plusTime": [DATE, 1, "day"]}, None),
        ({"plusTime": ["2021-06-01", 10**400, "day"]}, None),
        ({"dccDateOfBirth": [VAR]}, 1998),
        ({"reduce": [VAR, 1, 2]}, "text"),
        ({"extractFromUVCI": [VAR, 0]}, 1),
    ],
)
def test_a_wrong_type_is_an_error_that_does_not_quote_the_data(rule: object, data: object) -> None:
    with pytest.raises(RuleFailedError) as caught:
        evaluate(rule, data)
    assert "abc" not in str(caught.value)


def test_a_fault_in_a_branch_not_taken_still_refuses_the_rule() -> None:
    with pytest.raises(RuleInvalidError, match="rule/if/2/and/0: ") as caught:
        evaluate({"if": [True, 1, {"and": [{"all": [None]}, None]}]}, None)
    assert [fault.path for fault in caught.value.faults] == ["/if/2/and/0", "/if/2/and/1"]


def test_date_times_are_written_as_rfc_3339() -> None:
    value = evaluate([DATE, {"reduce": [[1], {"var": ""}, DATE]}], None)
    assert value[0] == read_date_time("2021-06-01")
    told = "2021-06-01T00:00:00.000Z"
    assert as_json(value) == [told, {"accumulator": told, "current": 1}]
    with pytest.raises(RuleFailedError, match="0000 to 9999"):
        as_json(evaluate({"plusTime": ["9999-12-31", 1, "day"]}, None))
