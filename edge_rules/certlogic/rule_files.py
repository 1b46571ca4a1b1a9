"""National rules and value sets as files: read one by one, every fault with its file and place."""

from collections.abc import Iterator

from devices.errors import Fault
from devices.strict_json import JsonRefusedError, parse_strict
from edge_rules.certlogic.business_rule import BusinessRule
from edge_rules.certlogic.errors import MAX_TOLD, RuleInvalidError
from edge_rules.certlogic.rule_book import Place, RuleBook
from edge_rules.certlogic.rule_set import doubles, read_rule_set, read_value_sets

RULES = ".rules.json"
VALUE_SET = ".valueset.json"
MAX_FILE = 8 * 1024 * 1024  # all rules of all nations are one


class RuleFiles:
    """Collects what files hold, and then makes one book of it."""

    def __init__(self) -> None:
        self._rules: list[BusinessRule] = []
        self._value_sets: dict[str, list[str]] = {}

    def read(self, name: str, data: bytes) -> Iterator[Fault]:
        """Take a file in, given by its name and its bytes; give every fault of it."""
        if len(data) > MAX_FILE:
            yield Fault(name, 1, 1, f"over {MAX_FILE} bytes: split it, or remove it")
            return
        try:
            told = parse_strict(data)
            if name.endswith(RULES):
                yield from self._take_rules(name, read_rule_set(told))
            else:
                yield from self._take_sets(name, read_value_sets(told))
        except JsonRefusedError as refused:
            yield Fault(name, refused.line, refused.column, refused.what)
        except RuleInvalidError as error:
            for fault in error.faults[:MAX_TOLD]:
                yield Fault(name, 1, 1, f"{fault.path}: {fault.what}" if fault.path else fault.what)
            if len(error.faults) > MAX_TOLD:
                yield Fault(name, 1, 1, f"and {len(error.faults) - MAX_TOLD} more faults")

    def book(self, place: Place | None) -> RuleBook:
        """Compile the rules that count at a place."""
        return RuleBook(self._rules, self._value_sets, place)

    def _take_rules(self, name: str, rules: tuple[BusinessRule, ...]) -> Iterator[Fault]:
        faults = list(doubles([*self._rules, *rules]))
        if faults:
            yield from (
                Fault(name, 1, 1, f"{fault.what}, here and in another file") for fault in faults
            )
            return
        self._rules += rules

    def _take_sets(self, name: str, sets: dict[str, list[str]]) -> Iterator[Fault]:
        for double in sorted(sets.keys() & self._value_sets.keys()):
            yield Fault(name, 1, 1, f"the set {double} is in another file too: keep one of them")
        self._value_sets |= sets
