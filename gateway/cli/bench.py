"""`menshen bench`: one benchmark, its figures beside floors measured in the same run."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    help="Figures as JSON lines, each with its floor and the ratio.\n\nExample: menshen bench mqtt",
)

Folder = Annotated[
    Path | None, typer.Option("--folder", help="A folder of the disk to measure; default: here.")
]


@app.command()
def store(folder: Folder = None) -> None:
    """Measure the outbox and the way into a time-series store.

    Floors: fdatasync of the same bytes, SQLite alone, the same points posted bare.

    Example: menshen bench store --folder /var/lib/menshen
    """
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - what a command needs loads with it

    from gateway.bench.store import store_lines  # noqa: PLC0415
    from gateway.short_turns import take_short_turns  # noqa: PLC0415

    take_short_turns()  # as the gateway does
    with TemporaryDirectory(dir=folder or Path(), prefix=".bench-") as here:
        for line in store_lines(Path(here)):
            typer.echo(line)


@app.command()
def mqtt() -> None:
    """Measure a round trip through mosquitto: our link beside a C client of libmosquitto.

    Example: menshen bench mqtt
    """
    from gateway.bench.mqtt import mqtt_lines  # noqa: PLC0415

    for line in mqtt_lines():
        typer.echo(line)


@app.command()
def policy() -> None:
    """Measure decisions: 12, 10, 1,000 and 10,000 rules, with the same facts and with new ones.

    Floor: the same twelve rules written in Python by hand. With 10 rules and more the twelve
    stand beside them. Other engines are measured where the extra `bench` is installed.

    Example: menshen bench policy
    """
    from gateway.bench.policy import policy_lines  # noqa: PLC0415

    for line in policy_lines():
        typer.echo(line)


@app.command()
def credential() -> None:
    """Measure a judgement of each kind of credential, from the text to what a lane may know.

    Floor: the bare verification of the same signatures with a key that is ready. `…-first-seen`
    also reads the signer's certificate, as for each signer that was not met before.

    Example: nice -n -5 menshen bench credential
    """
    from gateway.bench.credential import credential_lines  # noqa: PLC0415
    from gateway.cli.bench_credentials import kinds  # noqa: PLC0415

    for line in credential_lines(list(kinds())):
        typer.echo(line)


@app.command()
def reload(
    rules: Annotated[int, typer.Option(help="Rules of the policy, from 11.", min=11)] = 12,
    blocks: Annotated[int, typer.Option(help="Blocks with reloads, and as many without.")] = 10,
    seconds: Annotated[float, typer.Option(help="Length of a block.", min=1)] = 20.0,
    every: Annotated[float, typer.Option(help="Seconds between reloads.", min=1)] = 10.0,
) -> None:
    """Measure how long people wait while the policy changes: 200 visits/s through the runtime.

    Floor: the same visits with a policy that stays. Each decision on record is judged again by the
    policy that it names; `lost`, `strange` and `wrong` count those that do not add up.

    Example: menshen bench reload --rules 1000
    """
    import uvloop  # noqa: PLC0415 - what a command needs loads with it

    from gateway.bench.reload import Plan, reload_lines  # noqa: PLC0415
    from gateway.short_turns import take_short_turns  # noqa: PLC0415

    uvloop.install()
    take_short_turns()
    for line in reload_lines(Plan(rules, blocks, seconds, every)):
        typer.echo(line)
