"""The commands of `menshen`, each in a module of its own."""

import typer

from gateway.cli import bench, broker, passes, people, policy, token, trust
from gateway.cli.check import check
from gateway.cli.crashtest import crashtest
from gateway.cli.doctor import doctor
from gateway.cli.replay import replay
from gateway.cli.run import run
from gateway.cli.simulate import simulate
from gateway.cli.stand_down import stand_down
from gateway.cli.verify import verify

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks show local variables: texts, keys
    help="Menshen 门神: the edge gateway of an estate's checkpoints.\n\n"
    "Example: menshen run site.yaml",
)

for command in (run, simulate, check, doctor, verify, replay, crashtest, stand_down):
    app.command()(command)
app.add_typer(broker.app, name="broker")
app.add_typer(token.app, name="token")
app.add_typer(passes.app, name="pass")
app.add_typer(trust.app, name="trust")
app.add_typer(people.app, name="people")
app.add_typer(policy.app, name="policy")
app.add_typer(bench.app, name="bench")
