"""The constants of a policy file, written `defaults.name` in its expressions."""

import math
from collections.abc import Mapping
from datetime import datetime

from edge_rules.cel.environment import Constant
from edge_rules.cel.types import BOOL, DOUBLE, INT, STRING, TIMESTAMP, Type, list_of
from edge_rules.cel.values import INT_MAX, INT_MIN, timestamp_of
from edge_rules.policy.reading import IDENTIFIER, Reader

_WANTED = "needs true or false, a number, a text, a time with its zone, or a list of one of these"


def read_defaults(value: object, reader: Reader) -> dict[str, Constant]:
    """Return the constants by their full names."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        reader.fault(("defaults",), "needs names with values")
        return {}
    constants = {}
    for name, given in value.items():
        path = ("defaults", name)
        if not IDENTIFIER.fullmatch(name):
            reader.fault(path, "a name is letters, digits and `_`, and begins with no digit")
            continue
        constant = _constant(given)
        if constant is None:
            reader.fault(path, _WANTED)
        else:
            constants[f"defaults.{name}"] = constant
    return constants


def _constant(given: object) -> Constant | None:
    if isinstance(given, list):
        items = [_scalar(item) for item in given]
        types = {item.type for item in items if item}
        if None in items or len(types) != 1:
            return None
        return Constant(list_of(types.pop()), tuple(item.value for item in items if item))
    return _scalar(given)


def _scalar(given: object) -> Constant | None:
    if isinstance(given, datetime):
        return Constant(TIMESTAMP, timestamp_of(given)) if given.tzinfo else None
    kinds: dict[type, Type] = {bool: BOOL, int: INT, float: DOUBLE, str: STRING}
    found = kinds.get(type(given))
    if found is None:
        return None
    if isinstance(given, int) and not INT_MIN <= given <= INT_MAX:
        return None
    if isinstance(given, float) and not math.isfinite(given):
        return None
    return Constant(found, given)
