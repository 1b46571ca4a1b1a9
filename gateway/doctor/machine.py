"""The machine itself: Python, the broker's program, the clock."""

import ctypes
import platform
import sys
import time
from collections.abc import Iterator
from datetime import datetime

from devices.errors import PartMissingError
from gateway.broker.programs import (
    AMQTT,
    INSTALL_MOSQUITTO,
    best_program,
    find_mosquitto,
    mosquitto_version,
)
from gateway.doctor.findings import Finding, bad, missing, ok, warn

OLDEST_PYTHON = (3, 11)
OLDEST_MOSQUITTO = (2, 0)
EARLIEST_YEAR = 2025  # before this program was made no clock can be right
LATEST_YEAR = 2100

NOT_SYNCHRONISED = 5  # TIME_ERROR of <sys/timex.h>
TIMEX_BYTES = 512  # struct timex has 208; all zero asks and sets nothing


def look_at_python() -> Iterator[Finding]:
    """Tell whether the interpreter is new enough."""
    here = platform.python_version()
    if sys.version_info[:2] < OLDEST_PYTHON:
        yield bad("python", here, "sudo apt-get install python3.11, then make run")
    else:
        yield ok("python", here)


def look_at_mosquitto(*, needed: bool) -> Iterator[Finding]:
    """Tell whether mosquitto is here, if the gateway is to run its own broker."""
    path = find_mosquitto()
    if path is None:
        yield from _without_mosquitto(needed=needed)
        return
    version = mosquitto_version(path)
    if version is None:
        yield warn("mosquitto", f"{path} does not tell its version", "reinstall mosquitto")
    elif _numbers(version) < OLDEST_MOSQUITTO:
        yield warn("mosquitto", version, "2.0 or newer takes the limits we set: upgrade it")
    else:
        yield ok("mosquitto", version)


def _without_mosquitto(*, needed: bool) -> Iterator[Finding]:
    if not needed:
        yield ok("mosquitto", "not installed here, and the site needs none here")
        return
    try:
        best_program()
    except PartMissingError as error:
        yield missing("mosquitto", "neither mosquitto nor amqtt is installed", error.remedy)
    else:
        yield warn("mosquitto", str(AMQTT.shortcoming), INSTALL_MOSQUITTO)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def look_at_clock(now: datetime) -> Iterator[Finding]:
    """Tell whether the time, which readings are judged by, is plausible and kept by NTP."""
    remedy = "sudo timedatectl set-ntp true"
    if not EARLIEST_YEAR <= now.year < LATEST_YEAR:
        yield bad("clock", f"says {now:%Y-%m-%d}", f"set the date, then {remedy}")
        return
    synchronised = kernel_says_synchronised()
    if synchronised is None:
        said = f"{now:%Y-%m-%d %H:%M} UTC; whether NTP keeps it can't be seen here"
        yield warn("clock", said, remedy)
    elif not synchronised:
        yield warn("clock", f"{now:%Y-%m-%d %H:%M} UTC, not synchronised by NTP", remedy)
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M} UTC, synchronised")
    if not hasattr(time, "CLOCK_BOOTTIME"):
        yield bad("clock", "no CLOCK_BOOTTIME", "run on Linux: grants are measured on it")


def kernel_says_synchronised() -> bool | None:
    """Ask the kernel whether some NTP service keeps its clock; None where it can't be asked."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else bool(state != NOT_SYNCHRONISED)
