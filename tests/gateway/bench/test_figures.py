"""gateway.bench.figures."""

import json

from hypothesis import given
from hypothesis import strategies as st

from gateway.bench.figures import quantile, rate_line, time_line


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([0.0, 0.5, 0.99, 1.0]))
def test_a_quantile_is_a_value_that_its_share_does_not_exceed(
    values: list[float], share: float
) -> None:
    found = quantile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)


def test_both_ratios_say_how_many_times_the_floor_it_takes() -> None:
    slower = json.loads(time_line("x", 30.0, 10.0, more=1))
    assert slower == {"name": "x", "us": 30.0, "floor_us": 10.0, "ratio": 3.0, "more": 1}
    rate = json.loads(rate_line("y", 100.0, 300.0))
    assert rate == {"name": "y", "per_s": 100, "floor_per_s": 300, "ratio": 3.0}
