"""The list on disk: keyed hashes of names, under a key of its own, and what kind of person each is.

The key is not the subjects' one: that rotates, and nobody could hash the list anew, since the names
are nowhere. For the same reason the two can't be joined: no subject tells who is on the list.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from devices.errors import Fault, SetupError
from edge_rules.credentials.pass_terms import PERSONS
from gateway.keys import load_key
from gateway.people.spelling import plain_home, plain_name
from gateway.whole_file import write_whole

FOLDER = "people"  # of the data folder
LIST = "people.list"
KEY = "list.key"
MAX_PEOPLE = 200_000
MAX_BYTES = 32 * 1024 * 1024
HASH_BYTES = 16

NOT_LISTED = "not-listed"
HOME_NEEDED = "home-needed"


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """One line of what is imported; gone once it is hashed."""

    name: str
    kind: str
    home: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class PeopleList:
    """Who is on the list, as keyed hashes; `homes` maps a name's to its homes' and kinds."""

    key: bytes
    homes: Mapping[str, tuple[tuple[str | None, str], ...]] = field(default_factory=dict)

    def ask(self, name: str, home: str = "") -> tuple[str | None, str | None]:
        """Return what kind of person it is, or the word for why that can't be said."""
        if not (plain := plain_name(name)):
            return None, NOT_LISTED
        found = self.homes.get(hash_of(self.key, "name", plain), ())
        if home:
            at = hash_of(self.key, "home", plain, plain_home(home))
            found = tuple((there, kind) for there, kind in found if there == at)
        kinds = {kind for _, kind in found}
        if not kinds:
            return None, NOT_LISTED
        return (kinds.pop(), None) if len(kinds) == 1 else (None, HOME_NEEDED)

    def counts(self) -> dict[str, int]:
        """Count the people of each kind."""
        kinds = [kind for homes in self.homes.values() for _, kind in homes]
        return {kind: kinds.count(kind) for kind in PERSONS if kind in kinds}


def hash_of(key: bytes, what: str, *parts: str) -> str:
    """Hash under the list's key; without it nobody can try names out."""
    text = "\0".join((what, *parts)).encode("utf-8", "replace")
    return blake2b(text, key=key, digest_size=HASH_BYTES, person=b"estate-list").hexdigest()


def list_path(data: Path) -> Path:
    """Name the file of a data folder."""
    return data / FOLDER / LIST


def store_list(data: Path, people: Iterable[Person]) -> int:
    """Put a list in the place of the one before; return how many are on it."""
    key = _key(data)
    rows = {_row(key, person) for person in people}
    # Sorted by hash: their order tells nothing of the file that they came from.
    write_whole(list_path(data), json.dumps({"people": sorted(rows, key=str)}).encode())
    return len(rows)


def load_list(data: Path) -> PeopleList | None:
    """Read the list, None where there is none; SetupError says what is wrong with it."""
    path = list_path(data)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SetupError([Fault(str(path), 1, 1, f"over {MAX_BYTES} bytes: import it anew")])
        homes: dict[str, list[tuple[str | None, str]]] = {}
        for name, home, kind in json.loads(path.read_bytes())["people"]:
            homes.setdefault(name, []).append((home, PERSONS[PERSONS.index(kind)]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        what = "is damaged: import the list anew"
        raise SetupError([Fault(str(path), 1, 1, what)]) from error
    return PeopleList(_key(data), {name: tuple(found) for name, found in homes.items()})


def _row(key: bytes, person: Person) -> tuple[str, str | None, str]:
    name, home = plain_name(person.name), plain_home(person.home)
    at = hash_of(key, "home", name, home) if home else None
    return hash_of(key, "name", name), at, person.kind


def _key(data: Path) -> bytes:
    return load_key(data / FOLDER / KEY, "the list has to be imported anew")
