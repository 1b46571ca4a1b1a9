"""The `menshen` command: thin, so that every command is one call and one exit code.

0 done, 1 the thing checked does not hold, 2 bad usage or bad input, 3 a needed part is missing.
"""

import sys

from devices.errors import MenshenError, PartMissingError


def main() -> None:
    """Run one command; a fault we know ends in sentences, not in a traceback."""
    from gateway.cli.app import app  # noqa: PLC0415 - so that `--help` of one part stays quick

    try:
        app()
    except PartMissingError as error:
        sys.exit(_say(error, 3))
    except MenshenError as error:
        sys.exit(_say(error, 2))
    except BrokenPipeError:  # `menshen … | head`: who listened has gone
        sys.stderr.close()
        sys.exit(0)


def _say(error: MenshenError, code: int) -> int:
    sys.stderr.write(f"{error}\n")
    return code
