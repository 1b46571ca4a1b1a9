"""Hostile inputs in little; see tests.edge_rules.credentials.fuzzing for a million each."""

import pytest

from tests.edge_rules.credentials.fuzzing import SLOW_MS, TARGETS, Target, crowded, fuzz

COUNT = 1200  # of each of the decoders: some 20,000


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_crashes_a_decoder_or_holds_it_up(name: str) -> None:
    found = fuzz(TARGETS[name], COUNT, seed=3)
    assert found.crashes == []
    assert found.slow == []
    assert found.tried == COUNT
    assert found.taken > 0
    assert found.worst_ms < SLOW_MS


def test_a_good_input_of_each_is_taken() -> None:
    for target in TARGETS.values():
        target.decode(target.seeds[0])


def test_the_crowded_certificate_is_one() -> None:
    assert len(crowded()) > 14_000
    TARGETS["certificate"].decode(crowded())


def test_a_crash_and_a_slow_input_are_told() -> None:
    def decode(data: bytes) -> None:
        if data == b"crash":
            raise KeyError(data)
        for _ in range(2_000_000 if data == b"slow" else 0):
            pass

    target = Target("planted", decode, (ValueError,), [b"good", b"crash", b"slow"])
    found = fuzz(target, 3, seed=1)
    assert [(data, error) for data, error in found.crashes] == [(b"crash", "KeyError(b'crash')")]
    assert (found.taken, found.worst) == (2, b"slow")
