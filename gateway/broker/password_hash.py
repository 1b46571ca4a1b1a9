"""Passwords as mosquitto keeps them: PBKDF2-HMAC-SHA512, `$7$iterations$salt$hash`.

Source: mosquitto 2.0, src/mosquitto_passwd.c and lib/password_mosq.c (the format only).
"""

import binascii
import hmac
from base64 import b64decode, b64encode
from hashlib import pbkdf2_hmac

ITERATIONS = 101  # mosquitto's own; the passwords made here are random, no guessing finds them
SALT_BYTES = 12
HASH_BYTES = 64


def hash_password(password: str, salt: bytes) -> str:
    """Return the second field of a line of the password file."""
    digest = pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS, HASH_BYTES)
    return f"$7${ITERATIONS}${b64encode(salt).decode()}${b64encode(digest).decode()}"


def password_holds(password: str, hashed: str) -> bool:
    """Tell whether a hash of this format is of this password."""
    try:
        _, kind, iterations, salt, digest = hashed.split("$")
        again = pbkdf2_hmac(
            "sha512", password.encode(), b64decode(salt), int(iterations), HASH_BYTES
        )
        return kind == "7" and hmac.compare_digest(again, b64decode(digest))
    except (ValueError, binascii.Error, OverflowError):
        return False
