"""What the same bytes cost without us: a bare fdatasync, bare SQLite, bare HTTP."""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

POINTS = 1000  # of one request, as the forwarder sends them


@contextmanager
def bare_file(path: Path) -> Iterator[int]:
    """Open a file to append to."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def fsync_us(handle: int, data: bytes) -> float:
    """Append and have it on the disk."""
    began_s = time.perf_counter()
    os.write(handle, data)
    os.fdatasync(handle)
    return (time.perf_counter() - began_s) * 1e6


def bare_sqlite_s(path: Path, texts: Sequence[bytes], group: int) -> float:
    """Insert texts into a table without an index, so many a commit."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, event TEXT)")
        began_s = time.perf_counter()
        for start in range(0, len(texts), group):
            db.execute("BEGIN")
            rows = ((text,) for text in texts[start : start + group])
            db.executemany("INSERT INTO events (event) VALUES (?)", rows)
            db.execute("COMMIT")
        return time.perf_counter() - began_s


def bare_http_s(url: str, bodies: Sequence[bytes]) -> float:
    """Post ready line protocol, one request after the other."""
    began_s = time.perf_counter()
    for body in bodies:
        asked = Request(f"{url}/api/v2/write?precision=ms&org=o&bucket=b", body)  # noqa: S310
        with urlopen(asked, timeout=30) as answer:  # noqa: S310 - loopback
            answer.read()
    return time.perf_counter() - began_s


def line_bodies(count: int, at_ms: int) -> list[bytes]:
    """Write points as the forwarder's, of a site of their own."""
    tags = "credential=eu-dcc,decision=admit,lane=north-in,reason=healthy,site=bare"
    lines = [f"passage,{tags} count=1.0,celsius=36.4,latency_ms=1.5 {at_ms + n}"
             for n in range(count)]  # fmt: skip
    return ["\n".join(lines[at : at + POINTS]).encode() for at in range(0, count, POINTS)]
