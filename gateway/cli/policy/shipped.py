"""`menshen policy shipped`: the policies that come with the product, to copy and change."""

import sys
from importlib.resources import files
from typing import Annotated, Final

import typer

from devices.errors import MenshenError

FOLDER: Final = "edge_rules.shipped_policies"
NAMES: Final = ("everyday", "level-4", "level-3", "level-2", "level-1")  # IV, the mildest, first
WIDTH: Final = 2 + max(map(len, NAMES))

Name = Annotated[str | None, typer.Argument(help="One of them, to print it.", show_default=False)]


def shipped(name: Name = None) -> None:
    """List the policies that come with Menshen, or print one of them, to copy and change it.

    Example: menshen policy shipped level-2 > policy.yaml
    """
    text = "".join(map(_entry, NAMES)) if name is None else shipped_text(name)
    sys.stdout.buffer.write(text.encode())  # the files are UTF-8, whatever the terminal speaks


def shipped_text(name: str) -> str:
    """Return the file of one policy."""
    if name not in NAMES:
        known = ", ".join(NAMES)
        msg = f"menshen policy shipped: there is no such policy: it is one of {known}"
        raise MenshenError(msg)
    return files(FOLDER).joinpath(f"{name}.yaml").read_text("utf-8")


def summary(name: str) -> tuple[str, str]:
    """Return what a policy is for, in Chinese and in English: its file's first two lines."""
    zh, en, *_ = shipped_text(name).splitlines()
    return zh.removeprefix("# "), en.removeprefix("# ")


def _entry(name: str) -> str:
    zh, en = summary(name)
    return f"{name:{WIDTH}}{zh}\n{'':{WIDTH}}{en}\n"
