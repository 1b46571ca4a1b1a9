"""How long solving may take. The solver says what it took: nothing here reads a clock."""

from dataclasses import dataclass
from typing import Final

import z3

_LEAST_MS: Final = 10
SAT, UNSAT, UNKNOWN = "sat", "unsat", "unknown"


@dataclass(slots=True)
class Budget:
    """Seconds that are left for one question."""

    left_s: float

    def check(self, solver: z3.Solver, *assumed: z3.BoolRef, most_s: float | None = None) -> str:
        """Ask a solver within what is left; `unknown` once nothing is."""
        if self.left_s <= 0:
            return UNKNOWN
        allowed_s = self.left_s if most_s is None else min(self.left_s, most_s)
        solver.set("timeout", max(_LEAST_MS, int(allowed_s * 1000)))
        answer = str(solver.check(*assumed))
        self.left_s -= _took_s(solver)
        return answer


def _took_s(solver: z3.Solver) -> float:
    statistics = solver.statistics()
    return float(statistics.get_key_value("time")) if "time" in statistics.keys() else 0.001  # noqa: SIM118
