"""`menshen run`: the gateway of one estate, until a signal ends it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gateway.running import Running
    from gateway.setup import Setup
    from simulators.scenario import Scenario

DATA = Path("data")  # of the simulated estate that runs where no site file is named


def run(
    site: Annotated[
        Path | None,
        typer.Argument(metavar="[SITE.yaml]", help="The site file; none: a simulated estate."),
    ] = None,
    simulate: Annotated[
        Path | None,
        typer.Option(metavar="SCENARIO.yaml", help="Let simulated people walk through the site."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Data folder instead of the site's.")
    ] = None,
) -> None:
    """Run the gateway of one estate until Ctrl-C or SIGTERM.

    Without a site file it runs Riverside Gardens, an estate whose devices and people are simulated.

    Example: menshen run site.yaml
    """
    import logging  # noqa: PLC0415 - what a command needs loads with it

    import uvloop  # noqa: PLC0415

    from gateway.setup import load_setup  # noqa: PLC0415
    from gateway.short_turns import take_short_turns  # noqa: PLC0415

    take_short_turns()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    if site is None:
        data = data or DATA
        site, riverside = _riverside(data)
        simulate = simulate or riverside
    setup = load_setup(site, data=data)
    uvloop.run(_run(setup, simulate))


def _riverside(data: Path) -> tuple[Path, Path]:
    """Lay the simulated estate out beside its record; return its site file and scenario."""
    from simulators.estates import ISSUER, lay_out  # noqa: PLC0415
    from simulators.issuer_folder import load_issuer  # noqa: PLC0415

    estate = data / "estate"
    return lay_out(estate, load_issuer(estate / ISSUER))


async def _run(setup: Setup, scenario: Path | None) -> None:
    import asyncio  # noqa: PLC0415
    from functools import partial  # noqa: PLC0415

    from edge_rules.inputs import TimePassed  # noqa: PLC0415
    from gateway.running import running  # noqa: PLC0415
    from gateway.stopping import end_on_signal  # noqa: PLC0415
    from gateway.supervision import background  # noqa: PLC0415
    from gateway.watchdog import ServiceManager, keep_alive  # noqa: PLC0415

    manager = ServiceManager()  # before anything is started that could take its words for its own
    simulated = _scenario(setup, scenario) if scenario else None
    ended = asyncio.Event()
    end_on_signal(ended)
    async with running(setup) as gateway:
        _greet(setup, gateway)
        manager.ready()
        take = partial(gateway.runtime.take, TimePassed())
        beside = [keep_alive(manager, take, gateway.runtime.ready)]
        if simulated:
            beside.append(_people(simulated, gateway))
        async with background(*beside):
            await ended.wait()
        manager.stopping()
        typer.echo("stopping 正在停止…")


def _scenario(setup: Setup, path: Path) -> tuple[Scenario, Path]:
    from devices.errors import Fault, SetupError  # noqa: PLC0415
    from simulators.estates import ISSUER  # noqa: PLC0415
    from simulators.scenario import load_scenario  # noqa: PLC0415

    scenario = load_scenario(path)
    if scenario.site != setup.site.site:
        what = f"site: is {scenario.site}, the site file's is {setup.site.site}"
        raise SetupError([Fault(str(path), 1, 1, what)])
    return scenario, path.parent / ISSUER


async def _people(simulated: tuple[Scenario, Path], gateway: Running) -> None:
    from simulators.estate import run_estate  # noqa: PLC0415
    from simulators.issuer_folder import codes_of, load_issuer  # noqa: PLC0415

    scenario, issuer = simulated
    broker = gateway.broker.url if gateway.broker else None
    await run_estate(scenario, issuer=codes_of(load_issuer(issuer)), broker_url=broker)


def _greet(setup: Setup, gateway: Running) -> None:
    from gateway.access import Role  # noqa: PLC0415

    name = setup.site.name
    token = gateway.access.one_time(Role.GUARD)
    typer.echo(f"Menshen 门神 · {name.zh} {name.en}")
    typer.echo(f"page 页面:     {gateway.page}")
    typer.echo(f"sign in 登录:  {gateway.page}/signin?token={token}  (once 仅一次)")
    if gateway.broker:
        typer.echo(f"MQTT 代理:     {gateway.broker.url}")
    typer.echo("Ctrl-C stops 停止")
