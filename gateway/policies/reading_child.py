"""A long policy read in a process of its own, so that its thousands of rules hold up no gate.

Reading ten thousand rules takes the interpreter most of a second, in which every other thread gets
its turns later; compiling what was read takes a tenth of that, and is left to the caller.
"""

import asyncio
import os
import pickle
import subprocess
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
    reader = _Reader(source)
    try:
        # In a thread: the loop's own way of starting a program stands still until that has begun.
        return await asyncio.to_thread(reader.read, text)
    finally:
        reader.end()


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False

    def read(self, text: str) -> Policy:
        """Start the child, ask it, and wait for its answer."""
        quiet = subprocess.DEVNULL
        command = [sys.executable, "-I", "-S", str(_TIE), str(os.getpid())]
        command += [sys.executable, "-m", __name__, self._source]
        with subprocess.Popen(  # noqa: S603 - ourselves
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=quiet,
            start_new_session=True,  # Ctrl-C is for the gateway
        ) as process:
            self._process = process
            if self._ended:
                process.kill()
            try:
                answer, _ = process.communicate(text.encode(), WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                what = f"could not be read within {WITHIN_S:.0f} s"
                raise SetupError([Fault(self._source, 1, 1, what)]) from None
        if process.returncode != 0:
            msg = f"the reader of policies ended with {process.returncode}"
            raise ChildError(msg)
        return _policy_of(answer)

    def end(self) -> None:
        """End the child if it still works: nobody waits for it any more."""
        self._ended = True
        if self._process is not None and self._process.poll() is None:
            self._process.kill()


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
