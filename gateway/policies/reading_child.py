"""A long policy read in a process of its own, so that its thousands of rules hold up no gate.

Reading ten thousand rules takes the interpreter most of a second, in which every other thread gets
its turns later; compiling what was read takes a tenth of that, and is left to the caller.
"""

import os
import pickle
import sys

from devices.errors import Fault, SetupError
from edge_rules.policy.rules import Policy
from gateway.side_process import NICE, SideProcessError, ask_aside

WITHIN_S = 60.0


class ChildError(Exception):
    """The child did not come to an answer."""


async def read_in_child(text: str, source: str) -> Policy:
    """Read a policy and hold it against its tests; SetupError with all its faults."""
    try:
        answer = await ask_aside(__name__, source, text.encode(), WITHIN_S)
    except TimeoutError:
        what = f"could not be read within {WITHIN_S:.0f} s"
        raise SetupError([Fault(source, 1, 1, what)]) from None
    except SideProcessError as error:
        msg = f"the reader of policies failed: {error}"
        raise ChildError(msg) from error
    return _policy_of(answer)


def _policy_of(answer: bytes) -> Policy:
    read: Policy | list[Fault] = pickle.loads(answer)  # noqa: S301 - our own program's
    if isinstance(read, Policy):
        return read
    raise SetupError(read)


def main() -> None:
    """Answer on stdout what stands on stdin."""
    from edge_rules.policy.policy_file import load_policy  # noqa: PLC0415 - the child's alone
    from edge_rules.policy.policy_tests import run_policy_tests  # noqa: PLC0415

    os.nice(NICE)
    text = sys.stdin.buffer.read().decode()
    read: Policy | list[Fault]
    try:
        read = load_policy(text, sys.argv[1])
        read = run_policy_tests(read) or read
    except SetupError as error:
        read = list(error.faults)
    sys.stdout.buffer.write(pickle.dumps(read, protocol=5))


if __name__ == "__main__":
    main()
