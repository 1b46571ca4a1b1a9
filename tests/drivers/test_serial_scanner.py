"""drivers.serial_scanner and drivers.serial_line, on real pseudo-terminals."""

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from devices.arrival import Arrival, Fence
from devices.digest import digest_under
from devices.ids import DeviceId, LaneId, SiteId, is_id
from devices.moment import Moment
from devices.qr_scanner.settings import SerialScannerSettings
from devices.qr_scanner.triggers import TRIGGERS
from devices.readings import Online, Reading, Scan, Unreadable
from drivers.driver import DriverContext, Settled
from drivers.serial_line import LONGEST_PAUSE_S, pauses_s
from drivers.serial_scanner import KIND
from simulators.serial_scanner import SILENCE_S, SerialScanner, frame_text

DEADLINE_S = 20
TEXT = "HC1:" + "NCFOXN%TS3DH3ZSUZK+.V0ETD%65NL-AH-R6IOOK.IR9B+9D" * 12


@dataclass
class Lane:
    """Where the driver delivers."""

    path: Path
    seen: list[Arrival] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def deliver(self, arrival: Arrival, settled: Settled | None = None) -> None:
        assert settled is None
        self.seen.append(arrival)
        self.news.set()

    @property
    def readings(self) -> list[Reading]:
        return [arrival.reading for arrival in self.seen]

    @property
    def scans(self) -> list[Scan]:
        return [reading for reading in self.readings if isinstance(reading, Scan)]

    @property
    def online(self) -> list[bool]:
        return [reading.online for reading in self.readings if isinstance(reading, Online)]

    async def shown(self, scanner: SerialScanner, text: str) -> None:
        """Show a code and wait for it: a person does not hold up two at once."""
        before = len(self.scans)
        await scanner.scan(text)
        await self.until(lambda: len(self.scans) > before)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                self.news.clear()
                await self.news.wait()


def now() -> Moment:
    return Moment(asyncio.get_running_loop().time() * 1000, 1_600_000_000_000)


@asynccontextmanager
async def reading(
    path: Path, *, device: str = "scan-1", run: str = "0badcafe", **keys: object
) -> AsyncIterator[Lane]:
    """Run the real driver on a port, as the gateway does."""
    lane = Lane(path)
    settings = SerialScannerSettings.model_validate({"port": str(path), **keys})
    context = DriverContext(
        SiteId("riverside"), LaneId("north-in"), DeviceId(device), lane.deliver, now, run,
        digest_under(b"key"),
    )  # fmt: skip
    task = asyncio.ensure_future(KIND.build(context, settings).run())
    try:
        yield lane
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=DEADLINE_S)
        assert task.cancelled()


async def test_a_text_arrives_whole_behind_noise(tmp_path: Path) -> None:
    path = tmp_path / "scan-1"
    scanner = SerialScanner(path, Random(3), noise=1.0, gap_s=0.05)
    async with scanner, reading(path) as lane:
        await lane.until(lambda: lane.online == [True])
        await lane.shown(scanner, TEXT)
    (scan,) = lane.scans
    assert scan.text == TEXT
    assert scan.at_ms is None
    (noise,) = [reading for reading in lane.readings if isinstance(reading, Unreadable)]
    assert "250 ms" in noise.fault
    assert {(a.fence, a.retained) for a in lane.seen} == {(Fence.LIVE, False)}


@pytest.mark.parametrize("framing", ["cr", "lf", "stx-etx"])
async def test_each_framing_and_an_identifier_before_the_text(tmp_path: Path, framing: str) -> None:
    path = tmp_path / "scan-1"
    scanner = SerialScanner(path, Random(3), framing=framing, gap_s=0.01)
    async with scanner, reading(path, framing=framing) as lane:
        await lane.until(lambda: lane.online == [True])
        for _ in range(2):
            await lane.shown(scanner, "]Q1" + TEXT)
        await scanner._write(frame_text("]Q1", framing))
        await scanner._write(frame_text("last", framing))
        await lane.until(lambda: len(lane.scans) == 3)
    assert [(s.symbology, s.text) for s in lane.scans] == [("]Q1", TEXT)] * 2 + [(None, "last")]


