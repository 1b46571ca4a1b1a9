"""`menshen people`: the estate's list, which a guard may ask and nobody can read."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.refusing import Data, Site, data_folder, faults_told

app = typer.Typer(
    no_args_is_help=True,
    help="The estate's list of people, kept as keyed hashes.\n\n"
    "Example: menshen people import site.yaml people.csv",
)

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

    folder = data_folder(site, data)
    with faults_told():
        count = store_list(folder, read_table(table))
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

    with faults_told():
        known = load_list(data_folder(site, data))
    for kind, people in (known.counts() if known else {}).items():
        typer.echo(f"{kind}\t{people}")


@app.command()
def forget(site: Site, data: Data = None) -> None:
    """Destroy the list and its key.

    Example: menshen people forget site.yaml
    """
    from gateway.people.people_list import FOLDER  # noqa: PLC0415
    from gateway.stand_down.destroying import destroy  # noqa: PLC0415

    folder = data_folder(site, data) / FOLDER
    for path in sorted(folder.glob("*.key")) + sorted(folder.glob("*.list")):
        destroy(path)
