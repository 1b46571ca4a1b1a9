"""`menshen broker`: what an external broker must be told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.refusing import refuse

if TYPE_CHECKING:
    from gateway.broker.broker_files import BrokerPlan
    from gateway.broker.mosquitto_conf import Certificate

app = typer.Typer(
    no_args_is_help=True, help="The MQTT broker.\n\nExample: menshen broker config site.yaml"
)

USUAL_FOLDER = Path("/etc/mosquitto")
BLANK_SITE = "my-estate"


@app.callback()
def broker() -> None:
    """Keep `config` a command of its own."""


@app.command()
def config(
    site: Annotated[
        Path | None, typer.Argument(metavar="[SITE.yaml]", help="The site file.")
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="DIR", help="Write the files there, passwords included."),
    ] = None,
    cert: Annotated[
        Path | None, typer.Option(help="The broker's certificate chain (PEM), for TLS.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The key of that certificate (PEM).")] = None,
) -> None:
    """Print a mosquitto configuration: accounts, who may say what, TLS, queue limits.

    With --write DIR the files are written: mosquitto.conf, acl, passwords (hashes), accounts
    (DEVICE:PASSWORD, to set up the devices), gateway.password, doctor.password and
    hq.password. Running it again keeps every password and adds new devices.

    Example: sudo menshen broker config site.yaml --write /etc/mosquitto
    """
    from gateway.broker.mosquitto_conf import Certificate  # noqa: PLC0415 - loads with its command

    if (cert is None) != (key is None):
        refuse("--cert and --key go together")
    served = Certificate(cert.absolute(), key.absolute()) if cert and key else None
    if site is None:
        if write is not None:
            refuse("--write needs SITE.yaml: the accounts are those of its devices")
        _print_blank(served)
    elif write is None:
        _print_site(site, served)
    else:
        _write_site(site, write.absolute(), served)


def _plan(site: Path, folder: Path, served: Certificate | None) -> BrokerPlan:
    from gateway.broker.access_list import shared_topics  # noqa: PLC0415
    from gateway.broker.broker_files import plan_broker  # noqa: PLC0415
    from gateway.site_file import load_site_devices  # noqa: PLC0415

    plan = plan_broker(*load_site_devices(site), folder, str(site), served)
    for one, other in shared_topics(plan.accounts):
        what = f"{one} and {other} can speak for each other: their topics overlap; "
        typer.echo(what + "give each its own", err=True)
    return plan


def _print_blank(served: Certificate | None) -> None:
    from gateway.broker.access_list import site_access  # noqa: PLC0415
    from gateway.broker.broker_files import GATEWAY, acl_text  # noqa: PLC0415
    from gateway.broker.mosquitto_conf import Place, mosquitto_conf  # noqa: PLC0415

    place = Place(USUAL_FOLDER, 0, served)
    _print_file(place.conf, mosquitto_conf(place, None))
    _print_file(place.acl, acl_text(site_access(BLANK_SITE, GATEWAY, (), BLANK_SITE)))
    typer.echo(f"# {BLANK_SITE} stands for your site: name the site file, and every device")
    typer.echo("# gets an account here and topics of its own.")
    _print_file(place.passwords, "# mosquitto_passwd -c passwords gateway\n")


def _print_site(site: Path, served: Certificate | None) -> None:
    from gateway.broker.broker_files import Kept, broker_files  # noqa: PLC0415

    for file in broker_files(_plan(site, USUAL_FOLDER, served), Kept()):
        if file.for_broker:
            _print_file(file.path, file.text)
    typer.echo("# Nobody knows these passwords yet: set them with mosquitto_passwd, or let")
    typer.echo(f"# menshen broker config {site} --write DIR make and keep them.")


def _write_site(site: Path, folder: Path, served: Certificate | None) -> None:
    from gateway.broker.broker_files import (  # noqa: PLC0415
        broker_files,
        read_kept,
        secret_paths,
        write_file,
    )

    plan = _plan(site, folder, served)
    for file in broker_files(plan, read_kept(plan)):
        try:
            changed = write_file(file)
        except OSError as error:
            refuse(f"{file.path}: can't be written: {error.strerror}; name another DIR, or sudo")
        typer.echo(f"{file.path}: {'written' if changed else 'as it was'}")
    secret = secret_paths(plan)[plan.gateway]
    if plan.broker is None:
        said = f'broker: {{url: "mqtt://127.0.0.1:1883", username: {plan.gateway}, '
        typer.echo(f"write into {site}: {said}password_file: {secret}}}", err=True)
    elif plan.named_secret is None or not plan.named_secret.exists():
        where = plan.named_secret or "broker.password_file of the site file"
        typer.echo(f"the gateway's password lies in {secret}; {where} must name it", err=True)


def _print_file(path: Path, text: str) -> None:
    typer.echo(f"# ======== {path} ========\n{text}")
