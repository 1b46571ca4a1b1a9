"""A keyed hash that names a message without a word of it: the same again, or another."""

from collections.abc import Callable
from hashlib import blake2b

Digest = Callable[[bytes], str]

SIZE = 8  # bytes; enough to tell messages apart, too few to be of use to anybody else


def digest_under(key: bytes) -> Digest:
    """Return the hash under a key: without the key nobody can try texts out against it."""

    def digest(payload: bytes) -> str:
        return blake2b(payload, key=key, digest_size=SIZE, person=b"unreadable").hexdigest()

    return digest
