"""A large trust folder read in a process of its own: a million revoked hashes hold up no gate."""

import os
import sys
from pathlib import Path

from devices.errors import SetupError
from gateway.side_process import NICE, ask_aside
from gateway.trust.pieces import answer_of, pickled
from gateway.trust_folder import read_folder

WITHIN_S = 300.0  # a million hashes take a few seconds, on a slow and busy box ten times that


async def read_folder_aside(folder: Path) -> bytes:
    """Have a folder read; `pieces.contents_of` tells what was read or what is wrong."""
    return await ask_aside(__name__, str(folder), b"", WITHIN_S)


def main() -> None:
    """Answer on stdout what the folder named holds."""
    os.nice(NICE)
    out = sys.stdout.buffer
    try:
        out.writelines(answer_of(read_folder(Path(sys.argv[1]))))
    except SetupError as error:
        out.write(pickled(list(error.faults)))


if __name__ == "__main__":
    main()
