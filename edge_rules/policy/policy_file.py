"""The policy file: YAML to a policy whose every rule is checked, or every fault of it at once."""

from collections.abc import Mapping

from devices.errors import Fault, SetupError
from devices.setup_file import Path, SetupFile, parse_setup
from edge_rules.decision import Outcome
from edge_rules.facts import SCHEMA
from edge_rules.policy.collecting import without_collection
from edge_rules.policy.conditions import ConditionReader
from edge_rules.policy.cost import MAX_POLICY_COST
from edge_rules.policy.defaults import read_defaults
from edge_rules.policy.expectations import read_tests
from edge_rules.policy.property_list import read_properties
from edge_rules.policy.property_text import vocabulary_of
from edge_rules.policy.reading import KEBAB, NAME, Reader
from edge_rules.policy.rules import Policy, Property, Rule
from edge_rules.policy.sayings import read_say

__all__ = ["Policy", "load_policy", "read_policy"]

MAX_FILE = 8 << 20  # characters; 10,000 rules with words in both tongues are about 3 million
MAX_READ_AGAIN = 1 << 15  # characters; Python's own reading of YAML takes 1 µs for each
MAX_RULES = 20_000

_KEYS = ("policy", "facts", "defaults", "rules", "otherwise", "tests", "properties")
_RULE_KEYS = ("id", "when", "then", "reason", "say")
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_WORDS = tuple(_OUTCOMES)


def load_policy(text: str, source: str) -> Policy:
    """Read a policy; SetupError lists every fault of it as file, line and column."""
    if len(text) > MAX_FILE:
        what = f"{len(text)} characters, at most {MAX_FILE} make a policy"
        raise SetupError([Fault(source, 1, 1, what)])
    return read_policy(_parsed(text, source), text)


def _parsed(text: str, source: str) -> SetupFile:
    try:
        return parse_setup(text, source, fast=True)
    except SetupError:
        if len(text) > MAX_READ_AGAIN:
            raise
    return parse_setup(text, source)  # it says more precisely what is wrong


def read_policy(file: SetupFile, text: str) -> Policy:
    """Read a policy whose YAML was parsed; `text` is what it was parsed of."""
    with without_collection():
        return _PolicyReader(file, text).policy()


class _PolicyReader:
    def __init__(self, file: SetupFile, text: str) -> None:
        self._file = file
        self._text = text
        self._read = Reader(file)
        self._lines: dict[str, int] = {}

    def policy(self) -> Policy:
        read = self._read
        top = read.mapping(self._file.data, (), _KEYS)
        if not top:
            raise SetupError(read.faults)
        name = read.word(top.get("policy"), ("policy",), NAME, "a name as riverside-gate")
        read.choice(top.get("facts"), ("facts",), (SCHEMA,))
        constants = read_defaults(top.get("defaults"), read)
        conditions = ConditionReader(self._file, self._text, constants)
        rules = self._rules(top.get("rules"), conditions)
        otherwise = self._otherwise(top.get("otherwise"))
        tests = read_tests(top.get("tests"), frozenset(self._lines), read)
        if conditions.units > MAX_POLICY_COST:
            read.fault(("rules",), "could be slow: all rules together are too much work")
        properties: tuple[Property, ...] = ()
        if not conditions.faults:  # else the names of all rules are not known
            vocabulary = vocabulary_of(rules, constants)
            properties = read_properties(top.get("properties"), vocabulary, read, self._text)
        faults = read.faults + conditions.faults
        if faults:
            raise SetupError(sorted(faults, key=lambda fault: (fault.line, fault.column)))
        return Policy(
            name, self._file.source, SCHEMA, rules, otherwise, tests, properties, constants
        )

    def _rules(self, value: object, conditions: ConditionReader) -> tuple[Rule, ...]:
        items = self._read.items(value, ("rules",), "rules")
        if isinstance(value, list) and not 0 < len(items) <= MAX_RULES:
            self._read.fault(("rules",), f"needs from 1 to {MAX_RULES} rules")
            return ()
        rules = [self._rule(item, ("rules", at), conditions) for at, item in enumerate(items)]
        return tuple(rule for rule in rules if rule is not None)

    def _rule(self, item: object, path: Path, conditions: ConditionReader) -> Rule | None:
        read = self._read
        rule = read.mapping(item, path, _RULE_KEYS)
        if not isinstance(item, Mapping):
            return None
        id_ = read.word(rule.get("id"), (*path, "id"), NAME, "an id as fever or code-not-green")
        place = self._place(path)
        self._once(id_, path, place[0])
        when = conditions.read(rule.get("when"), (*path, "when"))
        then = read.choice(rule.get("then"), (*path, "then"), _WORDS)
        reason = read.word(
            rule.get("reason"), (*path, "reason"), KEBAB, "a reason in kebab-case, as too-warm"
        )
        say = read_say(rule.get("say"), (*path, "say"), read)
        if when is None or not then:
            return None
        return Rule(id_, when, _OUTCOMES[then], reason, say, place)

    def _once(self, id_: str, path: Path, line: int) -> None:
        if id_ in self._lines:
            what = f"`{id_}` stands here twice, first on line {self._lines[id_]}"
            self._read.fault((*path, "id"), what)
        elif id_:
            self._lines[id_] = line

    def _otherwise(self, value: object) -> Outcome:
        if value is None:
            return Outcome.REFER
        if value == Outcome.ADMIT:
            what = "admission always needs a rule that says so: refer or deny"
            self._read.fault(("otherwise",), what)
            return Outcome.REFER
        return Outcome(self._read.choice(value, ("otherwise",), ("refer", "deny")) or "refer")

    def _place(self, path: Path) -> tuple[int, int]:
        known = self._file.places.get(path)
        if known:
            return known
        fault = self._file.fault(path, "")
        return fault.line, fault.column
