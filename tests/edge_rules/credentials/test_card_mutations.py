"""One edit of a good card's text: nothing else than the card itself is ever accepted."""

from random import Random

from simulators.shc_issuer import codes
from tests.edge_rules.credentials.cards import as_jws, good, judge

EDITS = 6000
TEXT = good()
PARTS = codes(as_jws(TEXT), 3)
KEYS = "0123456789/:shc.x"


def edited(rng: Random, text: str) -> str:
    at = rng.randrange(len(text))
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + rng.choice(KEYS) + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + rng.choice(KEYS) + text[at:]
    other = rng.randrange(len(text))
    low, high = min(at, other), max(at, other)
    return text[:low] + text[low:high][::-1] + text[high:]


def test_no_edit_of_a_card_in_one_code_is_accepted() -> None:
    rng = Random(11)
    for _ in range(EDITS):
        text = edited(rng, TEXT)
        judgement = judge(text)
        assert judgement.ok == (text == TEXT)
        assert text == TEXT or judgement.subject is None


def test_no_edit_of_one_code_of_several_is_accepted() -> None:
    rng = Random(12)
    for _ in range(EDITS // 3):
        shown = list(PARTS)
        at = rng.randrange(3)
        shown[at] = edited(rng, shown[at])
        assert judge(shown).ok == (shown[at] == PARTS[at])
