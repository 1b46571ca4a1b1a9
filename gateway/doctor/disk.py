"""The data folder and the disk below it: room, speed, privacy."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from gateway.doctor.findings import Finding, bad, ok, warn

MIB = 1024 * 1024
ROOM_BAD = 200 * MIB
ROOM_WARN = 1024 * MIB
SYNC_WARN_MS = 50
SYNC_BAD_MS = 500  # a decision waits at most a second for its record
SYNCS = 11
PAGE = bytes(4096)


def look_at_disk(folder: Path) -> Iterator[Finding]:
    """Tell whether records can be kept: the folder, the room, how long the disk takes."""
    place = _existing(folder)
    yield _folder(folder, place)
    yield _room(place)
    if os.access(place, os.W_OK | os.X_OK):
        yield _speed(place)


def _existing(folder: Path) -> Path:
    """Return the folder, or its nearest parent that is there."""
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())


def _folder(folder: Path, place: Path) -> Finding:
    if not place.is_dir():
        return bad("data folder", f"{place} is no folder", f"move it away, then mkdir {folder}")
    if not os.access(place, os.W_OK | os.X_OK):
        remedy = f"sudo install -d -m 700 -o $USER {folder}"
        return bad("data folder", f"{place} can't be written by this user", remedy)
    if place != folder:
        return ok("data folder", f"{folder} will be made")
    mode = folder.stat().st_mode & 0o777
    if mode & 0o077:
        said = f"{folder} can be read by others (mode {mode:o})"
        return warn("data folder", said, f"chmod 700 {folder}")
    return ok("data folder", f"{folder} is this user's alone")


def _room(place: Path) -> Finding:
    free = shutil.disk_usage(place).free
    said = f"{free // MIB} MiB free at {place}"
    remedy = "make room, or name a larger disk in data:"
    if free < ROOM_BAD:
        return bad("disk room", said, remedy)
    return warn("disk room", said, remedy) if free < ROOM_WARN else ok("disk room", said)


def _speed(place: Path) -> Finding:
    took_ms = median(_syncs(place))
    said = f"{took_ms:.1f} ms for a record to be safe (median of {SYNCS})"
    remedy = "name a faster disk in data:, no SD card and no network disk"
    if took_ms > SYNC_BAD_MS:
        return bad("disk speed", said, remedy)
    return warn("disk speed", said, remedy) if took_ms > SYNC_WARN_MS else ok("disk speed", said)


def _syncs(place: Path) -> Iterator[float]:
    with tempfile.TemporaryFile(dir=place, prefix=".doctor-") as file:
        for _ in range(SYNCS):
            begun = time.perf_counter()
            file.write(PAGE)
            file.flush()
            os.fsync(file.fileno())
            yield (time.perf_counter() - begun) * 1000
