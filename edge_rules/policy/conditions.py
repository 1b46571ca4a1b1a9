"""The condition of a rule: its text in the file to a checked expression over `checkpoint/1`."""

from typing import Final

from devices.errors import Fault
from devices.setup_file import Path, SetupFile
from edge_rules.cel.checker import check
from edge_rules.cel.environment import Checked, Constant, Environment
from edge_rules.cel.errors import ExpressionFault, ExpressionRefusedError
from edge_rules.cel.extensions import RULE_OVERLOADS, RULES
from edge_rules.cel.parser import parse
from edge_rules.cel.soundness import unsound
from edge_rules.cel.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    Type,
    list_of,
)
from edge_rules.facts import FIELDS, Kind
from edge_rules.policy.cost import MAX_POLICY_COST, CostReckoner
from edge_rules.policy.places import Places
from edge_rules.policy.shapes import Shapes

MAX_FAULTS: Final = 50  # in all conditions of a file; then no more of them are read
TYPES: Final[dict[Kind, Type]] = {
    Kind.BOOL: BOOL,
    Kind.INT: INT,
    Kind.DOUBLE: DOUBLE,
    Kind.STRING: STRING,
    Kind.TIMESTAMP: TIMESTAMP,
    Kind.DURATION: DURATION,
    Kind.STRINGS: list_of(STRING),
}
VARIABLES: Final = {name: TYPES[field.kind] for name, field in FIELDS.items()}
_WORDS: Final = {name: field.words for name, field in FIELDS.items() if field.words}


class ConditionReader:
    """Reads the conditions of one file; every fault of each has its own line and column."""

    def __init__(self, file: SetupFile, text: str, defaults: dict[str, Constant]) -> None:
        self._file = file
        self._places = Places(text)
        self._environment = Environment(
            VARIABLES, defaults, _WORDS, dialect=RULES, functions=RULE_OVERLOADS
        )
        self._shapes = Shapes(_WORDS)
        self.units = 0
        self.faults: list[Fault] = []
        self._gave_up = False

    def read(self, value: object, path: Path) -> Checked | None:
        """Return what a rule asks, or None if it is at fault."""
        text = str(value).lower() if isinstance(value, bool) else value
        if not isinstance(text, str) or not text.strip():
            what = "when: is missing" if value is None else "when: needs an expression"
            self.faults.append(self._file.fault(path, what))
            return None
        known = self._shapes.find(text)
        if known is not None:
            self.units += known[1]
            return known[0]
        if self._enough(path):
            return None
        before = self.units
        try:
            root, comments = parse(text, RULES)
            checked, faults = check(root, self._environment)
            faults += self._swallowed(comments, text, path)
            faults = faults or self._later_faults(checked)
        except ExpressionRefusedError as error:
            faults = list(error.faults)
        if faults:
            self._place(faults, text, path)
            return None
        return self._shapes.keep(text, checked, self.units - before)

    def _enough(self, path: Path) -> bool:
        """Whether to read no more, since the policy is refused anyway; faults are told once."""
        if len(self.faults) >= MAX_FAULTS and not self._gave_up:
            what = "when: this and what follows was not read: mend the faults above first"
            self.faults.append(self._file.fault(path, what))
            self._gave_up = True
        return self._gave_up or self.units > MAX_POLICY_COST

    def _later_faults(self, checked: Checked) -> list[ExpressionFault]:
        """List what makes sense to say only of an expression whose names and types are right."""
        if checked.type != BOOL:
            what = f"a rule asks something true or false, this is {checked.type}"
            return [ExpressionFault(checked.root.at, what)]
        reckoner = CostReckoner(checked)
        self.units += reckoner.cost(checked.root).units
        return reckoner.faults or unsound(checked)

    def _swallowed(
        self, comments: list[tuple[int, int]], text: str, path: Path
    ) -> list[ExpressionFault]:
        """Find comments that take later lines along, where YAML joins lines."""
        if not comments:
            return []
        places = self._places.within(self._file.places[path], text)
        what = "this comment swallows the lines below it: write the expression with `|`, not `>`"
        return [
            ExpressionFault(start, what)
            for start, end in comments
            if places[start][0] != places[end - 1][0]
        ]

    def _place(self, faults: list[ExpressionFault], text: str, path: Path) -> None:
        last = max(fault.at for fault in faults)
        places = self._places.within(self._file.places.get(path, (1, 1)), text[: last + 1])
        for fault in faults:
            line, column = places[min(fault.at, len(text))]
            self.faults.append(Fault(self._file.source, line, column, fault.what))
