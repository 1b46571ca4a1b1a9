"""`menshen people`: the estate's list, which a guard may ask and nobody can read."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from devices.errors import SetupError

app = typer.Typer(
    no_args_is_help=True,
    help="The estate's list of people, kept as keyed hashes.\n\n"
    "Example: menshen people import site.yaml people.csv",
)

Site = Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.")]
Data = Annotated[Path | None, typer.Option("--data", help="Data folder instead of the site's.")]
Table = Annotated[
    Path, typer.Argument(metavar="FILE.csv", help="Columns name, kind and, if you like, home.")
]


@app.command("import")
def import_people(site: Site, table: Table, data: Data = None) -> None:
    """Put a table in the place of the list; a running gateway asks the new one at once.

    Names are kept as keyed hashes alone: the file itself is yours to destroy.

    Example: menshen people import site.yaml people.csv
    """
    from gateway.people.people_list import store_list  # noqa: PLC0415 - keeps the others quick
    from gateway.people.people_table import read_table  # noqa: PLC0415

    folder = _data_folder(site, data)
    try:
        count = store_list(folder, read_table(table))
    except (SetupError, OSError) as error:
        _refuse(str(error))
    typer.echo(f"{count}")
    typer.echo(
        f"名单已导入,姓名只存哈希;请销毁 {table}。 Imported as hashes: now destroy {table}.",
        err=True,
    )


@app.command()
def count(site: Site, data: Data = None) -> None:
    """Say how many of each kind are on the list.

    Example: menshen people count site.yaml
    """
    from gateway.people.people_list import load_list  # noqa: PLC0415

    try:
        known = load_list(_data_folder(site, data))
    except SetupError as error:
        _refuse(str(error))
    for kind, people in (known.counts() if known else {}).items():
        typer.echo(f"{kind}\t{people}")


@app.command()
def forget(site: Site, data: Data = None) -> None:
    """Destroy the list and its key.

    Example: menshen people forget site.yaml
    """
    from gateway.people.people_list import FOLDER  # noqa: PLC0415
    from gateway.stand_down.destroying import destroy  # noqa: PLC0415

    folder = _data_folder(site, data) / FOLDER
    for path in sorted(folder.glob("*.key")) + sorted(folder.glob("*.list")):
        destroy(path)


def _data_folder(site: Path, data: Path | None) -> Path:
    from gateway.site_file import load_site  # noqa: PLC0415

    try:
        return load_site(site, data=data).data_folder
    except SetupError as error:
        _refuse(str(error))


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(2)
