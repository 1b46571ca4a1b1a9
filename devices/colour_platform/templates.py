"""Texts with places in braces, such as `{text}`: filled so that no value can leave its place."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

# What stands in a place. `text` is the scanned code: it is written nowhere but into a request.
PLACES = ("text", "site", "lane", "device", "nonce", "now_ms", "now_s", "token", "sign")
NUMBERS = frozenset({"now_ms", "now_s"})  # alone in a JSON value they are numbers

_PLACE = re.compile(r"\{([a-z_]+)\}")

Values = Mapping[str, str]
Tree = Any  # JSON whose texts are templates


def places_in(tree: Tree) -> Iterator[str]:
    """Name every place in all texts of a template, also those that nobody knows."""
    if isinstance(tree, str):
        yield from _PLACE.findall(tree)
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from places_in(value)
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from places_in(value)


def fill(template: str, values: Values) -> str:
    """Fill a text as it is."""
    return _PLACE.sub(lambda place: values[place[1]], template)


def fill_address(template: str, values: Values) -> str:
    """Fill an address: each value is escaped, so that it stays in its own part."""
    return _PLACE.sub(lambda place: quote(values[place[1]], safe=""), template)


def fill_tree(tree: Tree, values: Values) -> Tree:
    """Fill the texts of a JSON value; its keys stay as they are."""
    if isinstance(tree, str):
        alone = _PLACE.fullmatch(tree)
        if alone and alone[1] in NUMBERS:
            return int(values[alone[1]])
        return fill(tree, values)
    if isinstance(tree, Mapping):
        return {key: fill_tree(value, values) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [fill_tree(value, values) for value in tree]
    return tree
