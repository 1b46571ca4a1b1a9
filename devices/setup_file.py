"""YAML that people write: parsed with the place of every value, checked, every fault at once."""

import re
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

_SURROGATE = re.compile("[\ud800-\udfff]")

MAX_DEPTH = 32  # a file a person wrote is flat; deeper is an attack on the parser's stack
MAX_VALUES = 200_000
MAX_REPEATED = 5_000  # values that come again by aliases, which grow without end from a few lines


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

    `fast` reads with the C library where there is one: the same data and places, but fewer words
    on broken syntax.
    """
    try:
        loader = _FastLoader(text) if fast and _FastLoader else yaml.SafeLoader(text)
        try:
            return _built(loader, source)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = f"not YAML: {error.problem or error.context}"
        raise SetupError([Fault(source, *place, what)]) from error
    except (yaml.reader.ReaderError, UnicodeEncodeError) as error:
        raise SetupError([_unreadable(text, source)]) from error
    except yaml.YAMLError as error:
        what = " ".join(str(error).split())
        raise SetupError([Fault(source, 1, 1, f"not YAML: {what}")]) from error
    except RecursionError as error:  # the YAML library composes its nodes by recursion
        raise SetupError([Fault(source, 1, 1, f"nested deeper than {MAX_DEPTH} levels")]) from error


def _built(loader: _Loader, source: str) -> SetupFile:
    try:
        node = loader.get_single_node()
    except ValueError as error:  # of the library's own scanner, as on "\U00110000"
        place = (1, 1)
        if isinstance(loader, yaml.SafeLoader):
            mark = loader.get_mark()
            place = (mark.line + 1, mark.column + 1)
        what = "not YAML: an escape that stands for no character"
        raise SetupError([Fault(source, *place, what)]) from error
    places: dict[Path, tuple[int, int]] = {}
    data = None if node is None else _Builder(loader, source, places).build(node, ())
    return SetupFile(source, data, places)


def _unreadable(text: str, source: str) -> Fault:
    """Find the first character that YAML does not allow."""
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    at = found.start() if found else 0
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    what = f"not YAML: the character U+{ord(text[at]):04X} is not allowed" if text else "not YAML"
    return Fault(source, text.count("\n", 0, at) + 1, column, what)


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


def _is_empty(value: yaml.ScalarNode, within: yaml.MappingNode) -> bool:
    """Whether nothing stands for a value in braces: each library gives it another place."""
    return bool(within.flow_style and not value.style and not value.value)


def _said(error: Exception) -> str:
    """Repeat what a constructor says of a value, if it says anything of use."""
    return str(error) if isinstance(error, ValueError) else "it is not what its tag says"


class _Builder:
    def __init__(self, loader: _Loader, source: str, places: dict[Path, tuple[int, int]]) -> None:
        self._loader = loader
        self._source = source
        self._places = places
        self._built: set[int] = set()
        self._repeated = 0

    def build(self, node: yaml.Node, path: Path) -> Any:  # noqa: ANN401 - YAML is any data
        self._places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if len(self._places) > MAX_VALUES:
            raise SetupError([self._fault(node, f"holds more than {MAX_VALUES} values")])
        if len(path) > MAX_DEPTH:
            raise SetupError([self._fault(node, f"nested deeper than {MAX_DEPTH} levels")])
        self._repeated += id(node) in self._built
        if self._repeated > MAX_REPEATED:
            raise SetupError([self._fault(node, f"aliases repeat more than {MAX_REPEATED} values")])
        self._built.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, at)) for at, item in enumerate(node.value)]
        try:
            value = self._loader.construct_object(node)
        except yaml.YAMLError:
            raise
        except Exception as error:  # the library's constructors fail in many ways on `!!bool maybe`
            raise SetupError([self._fault(node, f"not a value: {_said(error)}")]) from error
        self._characters(value, node)
        return value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise SetupError([self._fault(key_node, "a key must be a word")])
            key = key_node.value
            self._characters(key, key_node)
            if key in built:
                raise SetupError([self._fault(key_node, f"{key}: stands here twice")])
            built[key] = self.build(value_node, (*path, key))
            if isinstance(value_node, yaml.ScalarNode) and not _is_empty(value_node, node):
                continue
            self._places[(*path, key)] = (
                key_node.start_mark.line + 1,
                key_node.start_mark.column + 1,
            )
        return built

    def _characters(self, value: object, node: yaml.Node) -> None:
        """Refuse halves of characters, as JSON's escapes leave them: no record could hold them."""
        if isinstance(value, str) and not value.isascii() and _SURROGATE.search(value):
            what = "half of a surrogate pair is no character: write the character itself"
            raise SetupError([self._fault(node, what)])

    def _fault(self, node: yaml.Node, what: str) -> Fault:
        return Fault(self._source, node.start_mark.line + 1, node.start_mark.column + 1, what)
