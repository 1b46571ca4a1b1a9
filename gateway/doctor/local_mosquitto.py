"""The configuration of a mosquitto that runs on this machine, as far as it may be read."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MAX_BYTES = 1024 * 1024
MAX_FILES = 100


def persistence_of(port: int, proc: Path = Path("/proc")) -> bool | None:
    """Tell whether the mosquitto on a port has persistence on; None if that can't be seen."""
    for config in _configurations(proc):
        lines = list(_lines(config))
        ports = [words[1] for words in lines if words[0] in ("listener", "port")]
        if str(port) in (ports or ["1883"]):
            keeps = [words[1] for words in lines if words[0] == "persistence"]
            return keeps[-1:] == ["true"]
    return None


def _configurations(proc: Path) -> Iterator[Path]:
    for path in proc.glob("[0-9]*/cmdline"):
        with suppress(OSError, UnicodeDecodeError):
            words = path.read_bytes().decode().split("\0")
            if Path(words[0]).name == "mosquitto" and "-c" in words[:-1]:
                config = (path.parent / "cwd").resolve() / words[words.index("-c") + 1]
                if config.is_file():
                    yield config


def _lines(config: Path) -> Iterator[list[str]]:
    files = [config]
    for file in files:
        with suppress(OSError, UnicodeDecodeError):
            for line in file.read_text("utf-8")[:MAX_BYTES].splitlines():
                words = line.split()
                if len(words) < 2 or words[0].startswith("#"):
                    continue
                if words[0] == "include_dir" and len(files) < MAX_FILES:
                    files += sorted(Path(words[1]).glob("*.conf"))[:MAX_FILES]
                yield words
