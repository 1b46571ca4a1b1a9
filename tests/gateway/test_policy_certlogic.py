"""gateway.cli.policy.certlogic: rules and data in, values out, one a line and in order."""

import io
import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.policy.certlogic import MAX_LINE, answer_line, answer_lines
from tests.edge_rules.certlogic.foreign import evaluations, national_tests, validations


def answers(text: bytes) -> list[dict[str, Any]]:
    sink = io.BytesIO()
    answer_lines(io.BytesIO(text), sink)
    return [json.loads(line) for line in sink.getvalue().splitlines()]


def test_values_and_errors_come_in_order() -> None:
    lines: list[object] = [
        {"rule": {"+": [{"var": "a"}, 1]}, "data": {"a": 2}},
        {"rule": {"plusTime": ["2021-02-28", 1, "day"]}, "data": None},
        {"rule": {"var": ""}},
        {"rule": {"all": []}, "data": None},
        {"rule": None, "data": None},
        {"rule": {"+": [{"var": "a"}, 1]}, "data": {"a": "Wang Fang"}},
        {"data": 1},
        [],
    ]
    text = b"".join(json.dumps(line).encode() + b"\n" for line in lines) + b"{\n\n" + b'{"rule": 7}'
    assert answers(text) == [
        {"value": 3},
        {"value": "2021-03-01T00:00:00.000Z"},
        {"value": None},
        {"error": 'rule: unrecognised operator: "all"'},
        {"error": "rule: invalid CertLogic expression"},
        {"error": 'both operands of "+" must be integers'},
        {"error": 'the line has no "rule"; it should be {"rule": ..., "data": ...}'},
        {"error": 'the line has no "rule"; it should be {"rule": ..., "data": ...}'},
        {"error": 'the line is not JSON; it should be {"rule": ..., "data": ...}'},
        {"error": 'the line is not JSON; it should be {"rule": ..., "data": ...}'},
        {"value": 7},
    ]


def test_what_json_does_not_know_is_refused() -> None:
    for number in ("NaN", "Infinity", "1e400", "1" * 5000, "[" * 100_000):
        (answer,) = answers(b'{"rule": {"var": ""}, "data": %s}' % number.encode())
        assert "not JSON" in answer["error"]
    assert answers(b'{"rule": {"var": ""}, "data": 1.5}') == [{"value": 1.5}]


def test_an_object_that_could_mean_two_things_is_refused() -> None:
    for line in (
        b'{"rule": {"!": [true], "!": [false]}}',
        b'{"rule": 1, "data": {"a": 1, "a": 2}}',
    ):
        (answer,) = answers(line)
        assert "same key twice" in answer["error"]


def test_a_line_too_long_is_answered_and_the_next_one_read() -> None:
    padded = b'{"rule": 1, "data": "%s"}\n'
    long, just = padded % (b"x" * (2 * MAX_LINE)), padded % (b"x" * (MAX_LINE - 24))
    told = answers(long + b'{"rule": 2}\n' + just + long.strip())
    assert "longer than" in told[0]["error"]
    assert told[1:3] == [{"value": 2}, {"value": 1}]
    assert "longer than" in told[3]["error"]
    assert len(told) == 4


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: json.dumps(text).encode()))
def test_any_line_has_an_answer(line: bytes) -> None:
    assert list(answer_line(line)) in (["error"], ["value"])


def test_the_command_answers_the_foreign_rules(test_data: Path) -> None:
    cases = [*evaluations(test_data), *national_tests(test_data)]
    lines = [{"rule": rule, "data": data} for _, rule, data, _ in cases]
    expected: list[dict[str, Any]] = [{"value": told} for *_, told in cases]
    wrong = [rule for rule, issues in validations(test_data) if issues]
    text = "".join(f"{json.dumps(line)}\n" for line in [*lines, *({"rule": x} for x in wrong)])
    done = CliRunner().invoke(app, ["policy", "certlogic"], input=text)
    assert done.exit_code == 0, done.output
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told[: len(cases)] == expected
    assert [list(answer) for answer in told[len(cases) :]] == [["error"]] * len(wrong)
    assert (len(cases), len(wrong)) == (553, 14)
