"""Scanner, thermometer and gate on MQTT, as docs/protocol.md has them."""

import asyncio
from collections.abc import Callable
from itertools import count

from devices.moment import Moment
from simulators.device_link import DeviceLink
from simulators.gate import SimulatedGate
from simulators.payloads import (
    Message,
    read_object,
    says_online,
    scan_message,
    temperature_message,
)


class Display:
    """What a lane's devices were told to show to the person in front of them."""

    def __init__(self) -> None:
        self.colour: str | None = None
        self._news = asyncio.Event()

    def attach(self, link: DeviceLink) -> None:
        """Show what this device is told."""
        link.listen(link.place.topic("show"), self._show)

    def clear(self) -> None:
        """Forget what was shown to the last person."""
        self.colour = None
        self._news.clear()

    async def until_shown(self) -> str:
        """Wait for a colour."""
        while self.colour is None:
            await self._news.wait()
        return self.colour

    def _show(self, payload: bytes) -> None:
        colour = (read_object(payload) or {}).get("colour")
        if isinstance(colour, str):
            self.colour = colour
            self._news.set()


class MqttScanner:
    """Publishes the texts that it is shown."""

    def __init__(self, link: DeviceLink, prefix: str) -> None:
        self.link = link
        self._ids = (f"{prefix}-{number}" for number in count(1))

    async def run(self) -> None:
        """Stay connected until cancelled."""
        await self.link.run()

    async def scan(self, text: str) -> str:
        """Read a text; return the scan's id once the broker has it."""
        id_ = next(self._ids)
        await self.link.say(scan_message(id_, text, self.link.now()))
        return id_


class MqttThermometer:
    """Publishes the temperatures that it measures."""

    def __init__(self, link: DeviceLink, prefix: str, *, spot: str, kind: str) -> None:
        self.link = link
        self._spot = spot
        self._kind = kind
        self._ids = (f"{prefix}-{number}" for number in count(1))

    async def run(self) -> None:
        """Stay connected until cancelled."""
        await self.link.run()

    async def measure(self, celsius: float) -> str:
        """Measure somebody; return the reading's id once the broker has it."""
        id_ = next(self._ids)
        message = temperature_message(id_, celsius, self._spot, self._kind, self.link.now())
        await self.link.say(message)
        return id_


class MqttGate:
    """Joins a simulated gate to its link and to real time."""

    def __init__(self, link: DeviceLink, gate: SimulatedGate) -> None:
        self.link = link
        self.gate = gate
        self._outgoing: asyncio.Queue[Message] = asyncio.Queue()
        self._moved = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        link.listen(link.place.topic("command"), self._on_command)
        link.listen(link.place.gateway_online, self._on_gateway)
        link.watch(self._on_link)

    @property
    def is_open(self) -> bool:
        """Whether somebody could walk through now."""
        return self.gate.is_open(self.link.now())

    async def run(self) -> None:
        """Obey, keep time and speak until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.link.run())
                tasks.create_task(self._speak())
        finally:
            if self._timer:
                self._timer.cancel()

    async def until_open(self) -> None:
        """Wait until somebody could walk through."""
        await self._until(lambda: self.is_open)

    async def until_closed(self) -> None:
        """Wait until nobody could."""
        await self._until(lambda: not self.is_open)

    async def until_closed_or_free(self) -> None:
        """Wait until the last opening is over, or the gate stands open for everybody."""
        await self._until(lambda: self.gate.stands_open or not self.is_open)

    async def walk_through(self, direction: str, walk_s: float) -> bool:
        """Let a person pass, which takes a while; False when the gate was shut after all."""
        if not self.gate.step_in(direction, self.link.now()):
            return False
        await asyncio.sleep(walk_s)
        self.act(self.gate.step_out)
        return True

    def press(self, button: str) -> None:
        """Press a button at the gate: rex, fire, duress or tamper."""
        self._emit(self.gate.press(button, self.link.now()))

    def act(self, happening: Callable[[Moment], list[Message]]) -> None:
        """Let something happen at the gate now, and let it say so."""
        self._emit(happening(self.link.now()))

    def _on_command(self, payload: bytes) -> None:
        self._emit(self.gate.receive(payload, self.link.now()))

    def _on_gateway(self, payload: bytes) -> None:
        online = says_online(payload)
        if online is not None:
            self._emit(self.gate.hear_gateway(self.link.now(), online=online))

    def _on_link(self, linked: bool) -> None:
        if not linked:
            waiting = [self._outgoing.get_nowait() for _ in range(self._outgoing.qsize())]
            for message in waiting:
                if message.channel != "state":
                    self._outgoing.put_nowait(message)
        self.act(self.gate.announce if linked else self.gate.lose_link)

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            await self._moved.wait()

    async def _speak(self) -> None:
        while True:
            message = await self._outgoing.get()
            await self.link.say(message, repeat=message.channel != "state")

    def _emit(self, messages: list[Message]) -> None:
        for message in messages:
            # An old state's ticks would lie, and every new link begins with a fresh one.
            if message.channel != "state" or self.link.connected:
                self._outgoing.put_nowait(message)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
        self._rearm()

    def _rearm(self) -> None:
        if self._timer:
            self._timer.cancel()
        wait_ms = max(self.gate.due_ms() - self.link.now().boot_ms, 1.0)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(wait_ms / 1000, self.act, self.gate.advance)
