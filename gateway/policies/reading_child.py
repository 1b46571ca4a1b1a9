"""A long policy read in a process of its own, so that its thousands of rules hold up no gate.

Reading ten thousand rules takes the interpreter most of a second, in which every other thread gets
its turns later; compiling what was read takes a tenth of that, and is left to the caller.
"""

import asyncio
import os
import pickle
import sys
from pathlib import Path

import gateway.broker
from devices.errors import Fault, SetupError
from edge_rules.policy.rules import Policy

WITHIN_S = 60.0
NICE = 10

_TIE = Path(gateway.broker.__file__).with_name("die_with_parent.py")


class ChildError(Exception):
    """The child did not come to an answer."""


async def read_in_child(text: str, source: str) -> Policy:
    """Read a policy and hold it against its tests; SetupError with all its faults."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(_TIE), str(os.getpid())),
        *(sys.executable, "-m", __name__, source),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the gateway
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            answer, _ = await process.communicate(text.encode())
    except TimeoutError:
        what = f"could not be read within {WITHIN_S:.0f} s"
        raise SetupError([Fault(source, 1, 1, what)]) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        msg = f"the reader of policies ended with {process.returncode}"
        raise ChildError(msg)
    return await asyncio.to_thread(_policy_of, answer)


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
