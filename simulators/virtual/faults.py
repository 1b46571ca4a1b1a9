"""What goes wrong, how often and when: drawn from a seed, in storms with quiet between them."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from devices.errors import MenshenError


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: `share` of the chances it gets in a storm, or `every_s` by itself."""

    does: str
    share: float = 0.0
    every_s: float = 0.0


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "lost": Kind("a message is lost on its way", 0.01),
        "doubled": Kind("a message comes twice, at once or seconds later", 0.03),
        "reordered": Kind("a reading is overtaken by what others say", 0.03),
        "delayed": Kind("a wire holds everything for up to 1.5 s", 0.01),
        "corrupted": Kind("a message arrives cut off", 0.01),
        "stranger": Kind("a device that nobody set up speaks, or one on another's channel", 0, 15),
        "gateway-cut": Kind("the link between gateway and broker breaks", 0, 25),
        "device-cut": Kind("the link between a device and the broker breaks", 0, 15),
        "device-reboot": Kind("a gate loses power for a moment", 0, 40),
        "gateway-crash": Kind("the gateway is killed", 0, 30),
        "crash-at-write": Kind("the gateway is killed before or after a commit", 0.004),
        "crash-at-send": Kind("the gateway is killed as a message leaves it", 0.004),
        "torn-write": Kind("a crash leaves half a write behind", 0.3),
        "commit-fails": Kind("a commit fails and wrote nothing", 0.02),
        "commit-in-doubt": Kind("a commit fails, yet a crash may show it written", 0.02),
        "disk-slow": Kind("an fsync takes up to 3 s", 0.03),
        "disk-full": Kind("the disk is full for a while", 0, 60),
        "clock-step": Kind("the gateway's wall clock is set, by up to a day", 0, 60),
        "clock-drift": Kind("clocks of gateway and devices run apart", 0, 40),
        "store-forgets": Kind("the store is killed and forgets its last 20 s", 0, 200),
        "store-silent": Kind("the store does not answer for a while", 0, 50),
        "store-refuses": Kind("the store refuses what it is sent for a while", 0, 80),
        "broker-drops": Kind("the broker drops what it kept for the gateway", 0, 60),
        "broker-restarts": Kind("the broker is killed and starts empty", 0, 80),
    }
)

STORM_S, QUIET_S = (15.0, 45.0), (5.0, 25.0)
KIND_IN_STORM = 0.6


class Faults:
    """One world's misfortunes; each kind has a chance of its own, so that one can be left out."""

    def __init__(
        self, seed: str, kinds: Iterable[str], until_s: float, now_s: Callable[[], float]
    ) -> None:
        self.kinds = frozenset(kinds)
        self.until_s = until_s
        self.counts: Counter[str] = Counter()
        self._now_s = now_s
        self._chance = {kind: Random(f"{seed}/fault/{kind}") for kind in KINDS}
        self._storms = deque(_storms(Random(f"{seed}/storms"), until_s))

    def raging(self, kind: str) -> bool:
        """Whether a kind may strike now."""
        if kind not in self.kinds:
            return False
        now_s = self._now_s()
        while self._storms and self._storms[0][1] <= now_s:
            self._storms.popleft()
        if not self._storms:
            return False
        start_s, _, kinds = self._storms[0]
        return start_s <= now_s and kind in kinds

    def strikes(self, kind: str) -> bool:
        """Let a kind take its chance; True when it strikes, which is counted."""
        if not self.raging(kind) or self.chance(kind).random() >= KINDS[kind].share:
            return False
        self.counts[kind] += 1
        return True

    def chance(self, kind: str) -> Random:
        """Return the dice of one kind."""
        return self._chance[kind]


def chosen(text: str) -> frozenset[str]:
    """Read `all`, `none` or a comma-separated list; MenshenError names what is no fault."""
    if text == "all":
        return frozenset(KINDS)
    kinds = frozenset(word.strip() for word in text.split(",")) - {"", "none"}
    if unknown := sorted(kinds - KINDS.keys()):
        msg = f"--faults {unknown[0]}: no such fault; there are all, none, {', '.join(KINDS)}"
        raise MenshenError(msg)
    return kinds


def _storms(rng: Random, until_s: float) -> Iterable[tuple[float, float, frozenset[str]]]:
    """Alternate quiet and storms; each storm has kinds of its own."""
    at_s = rng.uniform(*QUIET_S)
    while at_s < until_s:
        end_s = min(at_s + rng.uniform(*STORM_S), until_s)
        yield at_s, end_s, frozenset(kind for kind in KINDS if rng.random() < KIND_IN_STORM)
        at_s = end_s + rng.uniform(*QUIET_S)
