"""Who may use the page and its API: tokens on disk, one-time links, signed sessions."""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from gateway.keys import KEY_BYTES, create_key
from gateway.tokens import TokenFile, TokenRecord

SESSION_LIFE_S = 12 * 3600  # one shift
LINK_LIFE_S = 12 * 3600
MAX_LINKS = 32  # one-time links that nobody used; the oldest goes first
TOKEN_MAX_LENGTH = 128  # ours have 43 characters; nothing longer is worth hashing


class Role(StrEnum):
    """What somebody may do; each role may do all that the one before it may."""

    VIEWER = "viewer"
    GUARD = "guard"
    ADMIN = "admin"

    def covers(self, other: "Role") -> bool:
        """Tell whether this role may do what the other may."""
        ladder = list(Role)
        return ladder.index(self) >= ladder.index(other)


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who signed in; `name` is of a post or a link, not of a person."""

    name: str
    role: Role
    token: str | None  # the id of the token behind it, None for a one-time link


class Access:
    """Judges tokens, links and sessions of one gateway; keeps no token in the clear."""

    def __init__(self, folder: Path, *, now: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self._tokens = TokenFile(folder)
        self._now = now
        self._links: OrderedDict[str, tuple[Operator, float]] = OrderedDict()
        self._signer = URLSafeSerializer(session_key(folder), salt="menshen-session")

    def bearer(self, token: str) -> Operator | None:
        """Return who holds a token, None if it is unknown or revoked."""
        if not 0 < len(token) <= TOKEN_MAX_LENGTH:
            return None
        return _operator(self._tokens.by_hash(hash_token(token)))

    def one_time(self, role: Role | str) -> str:
        """Make a link's token: it signs in once, while this process lives."""
        token = secrets.token_urlsafe(32)
        operator = Operator(f"link-{secrets.token_hex(3)}", Role(role), None)
        self._links[hash_token(token)] = (operator, self._now() + LINK_LIFE_S)
        while len(self._links) > MAX_LINKS:
            self._links.popitem(last=False)
        return token

    def sign_in(self, token: str) -> str | None:
        """Turn a token or a one-time link's token into a session, None if it is no good."""
        operator = self.bearer(token) or self._use_link(token)
        if operator is None:
            return None
        return self._signer.dumps(
            {
                "name": operator.name,
                "role": operator.role.value,
                "token": operator.token,
                "ends": int(self._now()) + SESSION_LIFE_S,
            }
        )

    def session(self, cookie: str) -> Operator | None:
        """Return who a session belongs to, None once it ended or its token was revoked."""
        try:
            held: dict[str, Any] = self._signer.loads(cookie)
        except BadSignature:
            return None
        if held["ends"] <= self._now():
            return None
        if held["token"] is not None:
            return _operator(self._tokens.by_id(held["token"]))
        return Operator(held["name"], Role(held["role"]), None)

    def _use_link(self, token: str) -> Operator | None:
        if len(token) > TOKEN_MAX_LENGTH:
            return None
        operator, ends = self._links.pop(hash_token(token), (None, 0.0))
        return operator if ends > self._now() else None


def hash_token(token: str) -> str:
    """Hash a token for keeping; a plain hash is enough for 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def session_key(folder: Path) -> bytes:
    """Return the key that signs sessions; it is kept, so that a restart signs nobody out."""
    path = folder / "session.key"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size < KEY_BYTES:
        path.unlink()  # a key that was cut short is one that can be guessed
    if not path.exists():
        create_key(path)
    return path.read_bytes()


def _operator(record: TokenRecord | None) -> Operator | None:
    return None if record is None else Operator(record.name, Role(record.role), record.id)
