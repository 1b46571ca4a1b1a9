"""The policy file that a command is given."""

from pathlib import Path
from typing import Annotated

import typer

from devices.errors import Fault, SetupError
from edge_rules.policy.policy_file import Policy, load_policy

PolicyPath = Annotated[Path, typer.Argument(help="The policy file.", show_default=False)]


def read_policy_at(path: Path) -> Policy:
    """Load a policy; SetupError lists every fault of it, or why the file can't be read."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SetupError([Fault(str(path), 1, 1, f"can't be read: {why}")]) from error
    return load_policy(text, str(path))
