"""`menshen simulate`: virtual devices and people, at a real broker or in virtual time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from simulators.device_link import Account
    from simulators.scenario import Scenario
    from simulators.tally import Tally


def simulate(  # noqa: PLR0913, PLR0917 - options of the command line
    scenario: Annotated[Path, typer.Argument(help="The scenario file.", show_default=False)],
    broker: Annotated[
        str | None, typer.Option(help="Broker instead of the scenario's: mqtt://host:port.")
    ] = None,
    issuer: Annotated[
        Path | None,
        typer.Option(help="Folder of the issuer's secret and signer; default: issuer/ beside it."),
    ] = None,
    accounts: Annotated[
        Path | None, typer.Option(help="Accounts of the devices, one DEVICE:PASSWORD a line.")
    ] = None,
    duration: Annotated[
        float | None, typer.Option(help="Seconds, instead of the scenario's.", min=0.1)
    ] = None,
    virtual: Annotated[
        bool,
        typer.Option("--virtual", help="The whole gateway too, in virtual time."),
    ] = False,
    seed: Annotated[
        int, typer.Option(help="Of a virtual world; the same one goes the same way.")
    ] = 1,
    seeds: Annotated[int, typer.Option(help="How many virtual worlds, from --seed on.", min=1)] = 1,
    hours: Annotated[
        float | None, typer.Option(help="Of virtual time; default: the scenario's, or 10 minutes.")
    ] = None,
    faults: Annotated[str, typer.Option(help="Of a virtual world: all, none or a list.")] = "all",
    site: Annotated[
        Path | None, typer.Option(help="Site of a virtual world; default: site.yaml beside it.")
    ] = None,
) -> None:
    """Let simulated people walk through simulated devices, against a real broker.

    Ends after the scenario's duration or on Ctrl-C; prints what became of the people as JSON.
    The gateway admits them once the issuer's signer.pem lies in its trust folder.

    With --virtual the gateway itself runs in the same virtual time, under faults drawn from the
    seed, and its promises are checked at every step; exit code 1 where one is broken.

    Example: menshen simulate scenario.yaml --broker mqtt://127.0.0.1:1883
    """
    if virtual:
        from gateway.cli.virtual.command import run_virtual_worlds  # noqa: PLC0415

        run = range(seed, seed + seeds)
        code = run_virtual_worlds(scenario, site=site, seeds=run, hours=hours, faults=faults)
        raise typer.Exit(code)
    import asyncio  # noqa: PLC0415 - what a command needs loads with it
    import json  # noqa: PLC0415

    from simulators.estates import ISSUER  # noqa: PLC0415
    from simulators.issuer_folder import SIGNER, load_issuer  # noqa: PLC0415
    from simulators.scenario import load_scenario  # noqa: PLC0415

    loaded = load_scenario(scenario)
    if duration is not None:
        loaded = loaded.model_copy(update={"duration_s": duration})
    if broker is not None:
        loaded = loaded.model_copy(update={"broker": broker})
    folder = issuer or scenario.parent / ISSUER
    load_issuer(folder)
    typer.echo(f"people carry codes signed by {folder / SIGNER}", err=True)
    known = read_accounts(accounts) if accounts else {}
    tally = asyncio.run(_watched(loaded, folder, known))
    typer.echo(json.dumps(tally.summary(), ensure_ascii=False))


def read_accounts(path: Path) -> dict[str, Account]:
    """Read DEVICE:PASSWORD lines; the device's id is its user name."""
    from devices.errors import Fault, SetupError  # noqa: PLC0415
    from simulators.device_link import Account  # noqa: PLC0415

    accounts, faults = {}, []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError([Fault(str(path), 1, 1, f"can't be read: {error}")]) from error
    for number, line in enumerate(lines, 1):
        device, colon, password = line.partition(":")
        if line.strip() and not colon:
            faults.append(Fault(str(path), number, 1, "must be DEVICE:PASSWORD"))
        elif colon:
            accounts[device.strip()] = Account(device.strip(), password)
    if faults:
        raise SetupError(faults)
    return accounts


async def _watched(scenario: Scenario, issuer: Path, accounts: dict[str, Account]) -> Tally:
    """Run the estate under a live table until its time is over or a signal comes."""
    import asyncio  # noqa: PLC0415
    import signal  # noqa: PLC0415

    from rich.console import Console  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415

    from simulators.device_link import BrokerAddress, reach  # noqa: PLC0415
    from simulators.estate import run_estate  # noqa: PLC0415
    from simulators.issuer_folder import codes_of, load_issuer  # noqa: PLC0415
    from simulators.tally import Tally  # noqa: PLC0415

    here = next(lane.devices.gate.device for lane in scenario.lanes)
    await reach(BrokerAddress.parse(scenario.broker), accounts.get(here))
    tally = Tally()
    estate = asyncio.ensure_future(
        run_estate(
            scenario,
            issuer=codes_of(load_issuer(issuer)),
            account_of=accounts.get,
            report=tally.add,
        )
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, estate.cancel)
    console = Console(stderr=True)
    with Live(console=console, get_renderable=lambda: _table(tally), refresh_per_second=2):
        await asyncio.wait({estate})
    if not estate.cancelled():
        estate.result()
    return tally


def _table(tally: Tally) -> Table:
    from rich.table import Table  # noqa: PLC0415

    from simulators.tally import Outcome  # noqa: PLC0415

    table = Table(title=f"{tally.people} people, gate after {tally.wait_ms(0.5) or '-'} ms (p50)")
    table.add_column("lane 通道")
    for outcome in Outcome:
        table.add_column(outcome.value, justify="right")
    for lane in sorted(tally.by_lane):
        counts = tally.by_lane[lane]
        table.add_row(lane, *(str(counts[outcome]) for outcome in Outcome))
    return table
