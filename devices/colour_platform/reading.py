"""A platform's answer, hostile until it is understood: read as its mapping says, or not at all."""

from collections.abc import Iterator, Mapping

from devices.colour_platform.answer import (
    COLOURS,
    FAILING,
    NOT_UNDERSTOOD,
    OF_ANOTHER,
    REFUSES,
    PlatformAnswer,
    Said,
    failed,
)
from devices.colour_platform.settings import AnswerMapping
from devices.colour_platform.templates import fill
from devices.errors import DeviceProtocolError
from devices.mapped.pointer import NOWHERE, follow, parse_pointer
from devices.mapped.values import to_word
from devices.native.json_text import is_text, parse_json
from devices.strict_json import unambiguous

MAX_BYTES = 64 * 1024
MAX_IDENTITY = 256

_REFUSED = frozenset({401, 403})
_BUSY = frozenset({408, 425, 429})


def read_answer(
    mapping: AnswerMapping, status: int, body: bytes, sent: Mapping[str, str]
) -> PlatformAnswer:
    """Read one answer to a request; `sent` is what stood in the request's places."""
    if status in mapping.statuses:
        return _of_word(mapping.statuses[status])
    if not 200 <= status < 300:
        return _of_status(status)
    try:
        document = parse_json(body, MAX_BYTES, pairs=unambiguous)
    except DeviceProtocolError:
        return failed(NOT_UNDERSTOOD)  # a proxy's or a captive network's page, a broken server's
    said = set(_said(mapping, document))
    if len(said) != 1:
        return failed(NOT_UNDERSTOOD, sound=True)
    (word,) = said
    if not _answers_us(mapping, document, sent, needed=word in COLOURS):
        return failed(OF_ANOTHER, sound=True, again=True)
    return _coloured(mapping, document, word) if word in COLOURS else _of_word(word)


def _coloured(mapping: AnswerMapping, document: object, word: Said) -> PlatformAnswer:
    holds = all(
        to_word(follow(parse_pointer(pointer), document)) == to_word(value)
        for pointer, value in mapping.only.items()
    )
    identity = _identity(mapping, document)
    if not holds or (mapping.identity is not None and identity is None):
        return failed(NOT_UNDERSTOOD, sound=True)
    return PlatformAnswer(word, identity=identity)


def _of_word(word: Said) -> PlatformAnswer:
    return failed(FAILING, sound=True) if word is Said.FAILED else PlatformAnswer(word)


def _of_status(status: int) -> PlatformAnswer:
    if status in _REFUSED:
        return failed(REFUSES)
    if status >= 500 or status in _BUSY:
        return failed(FAILING, again=True)
    # A code that it can't read is no fault of the platform; that it lives elsewhere now is one.
    return failed(NOT_UNDERSTOOD, sound=status >= 400)


def _said(mapping: AnswerMapping, document: object) -> Iterator[Said]:
    for says in mapping.says:
        word = to_word(follow(parse_pointer(says.at), document))
        if word in says.words:
            yield says.words[word]


def _answers_us(
    mapping: AnswerMapping, document: object, sent: Mapping[str, str], *, needed: bool
) -> bool:
    """Whether an answer repeats what it has to; one that is no colour may leave it out."""
    for pointer, template in mapping.echo.items():
        found = follow(parse_pointer(pointer), document)
        if found is NOWHERE and not needed:
            continue
        if not isinstance(found, str | int) or str(found) != fill(template, sent):
            return False
    return True


def _identity(mapping: AnswerMapping, document: object) -> str | None:
    if mapping.identity is None:
        return None
    found = follow(parse_pointer(mapping.identity), document)
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    return found if isinstance(found, str) and is_text(found, MAX_IDENTITY) else None
