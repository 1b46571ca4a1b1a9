"""edge_rules.policy.change: what counts as a difference, and which rules it is told by."""

from edge_rules.decision import Decision, MissingFact, Outcome, Say
from edge_rules.policy.change import alike, change_of

ADMIT, REFER, DENY = Outcome.ADMIT, Outcome.REFER, Outcome.DENY


def test_outcome_and_reasons_count_rules_words_and_order_do_not() -> None:
    one = Decision(REFER, ("a", "b"), ("x", "y"), (), Say("z", "e"))
    assert alike(one, Decision(REFER, ("b", "a"), ("z",), ()))
    assert not alike(one, Decision(DENY, ("a", "b"), ("x", "y")))
    assert not alike(one, Decision(REFER, ("a",), ("x", "y")))


def test_only_the_rules_that_tell_two_decisions_apart_are_named() -> None:
    before = Decision(REFER, ("hot", "dark"), ("fever", "night"))
    change = change_of(before, Decision(REFER, ("dark",), ("night",)))
    assert change is not None
    assert (change.ended, change.begun) == (("fever",), ())
    assert change_of(before, before) is None


def test_a_rule_that_lacks_facts_speaks_otherwise_than_one_that_holds() -> None:
    before = Decision(ADMIT, ("ok",), ("healthy",))
    lacking = Decision(REFER, ("fact-missing",), ("healthy",), (MissingFact("healthy", "now"),))
    change = change_of(before, lacking)
    assert change is not None
    assert (change.ended, change.begun) == (("healthy",), ("healthy (facts missing)",))
    assert change.rules == {"healthy"}


def test_a_rule_that_says_something_else_is_named_on_both_sides() -> None:
    before, after = Decision(DENY, ("r",), ("r", "s")), Decision(REFER, ("r",), ("r", "s"))
    told = change_of(before, after, {"r"})
    assert told is not None
    assert (told.ended, told.begun) == (("r",), ("r",))
    untold = change_of(before, after)
    assert untold is not None
    assert untold.ended == ("r", "s")
