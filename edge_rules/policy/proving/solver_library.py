"""z3, where it is installed: proofs need it, gates don't."""

import sys
from importlib.util import find_spec

from devices.errors import PartMissingError


def need_solver() -> None:
    """PartMissingError says how to install z3 where it is not at hand."""
    if find_spec("z3") is None:
        part = "the solver z3, which proofs need,"
        raise PartMissingError(part, f"{sys.executable} -m pip install z3-solver")
