"""QR scanners on a serial port (docs/devices/serial-scanner.md)."""

import asyncio
import logging
from hashlib import blake2s
from itertools import count
from random import Random

from devices.arrival import Arrival
from devices.errors import DeviceLinkError
from devices.qr_scanner.framing import SILENCE_MS, TextReader
from devices.qr_scanner.settings import SerialScannerSettings
from devices.qr_scanner.symbology import split_additions
from devices.qr_scanner.triggers import TRIGGERS, Trigger
from devices.readings import Online, Reading, Scan, Unreadable
from drivers.driver import DriverContext, DriverKind
from drivers.serial_line import SerialLine, open_line, pauses_s

log = logging.getLogger(__name__)

SETTLE_WITHIN_S = 10.0  # a line that is never silent is wired or set wrong
LONGEST_WAIT_S = 60.0
TRIGGER_AFTER_TEXT_MS = 1000  # so that the code still held there is not read over and over
TRIGGER_AGAIN_MS = 4000  # a GM65 stops looking after 5 s unless it is told otherwise


class SerialScanner:
    """One scanner; its texts are live, since a serial line keeps nothing."""

    def __init__(
        self, context: DriverContext, settings: SerialScannerSettings, random: Random
    ) -> None:
        self._context = context
        self._settings = settings
        self._random = random
        self._trigger = TRIGGERS[settings.trigger] if settings.trigger else Trigger(b"")
        self._numbers = count(1)
        # Ids stand alone in records: two scanners of one run must not share any.
        device = blake2s(context.device.encode(), digest_size=4).hexdigest()
        self._ids = f"{context.run_id}-{device}"
        self._online: bool | None = None
        self._said = ""

    async def run(self) -> None:
        """Read for ever; a port that is missing or lost is tried again, later each time."""
        pauses = pauses_s(self._random)
        while True:
            try:
                async with open_line(self._settings) as line:
                    await self._settle(line)
                    pauses = pauses_s(self._random)
                    self._here()
                    await self._read(line)
            except DeviceLinkError as error:
                self._gone(str(error))
            await asyncio.sleep(next(pauses))

    async def _settle(self, line: SerialLine) -> None:
        """Drop what comes before the first silence: it may have been shown long ago."""
        start_ms = self._now_ms()
        while await line.read(SILENCE_MS / 1000):
            if self._now_ms() - start_ms > SETTLE_WITHIN_S * 1000:
                msg = f"{self._settings.port} is never silent: check baud, format and wiring"
                raise DeviceLinkError(msg)

    async def _read(self, line: SerialLine) -> None:
        reader = TextReader(self._settings.framing, reply=self._trigger.reply)
        trigger_ms = self._now_ms() if self._trigger.command else None
        while True:
            if trigger_ms is not None and self._now_ms() >= trigger_ms and reader.due_ms is None:
                await line.write(self._trigger.command)
                trigger_ms = self._now_ms() + TRIGGER_AGAIN_MS
            data = await line.read(self._wait_s(reader.due_ms or trigger_ms))
            now_ms = self._now_ms()
            found = reader.receive(data, now_ms) if data else reader.expire(now_ms)
            for text in found:
                self._take(text)
                if trigger_ms is not None:
                    trigger_ms = now_ms + TRIGGER_AFTER_TEXT_MS

    def _take(self, found: str | Unreadable) -> None:
        if isinstance(found, Unreadable):
            self._deliver(found)
            return
        symbology, text = split_additions(found, self._settings.prefix, self._settings.suffix)
        if text:
            self._deliver(Scan(f"{self._ids}-{next(self._numbers)}", None, text, symbology))

    def _wait_s(self, due_ms: float | None) -> float:
        if due_ms is None:
            return LONGEST_WAIT_S
        return max(1.0, due_ms - self._now_ms()) / 1000

    def _here(self) -> None:
        self._said = ""
        log.info("%s: %s is open", self._context.device, self._settings.port)
        self._tell(online=True)

    def _gone(self, why: str) -> None:
        if why != self._said:  # a scanner may be away for days
            log.warning("%s: %s", self._context.device, why)
        self._said = why
        self._tell(online=False)

    def _tell(self, *, online: bool) -> None:
        if self._online is not online:
            self._online = online
            self._deliver(Online(online))

    def _deliver(self, reading: Reading) -> None:
        context = self._context
        context.deliver(Arrival(context.lane, context.device, reading, context.now()))

    def _now_ms(self) -> float:
        return self._context.now().boot_ms


def _build(context: DriverContext, settings: SerialScannerSettings) -> SerialScanner:
    return SerialScanner(context, settings, Random())


KIND = DriverKind("serial-scanner", "scanner", SerialScannerSettings, _build)
