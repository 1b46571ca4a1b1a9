"""edge_rules.credentials.card_codes: two digits a character, in one code or several."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_rules.credentials.card_codes import MAX_PARTS, read_codes
from edge_rules.credentials.judgement import Refused
from simulators.shc_issuer import codes

# The characters of a compact JWS, and the others that two digits up to 77 can stand for.
TEXTS = st.text(st.characters(min_codepoint=45, max_codepoint=122), min_size=64, max_size=400)


def test_the_specifications_own_pair() -> None:
    assert read_codes(["shc:/43"]) == "X"
    assert read_codes(["shc:/56762909524320603460292437404460"]) == "eyJ6aXAiOiJERUYi"
    assert read_codes(["shc:/1/1/43"]) == "X"
    assert read_codes(["shc:/00777576"]) == "-zxy"


@given(TEXTS, st.integers(1, MAX_PARTS), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_of_all_codes_is_the_text(
    text: str, parts: int, random: st.DataObject
) -> None:
    shown = codes(text, parts)
    shown += random.choices(shown, k=5)  # type: ignore[attr-defined]
    random.shuffle(shown)  # type: ignore[attr-defined]
    assert read_codes(shown) == text


@given(TEXTS, st.integers(2, MAX_PARTS), st.data())
def test_without_one_code_it_is_nothing(text: str, parts: int, data: st.DataObject) -> None:
    shown = codes(text, parts)
    del shown[data.draw(st.integers(0, parts - 1))]
    with pytest.raises(Refused, match="chunks-missing"):
        read_codes(shown)


@given(st.lists(st.text(st.sampled_from("shc:/0123456789 -+x٤")), max_size=4))
def test_any_texts_are_read_or_refused(texts: list[str]) -> None:
    ended = "chunks"
    try:
        read = read_codes([f"shc:/{text}" for text in texts])
    except Refused as refused:
        ended = refused.refusal.stage.value
    else:
        assert all("-" <= character <= "z" for character in read)
    assert ended == "chunks"


def test_no_codes_are_no_card() -> None:
    with pytest.raises(Refused, match="chunks-missing"):
        read_codes([])
