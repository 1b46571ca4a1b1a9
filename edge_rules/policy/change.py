"""How one decision differs from another: in its outcome or its reasons, and by which rules."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from edge_rules.decision import Decision, Outcome

UNJUDGED = " (facts missing)"  # behind the name of a rule that refers only for lack of facts


@dataclass(frozen=True, slots=True)
class Change:
    """What decisions that differ alike have in common.

    `ended` are rules that spoke before and are silent, or speak otherwise, after; `begun` those
    that do so only after. Where the same rules spoke, these are all of them.
    """

    before: Outcome
    after: Outcome
    ended: tuple[str, ...]
    begun: tuple[str, ...]

    @property
    def rules(self) -> frozenset[str]:
        """The ids of all the rules named."""
        return frozenset(name.removesuffix(UNJUDGED) for name in (*self.ended, *self.begun))


def alike(one: Decision, other: Decision) -> bool:
    """Whether two decisions have one outcome and the same reasons, in whatever order.

    Which rules gave the reasons does not count, nor do the words shown at the lane.
    """
    return one.outcome is other.outcome and set(one.reasons) == set(other.reasons)


def change_of(before: Decision, after: Decision, redefined: Collection[str] = ()) -> Change | None:
    """Say how two decisions on the same facts differ, None if they are alike.

    `redefined` are rules of both policies that say something else in one than in the other.
    """
    if alike(before, after):
        return None
    one, other = (tuple(_spoken(decision)) for decision in (before, after))
    ended = tuple(name for name in one if name not in other or name in redefined)
    begun = tuple(name for name in other if name not in one or name in redefined)
    if not ended and not begun:
        ended, begun = one, other
    return Change(before.outcome, after.outcome, ended, begun)


def _spoken(decision: Decision) -> Iterator[str]:
    unjudged = {missing.rule for missing in decision.missing}
    return (f"{rule}{UNJUDGED}" if rule in unjudged else rule for rule in decision.rules)
