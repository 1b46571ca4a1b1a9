"""`menshen bench policy`: decisions beside the same twelve rules written in Python by hand.

It counts the time of the processor: decisions wait for nothing, whatever else the machine does.
"""

import gc
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from random import Random
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.progress import track

from devices.setup_file import SetupFile, parse_setup
from edge_rules.decision import Decision
from edge_rules.facts import clean_facts
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.policy_file import Policy, read_policy
from gateway.bench.figures import time_line
from gateway.bench.policy_peers import peers
from gateway.bench.twelve_rules import RULES, written_by_hand

COLD = 20_000  # visits, each with facts of its own
ROUNDS = 7  # of ours and the floor, in turn: what the machine does meanwhile falls on both
PEER_VISITS = 500  # peers take a thousand times as long
SIZES: Final = (10, 1_000, 10_000)
SEED = 1

Decider = Callable[[Mapping[str, Any]], object]
Facts = Mapping[str, Any]


def policy_lines(*, cold: int = COLD, rounds: int = ROUNDS) -> Iterator[str]:
    """Measure and give one JSON line a figure, the twelve rules first."""
    visits = {"hot": [_visit(Random(SEED), 0)] * cold, "cold": distinct_visits(cold)}
    gc.freeze()  # the visits are the benchmark's own: no policy should pay for looking them over
    for size in track((0, *SIZES), "policies", console=Console(stderr=True)):
        policy = read_policy(SetupFile("bench", data_of(size), {}), "")
        for kind, facts in visits.items():
            ours, floor = in_turn([partial(_ours, policy), written_by_hand], facts, rounds)
            yield time_line("policy", ours, floor, rules=size or len(RULES), facts=kind)
    yield _load_line(SIZES[-1], rounds)
    for name, decider in peers([(reason, when) for reason, when, _ in RULES]):
        for kind, facts in visits.items():
            some = facts[:PEER_VISITS]
            theirs, floor = in_turn([partial(_same, decider), written_by_hand], some, rounds)
            yield time_line(f"policy-{name}", theirs, floor, rules=len(RULES), facts=kind)


def _ours(policy: Policy) -> Callable[[Facts], Decision]:
    return compile_policy(policy).decide


def _same(decider: Decider) -> Decider:
    return decider


def data_of(size: int) -> dict[str, Any]:
    """Write the twelve rules, and so many more, each for a door of its own."""
    rules = [
        {"id": reason, "when": when, "then": then, "reason": reason} for reason, when, then in RULES
    ]
    rules += [
        {
            "id": f"door-{n}",
            "when": f'gate.door == "b-{n}" && person.kind == "visitor"',
            "then": "refer",
            "reason": f"visitors-ask-at-{n}",
        }
        for n in range(size)
    ]
    return {"policy": "bench", "facts": "checkpoint/1", "rules": rules}


def distinct_visits(count: int) -> list[Facts]:
    """Make up visits of which no two are alike; a door for each, twice as many as rules."""
    random = Random(SEED)
    return [_visit(random, n) for n in range(count)]


def _visit(random: Random, number: int) -> Facts:
    status = random.choice(["valid"] * 17 + ["invalid", "expired", "unverified"])
    facts = {
        "credential": {
            "kind": random.choice(["eu-dcc", "estate-pass", "colour-code"]),
            "status": status,
            "colour": random.choice(["green"] * 9 + ["red"]),
        },
        "temperature": {
            "celsius": round(random.gauss(36.3, 0.4), 4), "limit": 37.3,
            "quality": random.choice(["good"] * 19 + ["poor"]), "plausible": True,
        },
        "access": {"blocked": random.random() < 0.02},
        "person": {"kind": random.choice(["resident", "visitor"])},
        "gate": {"door": f"b-{number}"},
    }  # fmt: skip
    return clean_facts(facts)


def in_turn(
    makers: Sequence[Callable[[], Decider]], visits: Sequence[Facts], rounds: int
) -> list[float]:
    """Return µs a decision of each, the median of rounds; all begin each round with no memory."""
    took: list[list[float]] = [[] for _ in makers]
    turns = list(zip(makers, took, strict=True))
    for _ in range(rounds):
        turns.reverse()  # who comes second finds the facts nearer to the processor
        for maker, times in turns:
            decide = maker()
            began_s = time.thread_time()
            for facts in visits:
                decide(facts)
            times.append((time.thread_time() - began_s) * 1e6 / len(visits))
    return [median(times) for times in took]


def _load_line(size: int, rounds: int) -> str:
    """Measure from parsed data to a policy that decides; the floor is JSON of the same size."""
    text = json.dumps(data_of(size))
    file = parse_setup(text, "bench", fast=True)
    ours, floor = [], []
    for _ in range(rounds):
        began_s = time.thread_time()
        compile_policy(read_policy(file, text))
        loaded_s = time.thread_time()
        json.loads(text)
        floor.append((time.thread_time() - loaded_s) * 1e6)
        ours.append((loaded_s - began_s) * 1e6)
    return time_line("policy-load", median(ours), median(floor), rules=size)
