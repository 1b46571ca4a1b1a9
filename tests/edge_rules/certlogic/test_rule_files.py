"""edge_rules.certlogic.rule_files and strict_json: files of rules, every fault with its place."""

import json
from typing import Any

import pytest

from devices.strict_json import JsonRefusedError, parse_strict
from edge_rules.certlogic.errors import MAX_TOLD
from edge_rules.certlogic.rule_book import Place, RuleBook, Shown
from edge_rules.certlogic.rule_files import MAX_FILE, RuleFiles
from tests.edge_rules.certlogic.papers import rule
from tests.edge_rules.certlogic.test_rule_book import AGENT, AT, JAB

DE = Place("DE")
AGENTS = {"valueSetId": "agents", "valueSetValues": {"840539006": {}}}


def written(told: object) -> bytes:
    return json.dumps(told).encode()


def read(files: dict[str, Any]) -> tuple[list[str], RuleBook]:
    reader, faults = RuleFiles(), []
    for name, told in files.items():
        data = told if isinstance(told, bytes) else written(told)
        faults += [str(fault) for fault in reader.read(name, data)]
    return faults, reader.book(DE)


def test_rules_and_value_sets_of_several_files_make_one_book() -> None:
    faults, book = read(
        {
            "a.rules.json": [rule(logic=AGENT), rule("VR-FR-0001")],
            "b.rules.json": rule("GR-DE-0001"),
            "c.valueset.json": AGENTS,
            "d.valueset.json": {"more": ["1"]},
        }
    )
    assert faults == []
    assert (book.total, len(book)) == (3, 2)
    assert book.judge(JAB, Shown(AT, "AT")).rules_ok is True
    assert book.judge({"v": [{"tg": "1"}]}, Shown(AT, "AT")).failing_rule == "VR-DE-0001"


@pytest.mark.parametrize(
    ("name", "told", "wanted"),
    [
        ("a.rules.json", b"[\n  {]", ":2:4: is not JSON"),
        ("a.rules.json", b'{"Type": 1, "Type": 2}', ":1:1: has the same key twice in one object"),
        ("a.rules.json", b"\xff", ":1:1: is not JSON"),
        ("a.rules.json", b"[NaN]", ":1:1: is not JSON"),
        ("a.rules.json", 7, ":1:1: must be a business rule, or a list of them"),
        ("a.rules.json", rule(logic={"all": []}), ':1:1: /Logic: unrecognised operator: "all"'),
        ("a.rules.json", [rule(), rule("VR-DE-2", {"if": [1, 2]})], ':1:1: /1/Logic: "if" takes 3'),
        ("a.rules.json", [rule(), rule()], ":1:1: VR-DE-0001 is there twice"),
        ("a.valueset.json", {"a": "1"}, ":1:1: /a: must be a list of codes"),
        ("a.valueset.json", {"valueSetId": "a"}, ":1:1: /valueSetValues: must be an object"),
        ("a.valueset.json", b"[" * (MAX_FILE + 1), f":1:1: over {MAX_FILE} bytes"),
    ],
)
def test_a_fault_is_told_with_file_and_place(name: str, told: Any, wanted: str) -> None:  # noqa: ANN401 - JSON
    (fault,), _ = read({name: told})
    assert fault.startswith(f"{name}{wanted}")


def test_what_is_in_two_files_is_told_with_the_second() -> None:
    faults, _ = read(
        {
            "a.rules.json": rule(),
            "b.rules.json": [rule("GR-DE-0001"), rule()],
            "a.valueset.json": AGENTS,
            "b.valueset.json": {"agents": ["1"]},
        }
    )
    assert [fault.split(":", 1)[0] for fault in faults] == ["b.rules.json", "b.valueset.json"]
    assert "VR-DE-0001 is there twice" in faults[0]
    assert "the set agents is in another file too" in faults[1]


def test_a_file_full_of_faults_is_told_in_some_lines() -> None:
    faults, _ = read({"a.rules.json": [7] * (MAX_TOLD + 5)})
    assert len(faults) == MAX_TOLD + 1
    assert faults[-1].endswith("and 5 more faults")


@pytest.mark.parametrize("text", [b"NaN", b"-Infinity", b"1e400", b"1" * 5000, b"[" * 100_000, b""])
def test_what_could_mean_nothing_is_no_json(text: bytes) -> None:
    with pytest.raises(JsonRefusedError, match="is not JSON"):
        parse_strict(text)
    assert parse_strict(b'{"a": [1.5, null]}') == {"a": [1.5, None]}
