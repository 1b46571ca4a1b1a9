"""`menshen doctor`: what this machine lacks, and the command that mends it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.doctor.findings import Finding

COLOURS = {"ok": "green", "warn": "yellow", "bad": "bold red"}


def doctor(
    site: Annotated[
        Path | None, typer.Argument(metavar="[SITE.yaml]", help="The site file.")
    ] = None,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line instead of the table.")
    ] = False,
) -> None:
    """Say what is missing or badly set on this machine, and how to mend it.

    Looks at Python, the broker, its speed and queues, the clock, the disk and, with a site file,
    at serial ports, certificates, the legal end, the store and the page's port. Changes nothing.
    Exit code 0 when nothing is bad, 1 when something is, 2 for a wrong site file, 3 when a
    needed part is missing.

    Example: menshen doctor site.yaml
    """
    import asyncio  # noqa: PLC0415 - what a command needs loads with it

    from gateway.doctor.checks import checks_for  # noqa: PLC0415
    from gateway.doctor.examination import examine  # noqa: PLC0415
    from gateway.doctor.findings import State, worst  # noqa: PLC0415

    findings = asyncio.run(examine(checks_for(site)))
    if as_json:
        _print_lines(findings)
    else:
        _print_table(findings)
    if any(finding.missing for finding in findings):
        raise typer.Exit(3)
    if worst(findings) is State.BAD:
        raise typer.Exit(1)


def _print_lines(findings: Sequence[Finding]) -> None:
    import json  # noqa: PLC0415
    from dataclasses import asdict  # noqa: PLC0415

    for finding in findings:
        typer.echo(json.dumps(asdict(finding), ensure_ascii=False))


def _print_table(findings: Sequence[Finding]) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(show_lines=False)
    for column in ("check 检查", "state 状态", "found 所见", "remedy 处置"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        colour = COLOURS[finding.state]
        table.add_row(
            escape(finding.check),
            f"[{colour}]{finding.state}[/]",
            escape(finding.said),
            escape(finding.remedy),
        )
    Console().print(table)
