"""What each case must hold: one precise refusal or a decision as the oracle's, in little time."""

import gc
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from devices.errors import SetupError
from edge_rules.decision import Decision, Outcome
from edge_rules.facts import clean_facts
from edge_rules.policy.compiler import compile_policy
from edge_rules.policy.policy_file import Policy, load_policy
from gateway.cli.policy.eval import answer_lines, stopping_in_time
from tests.edge_rules.policy.fuzzing.cases import Case
from tests.edge_rules.policy.fuzzing.oracle import decided, expected

MAX_CPU_MS: Final = 100.0
AGAIN: Final = (
    3  # runs of a case that seemed slow; the quickest counts, since others use the machine
)
_NOT_UNDERSTOOD: Final = ("not understood", "too deep or too large", "is not JSON")


@dataclass(frozen=True)
class Result:
    """How a case ended: refused, decided or answered; and what was wrong, if anything."""

    number: int
    end: str
    cpu_ms: float
    admits: int = 0
    finding: str = ""


def judge(case: Case) -> Result:
    """Run one case, again if it was slow."""
    result = _judge(case)
    for _ in range(AGAIN):
        if result.finding or result.cpu_ms <= MAX_CPU_MS:
            return result
        again = _judge(case)
        result = min(result, again, key=lambda each: each.cpu_ms)
    if result.cpu_ms <= MAX_CPU_MS:
        return result
    return Result(case.number, result.end, result.cpu_ms, finding=f"{result.cpu_ms:.0f} ms of CPU")


def _judge(case: Case) -> Result:
    clock = _Clock()
    try:
        end, admits = (_line if case.kind == "line" else _policy)(case, clock)
    except Exception as error:  # whatever escapes is a finding
        return Result(case.number, "crashed", clock.ms, finding=f"{type(error).__name__}: {error}")
    return Result(case.number, end, clock.ms, admits)


class _Clock:
    """Adds up the processor's time of what runs within it."""

    def __init__(self) -> None:
        self.ms = 0.0

    def run(self, work: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - any work
        began_s = time.thread_time()
        try:
            return work(*args)
        finally:
            self.ms += (time.thread_time() - began_s) * 1000


def _policy(case: Case, clock: _Clock) -> tuple[str, int]:
    try:
        policy: Policy = clock.run(load_policy, case.text, "fuzzed.yaml")
    except SetupError as error:
        _sound_refusal(error, case.text)
        return "refused", 0
    compiled = clock.run(compile_policy, policy)
    admits = 0
    for facts in case.visits:
        cleaned = clean_facts(facts)
        decision: Decision = clock.run(compiled.decide, cleaned)
        wanted = expected(policy, cleaned)
        assert decided(decision) == wanted, f"{decided(decision)} is not {wanted}"
        clock.run(compiled.decide, facts)  # not what it is made for, but no crash either
        admits += decision.outcome is Outcome.ADMIT
    return "decided", admits


def _sound_refusal(error: SetupError, text: str) -> None:
    lines = (
        text.count("\n")
        + text.count("\r")
        + text.count("\x85")
        + text.count("\u2028")
        + text.count("\u2029")
        + 2
    )
    assert error.faults, "a refusal without a fault"
    for fault in error.faults:
        assert 1 <= fault.line <= lines, f"line {fault.line} of {lines}"
        assert fault.column >= 1, f"column {fault.column}"
        assert fault.what.strip(), "a fault without words"
        assert "\n" not in str(fault), f"a fault of two lines: {fault}"


def _line(case: Case, clock: _Clock) -> tuple[str, int]:
    sink = io.BytesIO()
    clock.run(answer_lines, io.BytesIO(case.text.encode(errors="surrogatepass") + b"\n"), sink)
    answer: Mapping[str, Any] = json.loads(sink.getvalue())
    said = str(answer.get("error", ""))
    assert not any(word in said for word in _NOT_UNDERSTOOD), said
    assert answer.keys() & {"value", "error", "deduced_type"}, answer
    return ("answered" if "value" in answer else "refused"), 0


@contextmanager
def quietly() -> Iterator[None]:
    """Count no search for cycles of ours into a case: it looks over all that the run has made."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        with stopping_in_time():
            yield
    finally:
        gc.enable()
        gc.unfreeze()
