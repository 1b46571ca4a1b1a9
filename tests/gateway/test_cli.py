"""gateway.cli: help that shows, errors that fit a line."""

from collections.abc import Iterator

import pytest
from typer.main import get_command

from gateway.cli.app import app
from tests.system.gateway_process import menshen


def commands(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every command and group with its help."""
    yield path, getattr(command, "help", None) or ""
    for name, part in getattr(command, "commands", {}).items():
        yield from commands(part, (*path, name))


@pytest.mark.parametrize(("path", "said"), list(commands(get_command(app))))
def test_every_help_has_an_example(path: tuple[str, ...], said: str) -> None:
    assert "Example: " in said
    assert " ".join(("menshen", *path)) in said.partition("Example: ")[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check"], "menshen check: Missing argument"),
        (["nosuch"], "menshen: No such command 'nosuch'; see menshen --help"),
        (["token", "create", "x.yaml", "--role", "boss"], "'boss' is not one of 'viewer'"),
        (["check", "--nosuch"], "menshen check: No such option: --nosuch"),
        (["check", "/nowhere.yaml"], "/nowhere.yaml:1:1: can't be read"),
    ],
)
def test_bad_usage_is_one_line_and_code_2(words: list[str], said: str) -> None:
    done = menshen(*words)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert said in line
