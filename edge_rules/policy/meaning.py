"""The hash of a policy: layout, comments, its name and its tests change nothing, meaning does."""

import hashlib
import json
from json.encoder import encode_basestring_ascii

from edge_rules.cel.environment import Checked, Constant, Local, Shape, Variable
from edge_rules.cel.syntax import Bind, Call, Expr, ListOf, Literal, Loop, Select, children
from edge_rules.cel.values import type_name
from edge_rules.policy.rules import Policy

HASH_DIGITS = 32  # of SHA-256, in hexadecimal: 128 bits
_json = encode_basestring_ascii  # of one text: what json.dumps writes, without its overhead
_HOLE = "\0"  # stands in no name, and in no text as it is written here


def hash_of(policy: Policy) -> str:
    """Name what a policy means."""
    lines = [policy.schema, policy.otherwise.value]
    shapes: dict[Shape, list[str]] = {}
    for rule in policy.rules:
        meaning = _json_by_shape(rule.when, shapes)
        say = f"[{_json(rule.say.zh)}, {_json(rule.say.en)}]" if rule.say else "null"
        said = f"{_json(rule.then)}, {_json(rule.reason)}, {say}"
        lines.append(f"[{_json(rule.id)}, {meaning}, {said}]")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:HASH_DIGITS]


def meaning_of(checked: Checked) -> str:
    """Write an expression in one way however it was spelt: names resolved, constants put in."""
    return _written(checked.root, checked, ())


def written_meaning(node: Expr, checked: Checked) -> str:
    """Write a part of an expression as `meaning_of` writes the whole."""
    return _written(node, checked, ())


def _json_by_shape(checked: Checked, known: dict[Shape, list[str]]) -> str:
    """Write what `meaning_of` writes as a text of JSON, once a shape."""
    shape = checked.shape
    if shape is None:
        return _json(meaning_of(checked))
    pieces = known.get(shape)
    if pieces is None:
        whole = _written(shape.first, checked, shape.holes)
        pieces = known[shape] = [_json(piece)[1:-1] for piece in whole.split(_HOLE)]
    texts = [
        f"{_json(_value(value))[1:-1]}{piece}"
        for value, piece in zip(checked.values, pieces[1:], strict=True)
    ]
    return f'"{pieces[0]}{"".join(texts)}"'


def _written(node: Expr, checked: Checked, holes: tuple[int, ...]) -> str:
    if node.id in holes:
        return _HOLE
    reference = checked.references.get(node.id)
    if isinstance(reference, Constant):
        return _value(reference.value)
    if isinstance(reference, Variable):
        return f"({'has' if isinstance(node, Select) and node.test else 'get'} {reference.name})"
    if isinstance(reference, Local):
        return f"(local {reference.name})"
    if isinstance(node, Literal):
        return _value(node.value)
    inner = "".join(f" {_written(child, checked, holes)}" for child in children(node))
    return f"({_head(node)}{inner})"


def _head(node: Expr) -> str:
    match node:
        case Select():
            return f"{'has' if node.test else 'get'} {json.dumps(node.field)}"
        case Call():
            return node.function
        case Loop():
            names = f"{node.variable} {node.second}".rstrip()
            return f"{node.kind}{'?' if node.condition else ''} {names}"
        case Bind():
            return f"bind {node.variable}"
        case ListOf():
            return "list"
        case _:
            return "map"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"(list{''.join(f' {_value(item)}' for item in value)})"
    plain = int(value) if isinstance(value, int) and type(value) is not bool else value
    return f"{type_name(value)}:{plain!r}"
