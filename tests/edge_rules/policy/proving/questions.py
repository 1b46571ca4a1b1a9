"""Properties and policies of tests, asked as `menshen policy prove` asks."""

from edge_rules.decision import Decision
from edge_rules.policy.policy_file import Policy, load_policy
from edge_rules.policy.property_text import check_property, vocabulary_of
from edge_rules.policy.proving.answers import Answer
from edge_rules.policy.proving.properties import prove
from edge_rules.policy.rules import Property
from edge_rules.policy.written_facts import read_facts
from tests.conftest import REPOSITORY
from tests.edge_rules.policy.policies import decide

RIVERSIDE = (REPOSITORY / "simulators/estates/riverside/policy.yaml").read_text("utf-8")
NO_FEVER = 'temperature.celsius >= temperature.limit → decision != "admit"'


def riverside(*changes: tuple[str, str]) -> Policy:
    """Load the shipped policy with parts of its text replaced, its tests left out."""
    text = RIVERSIDE.partition("tests:\n")[0]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load_policy(text, "riverside.yaml")


def property_of(text: str, policy: Policy) -> Property:
    vocabulary = vocabulary_of(policy.rules, policy.constants)
    return Property(text, check_property(text, vocabulary))


def asked(policy: Policy, text: str, *, timeout_s: float = 30.0) -> Answer:
    return prove(policy, property_of(text, policy), timeout_s=timeout_s)


def decided(policy: Policy, answer: Answer) -> Decision:
    """Decide on the facts of a counterexample."""
    assert answer.facts is not None
    return decide(policy, read_facts(answer.facts))
