"""Key sets of the issuers of cards that a site believes already, fetched from them anew."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import httpx

from devices.errors import MenshenError
from devices.strict_json import JsonRefusedError, parse_strict
from edge_rules.credentials.card_refreshing import (
    MAX_FETCHED,
    FetchedError,
    check_fetched,
    well_known,
)
from edge_rules.credentials.trust import CARD_ISSUERS, read_contents
from gateway.trust.importing import IMPORTED
from gateway.trust_folder import files_of
from gateway.whole_file import write_whole

DEADLINE_S = 20.0  # of one issuer, all in all
STEP_S = 5.0
CHUNK = 16 * 1024
MODE = 0o644

Fetch = Callable[[str], bytes]


class FetchFailedError(MenshenError):
    """A set that could not be had; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What became of one issuer: a fault, or how many keys came and went."""

    issuer: str
    added: int = 0
    gone: int = 0
    fault: str | None = None


def refresh(folder: Path, fetch: Fetch) -> Iterator[Refreshed]:
    """Bring every file of key sets up to date, each in one step, and tell of every issuer in it.

    What was imported as a directory's snapshot is left to the next import.
    """
    for name, data in files_of(folder, []):
        path = Path(name)
        if path.name.endswith(CARD_ISSUERS) and IMPORTED not in path.suffixes:
            yield from _refresh_file(path, data, fetch)


def fetch_set(url: str, *, transport: httpx.BaseTransport | None = None) -> bytes:
    """Fetch from this very address: TLS, no redirect, bounded in time and size."""
    done: Queue[bytes | FetchFailedError] = Queue()
    # A thread, since the client bounds each step alone; one that hangs ends with the command.
    Thread(target=lambda: done.put(_fetched(url, transport)), daemon=True).start()
    try:
        found = done.get(timeout=DEADLINE_S)
    except Empty:
        msg = f"is not done within {DEADLINE_S:.0f} s"
        raise FetchFailedError(msg) from None
    if isinstance(found, FetchFailedError):
        raise found
    return found


def _fetched(url: str, transport: httpx.BaseTransport | None) -> bytes | FetchFailedError:
    found = b""
    try:
        with (
            httpx.Client(timeout=STEP_S, follow_redirects=False, transport=transport) as client,
            client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                return FetchFailedError(f"answers {answer.status_code}, and must answer 200")
            for some in answer.iter_bytes(CHUNK):
                found += some
                if len(found) > MAX_FETCHED:
                    return FetchFailedError(f"answers with over {MAX_FETCHED} bytes")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return FetchFailedError(f"can't be reached: {type(error).__name__}")
    return found


def _refresh_file(path: Path, data: bytes, fetch: Fetch) -> Iterator[Refreshed]:
    try:
        content = parse_strict(data)
    except JsonRefusedError:
        return  # `menshen trust check` tells of it
    changed = False
    for issuer, entry in list(_entries(content)):
        done, keys = _refreshed(issuer, entry, fetch)
        if keys is not None and keys != entry.get("keys"):
            entry["keys"] = keys
            changed = True
        yield done
    if changed:
        write_whole(path, json.dumps(content, indent=1).encode(), mode=MODE)


def _refreshed(issuer: str, entry: dict[str, Any], fetch: Fetch) -> tuple[Refreshed, Any]:
    own = json.dumps({"issuer": issuer, "keys": entry.get("keys")}).encode()
    try:
        (pinned,) = read_contents([(f"own{CARD_ISSUERS}", own)]).cards.sets
        fetched = fetch(well_known(issuer))
        found = check_fetched(issuer, fetched, pinned.keys)
    except (MenshenError, FetchedError) as error:
        return Refreshed(issuer, fault=str(error)), None
    return Refreshed(issuer, len(found.added), len(found.gone)), parse_strict(fetched)["keys"]


def _entries(content: Any) -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401 - JSON
    """Walk the sets of a file in whichever form it has; a snapshot has none that is one's own."""
    if isinstance(content, list):
        yield from ((str(one.get("issuer")), one) for one in content if isinstance(one, dict))
    elif isinstance(content, dict) and "keys" in content:
        yield str(content.get("issuer")), content
    elif isinstance(content, dict) and "issuerInfo" not in content:
        yield from ((issuer, one) for issuer, one in content.items() if isinstance(one, dict))
