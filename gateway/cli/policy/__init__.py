"""`menshen policy`: the tools of the rule language, each in a module of its own."""

import typer

from gateway.cli.policy.certlogic import certlogic
from gateway.cli.policy.check import check
from gateway.cli.policy.diff import diff
from gateway.cli.policy.eval import eval_
from gateway.cli.policy.explain import explain
from gateway.cli.policy.prove import prove
from gateway.cli.policy.shipped import shipped
from gateway.cli.policy.test import test

app = typer.Typer(
    no_args_is_help=True,
    help="Write, check and try rules.\n\nExample: menshen policy certlogic < rules.jsonl",
)

for command in (check, test, explain, diff, certlogic, shipped, prove):
    app.command()(command)
app.command("eval")(eval_)
