"""gateway.intake with a card in several codes: each is a reading, texts stay a while in memory."""

import asyncio
import logging

import pytest

from devices.arrival import Arrival, Fence
from devices.ids import DeviceId
from devices.moment import Moment
from devices.readings import Scan
from edge_rules.credentials.collecting import WITHIN_MS
from edge_rules.credentials.credential import Credential
from edge_rules.inputs import CredentialShown, ReadingArrived
from gateway.intake import Intake
from simulators.shc_issuer import codes
from tests.edge_rules.credentials.cards import ISSUER, as_jws, good, trusting
from tests.edge_rules.credentials.chain import KEY, NOW_MS
from tests.gateway.test_intake import LANE, SCANNER, Taken

A, B = codes(as_jws(good()), 3), codes(as_jws(good("test")), 3)
OTHER_SCANNER = DeviceId("scan-2")


class Lane:
    """Scanners of one intake, and what became of each reading."""

    def __init__(self) -> None:
        self.taken = Taken()
        self.intake = Intake(self.taken, trusting(ISSUER), KEY, "run1", {})
        self.settled: list[str] = []

    def scan(
        self,
        text: str,
        at_ms: float = 0.0,
        device: DeviceId = SCANNER,
        fence: Fence = Fence.LIVE,
    ) -> Credential:
        id_ = f"s-{len(self.taken.inputs)}"
        at = Moment(at_ms, NOW_MS + round(at_ms))
        arrival = Arrival(LANE, device, Scan(id_, at.wall_ms, text), at, fence)
        self.intake.deliver(arrival, lambda: self.settled.append(id_))
        given = self.taken.inputs[-1]
        assert isinstance(given, ReadingArrived)
        assert isinstance(given.reading, CredentialShown)
        assert given.reading.id == id_
        return given.reading.credential


async def test_each_code_is_a_reading_of_its_own_and_the_last_makes_the_card() -> None:
    lane = Lane()
    said = [lane.scan(text) for text in (A[2], A[0], A[1])]
    assert [(one.status, one.reason) for one in said] == [
        ("unreadable", "chunks-missing"),
        ("unreadable", "chunks-missing"),
        ("valid", None),
    ]
    assert [one.subject is None for one in said] == [True, True, False]
    assert len(lane.taken.inputs) == 3
    for settle in lane.taken.settled:  # each is acknowledged when it is on record, none waits
        assert settle is not None
        settle()
    assert lane.settled == ["s-0", "s-1", "s-2"]


async def test_scanners_know_nothing_of_each_other() -> None:
    lane = Lane()
    lane.scan(A[0])
    lane.scan(A[1], device=OTHER_SCANNER)
    assert lane.scan(A[2]).reason == "chunks-missing"
    assert lane.scan(A[1]).status == "valid"
    assert lane.scan(A[0], device=OTHER_SCANNER).reason == "chunks-missing"


async def test_codes_from_before_a_break_count_for_nobody() -> None:
    lane = Lane()
    for fence in (Fence.QUEUED, Fence.BEFORE_START):
        lane.scan(A[0], fence=fence)
        lane.scan(A[1], fence=fence)
        assert lane.scan(A[2]).reason == "chunks-missing"
        assert lane.scan(A[0], fence=fence).reason == "chunks-missing"
    lane.scan(A[0])
    assert lane.scan(A[1]).status == "valid"


async def test_texts_are_forgotten_when_time_is_up_also_when_nobody_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, waits = asyncio.get_running_loop(), []
    real = loop.call_later

    def soon(delay_s: float, *call: object) -> asyncio.TimerHandle:
        waits.append(delay_s)
        return real(0, *call)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "call_later", soon)
    lane = Lane()
    lane.scan(A[0])
    assert waits == [WITHIN_MS / 1000]
    held = lane.intake._scanners[SCANNER]
    assert held.parts.due_ms == WITHIN_MS
    for _ in range(3):
        await asyncio.sleep(0)
    assert held.parts.due_ms == float("inf")
    assert lane.scan(A[1], 1.0).reason == "chunks-missing"


async def test_one_timer_a_scanner_and_none_after_the_end() -> None:
    lane = Lane()
    timers = []
    for number in range(50):
        lane.scan(A[number % 2], float(number))
        timers.append(lane.intake._scanners[SCANNER].forgetting)
    assert sum(timer is not None and not timer.cancelled() for timer in timers) == 1
    lane.intake.close()
    assert all(timer is None or timer.cancelled() for timer in timers)
    assert not lane.intake._scanners


async def test_a_thousand_codes_of_a_thousand_cards_hold_one() -> None:
    lane = Lane()
    for number in range(1000):
        lane.scan(f"shc:/{number % 7 + 1}/{number % 20 + 8}/{number:04d}", float(number))
    card = lane.intake._scanners[SCANNER].parts
    assert len(card.take(A[0], 1000.0)) == 1


async def test_no_text_is_logged_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    lane = Lane()
    with caplog.at_level(logging.DEBUG):
        for text in (*A[:2], *B, "shc:/9/3/00", "shc:/1/3/x"):
            lane.scan(text)
    for seen in (caplog.text, repr(lane.intake), repr(lane.taken.inputs)):
        assert not [text for text in (*A, *B) if text[20:50] in seen]
