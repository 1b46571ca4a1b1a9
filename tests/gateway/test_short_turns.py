"""gateway.short_turns."""

import sys

from gateway.short_turns import TURN_S, take_short_turns


def test_threads_change_places_ten_times_as_often_as_python_would_have_it() -> None:
    before = sys.getswitchinterval()
    try:
        take_short_turns()
        assert abs(sys.getswitchinterval() - TURN_S) < 1e-6
    finally:
        sys.setswitchinterval(before)
