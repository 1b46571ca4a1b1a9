"""`menshen crashtest`: what a kill -9 costs, counted."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from gateway.crashtest.crashing import Asked, Outcome, Progress


def crashtest(
    kills: Annotated[int, typer.Option(help="How often something is killed.", min=1)] = 20,
    rate: Annotated[float, typer.Option(help="Visits a second.", min=1, max=200)] = 40,
    store: Annotated[bool, typer.Option("--store", help="Kill the time-series store too.")] = False,
    broker: Annotated[bool, typer.Option("--broker", help="Kill the broker too.")] = False,
    seed: Annotated[int | None, typer.Option(help="Draws the moments; default: any.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="An empty folder for the site and its record; it stays.")
    ] = None,
) -> None:
    """Kill the gateway under load with SIGKILL, again and again, and count what that cost.

    Runs a generated site with a mosquitto and a VictoriaMetrics of its own on this machine. Ends
    with 0 when nothing was lost, doubled, opened without being on record or opened late, else 1.

    Example: menshen crashtest --kills 200 --rate 40
    """
    import asyncio  # noqa: PLC0415 - what a command needs loads with it
    import json  # noqa: PLC0415
    import secrets  # noqa: PLC0415

    from gateway.crashtest.crashing import Asked  # noqa: PLC0415
    from gateway.crashtest.plan import Part  # noqa: PLC0415

    others = (*([Part.STORE] if store else []), *([Part.BROKER] if broker else []))
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    with _folder(folder) as here:
        outcome = asyncio.run(_watched(Asked(kills, rate, seed, others), here))
    typer.echo(json.dumps(outcome.figures))
    for kind, found in outcome.verdict.examples().items():
        typer.echo(f"{kind}: {'; '.join(found)}", err=True)
    if not outcome.verdict.openings:
        typer.echo("no gate opened: this showed nothing", err=True)
    raise typer.Exit(0 if outcome.clean else 1)


@contextmanager
def _folder(named: Path | None) -> Iterator[Path]:
    from shutil import rmtree  # noqa: PLC0415
    from tempfile import mkdtemp  # noqa: PLC0415

    from devices.errors import MenshenError  # noqa: PLC0415

    if named is None:
        made = Path(mkdtemp(prefix="menshen-crashtest-"))
        yield made
        rmtree(made)  # not after an error, whose sentence names the log in it
        return
    named.mkdir(parents=True, exist_ok=True)
    if any(named.iterdir()):
        msg = f"{named}: is not empty; name a new folder, a record of its own must be counted"
        raise MenshenError(msg)
    yield named.resolve()


async def _watched(asked: Asked, folder: Path) -> Outcome:
    from rich.console import Console  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415

    from gateway.cli.crash_street import SimulatedStreet  # noqa: PLC0415
    from gateway.crashtest.crashing import Progress, crash  # noqa: PLC0415

    progress = Progress()
    console = Console(stderr=True)
    with Live(
        console=console, get_renderable=lambda: _table(asked, progress), refresh_per_second=2
    ):
        return await crash(asked, folder, SimulatedStreet(folder), progress)


def _table(asked: Asked, progress: Progress) -> Table:
    from statistics import median  # noqa: PLC0415

    from rich.table import Table  # noqa: PLC0415

    done = sum(progress.kills.values())
    table = Table(title=f"crash test, seed {asked.seed}: {progress.phase}", show_header=False)
    each = ", ".join(f"{part.value} {count}" for part, count in progress.kills.items() if count)
    table.add_row("killed", f"{each or done}")
    table.add_row("visits", f"{progress.visits} at {asked.rate_per_s:g} a second")
    table.add_row("readings acknowledged", str(progress.acknowledged))
    table.add_row("openings", str(progress.openings))
    if progress.recoveries_s:
        worst = max(progress.recoveries_s)
        table.add_row(
            "recovery", f"{median(progress.recoveries_s):.2f} s median, {worst:.2f} worst"
        )
    return table
