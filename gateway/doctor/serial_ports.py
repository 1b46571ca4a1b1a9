"""Serial ports of the site's devices: there, and open to this user."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.doctor.findings import Finding, bad, ok
from gateway.site_file import DeviceSetup
from gateway.site_model import SiteFile


def serial_paths(site: SiteFile, devices: Sequence[DeviceSetup]) -> dict[str, Path]:
    """Return the port of each device that has one on this machine; relative to the site file."""
    ports = {device.device: str(getattr(device.settings, "port", "")) for device in devices}
    return {name: site.at(Path(port)) for name, port in ports.items() if port and "://" not in port}


def look_at_ports(ports: dict[str, Path]) -> Iterator[Finding]:
    """Tell whether every serial device can be opened."""
    for device, port in ports.items():
        yield _port(f"serial {device}", port)


def _port(check: str, port: Path) -> Finding:
    try:
        mode = port.stat()
    except OSError as error:
        remedy = "plug the device in; its lasting name: ls -l /dev/serial/by-id"
        return bad(check, f"{port}: {error.strerror}", remedy)
    if not stat.S_ISCHR(mode.st_mode):
        return bad(check, f"{port} is no serial port", "name one of /dev/serial/by-id")
    if not os.access(port, os.R_OK | os.W_OK):
        remedy = "sudo usermod -aG dialout $USER, then sign in again"
        return bad(check, f"{port} is not open to this user", remedy)
    return ok(check, f"{port} can be opened")
