"""Forgeries in little; see tests.edge_rules.credentials.forging for a hundred thousand."""

from random import Random

import pytest

from tests.edge_rules.credentials.forging import KINDS, WAYS, forge

COUNT = 3000


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_accepted_but_what_was_signed(name: str) -> None:
    found = forge(KINDS[name], COUNT, seed=7)
    assert found.wrong == []
    assert found.tried == COUNT
    # What is accepted has another signature, another compression, or another unsigned header.
    assert found.reasons["valid"] == found.accepted > 0
    assert found.reasons["signature-invalid"] > 100
    assert len(found.reasons) > 5


@pytest.mark.parametrize("name", KINDS)
def test_the_other_signature_of_the_same_numbers_is_the_same_credential(name: str) -> None:
    kind = KINDS[name]
    for text in kind.good:
        other = kind.malleated(text)
        assert other != text
        assert kind.judge(other).ok
        assert kind.judge(other).subject == kind.judge(text).subject
        assert kind.judge(other).credential == kind.judge(text).credential


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_each_way_makes_something_else(name: str, way: object) -> None:
    kind, random = KINDS[name], Random(1)
    assert callable(way)
    made = {way(kind, text, random) for text in kind.good for _ in range(20)}
    assert len(made - set(kind.good)) >= len(kind.good)
