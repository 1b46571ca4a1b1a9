"""simulators.virtual.faults and the trace that tells one world from another."""

import pytest

from devices.errors import MenshenError
from simulators.virtual.faults import KINDS, Faults, chosen
from simulators.virtual.trace import Trace


def drawn(kinds: frozenset[str], about: str) -> list[bool]:
    """Let a kind take its chance every tenth of a second."""
    now = [0.0]
    faults = Faults("7", kinds, 300, lambda: now[0])
    taken = []
    for at in range(3000):
        now[0] = at / 10
        taken.append(faults.strikes(about))
        for other in sorted(kinds - {about}):
            faults.strikes(other)
    return taken


def test_leaving_a_kind_out_changes_no_other() -> None:
    everything = drawn(frozenset(KINDS), "doubled")
    assert any(everything)
    assert drawn(frozenset({"doubled"}), "doubled") == everything


def test_nothing_strikes_after_the_storms_or_unasked() -> None:
    faults = Faults("7", chosen("lost"), 60, lambda: 61.0)
    assert not any(faults.strikes("lost") for _ in range(1000))
    assert not any(drawn(frozenset(), "lost"))


def test_lists_of_faults_are_read() -> None:
    assert chosen("all") == frozenset(KINDS)
    assert chosen("none") == frozenset()
    assert chosen("lost, doubled") == {"lost", "doubled"}
    with pytest.raises(MenshenError, match="earthquake: no such fault"):
        chosen("lost,earthquake")


def test_a_trace_shows_no_text_of_a_scan_and_is_told_apart_by_it() -> None:
    one, other = Trace(lambda: 1.0), Trace(lambda: 1.0)
    one.add("said", "a/scan", b'{"id":"s-1","text":"HC1:ONE"}', lane="north")
    other.add("said", "a/scan", b'{"id":"s-1","text":"HC1:TWO"}', lane="north")
    assert one.digest != other.digest
    (line,) = one.last_of("north")
    assert "s-1" in line
    assert "HC1" not in line
