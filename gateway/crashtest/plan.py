"""When what is killed: drawn beforehand, so that a seed says everything. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

AT_WORK_S = 2.0  # at most; then the next kill
STARTING_S = 1.5  # a start takes about as long: such a kill comes at any step of it
DOWN_S = 0.5
STARTING_SHARE = 0.15
OTHERS_SHARE = 0.5  # of the kills, where store or broker may be killed too
TOGETHER_SHARE = 0.2  # of those: a power cut


class Part(StrEnum):
    """What can be killed."""

    GATEWAY = "gateway"
    STORE = "store"
    BROKER = "broker"


@dataclass(frozen=True, slots=True)
class Kill:
    """One SIGKILL: after so long (at work, or only started), for so long."""

    parts: tuple[Part, ...]
    after_s: float
    down_s: float
    starting: bool = False


def plan_kills(count: int, others: tuple[Part, ...], random: Random) -> Iterator[Kill]:
    """Draw so many kills; `others` are the parts beside the gateway that may be killed."""
    for number in range(count):
        parts: tuple[Part, ...] = (Part.GATEWAY,)
        if others and random.random() < OTHERS_SHARE:
            together = random.random() < TOGETHER_SHARE
            parts = (Part.GATEWAY, *others) if together else (random.choice(others),)
        # The first run must come to work, or nothing is there to lose.
        starting = number > 0 and parts == (Part.GATEWAY,) and random.random() < STARTING_SHARE
        after_s = random.uniform(0.0, STARTING_S if starting else AT_WORK_S)
        yield Kill(parts, after_s, random.uniform(0.0, DOWN_S), starting)
