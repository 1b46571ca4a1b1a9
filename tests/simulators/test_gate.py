"""simulators.gate, simulators.gate_order."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.moment import Moment
from simulators.gate import HELD_AFTER_MS, STATE_EVERY_MS, Fail, SimulatedGate
from simulators.payloads import Message, stamp

BOOT = "boot-1"
START = Moment(1_000_000.0, 1_790_000_000_000)
EXPIRES = stamp(START.later(1000))


def order(**keys: object) -> bytes:
    body = {"id": "c-1", "do": "open", "boot": BOOT, "until_tick_ms": 1000, "expires": EXPIRES}
    return json.dumps({**body, "hold_ms": 5000, "grant": "grant-1", **keys}).encode()


def linked_gate(boot: str | None = BOOT, fail: Fail = Fail.SECURE) -> SimulatedGate:
    gate = SimulatedGate(boot, START, fail=fail)
    gate.hear_gateway(START, online=True)
    return gate


def results(messages: list[Message]) -> list[tuple[bool, str | None]]:
    return [(m.body["done"], m.body.get("reason")) for m in messages if m.channel == "result"]


def doors(messages: list[Message]) -> list[str]:
    return [m.body["door"] for m in messages if m.channel == "state"]


def test_a_live_command_opens_and_the_hold_closes() -> None:
    gate = linked_gate()
    said = gate.receive(order(), START.later(1000))  # the very last tick of its life
    assert results(said) == [(True, None)]
    assert doors(said) == ["open"]
    assert gate.due_ms() == START.boot_ms + 6000
    assert doors(gate.advance(START.later(6000))) == ["closed"]


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"until_tick_ms": 999}, "expired"),
        ({"until_tick_ms": None}, "expired"),
        ({"until_tick_ms": "5000"}, "expired"),
        ({"until_tick_ms": float("nan")}, "expired"),
        ({"boot": "boot-0"}, "other-boot"),
        ({"boot": None}, "other-boot"),
        ({"do": "explode"}, "unknown-command"),
    ],
)
def test_a_command_past_its_life_or_for_another_run_opens_nothing(
    keys: dict[str, object], reason: str
) -> None:
    gate = linked_gate()
    said = gate.receive(order(**keys), START.later(1000))
    assert results(said) == [(False, reason)]
    assert not gate.is_open(START.later(1000))


def test_a_gate_without_ticks_goes_by_expires() -> None:
    gate = linked_gate(boot=None)
    assert "tick_ms" not in gate.announce(START)[0].body
    assert results(gate.receive(order(id="a"), START.later(1001))) == [(False, "expired")]
    assert results(gate.receive(order(id="b", boot=None), START.later(1000))) == [(True, None)]


@pytest.mark.parametrize(
    "payload", [b"", b"\xff", b"[]", b"{}", b'{"id":1,"do":"open"}', b"[" * 9999]
)
def test_what_is_no_command_is_not_answered(payload: bytes) -> None:
    gate = linked_gate()
    assert gate.receive(payload, START) == []
    assert not gate.is_open(START)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["c-1", "c-2", "c-3"]),
            st.integers(0, 4000),  # until_tick_ms
            st.sampled_from([BOOT, "boot-0"]),
            st.integers(0, 900),  # ms to the next copy
            st.booleans(),  # somebody walks in
        ),
        max_size=30,
    )
)
def test_each_id_opens_at_most_once_and_never_past_its_life(
    copies: list[tuple[str, int, str, int, bool]],
) -> None:
    gate, now = linked_gate(), START
    answers: dict[str, tuple[bool, str | None]] = {}
    granted: list[str] = []
    for id_, until, boot, pause_ms, walks in copies:
        before = gate.openings
        said = gate.receive(
            order(id=id_, until_tick_ms=until, boot=boot, grant=f"g-{id_}", hold_ms=700), now
        )
        [answer] = results(said)
        assert answers.setdefault(id_, answer) == answer  # every copy is answered alike
        if gate.openings > before:
            assert boot == BOOT
            assert now.boot_ms - START.boot_ms <= until
        if walks and gate.step_in("in", now):
            granted += [m.body["grant"] for m in gate.step_out(now) if m.channel == "passage"]
        now = now.later(pause_ms)
        gate.advance(now)
    assert gate.openings == sum(done for done, _ in answers.values())
    used = [grant for grant in granted if grant]
    assert len(used) == len(set(used))  # one grant, one passage


def test_who_follows_or_comes_by_a_later_opening_has_no_grant() -> None:
    gate = linked_gate()
    gate.receive(order(hold_ms=1000), START)
    assert gate.step_in("in", START)
    first, *_ = gate.step_out(START)
    assert gate.step_in("in", START.later(100))  # the leaf is still closing
    second, *_ = gate.step_out(START.later(200))
    assert (first.body["grant"], second.body["grant"]) == ("grant-1", None)
    assert first.body["id"] != second.body["id"]

    gate.receive(order(id="c-2", until_tick_ms=9000, hold_ms=1000), START.later(2000))
    gate.press("rex", START.later(2500))
    assert gate.step_in("in", START.later(4000))  # through the exit's opening, its own is over
    assert gate.step_out(START.later(4100))[0].body["grant"] is None


def test_a_shut_gate_lets_nobody_through() -> None:
    gate = linked_gate()
    assert not gate.step_in("in", START)
    assert gate.step_out(START) == []


@pytest.mark.parametrize("spoilt", ["locked", "gateway-gone", "link-lost", "fault", "rebooted"])
def test_the_exit_button_always_opens(spoilt: str) -> None:
    gate = linked_gate()
    if spoilt == "locked":
        gate.receive(order(do="lock"), START)
    elif spoilt == "gateway-gone":
        gate.hear_gateway(START, online=False)
    elif spoilt == "link-lost":
        gate.lose_link(START)
    elif spoilt == "fault":
        gate.break_down("fault", START)
    else:
        gate.reboot("boot-2", START)
    said = gate.press("rex", START)
    assert [m.body["pressed"] for m in said if m.channel == "button"] == [True, False]
    assert gate.step_in("out", START)
    [passage] = [m for m in gate.step_out(START) if m.channel == "passage"]
    assert (passage.body["direction"], passage.body["grant"]) == ("out", None)


@pytest.mark.parametrize(("fail", "door"), [(Fail.SAFE, "open"), (Fail.SECURE, "closed")])
def test_the_gateways_last_will_takes_a_gate_to_its_fail_state(fail: Fail, door: str) -> None:
    gate = linked_gate(fail=fail)
    gate.receive(order(hold_ms=60_000), START)
    gate.hear_gateway(START.later(10), online=False)
    assert gate.door(START.later(20)) == door
    said = gate.hear_gateway(START.later(30), online=True)
    assert doors(said)[-1] == gate.door(START.later(30))
    gate.advance(START.later(61_000))
    assert gate.door(START.later(61_000)) == "closed"


def test_nothing_closes_on_a_person_in_the_passage() -> None:
    gate = linked_gate()
    gate.receive(order(hold_ms=500), START)
    assert gate.step_in("in", START.later(400))
    gate.hear_gateway(START.later(450), online=False)
    gate.receive(order(id="c-2", do="lock"), START.later(460))
    assert gate.door(START.later(5000)) == "open"
    assert doors(gate.advance(START.later(500 + HELD_AFTER_MS))) == ["held"]
    gate.step_out(START.later(20_000))
    assert gate.door(START.later(20_000)) == "closed"


def test_a_release_stands_until_it_is_restored_whatever_comes_between() -> None:
    gate = linked_gate()
    gate.receive(order(id="r", do="release"), START)
    assert results(gate.receive(order(id="l", do="lock"), START)) == [(False, "released")]
    gate.reboot("boot-2", START.later(100))
    assert gate.door(START.later(100_000)) == "open"
    gate.receive(order(id="x", do="restore", boot="boot-2"), START.later(200))
    assert gate.door(START.later(200)) == "closed"


def test_fire_releases_in_hardware() -> None:
    gate = linked_gate()
    gate.hear_gateway(START, online=False)
    assert doors(gate.press("fire", START)) == ["open"]
    assert gate.stands_open


def test_the_state_comes_every_five_seconds_and_with_the_gateway() -> None:
    gate = linked_gate()
    assert gate.due_ms() == START.boot_ms + STATE_EVERY_MS
    assert gate.advance(START.later(STATE_EVERY_MS - 1)) == []
    [state] = gate.advance(START.later(STATE_EVERY_MS))
    assert state.retained
    assert (state.body["boot"], state.body["tick_ms"]) == (BOOT, STATE_EVERY_MS)
    assert len(gate.hear_gateway(START.later(6000), online=True)) == 1


def test_a_reboot_starts_the_ticks_anew_and_forgets_no_result() -> None:
    gate = linked_gate()
    gate.receive(order(), START)
    [state] = gate.reboot("boot-2", START.later(100))
    assert (state.body["boot"], state.body["tick_ms"]) == ("boot-2", 0)
    said = gate.receive(order(), START.later(150))
    assert results(said) == [(True, None)]  # the same word for every copy
    assert not gate.is_open(START.later(150))  # and no second opening
    assert results(gate.receive(order(id="c-2"), START.later(150))) == [(False, "other-boot")]
