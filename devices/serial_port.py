"""Which serial port a device hangs on, and how its bytes are laid out: the keys all such share."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

SLOWEST_BAUD = 300
FASTEST_BAUD = 4_000_000
FORMAT = "data bits 7 or 8, parity N, E or O and stop bits 1 or 2, such as 8N1"


class SerialPortSettings(BaseModel):
    """Keys of a device on a serial port in the site file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: Path
    baud: Annotated[int, Field(ge=SLOWEST_BAUD, le=FASTEST_BAUD)] = 9600
    format: str = "8N1"

    @field_validator("port")
    @classmethod
    def _is_a_path(cls, port: Path, info: ValidationInfo) -> Path:
        """Resolve against the site file's folder; a link stays a link, it outlives replugging."""
        if port == Path() or str(port).startswith(("tty", "COM")):
            msg = "must be a path such as /dev/ttyUSB0, or better its name in /dev/serial/by-id"
            raise ValueError(msg)
        return (Path((info.context or {}).get("folder", "")) / port).absolute()

    @field_validator("format")
    @classmethod
    def _is_a_format(cls, text: str) -> str:
        wrong = len(text) != 3 or text[0] not in "78" or text[1] not in "NEO" or text[2] not in "12"
        if wrong:
            msg = f"must be {FORMAT}"
            raise ValueError(msg)
        return text

    @property
    def data_bits(self) -> int:
        """Bits of one character."""
        return int(self.format[0])

    @property
    def parity(self) -> str:
        """N (none), E (even) or O (odd)."""
        return self.format[1]

    @property
    def stop_bits(self) -> int:
        """Stop bits after each character."""
        return int(self.format[2])