async def test_what_the_scanner_is_set_to_add_is_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "scan-1"
    scanner = SerialScanner(path, Random(3), gap_s=0.01)
    async with scanner, reading(path, prefix="N:", suffix="#") as lane:
        await lane.until(lambda: lane.online == [True])
        await lane.shown(scanner, f"N:]Q1{TEXT}#")
    (scan,) = lane.scans
    assert (scan.symbology, scan.text) == ("]Q1", TEXT)


async def test_a_text_without_its_end_is_told_of_though_nothing_follows(tmp_path: Path) -> None:
    path = tmp_path / "scan-1"
    async with SerialScanner(path, Random(3)) as scanner, reading(path) as lane:
        await lane.until(lambda: lane.online == [True])
        await scanner._write(b"half a text")
        await lane.until(lambda: isinstance(lane.readings[-1], Unreadable))
    assert lane.readings[1:] == [Unreadable("scan", 11, "no end (crlf) within 250 ms", None, "")]


async def test_what_was_shown_before_the_port_was_open_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "scan-1"
    async with SerialScanner(path, Random(4), gap_s=0.0) as scanner:
        await scanner.scan("waits in the line")
        async with reading(path) as lane:
            await lane.until(lambda: lane.online == [True])
            await lane.shown(scanner, "live")
    assert [scan.text for scan in lane.scans] == ["live"]


async def test_a_line_that_is_never_silent_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "scan-1"

    async def old_texts() -> None:  # as an adapter does that kept them, one behind the other
        while True:
            await scanner.scan("kept in an adapter")
            await asyncio.sleep(0.02)

    async with SerialScanner(path, Random(4), gap_s=0.0) as scanner:
        babble = asyncio.ensure_future(old_texts())
        async with reading(path) as lane:
            await asyncio.sleep(4 * SILENCE_S)  # there is no event for nothing happening
            assert lane.readings == []
            babble.cancel()
            await lane.until(lambda: lane.online == [True])
    assert lane.scans == []


async def test_unplugged_and_plugged_in_again(tmp_path: Path) -> None:
    path = tmp_path / "scan-1"
    async with reading(path) as lane:
        await lane.until(lambda: lane.online == [False])
        for text in ("one", "two"):
            async with SerialScanner(path, Random(5), gap_s=0.0) as scanner:
                await lane.until(lambda: lane.online[-1])
                await lane.shown(scanner, text)
            await lane.until(lambda: not lane.online[-1])
    assert lane.online == [False, True, False, True, False]
    assert [scan.text for scan in lane.scans] == ["one", "two"]


async def test_half_a_text_before_the_plug_is_pulled_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "scan-1"
    async with reading(path) as lane:
        async with SerialScanner(path, Random(6)) as scanner:
            await lane.until(lambda: True in lane.online)
            await scanner._write(b"first half, ")
        await lane.until(lambda: lane.online[-1] is False)
        async with SerialScanner(path, Random(6)) as scanner:
            await lane.until(lambda: lane.online[-1])
            await lane.shown(scanner, "second half")
    assert lane.scans[0].text == "second half"


async def test_ids_are_fit_for_records_and_shared_by_no_other_scanner_or_run(
    tmp_path: Path,
) -> None:
    ids: list[str] = []
    for device, run in (("scan-1", "0badcafe"), ("scan-2", "0badcafe"), ("scan-1", "0badbeef")):
        path = tmp_path / "scan"
        scanner = SerialScanner(path, Random(7), gap_s=0.0)
        async with scanner, reading(path, device=device, run=run) as lane:
            await lane.until(lambda lane=lane: lane.online == [True])  # type: ignore[misc]
            for _ in range(2):
                await lane.shown(scanner, "same")
            ids += [scan.id for scan in lane.scans]
    assert len(set(ids)) == 6
    assert all(is_id(id_) for id_ in ids)


@pytest.mark.parametrize("trigger", ["gm65", "honeywell", "newland"])
async def test_a_scanner_is_triggered_when_open_and_again_after_a_text(
    tmp_path: Path, trigger: str
) -> None:
    path = tmp_path / "scan-1"
    words = TRIGGERS[trigger]  # type: ignore[index]
    scanner = SerialScanner(path, Random(8), gap_s=0.0)
    async with scanner, reading(path, trigger=trigger) as lane, asyncio.timeout(DEADLINE_S):
        await scanner.until_heard(len(words.command))
        await scanner._write(words.reply + frame_text("triggered", "crlf"))
        await lane.until(lambda: len(lane.scans) == 1)
        await scanner.until_heard(2 * len(words.command))
    assert [reading for reading in lane.readings if not isinstance(reading, Online)] == lane.scans
    assert lane.scans[0].text == "triggered"


