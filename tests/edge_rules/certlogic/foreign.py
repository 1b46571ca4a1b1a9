"""CertLogic's own suites and the national rules, read from the foreign data."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Case = tuple[str, Any, Any, Any]  # where, rule, data, expected


def evaluations(test_data: Path) -> Iterator[Case]:
    for path in sorted((test_data / "certlogic" / "testSuite").glob("*.json")):
        suite = json.loads(path.read_text("utf-8"))
        for case in [] if suite.get("directive") == "skip" else suite["cases"]:
            for index, told in enumerate(case["assertions"]):
                if told.get("directive") == "skip":
                    continue
                rule = told.get("certLogicExpression", case.get("certLogicExpression"))
                where = f"{path.stem}: {case['name']} [{index}]"
                yield where, rule, told["data"], told["expected"]


def validations(test_data: Path) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    for path in sorted((test_data / "certlogic" / "validation-testSuite").glob("*.json")):
        for case in json.loads(path.read_text("utf-8"))["cases"]:
            yield case["certLogicExpression"], case["issues"]


def national(test_data: Path) -> tuple[list[Any], list[Any]]:
    """Give the national rules and the value sets that their tests refer to."""
    told = json.loads((test_data / "certlogic" / "business_rules.json").read_text("utf-8"))
    return told["rules"], told["valueSets"]


def national_tests(test_data: Path) -> Iterator[Case]:
    rules, value_sets = national(test_data)
    for rule in rules:
        for test in rule["tests"]:
            external = dict(test["external"])
            external["valueSets"] = value_sets[external.pop("valueSetsRef")]
            data = {"payload": test["payload"], "external": external}
            yield f"{rule['dir']}/{test['file']}", rule["logic"], data, test["expected"]
