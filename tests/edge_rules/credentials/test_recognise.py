"""edge_rules.credentials.recognise and keyboards: what a scanner did to a text is undone, or told.

The keyboards here are written down key by key from their own drawings, not from the rows that
undo them.
"""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_rules.credentials import keyboards
from edge_rules.credentials.credential import CredentialKind
from edge_rules.credentials.recognise import MAX_TYPED, read_scan
from simulators.dcc_issuer import invent_holder
from tests.edge_rules.credentials import cards, chain, passes
from tests.edge_rules.credentials.chain import good

CERTIFICATE, CARD, PASS = good(), cards.good(), passes.printed()
GENUINE = {
    CredentialKind.EU_DCC: CERTIFICATE,
    CredentialKind.SMART_HEALTH_CARD: CARD,
    CredentialKind.ESTATE_PASS: PASS,
}
SHIFTED = dict(zip("1234567890-=[];'\\,./`", '!@#$%^&*()_+{}:"|<>?~', strict=True))
KEYS = "1234567890-=qwertyuiop[]asdfghjkl;'zxcvbnm,./"
KEYBOARDS = {
    "German": (
        "1234567890ß´qwertzuiopü+asdfghjklöäyxcvbnm,.-",
        '!"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄYXCVBNM;:_',
    ),
    "Swiss": (
        "1234567890'^qwertzuiopü¨asdfghjklöäyxcvbnm,.-",
        '+"*ç%&/()=?`QWERTZUIOPè!ASDFGHJKLéàYXCVBNM;:_',
    ),
    "French": (
        "&é\"'(-è_çà)=azertyuiop^$qsdfghjklmùwxcvbn,;:!",
        "1234567890°+AZERTYUIOP¨£QSDFGHJKLM%WXCVBN?./§",
    ),
    "Belgian": (
        "&é\"'(§è!çà)-azertyuiop^$qsdfghjklmùwxcvbn,;:=",
        "1234567890°_AZERTYUIOP¨*QSDFGHJKLM%WXCVBN?./+",
    ),
    "Italian": (
        "1234567890'ìqwertyuiopè+asdfghjklòàzxcvbnm,.-",
        '!"£$%&/()=?^QWERTYUIOPé*ASDFGHJKLç°ZXCVBNM;:_',
    ),
    "Spanish": (
        "1234567890'¡qwertyuiop`+asdfghjklñ´zxcvbnm,.-",
        '!"·$%&/()=?¿QWERTYUIOP^*ASDFGHJKLÑ¨ZXCVBNM;:_',
    ),
    "none": (KEYS, "".join(SHIFTED.get(key, key.upper()) for key in KEYS)),
}


def typed(text: str, keyboard: str, *, caps: bool = False, dead: bool = False) -> str:
    """Type a text as a scanner does that believes in a keyboard of the United States."""
    plain, shifted = KEYBOARDS[keyboard]
    made = []
    for character in text:
        if character == " ":
            made.append(" ")
            continue
        low = {shift: key for key, shift in SHIFTED.items()}.get(character, character.lower())
        at, is_shifted = KEYS.index(low), character != low
        one = (shifted if is_shifted else plain)[at]
        if caps and one.isalpha() and one != "ß":
            one = one.swapcase()
        made.append(one)
    said = "".join(made)
    if dead:
        said = re.sub("`([AEIOUaeiou ])", composed, said)
    return said


def composed(found: re.Match[str]) -> str:
    return (
        "`"
        if found[1] == " "
        else unicodedata.normalize("NFC", found[1] + "\N{COMBINING GRAVE ACCENT}")
    )


@pytest.mark.parametrize("kind", GENUINE)
@pytest.mark.parametrize("caps", [False, True])
@pytest.mark.parametrize("keyboard", KEYBOARDS)
@pytest.mark.parametrize("mark", ["", "]Q1"])
def test_a_keyboard_of_another_country_is_undone(
    keyboard: str, caps: bool, kind: CredentialKind, mark: str
) -> None:
    text = GENUINE[kind]
    damaged = typed(mark + text, keyboard, caps=caps)
    assert (keyboard, caps) == ("none", False) or damaged != mark + text
    if caps and text.startswith("shc"):
        assert read_scan(damaged)[0] is CredentialKind.UNKNOWN
    else:
        assert read_scan(f"{damaged}\r\n") == (kind, text)


