"""`menshen policy eval`: expressions with their bindings as JSON lines in, values out."""

import json
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, BinaryIO, Final, NoReturn

from edge_rules.cel.eval_line import evaluate_line
from gateway.cli.bounded_lines import bounded_lines

MAX_LINE: Final = 1024 * 1024  # bytes
MAX_CPU_S: Final = 0.05  # of one line, to be done within 100 ms: what it built is freed after that

NOT_JSON: Final = 'the line is not JSON; it should be {"expr": "...", "bindings": {...}}'
TOO_LONG: Final = f"the line is longer than {MAX_LINE} bytes"
TOO_SLOW: Final = "too much work for one expression: use fewer or shorter loops"


class _OutOfTimeError(BaseException):
    """A line used up its time; no error of the language, so that no `||` can outweigh it."""


def eval_() -> None:
    """Evaluate CEL expressions: one JSON object a line on stdin, one answer a line on stdout.

    A line is {"expr": ..., "bindings": ..., "type_env": ..., "container": ...}, all but expr
    may be left out; its answer {"value": ..., "deduced_type": ...} or {"error": "..."}.

    Example: menshen policy eval < expressions.jsonl
    """
    with stopping_in_time():
        answer_lines(sys.stdin.buffer, sys.stdout.buffer)


@contextmanager
def stopping_in_time() -> Iterator[None]:
    """Let the timer's signal, whenever a line sets it, stop what that line asks."""
    before = signal.signal(signal.SIGPROF, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGPROF, before)


def answer_lines(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer every line in order, each as soon as it is there."""
    for line in bounded_lines(source, MAX_LINE):
        if line is not None and not line.strip():
            continue  # a blank line is no question
        answer = _written({"error": TOO_LONG}) if line is None else _answer_in_time(line)
        sink.write(answer.encode() + b"\n")
        sink.flush()


def _answer_in_time(line: bytes) -> str:
    try:
        signal.setitimer(signal.ITIMER_PROF, MAX_CPU_S)
        try:
            return _written(_answer(line))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except _OutOfTimeError:
        return _written({"error": TOO_SLOW})


def _written(answer: Mapping[str, Any]) -> str:
    """Write JSON piece by piece: at one go a large value could not be stopped in time."""
    return "".join(json.JSONEncoder().iterencode(answer))


def _answer(line: bytes) -> Mapping[str, Any]:
    try:
        question = json.loads(line)
    except (ValueError, RecursionError):
        return {"error": NOT_JSON}
    return evaluate_line(question)


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise _OutOfTimeError
