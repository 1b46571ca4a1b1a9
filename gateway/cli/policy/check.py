"""`menshen policy check`: the faults of a policy file, and what in it is probably not meant."""

from dataclasses import replace
from typing import Annotated

import typer

from devices.errors import SetupError
from gateway.cli.policy.policy_path import PolicyPath, read_policy_at

Strict = Annotated[bool, typer.Option("--strict", help="Take warnings as faults: exit code 2.")]


def check(policy: PolicyPath, *, strict: Strict = False) -> None:
    """Check a policy file: every fault as FILE:LINE:COLUMN: what, exit code 2.

    Rules that can never fire, that say the same twice, that disagree, and values no rule speaks
    of are warnings.

    Example: menshen policy check policy.yaml
    """
    from edge_rules.policy.advice import advise  # noqa: PLC0415 - loads when it is needed
    from edge_rules.policy.compiler import compile_policy  # noqa: PLC0415

    loaded = read_policy_at(policy)
    warnings = advise(loaded)
    if warnings and strict:
        raise SetupError(warnings)
    for warning in warnings:
        typer.echo(str(replace(warning, what=f"warning: {warning.what}")))
    compiled = compile_policy(loaded)
    typer.echo(f"{policy}: ok, {len(loaded.rules)} rules, policy {compiled.name} {compiled.hash}")
