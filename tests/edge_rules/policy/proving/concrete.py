"""Facts that are known, as conditions on the unknowns of a question."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import z3

from edge_rules.facts import FIELDS, Kind
from edge_rules.policy.proving.given import lifted
from edge_rules.policy.proving.translator import Scene

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def pinned(scene: Scene, facts: dict[str, Any]) -> list[z3.BoolRef]:
    """Say of every unknown fact what it is; `facts` went through `clean_facts`."""
    return [part for name in scene.facts.present for part in _pinned(name, scene, facts)]


def _pinned(name: str, scene: Scene, facts: dict[str, Any]) -> Iterator[z3.BoolRef]:
    group, _, field = name.rpartition(".")
    held = facts[group] if group else facts
    yield scene.facts.present[name] == (field in held)
    if field not in held:
        return
    unknown, value, kind = scene.facts.values[name], held[field], FIELDS[name].kind
    if kind is Kind.STRINGS:
        length, items = unknown
        yield length == len(value)
        for item, text in zip(items.values, value, strict=False):
            yield item == lifted(text, scene.manner)
    elif kind is Kind.TIMESTAMP:
        yield unknown == (value - EPOCH) // MICROSECOND
    elif kind is Kind.DURATION:
        yield unknown == value // MICROSECOND
    else:
        yield unknown == lifted(value, scene.manner)
