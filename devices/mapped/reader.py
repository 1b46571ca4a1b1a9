"""Reads one vendor's messages as its mapping says; what can't be read is described, not quoted."""

import re
from collections.abc import Mapping
from hashlib import blake2b

from devices.errors import DeviceProtocolError
from devices.ids import is_id
from devices.mapped.message import (
    MappedMessage,
    Read,
    read_passage,
    read_scan,
    read_state,
    read_temperature,
)
from devices.mapped.pointer import follow, parse_pointer
from devices.mapped.settings import As, MappedSettings, is_pointer
from devices.mapped.values import to_word
from devices.native.json_text import parse_json, shape_of
from devices.readings import Reading, Unreadable

MAX_BYTES = 512 * 1024  # face terminals put a portrait into every message
LONGEST_STRING = 32 * 1024  # bytes; the longest text that is read has 8,192 characters
MAX_ID = 256
ID_BYTES = 10

_LIKE_A_PERSONS = re.compile(r"\d{9}")  # telephone and identity numbers have so many digits

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)

_READ: Mapping[As, Read] = {
    "scan": read_scan,
    "temperature": read_temperature,
    "passage": read_passage,
    "state": read_state,
}


class MappedReader:
    """Turns messages of one device into readings.

    An id that the vendor gives and that fits ours stays, unless it may be a person's number; others
    are hashes under `key`, a secret: what a message said can't be tried out against them.
    """

    def __init__(self, settings: MappedSettings, key: bytes) -> None:
        self._settings = settings
        self._key = key
        self._words = {
            name: {word.strip().casefold(): meaning for word, meaning in words.items()}
            for name, words in settings.words.items()
        }
        self._only = [
            (parse_pointer(pointer), to_word(value)) for pointer, value in settings.only.items()
        ]
        values = [value for value in settings.fields.values() if is_pointer(value)]
        self._known = frozenset(
            part for pointer in (*settings.only, *values) for part in parse_pointer(str(pointer))
        )

    def read(self, topic: str, payload: bytes, arrived_ms: int) -> Reading | None:
        """Read one message; None for one that `only` leaves out. `arrived_ms` is Unix time."""
        settings = self._settings
        bare = payload
        try:
            bare = _without_portraits(payload)
            document = self._parse(bare)
            if any(to_word(follow(at, document)) != value for at, value in self._only):
                return None
            unit = settings.unit or "celsius"
            message = MappedMessage(document, settings.fields, self._words, unit)
            return _READ[settings.as_](message, self._id(topic, payload, message, arrived_ms))
        except DeviceProtocolError as error:
            shape = shape_of(bare, self._known)
            return Unreadable(settings.as_, len(payload), error.fault, error.position, shape)

    def _parse(self, payload: bytes) -> object:
        if self._settings.payload == "json":
            return parse_json(payload)
        try:
            return payload.decode()
        except UnicodeDecodeError as error:
            msg = "not UTF-8"
            raise DeviceProtocolError(msg, position=error.start) from None

    def _id(self, topic: str, payload: bytes, message: MappedMessage, arrived_ms: int) -> str:
        given = message.text("id")
        if given and is_id(given) and not _LIKE_A_PERSONS.search(given):
            return given
        if given and len(given) <= MAX_ID:
            parts = (b"id", given.encode("utf-8", "surrogatepass"))
        else:
            parts = (str(arrived_ms // 1000).encode(), payload)
        hashed = blake2b(key=self._key, digest_size=ID_BYTES)
        for part in (topic.encode("utf-8", "surrogatepass"), *parts):
            hashed.update(len(part).to_bytes(4, "big") + part)
        return f"m-{hashed.hexdigest()}"


def _without_portraits(payload: bytes) -> bytes:
    """Empty the strings that are too long to be read anyway, before anything looks at them."""
    if len(payload) > MAX_BYTES:
        msg = f"{len(payload)} bytes, at most {MAX_BYTES} make a message"
        raise DeviceProtocolError(msg, position=MAX_BYTES)
    if len(payload) <= LONGEST_STRING:
        return payload
    return _STRING.sub(lambda found: b'""' if len(found[0]) > LONGEST_STRING else found[0], payload)
