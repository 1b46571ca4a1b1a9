"""From a policy's text to a policy that is ready: read, compiled, its own tests held."""

import os
from dataclasses import dataclass
from pathlib import Path

from devices.errors import Fault, SetupError
from edge_rules.policy.compiler import CompiledPolicy, compile_policy
from edge_rules.policy.policy_file import MAX_FILE, Policy, load_policy
from edge_rules.policy.policy_tests import run_policy_tests

MAX_BYTES = 4 * MAX_FILE  # of UTF-8


@dataclass(frozen=True, slots=True)
class Loaded:
    """A sound policy: as it was read, as it decides, and the text it came from."""

    policy: Policy
    compiled: CompiledPolicy
    text: str


def load(text: str, source: str) -> Loaded:
    """Load a policy; SetupError lists every fault of it, or every test that does not hold."""
    policy = load_policy(text, source)
    compiled = compile_policy(policy)
    failed = run_policy_tests(policy, compiled)
    if failed:
        raise SetupError(failed)
    return Loaded(policy, compiled, text)


def read_text(path: Path) -> str:
    """Read a policy file in one piece; SetupError where it can't be, or changed meanwhile."""
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            content = file.read(MAX_BYTES + 1)
            after = os.fstat(file.fileno())
        text = content.decode("utf-8")
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"not UTF-8 at byte {error.start}") from error
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise _unreadable(path, "somebody is writing it")
    return text


def _unreadable(path: Path, why: str) -> SetupError:
    return SetupError([Fault(str(path), 1, 1, f"can't be read: {why}")])
