"""Gate controllers that speak the native MQTT protocol."""

import asyncio

from devices.arrival import Fence
from devices.commands import Command
from devices.readings import CommandResult, GateState, Reading
from drivers.driver import DriverContext, DriverKind
from drivers.gate_commands import GateCommands
from drivers.gate_ticks import GateTicks
from drivers.mqtt_port import MqttMessage
from drivers.native_device import NativeDevice, NoSettings


class MqttGate(NativeDevice):
    """One gate: follows its clock, repeats commands until it answers."""

    kind = "gate"
    channels = frozenset({"state", "passage", "button", "result", "online"})

    def __init__(self, context: DriverContext) -> None:
        super().__init__(context)
        self._ticks = GateTicks()
        self._commands = GateCommands(self._ticks, now=context.now, publish=self._say)

    async def run(self) -> None:
        """Stay; stop repeating at the end."""
        try:
            await asyncio.Event().wait()
        finally:
            self._commands.end_all()

    def send(self, command: Command) -> None:
        """Start sending a command and repeat it until its result or the end of its life."""
        self._commands.send(command)

    def withdraw(self, command_id: str) -> None:
        """Stop repeating a command; what already left can't be called back."""
        self._commands.end(command_id)

    def notice(self, reading: Reading, message: MqttMessage) -> None:
        """Learn the gate's clock from live states, and what has become of a command."""
        if isinstance(reading, CommandResult):
            self._commands.end(reading.command)
        elif (
            isinstance(reading, GateState)
            and message.fence is Fence.LIVE
            and not message.retained  # it may be of any age, and its ticks with it
        ):
            self._ticks.take(reading, message.at)
            self._commands.gate_spoke()

    def _say(self, payload: bytes) -> bool:
        return self.mqtt.publish(self.topic("command"), payload, qos=0)


def _build(context: DriverContext, _: NoSettings) -> MqttGate:
    return MqttGate(context)


KIND = DriverKind("mqtt-gate", "gate", NoSettings, _build, uses_mqtt=True)
