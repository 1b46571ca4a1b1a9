"""What the functions of CEL's extensions take and give, and the code behind each."""

from collections.abc import Callable, Mapping
from itertools import product
from types import MappingProxyType
from typing import Any, Final

from edge_rules.cel import (
    encoder_functions,
    math_functions,
    network_functions,
    optionals,
    string_functions,
)
from edge_rules.cel.dialect import Dialect
from edge_rules.cel.functions import Overload
from edge_rules.cel.types import (
    ADDRESS,
    BOOL,
    BYTES,
    DOUBLE,
    DYN,
    INT,
    NETWORK,
    NUMERIC,
    STRING,
    UINT,
    Type,
    list_of,
    map_of,
    optional_of,
)

_A, _B = Type("?A"), Type("?B")
_OPTIONAL: Final = optional_of(_A)
_STRINGS: Final = list_of(STRING)


def _plain(result: Type, *params: Type) -> Overload:
    return Overload(params, result)


def _member(result: Type, *params: Type) -> Overload:
    return Overload(params, result, member=True)


_EXTREME: Final = [
    *(_plain(each, each) for each in NUMERIC),
    *(_plain(a if a == b else DYN, a, b) for a, b in product(NUMERIC, NUMERIC)),
    *(_plain(each, list_of(each)) for each in (*NUMERIC, DYN)),
]
_BITWISE: Final = [_plain(INT, INT, INT), _plain(UINT, UINT, UINT)]
_SHIFT: Final = [_plain(INT, INT, INT), _plain(UINT, UINT, INT)]
_MATH: Final = {
    **dict.fromkeys(("math.greatest", "math.least"), _EXTREME),
    **{f"math.{name}": [_plain(DOUBLE, DOUBLE)] for name in ("ceil", "floor", "round", "trunc")},
    **{f"math.{name}": [_plain(BOOL, DOUBLE)] for name in ("isNaN", "isInf", "isFinite")},
    **{f"math.{name}": [_plain(each, each) for each in NUMERIC] for name in ("abs", "sign")},
    "math.sqrt": [_plain(DOUBLE, each) for each in NUMERIC],
    **{f"math.bit{name}": _BITWISE for name in ("And", "Or", "Xor")},
    "math.bitNot": [_plain(INT, INT), _plain(UINT, UINT)],
    **{f"math.bitShift{way}": _SHIFT for way in ("Left", "Right")},
}
_OF_STRINGS: Final = {
    "charAt": [_member(STRING, STRING, INT)],
    **{
        name: [_member(INT, STRING, STRING), _member(INT, STRING, STRING, INT)]
        for name in ("indexOf", "lastIndexOf")
    },
    "substring": [_member(STRING, STRING, INT), _member(STRING, STRING, INT, INT)],
    "replace": [
        _member(STRING, STRING, STRING, STRING),
        _member(STRING, STRING, STRING, STRING, INT),
    ],
    "split": [_member(_STRINGS, STRING, STRING), _member(_STRINGS, STRING, STRING, INT)],
    "join": [_member(STRING, _STRINGS), _member(STRING, _STRINGS, STRING)],
    **{name: [_member(STRING, STRING)] for name in ("lowerAscii", "upperAscii", "trim", "reverse")},
    "format": [_member(STRING, STRING, list_of(DYN))],
    "strings.quote": [_plain(STRING, STRING)],
    "base64.encode": [_plain(STRING, BYTES)],
    "base64.decode": [_plain(BYTES, STRING)],
}
_NETWORKS: Final = {
    "ip": [_plain(ADDRESS, STRING), _member(ADDRESS, NETWORK)],
    "cidr": [_plain(NETWORK, STRING)],
    **{name: [_plain(BOOL, STRING)] for name in ("isIP", "isCIDR", "ip.isCanonical")},
    "family": [_member(INT, ADDRESS)],
    **{
        f"is{what}": [_member(BOOL, ADDRESS)]
        for what in (
            *("Unspecified", "Loopback", "GlobalUnicast"),
            *("LinkLocalMulticast", "LinkLocalUnicast"),
        )
    },
    "containsIP": [_member(BOOL, NETWORK, ADDRESS), _member(BOOL, NETWORK, STRING)],
    "containsCIDR": [_member(BOOL, NETWORK, NETWORK), _member(BOOL, NETWORK, STRING)],
    "masked": [_member(NETWORK, NETWORK)],
    "prefixLength": [_member(INT, NETWORK)],
    "string": [_plain(STRING, ADDRESS), _plain(STRING, NETWORK)],
}
_LIST, _MAP = list_of(_A), map_of(_A, _B)
_OPTIONALS: Final = {
    "optional.of": [_plain(_OPTIONAL, _A)],
    "optional.none": [_plain(_OPTIONAL)],
    "optional.ofNonZeroValue": [_plain(_OPTIONAL, _A)],
    "optional.unwrap": [_plain(_LIST, list_of(_OPTIONAL))],
    "unwrapOpt": [_member(_LIST, list_of(_OPTIONAL))],
    "first": [_member(_OPTIONAL, _LIST)],
    "last": [_member(_OPTIONAL, _LIST)],
    "hasValue": [_member(BOOL, _OPTIONAL)],
    "value": [_member(_A, _OPTIONAL)],
    "or": [_member(_OPTIONAL, _OPTIONAL, _OPTIONAL)],
    "orValue": [_member(_A, _OPTIONAL, _A)],
    "_[_]": [
        _plain(_OPTIONAL, optional_of(_LIST), INT),
        _plain(optional_of(_B), optional_of(_MAP), _A),
    ],
    "_[?_]": [
        _plain(_OPTIONAL, _LIST, INT),
        _plain(optional_of(_B), _MAP, _A),
        _plain(_OPTIONAL, optional_of(_LIST), INT),
        _plain(optional_of(_B), optional_of(_MAP), _A),
    ],
}

OVERLOADS: Final[Mapping[str, list[Overload]]] = MappingProxyType(
    {**_MATH, **_OF_STRINGS, **_NETWORKS, **_OPTIONALS}
)
IMPLEMENTATIONS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        **math_functions.IMPLEMENTATIONS,
        **string_functions.IMPLEMENTATIONS,
        **network_functions.IMPLEMENTATIONS,
        **encoder_functions.IMPLEMENTATIONS,
        **optionals.IMPLEMENTATIONS,
    }
)
DOTTED: Final = frozenset(name for name in OVERLOADS if "." in name)
_BOUNDED: Final = ("charAt", "indexOf", "lowerAscii", "upperAscii", "substring", "trim")
RULE_OVERLOADS: Final[Mapping[str, list[Overload]]] = MappingProxyType(
    {name: ways for name, ways in OVERLOADS.items() if name in (*_MATH, *_BOUNDED)}
)  # what a policy may call: the work of each has a bound that is known beforehand
RULES: Final = Dialect(functions=DOTTED & frozenset(RULE_OVERLOADS))
