"""`menshen trust`: whom a site believes; looked through, added to, imported, checked."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devices.errors import SetupError
from gateway.cli.refusing import Site, faults_told, refuse

if TYPE_CHECKING:
    from gateway.trust.importing import Imported
    from gateway.trust.inventory import Inventory, Row

MAX_NAMED = 20  # entries of a list that were passed over

app = typer.Typer(
    no_args_is_help=True,
    help="The trust folder: signers, keys, revocations and rules.\n\n"
    "Example: menshen trust list site.yaml",
)

SiteOrNone = Annotated[
    Path | None, typer.Argument(metavar="[SITE.yaml]", help="The site file.", show_default=False)
]
Trust = Annotated[Path | None, typer.Option("--trust", help="Trust folder instead of a site's.")]


@app.command("list")
def list_trust(
    site: SiteOrNone = None,
    trust: Trust = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as one JSON object.")] = False,
) -> None:
    """List everything that counts, with its dates; what ends within 30 days is marked.

    Example: menshen trust list --trust trust --json
    """
    with faults_told():
        found = _inventory(site, trust)
    if as_json:
        typer.echo(json.dumps(found.told(), ensure_ascii=False))
    else:
        _print_rows(found)
    for fault in found.faults:
        typer.echo(str(fault), err=True)
    if found.faults:
        raise typer.Exit(2)


@app.command()
def check(
    site: SiteOrNone = None,
    trust: Trust = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 where there are warnings.")
    ] = False,
) -> None:
    """Check the folder as the gateway reads it: faults end in exit code 2, warnings in 0.

    Example: menshen trust check site.yaml --strict
    """
    from gateway.trust_folder import load_trust  # noqa: PLC0415 - what a command needs

    with faults_told():
        found = _inventory(site, trust)
        if found.faults:
            raise SetupError(found.faults)
        folder = _folder(site, trust)
        load_trust(folder)  # what no file shows alone, such as one rule in two of them
    warnings = list(found.warnings())
    for warning in warnings:
        typer.echo(f"warning: {warning}")
    typer.echo(f"{folder}: ok, {_counts(found)}")
    if warnings and strict:
        raise typer.Exit(1)


@app.command()
def add(
    site: Site,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Certificates, key sets, lists, rules.")
    ],
) -> None:
    """Check files and put them into the folder under right names; never over another file.

    Example: menshen trust add site.yaml signer.crt jwks.json
    """
    from gateway.trust.placing import place_files  # noqa: PLC0415

    with faults_told():
        folder = _folder(site, None)
        for placed in place_files(folder, files, _now_ms()):
            typer.echo(str(placed.path))


@app.command("import")
def import_trust(
    site: Site,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The list as it was fetched.")],
    source: Annotated[str, typer.Option("--source", help="Whose list it is, such as de.")],
    key: Annotated[
        Path | None, typer.Option("--key", help="Public key or certificate that signs it.")
    ] = None,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Believe it without looking at a signature.")
    ] = False,
) -> None:
    """Take a national backend's list of signers in, in place of what came from it before.

    Lists in the form of the German or of the Swedish backend, and VCI snapshots of issuers.

    Example: menshen trust import site.yaml trustlist.json --source de --key pubkey.pem
    """
    from gateway.trust.importing import import_list, read_backend_key  # noqa: PLC0415

    if (key is None) != unsigned:
        refuse("say either --key FILE, which the list must be signed with, or --unsigned")
    with faults_told():
        folder = _folder(site, None)
        backend_key = None if key is None else read_backend_key(key)
        done = import_list(folder, file, source, backend_key, _now_ms())
    _tell_passed_over(done)
    typer.echo(f"{done.path}: {done.count} count, {done.added} new, {done.gone} gone")


@app.command()
def refresh(site: Site) -> None:
    """Fetch the key sets of issuers of cards that are believed already, from themselves.

    Exit code 1 where one could not be had, or has none of the keys that are known.

    Example: menshen trust refresh site.yaml
    """
    from gateway.trust.refreshing import fetch_set  # noqa: PLC0415
    from gateway.trust.refreshing import refresh as refresh_sets  # noqa: PLC0415

    failed = False
    with faults_told():
        for one in refresh_sets(_folder(site, None), fetch_set):
            failed = failed or one.fault is not None
            said = one.fault or f"{one.added} keys new, {one.gone} gone"
            typer.echo(f"{one.issuer}: {said}", err=one.fault is not None)
    if failed:
        raise typer.Exit(1)


def _tell_passed_over(done: Imported) -> None:
    for one in done.passed_over[:MAX_NAMED]:
        typer.echo(f"passed over: {one}", err=True)
    if len(done.passed_over) > MAX_NAMED:
        typer.echo(f"passed over: {len(done.passed_over) - MAX_NAMED} more", err=True)


def _inventory(site: Path | None, trust: Path | None) -> Inventory:
    from gateway.passes.pass_files import PassFolders  # noqa: PLC0415
    from gateway.site_file import load_site  # noqa: PLC0415
    from gateway.trust.inventory import take_inventory  # noqa: PLC0415

    folder = _folder(site, trust)
    if site is None:
        return take_inventory(folder, PassFolders.among(None, folder), None, _now_ms())
    loaded = load_site(site)
    passes = PassFolders.of(loaded.data_folder, folder)
    return take_inventory(folder, passes, loaded.place, _now_ms())


def _folder(site: Path | None, trust: Path | None) -> Path:
    from gateway.site_file import load_site  # noqa: PLC0415

    if trust is not None and site is None:
        return trust
    if site is None or trust is not None:
        refuse("name either a site file or --trust FOLDER")
    folder = load_site(site).trust_folder
    if folder is None:
        refuse(f"{site}: names no trust folder: write trust: trust into it")
    return folder


def _print_rows(found: Inventory) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    console = Console()
    signer = ("country", "kid", "subject", "from", "to", "usages", "file", "mark")
    columns = {
        "signers 签发者": (found.signers, signer),
        "issuers of cards": (found.issuers, ("issuer", "kids", "unfit", "file")),
        "keys of passes 通行证": (found.pass_keys, ("kid", "file")),
        "revoked 吊销": (found.revocations, ("of", "entries", "date", "file")),
        "national rules": (found.rules, ("file", "rules", "count")),
    }
    for title, (rows, names) in columns.items():
        if rows:
            table = Table(title=title, title_justify="left")
            for name in names:
                table.add_column(name, overflow="fold")
            for row in rows:
                table.add_row(*(_cell(row, name) for name in names))
            console.print(table)
    typer.echo(_counts(found))


def _cell(row: Row, name: str) -> str:
    value = row[name]
    if value is None:
        return "all" if name == "usages" else ""
    if name in {"from", "to", "date"}:
        return str(value)[:10]
    return " ".join(value) if isinstance(value, list) else str(value)


def _counts(found: Inventory) -> str:
    revoked = sum(row["entries"] for row in found.revocations)
    rules = sum(row["rules"] for row in found.rules)
    count = sum(row["count"] for row in found.rules)
    return (
        f"{len(found.signers)} signers, {len(found.issuers)} issuers of cards, "
        f"{len(found.pass_keys)} keys of passes, {revoked} revoked, "
        f"{count} of {rules} national rules count"
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
