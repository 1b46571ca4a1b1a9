"""From arrivals to inputs: texts are judged and forgotten here, pictures measured in a worker."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from math import inf

from devices.arrival import Arrival, Fence
from devices.ids import DeviceId
from devices.readings import Scan, Spot, Temperature, TemperatureKind, ThermalFrame
from devices.units import Celsius
from drivers.driver import Settled
from edge_rules.credentials.collecting import PartsCollector
from edge_rules.credentials.credential import Credential, CredentialKind, CredentialStatus
from edge_rules.credentials.judge import judge_texts
from edge_rules.credentials.trust import TrustStore
from edge_rules.inputs import AlarmSeen, CredentialShown, Input, ReadingArrived
from edge_rules.thermometry.observations import FaceMeasured
from edge_rules.thermometry.thermometer import FaceThermometer
from gateway.colour_desk import ColourDesk
from gateway.names import Names

log = logging.getLogger(__name__)

MAX_FRAMES_WAITING = 2  # a picture older than this is worth nothing to a person at a gate

FAULT = "internal-error"
FAULT_SEVERITY = 3

Take = Callable[[Input, Settled | None], None]


@dataclass(slots=True)
class _Camera:
    thermometer: FaceThermometer
    waiting: int = 0
    dropped: int = 0


@dataclass(slots=True)
class _Scanner:
    """What a scanner read of a card in several codes, and when that is forgotten."""

    parts: PartsCollector = field(default_factory=PartsCollector)
    forgetting: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Intake:
    """Where drivers deliver; hands each reading to the runtime without what must not go on."""

    take: Take
    trust: TrustStore
    subject_key: bytes = field(repr=False)
    run: str
    references: Mapping[DeviceId, float | None]
    # One worker: pictures of all cameras together must leave a core to the gates.
    worker: Executor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="thermometry")
    )
    colours: ColourDesk | None = None  # where the site has its colour codes asked about
    names: Names | None = None  # where the site lets its guards see them
    _cameras: dict[DeviceId, _Camera] = field(default_factory=dict)
    _scanners: dict[DeviceId, _Scanner] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def deliver(self, arrival: Arrival, settled: Settled | None = None) -> None:
        """Take one reading from a driver (the port `drivers.driver.Deliver`)."""
        reading = arrival.reading
        if isinstance(reading, ThermalFrame):
            self._see(arrival, reading)
            if settled:
                settled()
            return
        given = self._input(arrival)
        if self.colours and isinstance(given.reading, CredentialShown):
            self.colours.hand_on(given, settled)
        else:
            self.take(given, settled)
        if self.names and isinstance(given.reading, CredentialShown):
            self.names.follow(given.lane)

    def close(self) -> None:
        """Let no picture hold up the end of the program, and forget every text."""
        for scanner in self._scanners.values():
            if scanner.forgetting:
                scanner.forgetting.cancel()
        self._scanners.clear()
        if self.names:
            self.names.close()
        self.worker.shutdown(wait=False, cancel_futures=True)

    def _input(self, arrival: Arrival) -> ReadingArrived:
        reading = arrival.reading
        if isinstance(reading, Scan):
            shown = self.colours.shown(reading, arrival) if self.colours else None
            if shown is not None:
                return _arrived(arrival, shown)
            credential = self._judged(self._with_parts(reading.text, arrival), arrival)
            return _arrived(arrival, CredentialShown(reading.id, reading.at_ms, credential))
        if isinstance(reading, ThermalFrame):
            msg = "a picture is measured, never an input"
            raise TypeError(msg)
        return _arrived(arrival, reading)

    def _with_parts(self, text: str, arrival: Arrival) -> tuple[str, ...]:
        """Return the texts to judge: with one of several codes those that came before it.

        Each code is a reading of its own, journalled and acknowledged as such; until the last of
        them it is a credential that can't be read yet, and the visit waits.
        """
        if arrival.fence is not Fence.LIVE:
            return (text,)  # codes from before a break and after it need not be one person's
        scanner = self._scanners.setdefault(arrival.device, _Scanner())
        texts = scanner.parts.take(text, arrival.at.boot_ms)
        if scanner.forgetting:
            scanner.forgetting.cancel()
            scanner.forgetting = None
        if scanner.parts.due_ms != inf:
            loop = asyncio.get_running_loop()
            wait_ms = scanner.parts.due_ms - arrival.at.boot_ms
            scanner.forgetting = loop.call_later(wait_ms / 1000, scanner.parts.forget, inf)
        return texts

    def _judged(self, texts: tuple[str, ...], arrival: Arrival) -> Credential:
        try:
            judged = judge_texts(texts, self.trust, arrival.at.wall_ms, self.subject_key)
        except Exception as error:  # a guard looks; its words might quote the text
            log.error("judging a scan failed: %s", type(error).__name__)  # noqa: TRY400
            return Credential(CredentialKind.UNKNOWN, CredentialStatus.UNVERIFIED, FAULT)
        if self.names and judged.signed and isinstance(arrival.reading, Scan):
            self.names.keep(arrival.lane, arrival.reading.id, judged.person())
        return judged.credential

    def _see(self, arrival: Arrival, frame: ThermalFrame) -> None:
        camera = self._cameras.get(arrival.device)
        if camera is None:
            reference = self.references.get(arrival.device)
            camera = self._cameras[arrival.device] = _Camera(FaceThermometer(reference))
        if camera.waiting >= MAX_FRAMES_WAITING:
            camera.dropped += 1
            return
        camera.waiting += 1
        loop = asyncio.get_running_loop()
        at_ms = arrival.at.boot_ms

        def measure() -> None:
            observed: Iterable[FaceMeasured] | None = None
            try:
                observed = camera.thermometer.observe(frame.pixels, at_ms, frame.ffc_age_ms)
            except Exception:
                log.exception("%s: a picture could not be measured", arrival.device)
            with suppress(RuntimeError):  # the loop is gone: nobody waits for it any more
                loop.call_soon_threadsafe(self._measured, arrival, camera, frame.at_ms, observed)

        try:
            self.worker.submit(measure)
        except RuntimeError:  # closed: no picture is measured any more
            camera.waiting -= 1

    def _measured(
        self,
        arrival: Arrival,
        camera: _Camera,
        at_ms: int | None,
        observed: Iterable[FaceMeasured] | None,
    ) -> None:
        camera.waiting -= 1
        if observed is None:
            self.take(AlarmSeen(FAULT, FAULT_SEVERITY, arrival.lane, arrival.device), None)
            return
        for seen in observed:
            id_ = f"{self.run}-t{next(self._numbers)}"
            self.take(_arrived(arrival, _temperature(id_, at_ms, seen)), None)


def _temperature(id_: str, at_ms: int | None, seen: FaceMeasured) -> Temperature:
    return Temperature(
        id=id_,
        at_ms=at_ms,
        celsius=None if seen.celsius is None else Celsius(seen.celsius),
        spot=Spot.FACE,
        kind=TemperatureKind.SURFACE,
        uncertainty=seen.uncertainty,
        quality=seen.quality,
    )


def _arrived(arrival: Arrival, reading: object) -> ReadingArrived:
    return ReadingArrived(
        arrival.lane,
        arrival.device,
        reading,  # type: ignore[arg-type]  # every reading but Scan and ThermalFrame is an input
        arrival.at,
        arrival.fence,
        arrival.retained,
    )
