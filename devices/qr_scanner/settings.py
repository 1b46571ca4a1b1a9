"""The keys of a `serial-scanner` in the site file."""

from devices.qr_scanner.framing import Framing
from devices.qr_scanner.triggers import TriggerName
from devices.serial_port import SerialPortSettings


class SerialScannerSettings(SerialPortSettings):
    """One scanner on one serial port."""

    framing: Framing = "crlf"
    trigger: TriggerName | None = None
