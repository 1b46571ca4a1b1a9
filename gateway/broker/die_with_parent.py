"""Runs a program that ends with its parent, also when the parent is killed by SIGKILL.

`python -I -S die_with_parent.py PARENT_PID PROGRAM [ARGUMENT…]`, run by path: it takes the place
of code between fork and exec, which is not safe in a process with threads. The kernel sends the
signal when the *thread* that forked ends, so fork from one that lives as long as the program.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>; survives exec, but not a change of the user

if __name__ == "__main__":
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        sys.exit("the parent ended before its child began")
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - the whole point, and no shell
