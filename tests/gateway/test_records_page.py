"""docs/records.md names every event and every point that the gateway makes."""

import ast
import re

import pytest

from gateway.points import _POINTS, point_of, queue_point
from simulators.audit import ALWAYS
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "records.md").read_text("utf-8")
RECORDING = re.compile(r"(?:turn\.record|Record|_report|self\._report)$")


def recorded_types() -> set[str]:
    """Event types that stand as the first word of a call that records something."""
    found = set()
    for room in ("edge_rules", "gateway"):
        for path in (REPOSITORY / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and RECORDING.search(ast.unparse(node.func)):
                    words = [a.value for a in node.args if isinstance(a, ast.Constant)]
                    found |= {word for word in words[:1] if isinstance(word, str)}
    return found


def test_every_event_is_on_the_page() -> None:
    types = recorded_types() | ALWAYS.keys() | _POINTS.keys()
    assert len(types) >= 15
    assert {type_ for type_ in types if f"`{type_}`" not in PAGE} == set()


@pytest.mark.parametrize("type_", sorted(_POINTS))
def test_every_point_is_on_the_page_with_its_tags_and_fields(type_: str) -> None:
    event = {"type": type_, "site": "riverside", "celsius": 36.4, "latency_ms": 2.0}
    point = point_of(event)
    assert point is not None
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{point.measurement}` |"))
    for name in [*dict(point.tags), *dict(point.fields)]:
        assert f"`{name}`" in row


def test_the_queues_point_is_on_the_page() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| `queue` |"))
    assert all(f"`{name}`" in row for name in dict(queue_point("s", waiting=1, behind=1).fields))
