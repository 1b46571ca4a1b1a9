"""`menshen simulate --virtual`: worlds run one after the other, a broken promise made small."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import typer

from devices.errors import Fault, MenshenError, SetupError
from gateway.cli.virtual.staging import codes, staged
from gateway.cli.virtual.world import SHORTEST_S, Outlived, live_through
from simulators.estates import SITE
from simulators.scenario import Scenario, load_scenario
from simulators.virtual.faults import chosen

HOUR_S = 3600.0
DEFAULT_S = 600.0

Live = Callable[[int, Iterable[str]], Outlived]


def run_virtual_worlds(
    path: Path, *, site: Path | None, seeds: range, hours: float | None, faults: str
) -> int:
    """Run a world for each seed, a JSON line each; 1 where a promise was broken, else 0."""
    kinds = chosen(faults)
    scenario = load_scenario(path)
    _only_mqtt(scenario, path)
    seconds = hours * HOUR_S if hours is not None else scenario.duration_s or DEFAULT_S
    if seconds < SHORTEST_S:
        least = SHORTEST_S / HOUR_S
        msg = f"--hours {seconds / HOUR_S:.3f}: a world needs {least:.3f} to come to rest"
        raise MenshenError(msg)
    people = codes()
    with staged(scenario, site or path.parent / SITE) as setup:

        def live(seed: int, kinds: Iterable[str]) -> Outlived:
            return live_through(setup, scenario, people, seed, kinds=kinds, seconds=seconds)

        for seed in seeds:
            outlived = live(seed, kinds)
            if outlived.violations:
                _tell(_smallest(outlived, live, kinds), path, seconds)
                return 1
            typer.echo(json.dumps(outlived.summary(), ensure_ascii=False))
    return 0


def _smallest(found: Outlived, live: Live, kinds: Iterable[str]) -> tuple[Outlived, list[str]]:
    """Leave out one kind of fault after the other as long as the same promise is broken."""
    promise = found.violations[0].promise
    needed = [kind for kind in sorted(kinds) if found.faults[kind]]
    for kind in list(needed):
        fewer = [other for other in needed if other != kind]
        again = live(found.seed, fewer)
        if again.violations and again.violations[0].promise == promise:
            found, needed = again, fewer
    return found, needed


def _tell(shrunk: tuple[Outlived, list[str]], path: Path, seconds: float) -> None:
    found, needed = shrunk
    kinds = ",".join(needed) or "none"
    typer.echo(f"seed {found.seed}: {found.violations[0]}", err=True)
    for line in found.trace:
        typer.echo(line, err=True)
    again = f"--virtual --seed {found.seed} --hours {seconds / HOUR_S:g} --faults {kinds}"
    typer.echo(f"the same again: menshen simulate {path} {again}", err=True)
    typer.echo(json.dumps(found.summary(), ensure_ascii=False))


def _only_mqtt(scenario: Scenario, path: Path) -> None:
    faults = [
        Fault(
            str(path), 1, 1, f"{here.lane}: a serial scanner can't be virtual; make it kind: mqtt"
        )
        for here in scenario.lanes
        if here.devices.scanner is not None and here.devices.scanner.port is not None
    ]
    if faults:
        raise SetupError(faults)
