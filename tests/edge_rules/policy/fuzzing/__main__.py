"""Run very many cases, with one or more processes, and say what was found."""

import gc
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from heapq import nlargest
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from tests.conftest import REPOSITORY
from tests.edge_rules.policy.fuzzing.cases import make_case, read_corpus
from tests.edge_rules.policy.fuzzing.judging import Result, judge, quietly

CHUNK = 500  # cases between two searches for cycles, and of one task of a process
SLOWEST = 10
MAX_SHOWN = 40


def main(
    count: Annotated[int, typer.Option(min=1)] = 20_000,
    seed: int = 1,
    start: int = 0,
    only: Annotated[int, typer.Option(help="Make one case, and show it.")] = -1,
    processes: Annotated[int, typer.Option(min=1)] = 1,
    data: Annotated[Path, typer.Option(help="Foreign vectors.")] = REPOSITORY.parent
    / "shared/data",
) -> None:
    """Fuzz the rule engine; exit code 1 if anything was found."""
    if only >= 0:
        sys.stdout.write(f"{make_case(seed, only, read_corpus(_here(data))).text}\n")
        results = run_chunk(seed, range(only, only + 1), _here(data))
    else:
        chunks = [
            range(at, min(at + CHUNK, start + count)) for at in range(start, start + count, CHUNK)
        ]
        results = list(chain.from_iterable(_run(seed, chunks, _here(data), processes)))
    _report(results)
    raise typer.Exit(any(result.finding for result in results))


def run_chunk(seed: int, numbers: Sequence[int], data: Path | None) -> list[Result]:
    """Run some cases in a row."""
    corpus = read_corpus(data)
    with quietly():
        return [judge(make_case(seed, number, corpus)) for number in numbers]


def _here(data: Path) -> Path | None:
    return data if data.is_dir() else None


def _run(
    seed: int, chunks: Sequence[range], data: Path | None, processes: int
) -> Iterator[list[Result]]:
    console = Console(stderr=True)
    if processes == 1:
        for chunk in track(chunks, "cases", console=console):
            yield _told(run_chunk(seed, chunk, data))
            gc.collect()
        return
    with ProcessPoolExecutor(processes) as pool:
        tasks = [pool.submit(run_chunk, seed, chunk, data) for chunk in chunks]
        for task in track(tasks, "cases", console=console):
            yield _told(task.result())


def _told(results: list[Result]) -> list[Result]:
    for result in results:
        if result.finding:
            sys.stdout.write(f"case {result.number}: {result.finding[:400]!r}\n")
            sys.stdout.flush()
    return results


def _report(results: Sequence[Result]) -> None:
    ends = Counter(result.end for result in results)
    found = [result for result in results if result.finding]
    say = sys.stdout.write
    say(f"{len(results)} cases: {', '.join(f'{n} {end}' for end, n in ends.most_common())}\n")
    say(f"admitted, as the oracle: {sum(result.admits for result in results)} visits\n")
    slowest = nlargest(SLOWEST, results, key=lambda result: result.cpu_ms)
    say(f"most CPU: {', '.join(f'{r.cpu_ms:.1f} ms (case {r.number})' for r in slowest)}\n")
    say(f"findings: {len(found)}\n")


if __name__ == "__main__":
    typer.run(main)
