"""The machine's two clocks."""

import time

from devices.moment import Moment


class SystemClock:
    """CLOCK_BOOTTIME for lives, which runs on through suspend; the wall clock for stamps."""

    def now(self) -> Moment:
        """Read both."""
        boot_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) / 1_000_000
        return Moment(boot_ms, time.time_ns() // 1_000_000)
