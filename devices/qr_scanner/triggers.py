"""The words that make a scanner in command-trigger mode read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

TriggerName = Literal["gm65", "honeywell", "newland"]


@dataclass(frozen=True, slots=True)
class Trigger:
    """What is sent, and what the scanner answers before the text, if anything."""

    command: bytes
    reply: bytes = b""


TRIGGERS: Mapping[TriggerName, Trigger] = MappingProxyType(
    {
        # GM65 manual (Hangzhou Grow), command trigger mode: bit 0 of zone 0x0002 is set; AB CD
        # stands for a checksum that is not looked at. The answer comes before the reading.
        "gm65": Trigger(
            bytes.fromhex("7e 00 08 01 00 02 01 ab cd"), bytes.fromhex("02 00 00 01 00 33 31")
        ),
        # Honeywell (Hand Held Products) user's guides, trigger commands: SYN T CR, no answer.
        "honeywell": Trigger(b"\x16T\r"),
        # Newland's own SDK (NLDevice.startScan): SOH T EOT; single control characters that some
        # models answer are blanks to the framing.
        "newland": Trigger(b"\x01T\x04"),
    }
)
