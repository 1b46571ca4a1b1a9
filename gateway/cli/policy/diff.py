"""`menshen policy diff`: what another policy would decide otherwise, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.policy.policy_path import read_policy_at
from gateway.cli.progress import progress

if TYPE_CHECKING:
    from edge_rules.policy.comparison import Comparison
    from edge_rules.policy.findings import Findings
    from edge_rules.policy.proving.answers import Answer
    from edge_rules.policy.rules import Policy

MAX_COUNT = 10_000_000
OFTEN = 256  # facts from one look at the bar to the next

PolicyA = Annotated[
    Path, typer.Argument(metavar="A.yaml", help="The policy as it is.", show_default=False)
]
PolicyB = Annotated[
    Path, typer.Argument(metavar="B.yaml", help="As it would be.", show_default=False)
]
Data = Annotated[
    Path | None, typer.Option("--data", help="A data folder: try its recorded visits too.")
]
Count = Annotated[int, typer.Option(min=0, max=MAX_COUNT, help="How many facts to make up.")]
Seed = Annotated[int, typer.Option(help="The same seed makes up the same facts.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Prove = Annotated[
    bool, typer.Option("--prove", help="Prove that no facts at all are decided otherwise.")
]


def diff(
    a: PolicyA,
    b: PolicyB,
    *,
    data: Data = None,
    count: Count = 20_000,
    seed: Seed = 0,
    json: Json = False,
    prove: Prove = False,
) -> None:
    """Find what two policies decide differently: another outcome, or other reasons.

    Facts are made up about the turning points of both.

    Exit code 0 when all is decided alike, 1 when something is not, or can't be proved.

    Example: menshen policy diff policy.yaml new.yaml --data data
    """
    from edge_rules.policy.comparison import Comparison  # noqa: PLC0415 - loads when it is needed
    from edge_rules.policy.proving.answers import Answer  # noqa: PLC0415
    from gateway.cli.policy.diff_lines import DiffLines  # noqa: PLC0415

    policies = read_policy_at(a), read_policy_at(b)
    if prove:
        _need_solver()
    comparison = Comparison(*policies)
    lines = DiffLines(comparison, (a, b), policies, as_json=json)
    lines.generated(_on_generated(comparison, policies, seed, count), seed)
    if data is not None:
        lines.recorded(*_on_recorded(comparison, data))
    if prove:
        lines.proved(Answer(holds=False) if lines.found else _answer(policies))
    for line in lines.all():
        typer.echo(line)
    if lines.differ:
        raise typer.Exit(1)


def _need_solver() -> None:
    from edge_rules.policy.proving.solver_library import need_solver  # noqa: PLC0415

    need_solver()


def _answer(policies: tuple[Policy, Policy]) -> Answer:
    from edge_rules.policy.proving.equivalence import equivalent  # noqa: PLC0415 - needs z3

    return equivalent(*policies, reasons=True)


def _on_generated(
    comparison: Comparison, policies: tuple[Policy, Policy], seed: int, count: int
) -> Findings:
    from random import Random  # noqa: PLC0415

    from edge_rules.policy.findings import Findings  # noqa: PLC0415
    from edge_rules.policy.probes import probe_facts  # noqa: PLC0415

    findings = Findings()
    with progress("facts made up", count) as show:
        for facts in probe_facts(policies, Random(seed), count):
            decisions = comparison.decisions(facts)
            findings.take(facts, decisions, comparison.change(decisions))
            if findings.tried % OFTEN == 0:
                show(findings.tried)
    return findings


def _on_recorded(comparison: Comparison, data: Path) -> tuple[Findings, int]:
    """Return what was found, and how many events can't be read."""
    from edge_rules.policy.findings import Findings  # noqa: PLC0415
    from gateway.outbox.recorded_visits import WHOLE, RecordedVisits  # noqa: PLC0415

    findings, visits = Findings(), RecordedVisits(data)
    with progress("visits on record", WHOLE) as show:
        for event, asked in visits:
            decisions = comparison.decisions(asked.facts)
            where = {key: event.get(key) for key in ("seq", "at", "lane", "visit")}
            findings.take(asked.facts, decisions, comparison.change(decisions), where)
            if findings.tried % OFTEN == 0:
                show(visits.progress)
    return findings, visits.unreadable
