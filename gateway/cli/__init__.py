"""The `menshen` command: thin, so that every command is one call and one exit code.

0 done, 1 the thing checked does not hold, 2 bad usage or bad input, 3 a needed part is missing.
"""

import sys

from devices.errors import MenshenError, PartMissingError

INTERRUPTED = 130  # as a shell counts Ctrl-C


def main() -> None:
    """Run one command; a fault we know ends in sentences, not in a traceback."""
    from typer import Abort  # noqa: PLC0415 - loads with the commands
    from typer.exceptions import TyperException  # noqa: PLC0415

    from gateway.cli.app import app  # noqa: PLC0415 - so that `--help` of one part stays quick

    try:
        sys.exit(app(standalone_mode=False))
    except TyperException as error:
        sys.exit(_say(_usage(error), error.exit_code) if error.format_message() else 2)
    except PartMissingError as error:
        sys.exit(_say(str(error), 3))
    except MenshenError as error:
        sys.exit(_say(str(error), 2))
    except Abort:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # `menshen … | head`: who listened has gone
        sys.stderr.close()
        sys.exit(0)


def _usage(error: Exception) -> str:
    """Say in one line what is wrong with a command and where to look it up."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "menshen"
    what = error.format_message()  # type: ignore[attr-defined]
    what = " ".join(what.split()).rstrip(".").replace("Value error, ", "")
    return f"{command}: {what}; see {command} --help"


def _say(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code
