"""The code behind CEL's functions, by name; and the names that generated code finds it under."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from edge_rules.cel import conversions, extensions, operators, texts, values
from edge_rules.cel.times import ACCESSORS

IMPLEMENTATIONS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "_==_": values.equals,
        "_!=_": operators.not_equal,
        "_<_": operators.less,
        "_<=_": operators.less_equal,
        "_>_": operators.greater,
        "_>=_": operators.greater_equal,
        "_+_": operators.add,
        "_-_": operators.subtract,
        "_*_": operators.multiply,
        "_/_": operators.divide,
        "_%_": operators.modulo,
        "-_": operators.negate,
        "!_": operators.deny,
        "_[_]": operators.index,
        "@in": operators.contained,
        "bool": conversions.to_bool,
        "bytes": conversions.to_bytes,
        "double": conversions.to_double,
        "duration": conversions.to_duration,
        "dyn": conversions.to_dyn,
        "int": conversions.to_int,
        "string": conversions.to_string,
        "timestamp": conversions.to_timestamp,
        "type": conversions.to_type,
        "uint": conversions.to_uint,
        "size": texts.size,
        "contains": texts.contains,
        "startsWith": texts.starts_with,
        "endsWith": texts.ends_with,
        "matches": texts.matches,
        **ACCESSORS,
        "_[?_]": operators.optional_index,
        "_?._": operators.optional_field,
        **extensions.IMPLEMENTATIONS,
    }
)
