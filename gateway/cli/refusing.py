"""Faults of what a command was given: a sentence each on stderr, exit code 2."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from devices.errors import MenshenError

Site = Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.")]
Data = Annotated[Path | None, typer.Option("--data", help="Data folder instead of the site's.")]


def refuse(sentence: str) -> NoReturn:
    """End the command with one sentence."""
    typer.echo(sentence, err=True)
    raise typer.Exit(2)


@contextmanager
def faults_told() -> Iterator[None]:
    """Say what a file or a value does not take, or why it can't be read."""
    try:
        yield
    except (MenshenError, OSError, ValueError) as error:
        refuse(str(error))


def data_folder(site: Path, data: Path | None) -> Path:
    """Return the data folder of a site, or the one that was named instead."""
    from gateway.site_file import load_site  # noqa: PLC0415 - keeps the others quick

    with faults_told():
        return load_site(site, data=data).data_folder
