"""The machine's two clocks, and who set the one that can be wrong."""

import asyncio
import ctypes
import time
from collections.abc import Callable
from pathlib import Path

from devices.moment import Moment
from edge_rules.inputs import ClockJudged

TOGETHER_MS = 5.0  # between the two readings of one clock around that of the other
TRIES = 5
WATCH_S = 10.0
TIMEX_BYTES = 512  # the kernel's struct timex has 208, and may grow
TIMEX_ERROR = 5  # TIME_ERROR of <sys/timex.h>: nothing keeps the clock in step


class SystemClock:
    """CLOCK_BOOTTIME for lives, which runs on through suspend; the wall clock for stamps."""

    def now(self) -> Moment:
        """Read both as one: a thread that is put to sleep in between must not look like a step."""
        for _ in range(TRIES):
            before_ms = _boot_ms()
            wall_ms = time.time_ns() // 1_000_000
            boot_ms = _boot_ms()
            if boot_ms - before_ms <= TOGETHER_MS:
                break
        return Moment(boot_ms, wall_ms)


def clock_source(root: Path = Path("/"), timex: Callable[[], int] | None = None) -> str | None:
    """Name what set the wall clock: `ntp`, `rtc` (a battery), `host`; None if nothing that knows.

    Without a network a box with a battery knows the time, and a virtual machine has its host's; a
    box with neither begins in 1970, or where it was last switched off.
    """
    state = (timex or _timex)()
    if 0 <= state < TIMEX_ERROR or (root / "run/systemd/timesync/synchronized").exists():
        return "ntp"
    if any(_says(path, "1") for path in (root / "sys/class/rtc").glob("*/hctosys")):
        return "rtc"
    return "host" if _is_guest(root) else None


async def watch_source(
    take: Callable[[ClockJudged], None], source: Callable[[], str | None]
) -> None:
    """Tell the rules who set the clock, for ever; also so that no step waits for a reading."""
    known: str | None = None
    while True:
        known = source() or known
        take(ClockJudged(known))
        await asyncio.sleep(WATCH_S)


def _boot_ms() -> float:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) / 1_000_000


def _timex() -> int:
    """Ask the kernel; all zero, the structure changes nothing. -1 where asking is forbidden."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES)))
    except (OSError, AttributeError):
        return -1


def _says(path: Path, word: str) -> bool:
    try:
        return path.read_text("utf-8").strip() == word
    except (OSError, UnicodeDecodeError):
        return False


def _is_guest(root: Path) -> bool:
    try:
        flags = (root / "proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        flags = ""
    return " hypervisor" in flags or (root / "sys/hypervisor/type").exists()
