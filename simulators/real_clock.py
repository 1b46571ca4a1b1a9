"""The clocks of this machine, for simulated devices that live in real time."""

import time

from devices.moment import Moment


def real_now() -> Moment:
    """Read both clocks."""
    boot_ms = time.clock_gettime(time.CLOCK_BOOTTIME) * 1000
    return Moment(boot_ms, time.time_ns() // 1_000_000)
