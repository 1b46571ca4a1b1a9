"""The keys of a `serial-scanner` in the site file."""

from typing import Annotated

from pydantic import Field

from devices.qr_scanner.framing import Framing
from devices.qr_scanner.triggers import TriggerName
from devices.serial_port import SerialPortSettings


class SerialScannerSettings(SerialPortSettings):
    """One scanner on one serial port."""

    framing: Framing = "crlf"
    trigger: TriggerName | None = None
    prefix: Annotated[str, Field(max_length=32)] = ""  # what the scanner puts before each text
    suffix: Annotated[str, Field(max_length=32)] = ""
