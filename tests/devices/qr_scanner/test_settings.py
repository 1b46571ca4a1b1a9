"""devices.qr_scanner.settings and devices.serial_port."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from devices.qr_scanner.settings import SerialScannerSettings


def read(**keys: object) -> SerialScannerSettings:
    return SerialScannerSettings.model_validate({"port": "/dev/ttyUSB0", **keys})


def test_what_is_left_out_is_what_most_scanners_are_set_to() -> None:
    settings = read()
    assert (settings.baud, settings.framing, settings.trigger) == (9600, "crlf", None)
    assert (settings.data_bits, settings.parity, settings.stop_bits) == (8, "N", 1)
    assert read(format="7E2").parity == "E"


def test_a_port_is_found_from_the_site_files_folder_and_stays_a_link(tmp_path: Path) -> None:
    link = tmp_path / "scan-1"
    link.symlink_to("/dev/null")
    keys = {"port": "./scan-1"}
    settings = SerialScannerSettings.model_validate(keys, context={"folder": tmp_path})
    assert settings.port == link
    assert read(port="socket://gate:1/x").port.is_absolute()  # a file's name, never an address


@pytest.mark.parametrize(
    ("keys", "place", "right"),
    [
        ({"port": "ttyUSB0"}, "port", "such as /dev/ttyUSB0"),
        ({"port": ""}, "port", "must be a path"),
        ({"baud": 0}, "baud", "300"),
        ({"baud": "fast"}, "baud", "integer"),
        ({"format": "8N3"}, "format", "such as 8N1"),
        ({"format": "9N1"}, "format", "such as 8N1"),
        ({"format": "8N1 "}, "format", "such as 8N1"),
        ({"framing": "etx"}, "framing", "'crlf', 'cr', 'lf' or 'stx-etx'"),
        ({"trigger": "zebra"}, "trigger", "'gm65', 'honeywell' or 'newland'"),
        ({"bauds": 9600}, "bauds", ""),
    ],
)
def test_a_wrong_key_is_told_with_what_would_be_right(
    keys: dict[str, object], place: str, right: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        read(**keys)
    (fault,) = caught.value.errors()
    assert fault["loc"] == (place,)
    assert right in fault["msg"]
