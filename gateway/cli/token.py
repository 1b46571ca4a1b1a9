"""`menshen token`: bearer tokens of the gateway's page and API."""

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from devices.ids import is_id
from devices.moment import format_stamp
from gateway.cli.refusing import Data, Site, data_folder, faults_told, refuse

app = typer.Typer(
    no_args_is_help=True,
    help="Tokens of the page and its API.\n\nExample: menshen token create site.yaml --role guard",
)


class RoleChoice(StrEnum):
    """What the token may do."""

    viewer = "viewer"
    guard = "guard"
    admin = "admin"


@app.command()
def create(
    site: Site,
    role: Annotated[RoleChoice, typer.Option(help="What the token may do.")],
    name: Annotated[str, typer.Option(help="The post it is for, such as north-desk.")] = "",
    data: Data = None,
) -> None:
    """Print a new bearer token and nothing else; it can't be shown again.

    Example: menshen token create site.yaml --role guard --name north-desk
    """
    from gateway.access import hash_token  # noqa: PLC0415 - keeps the other commands quick
    from gateway.tokens import TokenFile  # noqa: PLC0415

    name = name or f"{role.value}-{secrets.token_hex(3)}"
    if not is_id(name):
        refuse(f"--name {name!r}: must be 1 to 32 of a-z, 0-9 and -, and name a post, no person")
    token = secrets.token_urlsafe(32)
    made = format_stamp(int(datetime.now(UTC).timestamp() * 1000))
    with faults_told():
        TokenFile(data_folder(site, data)).add(name, role.value, hash_token(token), made)
    typer.echo(token)


@app.command("list")
def list_tokens(site: Site, data: Data = None) -> None:
    """List the live tokens: name, role, when made.

    Example: menshen token list site.yaml
    """
    from gateway.tokens import TokenFile  # noqa: PLC0415

    with faults_told():
        live = TokenFile(data_folder(site, data)).live()
    for record in live:
        typer.echo(f"{record.name}\t{record.role}\t{record.made}")


@app.command()
def revoke(
    site: Site,
    name: Annotated[str, typer.Argument(help="The token's name.")],
    data: Data = None,
) -> None:
    """End a token and every session that began with it, at once.

    Example: menshen token revoke site.yaml north-desk
    """
    from gateway.tokens import TokenFile  # noqa: PLC0415

    with faults_told():
        revoked = TokenFile(data_folder(site, data)).revoke(name)
    if not revoked:
        typer.echo(f"{name}: no live token has this name; see menshen token list", err=True)
        raise typer.Exit(1)
