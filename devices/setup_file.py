"""YAML that people write: parsed with the place of every value, checked, every fault at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from devices.errors import Fault, SetupError
from devices.ids import ID_PATTERN

Path = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)
_Loader: TypeAlias = "yaml.SafeLoader | yaml.CSafeLoader"

_FastLoader: type[yaml.CSafeLoader] | None = getattr(yaml, "CSafeLoader", None)

MAX_DEPTH = 32  # a file a person wrote is flat; deeper is an attack on the parser's stack
MAX_VALUES = 200_000  # aliases of aliases grow without end from a few lines


@dataclass(frozen=True, slots=True)
class SetupFile:
    """Plain data of one YAML file, and where each value of it stands (line and column from 1)."""

    source: str
    data: Any
    places: dict[Path, tuple[int, int]]

    def known(self, path: Sequence[str | int]) -> Path:
        """Return a path of pydantic's without what the file lacks, such as a model's branches."""
        known: Path = ()
        for part in path:
            if (*known, part) in self.places:
                known = (*known, part)
        return known

    def fault(self, path: Sequence[str | int], what: str) -> Fault:
        """Describe a fault at a path, or at its nearest parent that the file holds."""
        known = tuple(path)
        while known not in self.places and known:
            known = known[:-1]
        line, column = self.places.get(known, (1, 1))
        return Fault(self.source, line, column, what)


def parse_setup(text: str, source: str, *, fast: bool = False) -> SetupFile:
    """Parse YAML; broken syntax, double keys and aliases that nest too deep are SetupError.

    `fast` reads with the C library where there is one: the same data, but the place of an empty
    value may be one beside, so whoever finds a fault reads again.
    """
    try:
        loader = _FastLoader(text) if fast and _FastLoader else yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            places: dict[Path, tuple[int, int]] = {}
            data = None if node is None else _Builder(loader, source, places).build(node, ())
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = f"not YAML: {error.problem or error.context}"
        raise SetupError([Fault(source, *place, what)]) from error
    except yaml.YAMLError as error:
        raise SetupError([Fault(source, 1, 1, f"not YAML: {error}")]) from error
    except RecursionError as error:  # the YAML library composes its nodes by recursion
        raise SetupError([Fault(source, 1, 1, f"nested deeper than {MAX_DEPTH} levels")]) from error
    return SetupFile(source, data, places)


def check_setup(model: type[Model], file: SetupFile) -> Model:
    """Validate against a pydantic model; every fault is listed with its line and column."""
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        raise SetupError(faults_of(error, file)) from error


def faults_of(error: ValidationError, file: SetupFile, under: Path = ()) -> list[Fault]:
    """Turn pydantic's errors into faults with places; `under` is where the model sits."""
    faults = []
    errors = error.errors(include_url=False, include_input=False)
    for fault in errors:
        if fault["type"] == "too_short" and any(_lies_in(other, fault) for other in errors):
            continue  # it holds some, and what is wrong with them is told
        path = file.known((*under, *fault["loc"]))
        if fault["type"] == "missing":
            path = (*path, fault["loc"][-1])
        name = ".".join(str(part) for part in path)
        what = _SENTENCES.get(fault["type"]) or fault["msg"].removeprefix("Value error, ")
        if fault.get("ctx", {}).get("pattern") == ID_PATTERN:
            what = "must be 1 to 32 of a-z, 0-9 and -"
        faults.append(file.fault(path, f"{name}: {what}" if name else what))
    return faults


def _lies_in(inner: ErrorDetails, outer: ErrorDetails) -> bool:
    depth = len(outer["loc"])
    return inner is not outer and inner["loc"][:depth] == outer["loc"]


_SENTENCES = {
    "extra_forbidden": "unknown key",
    "missing": "is missing",
    "model_type": "must hold keys and values",
    "dict_type": "must hold keys and values",
    "model_attributes_type": "must hold keys and values",
    "tuple_type": "must be a list",
    "too_short": "must hold at least one",
    "string_too_short": "must not be empty",
    "string_type": "must be a text",
    "bool_parsing": "must be true or false",
    "date_from_datetime_parsing": "must be a date such as 2026-12-31",
    "date_parsing": "must be a date such as 2026-12-31",
}


class _Builder:
    def __init__(self, loader: _Loader, source: str, places: dict[Path, tuple[int, int]]) -> None:
        self._loader = loader
        self._source = source
        self._places = places

    def build(self, node: yaml.Node, path: Path) -> Any:  # noqa: ANN401 - YAML is any data
        self._places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if len(self._places) > MAX_VALUES:
            raise SetupError([self._fault(node, f"holds more than {MAX_VALUES} values")])
        if len(path) > MAX_DEPTH:
            raise SetupError([self._fault(node, f"nested deeper than {MAX_DEPTH} levels")])
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, at)) for at, item in enumerate(node.value)]
        try:
            return self._loader.construct_object(node)
        except ValueError as error:
            raise SetupError([self._fault(node, f"not a value: {error}")]) from error

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise SetupError([self._fault(key_node, "a key must be a word")])
            key = key_node.value
            if key in built:
                raise SetupError([self._fault(key_node, f"{key}: stands here twice")])
            built[key] = self.build(value_node, (*path, key))
            if isinstance(value_node, yaml.ScalarNode):
                continue
            self._places[(*path, key)] = (
                key_node.start_mark.line + 1,
                key_node.start_mark.column + 1,
            )
        return built

    def _fault(self, node: yaml.Node, what: str) -> Fault:
        return Fault(self._source, node.start_mark.line + 1, node.start_mark.column + 1, what)
