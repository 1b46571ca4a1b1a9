"""`menshen check`: a site's files, checked without touching a device."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gateway.setup import Setup


def check(
    site: Annotated[Path, typer.Argument(help="The site file.", show_default=False)],
) -> None:
    """Check a site file with its policy and trust.

    Prints every fault as FILE:LINE:COLUMN: what, exit code 2; touches no device.

    Example: menshen check site.yaml
    """
    from rich.console import Console  # noqa: PLC0415 - what a command needs loads with it
    from rich.table import Table  # noqa: PLC0415

    from gateway.setup import load_setup  # noqa: PLC0415

    setup = load_setup(site)
    table = Table(title=f"{setup.site.name.zh} {setup.site.name.en} ({setup.site.site})")
    for column in ("lane 通道", "direction", "needs", "device", "driver", "fail / egress"):
        table.add_column(column)
    for lane, device in setup.site.devices():
        table.add_row(
            lane.lane,
            lane.direction,
            " + ".join(lane.needs) or "nothing",
            device.device,
            device.driver,
            f"{device.fail} / {device.egress}" if device.fail else "",
        )
    console = Console(stderr=True)
    console.print(table)
    typer.echo(
        f"{site}: ok, {len(setup.site.lanes)} lanes, {len(setup.devices)} devices,"
        f" policy {setup.policy.name} {setup.policy.hash}{_rules(setup)}"
    )


def _rules(setup: "Setup") -> str:
    """Tell how many rules of nations count; those that can't for want of a country, too."""
    rules, country = setup.trust.rules, setup.site.country
    if not rules.total:
        return ""
    if country is None:
        return f", {rules.total} national rules without use: the site file names no country"
    return f", {len(rules)} of {rules.total} national rules count in {country}"
