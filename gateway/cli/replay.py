"""`menshen replay`: the visits on record under another policy, and which come out otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devices.moment import parse_stamp
from gateway.cli.policy.policy_path import read_policy_at
from gateway.cli.progress import progress

if TYPE_CHECKING:
    from gateway.cli.replay_lines import ReplayLines
    from gateway.outbox.recorded_visits import RecordedVisits

OFTEN = 256  # visits from one look at the bar to the next


def _stamp_ms(text: str) -> int:
    try:
        return parse_stamp(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


DataDir = Annotated[
    Path, typer.Argument(metavar="DATA_DIR", help="A gateway's data folder.", show_default=False)
]
Policy = Annotated[
    Path, typer.Option("--policy", metavar="NEW.yaml", help="The policy to judge them under.")
]
From = Annotated[
    int | None,
    typer.Option("--from", parser=_stamp_ms, metavar="TIME", help="As 2026-11-23T08:00:00Z."),
]
To = Annotated[
    int | None,
    typer.Option("--to", parser=_stamp_ms, metavar="TIME", help="Up to here, without it."),
]
Lane = Annotated[str | None, typer.Option("--lane", help="Only this lane.")]
Json = Annotated[bool, typer.Option("--json", help="Each change as one JSON object a line.")]


def replay(
    data: DataDir,
    *,
    policy: Policy,
    from_: From = None,
    to: To = None,
    lane: Lane = None,
    json: Json = False,
) -> None:
    """Judge the visits on record again, under another policy, and show which change, and why.

    What stood above the policy then (a lockdown, two people in view) counts as it did. Reads only,
    also while the gateway runs.

    Exit code 0 when no decision changes, 1 when one does, or a record can't be read.

    Example: menshen replay data --policy new.yaml --lane north-in
    """
    from gateway.cli.replay_lines import ReplayLines  # noqa: PLC0415 - loads when it is needed
    from gateway.outbox.recorded_visits import RecordedVisits  # noqa: PLC0415

    new = read_policy_at(policy)
    visits = RecordedVisits(data, from_ms=from_, to_ms=to, lane=lane)
    lines = ReplayLines(new, policy)
    _judge(visits, lines, as_json=json)
    for line in lines.end_json(visits) if json else lines.end_text(visits):
        typer.echo(line)
    if lines.changed or visits.unreadable:
        raise typer.Exit(1)


def _judge(visits: RecordedVisits, lines: ReplayLines, *, as_json: bool) -> None:
    from gateway.outbox.recorded_visits import WHOLE  # noqa: PLC0415

    with progress("visits on record", WHOLE) as show:
        for event, asked in visits:
            line = lines.take(event, asked, as_json=as_json)
            if line is not None:
                typer.echo(line)
            if lines.judged % OFTEN == 0:
                show(visits.progress)