async def test_a_scanner_that_saw_nobody_is_triggered_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.serial_scanner.TRIGGER_AGAIN_MS", 100)
    path = tmp_path / "scan-1"
    async with SerialScanner(path, Random(8)) as scanner, reading(path, trigger="newland"):
        async with asyncio.timeout(DEADLINE_S):
            await scanner.until_heard(3 * len(TRIGGERS["newland"].command))


@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        (lambda path: None, "is not there: plug the device in"),
        (lambda path: path.mkdir(), "is no serial port"),
        (lambda path: path.symlink_to("/dev/null"), "is no serial port"),
    ],
)
async def test_a_port_that_cant_be_had_is_told_once_with_the_remedy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, make: Callable[[Path], None], remedy: str
) -> None:
    path = tmp_path / "scan-1"
    make(path)
    tries = 3

    class Steps(Random):
        def uniform(self, a: float, b: float) -> float:
            nonlocal tries
            tries -= 1
            if not tries:
                tried.set()
            return 0.0

    tried = asyncio.Event()
    lane = Lane(path)
    settings = SerialScannerSettings.model_validate({"port": str(path)})
    context = DriverContext(
        SiteId("riverside"), LaneId("north-in"), DeviceId("scan-1"), lane.deliver, now, "run",
        digest_under(b"key"),
    )  # fmt: skip
    driver = KIND.build(context, settings)
    driver._random = Steps()  # type: ignore[attr-defined]
    task = asyncio.ensure_future(driver.run())
    await asyncio.wait_for(tried.wait(), DEADLINE_S)
    task.cancel()
    await asyncio.wait({task}, timeout=DEADLINE_S)
    (said,) = [record.getMessage() for record in caplog.records if record.name.startswith("drive")]
    assert said.startswith(f"scan-1: {path} ")
    assert remedy in said
    assert lane.online == [False]


async def test_a_port_that_another_holds_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "scan-1"
    async with SerialScanner(path, Random(9)), reading(path) as first:
        await first.until(lambda: first.online == [True])
        async with reading(path, device="scan-2") as second:
            await second.until(lambda: second.online == [False])
    assert "in use by another program" in caplog.text


async def test_no_text_reaches_a_log_however_much_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    path = tmp_path / "scan-1"
    async with SerialScanner(path, Random(10), gap_s=0.0) as scanner, reading(path) as lane:
        await lane.until(lambda: lane.online == [True])
        await lane.shown(scanner, TEXT)
        logging.getLogger("test").warning("%r %s", lane.seen, lane.scans)
    assert "characters" in caplog.text
    assert TEXT[:8] not in caplog.text


def test_a_port_never_becomes_the_terminal_that_controls_the_gateway(tmp_path: Path) -> None:
    """A session without a terminal gets one from the first it opens, unless that is forbidden."""
    script = f"""
import asyncio, os
from pathlib import Path
from tests.drivers.test_serial_scanner import reading
async def main():
    async with reading(Path({str(tmp_path / "scan")!r})) as lane:
        await lane.until(lambda: lane.online == [True])
        try:
            os.open("/dev/tty", os.O_RDWR)
        except OSError:
            print("none")
asyncio.run(main())
"""
    scanner, line = os.openpty()
    (tmp_path / "scan").symlink_to(os.ttyname(line))
    done = subprocess.run(
        [sys.executable, "-c", script],
        start_new_session=True,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    os.close(line)
    os.close(scanner)
    assert done.stdout.strip() == "none", done.stderr


def test_the_waits_grow_to_a_bound_and_scatter() -> None:
    waits = [wait for wait, _ in zip(pauses_s(Random(1)), range(50), strict=False)]
    assert waits[0] < 0.5
    assert LONGEST_PAUSE_S / 2 <= min(waits[10:]) < max(waits[10:]) <= LONGEST_PAUSE_S
    assert all(one != other for one, other in pairwise(waits))
