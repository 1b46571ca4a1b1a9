"""What a scanner meant that types as a keyboard of the United States, where another one is set.

Each row says what the keys give for the characters that signed codes are made of; where two rows
could have made a text, the first one counts, and a wrong one ends in a failing stage. Checked
against xkeyboard-config 2.35 and the layouts of Windows.
"""

import re
from collections.abc import Iterator, Mapping

_MEANT = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:]shc"
_ROWS = (
    _MEANT,  # the right keyboard, with Caps Lock on
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXZY $%(`ß.-Ö+shc",  # German
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXZY ç%(`'.-é¨shc",  # Swiss, German
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXZY ç%(`'.-ö¨shc",  # Swiss, French
    "à&é\"'(-è_çQBCDEFGHIJKL?NOPARSTUVZXYW 458+):!M$shc",  # French
    "à&é\"'(§è!çQBCDEFGHIJKL?NOPARSTUVZXYW 458_):=M$shc",  # Belgian
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%(^'.-ç+shc",  # Italian
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%(¿'.-Ñ+shc",  # Spanish
)
# An input method for Chinese makes characters wide, and some of them its own punctuation.
_WIDE: Mapping[int, int | str] = {code + 0xFEE0: code for code in range(0x21, 0x7F)} | {
    ord("\N{IDEOGRAPHIC SPACE}"): " ",
    ord("\N{IDEOGRAPHIC FULL STOP}"): ".",
    ord("\N{IDEOGRAPHIC COMMA}"): "/",
    ord("\N{FULLWIDTH YEN SIGN}"): "$",
    ord("\N{YEN SIGN}"): "$",
}
# The plus sign is a dead key in German and Swiss: with a vowel it makes one letter, with a blank
# a bare accent. Where no letter wears one, the key was not dead.
_VOWELS = "AEIOUaeiou"
_GRAVE = {ord(made): f"`{vowel}" for made, vowel in zip("ÀÈÌÒÙàèìòù", _VOWELS, strict=True)}
_BARE = re.compile(f"`(?=[{_VOWELS}])")


def _swapped(row: str) -> str:
    """Give what a row's keys make with Caps Lock on; sharp s has no capital there.

    Without `shc`: a card's text has no other letters, so that nothing else tells of Caps Lock.
    """
    made = row.removesuffix("shc")
    return "".join(one if one == "ß" else one.swapcase() for one in made)


def _reading(row: str) -> Mapping[int, str]:
    return {ord(typed): meant for typed, meant in zip(row, _MEANT, strict=False)}


_READINGS = tuple(_reading(made) for row in _ROWS for made in (row, _swapped(row)))[1:]


def as_typed(text: str) -> Iterator[str]:
    """Give each text that a wrongly set keyboard could have made this one of, likeliest first."""
    narrow = text.translate(_WIDE)
    if narrow != text:
        yield narrow
    apart = _apart(narrow)
    made_of = {False: set(map(ord, narrow)), True: set(map(ord, apart))}
    for reading in _READINGS:
        dead = ord("`") in reading
        if made_of[dead] <= reading.keys():
            yield (apart if dead else narrow).translate(reading)


def _apart(text: str) -> str:
    apart = text.translate(_GRAVE)
    return text if apart == text else _BARE.sub("` ", text).translate(_GRAVE)
