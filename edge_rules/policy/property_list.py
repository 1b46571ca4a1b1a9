"""The properties inside a policy file: what it should hold of all facts, for `policy prove`."""

from collections.abc import Mapping
from typing import Final

from devices.errors import Fault
from devices.setup_file import Path
from edge_rules.cel.errors import ExpressionRefusedError
from edge_rules.decision import Say
from edge_rules.policy.places import Places
from edge_rules.policy.property_text import Vocabulary, check_property
from edge_rules.policy.reading import NAME, Reader
from edge_rules.policy.rules import Property

MAX_PROPERTIES: Final = 256
_KEYS: Final = ("id", "property", "note")
_TONGUES: Final = ("zh", "en")


def read_properties(
    value: object, vocabulary: Vocabulary, reader: Reader, text: str
) -> tuple[Property, ...]:
    """Return the properties of a file whose rules have no faults."""
    items = [] if value is None else reader.items(value, ("properties",), "properties")
    if len(items) > MAX_PROPERTIES:
        reader.fault(("properties",), f"needs at most {MAX_PROPERTIES} properties")
        return ()
    places = Places(text)
    found = [
        _property(item, ("properties", at), vocabulary, reader, places)
        for at, item in enumerate(items)
    ]
    return tuple(each for each in found if each is not None)


def _property(
    item: object, path: Path, vocabulary: Vocabulary, reader: Reader, places: Places
) -> Property | None:
    given: object = item
    id_, note = "", None
    if isinstance(item, Mapping):
        keys = reader.mapping(item, path, _KEYS)
        if keys.get("id") is not None:
            id_ = reader.word(keys["id"], (*path, "id"), NAME, "an id as no-fever-comes-in")
        note = _note(keys.get("note"), (*path, "note"), reader)
        given, path = keys.get("property"), (*path, "property")
    if not isinstance(given, str) or not given.strip():
        reader.fault(path, 'needs a property as `person.minor → decision != "deny"`')
        return None
    start = reader.file.places[path]
    try:
        return Property(given, check_property(given, vocabulary), id_, note, start)
    except ExpressionRefusedError as error:
        where = places.within(start, given)
        for fault in error.faults:
            line, column = where[min(fault.at, len(given))]
            reader.faults.append(Fault(reader.file.source, line, column, fault.what))
    return None


def _note(value: object, path: Path, reader: Reader) -> Say | None:
    if value is None:
        return None
    words = reader.mapping(value, path, _TONGUES)
    said = [words.get(tongue) for tongue in _TONGUES]
    if not all(isinstance(each, str) and each.strip() for each in said):
        reader.fault(path, "needs words in both tongues: zh and en")
    return Say(str(said[0]), str(said[1]))
