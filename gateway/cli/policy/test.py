"""`menshen policy test`: the tests inside a policy file, and which conditions they cover."""

import typer

from gateway.cli.policy.policy_path import PolicyPath, read_policy_at


def test(policy: PolicyPath) -> None:
    """Run the tests of a policy; exit code 0 when all hold, else 1.

    Says also which conditions no test has seen hold, or fail.

    Example: menshen policy test policy.yaml
    """
    from edge_rules.policy.coverage import coverage_of  # noqa: PLC0415 - loads when it is needed
    from edge_rules.policy.policy_tests import run_policy_tests  # noqa: PLC0415

    loaded = read_policy_at(policy)
    faults = run_policy_tests(loaded)
    for fault in faults:
        typer.echo(str(fault))
    coverage = coverage_of(loaded)
    if coverage is None:
        typer.echo("coverage: too many conditions and tests to count")
    else:
        for gap in coverage.gaps:
            typer.echo(f"not covered: {gap}")
        typer.echo(f"coverage: {coverage.seen} of {coverage.possible} outcomes of conditions")
    count = len(loaded.tests)
    typer.echo(f"{policy}: {count - len(faults)} of {count} tests hold")
    if faults:
        raise typer.Exit(1)
