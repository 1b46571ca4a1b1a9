"""How soon a busy thread lets the others in."""

import sys

# Python's own 5 ms are too long for a gate: the outbox's writer asks for its turn again at each
# statement, and a forwarder that drains a backlog would make it wait 5 ms ten times a visit.
TURN_S = 0.0005


def take_short_turns() -> None:
    """Have the threads of this process change places more often."""
    sys.setswitchinterval(TURN_S)