def test_a_dead_key_is_undone_where_it_leaves_no_doubt() -> None:
    undone = 0
    for number in range(60):
        text = chain.issuer().issue(
            "test", invent_holder(number), chain.ISSUED_MS, chain.EXPIRES_MS
        )
        damaged = typed(text, "German", dead=True)
        kind, said = read_scan(damaged)
        assert kind is CredentialKind.EU_DCC
        if said == text:
            undone += 1
        else:  # a plus sign before a blank, and a consonant behind it: nobody can tell
            assert re.search(r"\+ [^AEIOU]|\+ $", text)
            assert not chain.judge(damaged).ok
    assert undone > 30


def test_where_the_plus_sign_is_not_dead_it_is_one() -> None:
    text = "HC1:6BF+A4N+E+ O+70T9WTW"
    assert read_scan(typed(text, "German"))[1] == text
    assert read_scan(typed(text, "German", dead=True))[1] == text


@pytest.mark.parametrize("kind", GENUINE)
def test_what_stands_around_a_text_is_cut(kind: CredentialKind) -> None:
    text = GENUINE[kind]
    for before, behind in (
        ("\ufeff", "\r\n"), ("\2", "\3"), ("]Q1", "\t"), ("]d2", ""), (" \t]Q3", "\x1d\r"),
        ("\ufeff]Q1\ufeff", "\0"), ("", "\x04"),
    ):  # fmt: skip
        assert read_scan(before + text + behind) == (kind, text)


@pytest.mark.parametrize("kind", GENUINE)
def test_an_input_method_for_chinese_is_undone(kind: CredentialKind) -> None:
    text = GENUINE[kind]
    wide = "".join("\u3000" if c == " " else chr(ord(c) + 0xFEE0) for c in text)
    assert read_scan(wide) == (kind, text)
    punctuated = text.translate(str.maketrans(":./$", "：。、￥"))
    assert read_scan(punctuated) == (kind, text)


@pytest.mark.parametrize("kind", GENUINE)
def test_letters_that_only_look_alike_are_refused(kind: CredentialKind) -> None:
    text = GENUINE[kind]
    for alike in (
        "\N{CYRILLIC CAPITAL LETTER EN}",
        "\N{GREEK CAPITAL LETTER ETA}",
        "𝐇",
        "Ⓗ",
        "Ｈ\u0301",
    ):
        assert read_scan(alike + text[1:])[0] is CredentialKind.UNKNOWN
    digits = "".join(chr(ord("٠") + int(c)) if c.isdecimal() else c for c in text)
    assert read_scan(digits)[0] is CredentialKind.UNKNOWN or not chain.judge(digits).ok
    assert read_scan(text[:4].swapcase() + text[4:])[0] is CredentialKind.UNKNOWN


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    kind, said = read_scan(text)
    assert kind in {*GENUINE, CredentialKind.UNKNOWN}
    assert kind is not CredentialKind.UNKNOWN or said in text


@given(st.sampled_from(list(GENUINE)), st.integers(0, 200), st.characters())
def test_a_text_that_is_known_is_left_as_it_is(
    kind: CredentialKind, at: int, character: str
) -> None:
    text = GENUINE[kind]
    damaged = text[: at + 5] + character + text[at + 5 :]
    assert read_scan(damaged) == (kind, damaged)


def test_each_row_gives_each_character_once() -> None:
    for row in keyboards._ROWS:
        for made in (row, keyboards._swapped(row)):
            assert len(set(made)) == len(made) >= len(keyboards._MEANT) - 3


def test_what_is_longer_than_any_code_is_not_mended() -> None:
    assert read_scan("hc1:" + "a" * MAX_TYPED)[0] is CredentialKind.UNKNOWN
    assert read_scan("]Q1HC1:" + "A" * MAX_TYPED)[0] is CredentialKind.EU_DCC
