"""A contest process: one library, one work, orders from a pipe.

Every contestant lives in a process of its own, because two pools of threads that spin in
one process destroy each other's times. It says when it is ready, and then waits, idle,
until it is told to run; so of all the processes of a race only one computes at a time.

Answers are lines of JSON on what was the standard output when the process began. What a
library prints goes to standard error.

Read next: ../process.py
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from itertools import repeat
from typing import Any, TextIO

from . import LIBRARY, ONCE, WORKS, Work
from .entry import Contestant

# Batches in one turn, after one that is not counted.
BATCHES = 5
# Characters of an error that are told.
LONGEST_REASON = 300


def seconds_of(contestant: Contestant, calls: int) -> float:
    """How long a number of calls take, one after the other; waits for the last."""
    step, arguments = contestant.step, contestant.arguments
    start = time.perf_counter()
    for _ in repeat(None, calls):
        result = step(*arguments)
    contestant.wait(result)
    return time.perf_counter() - start


def enough_calls(contestant: Contestant, least: float) -> int:
    """How many calls take at least so many seconds."""
    calls = 1
    while (taken := seconds_of(contestant, calls)) < least:
        calls = max(2 * calls, int(0.8 * calls * least / taken))
    return calls


def turn(contestant: Contestant, calls: int) -> dict[str, float]:
    """Seconds per call, the median of some batches; and the time this process used on all its threads, in seconds."""
    used = time.process_time()
    seconds_of(contestant, calls)
    taken = statistics.median(seconds_of(contestant, calls) for _ in range(BATCHES))
    return {"seconds": taken / calls, "used": time.process_time() - used}


def steps_to_compare(contestant: Contestant, steps: int) -> list[list[float]]:
    """The values after each of the first steps."""
    return [list(contestant.values(contestant.step(*contestant.arguments))) for _ in range(steps)]


def version_of(name: str) -> str:
    """The version of an installed library; nothing for one that was not installed but lies on the path."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def take_part(work: Work, name: str, options: argparse.Namespace, channel: TextIO) -> None:
    """Compile, show values, then run whenever told to, until the pipe is closed."""
    contestant = work.entries[name](options.dropping, options.small)()
    contestant.settle()
    say(channel, compared=steps_to_compare(contestant, work.steps), about=dict(contestant.about))
    # Collecting garbage would come at moments that nobody chose.
    gc.collect()
    gc.disable()
    calls = 0
    for _ in sys.stdin:
        calls = calls or enough_calls(contestant, options.least)
        say(channel, **turn(contestant, calls))


def first_result(work: Work, name: str, options: argparse.Namespace, channel: TextIO) -> None:
    """Seconds from the graph being built to the first result and to the last of the code, and for building it."""
    start = time.perf_counter()
    draft = work.entries[name](options.dropping, options.small)
    built = time.perf_counter()
    contestant = draft()
    contestant.wait(contestant.step(*contestant.arguments))
    seconds = time.perf_counter() - built
    contestant.settle()
    settled = time.perf_counter() - built
    say(channel, seconds=seconds, settled=settled, building=built - start, about=dict(contestant.about))


def in_one_line(error: Exception) -> str:
    """An error's name and the first paragraph of its message.

    Example:
        >>> in_one_line(RuntimeError("backend raised:\\nno compiler\\n\\nfor help see the manual"))
        'RuntimeError: backend raised: no compiler'
    """
    paragraph = " ".join(str(error).partition("\n\n")[0].split())
    return f"{type(error).__name__}: {paragraph[:LONGEST_REASON]}"


def say(channel: TextIO, **answer: Any) -> None:
    print(json.dumps(answer), file=channel, flush=True)


def main() -> None:
    """Do what the words of the command line say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=("race", "first"))
    parser.add_argument("work", choices={**WORKS, **ONCE})
    parser.add_argument("entry")
    parser.add_argument("--dropping", action="store_true")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--least", type=float, default=0.1)
    options = parser.parse_args()
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as channel:
        os.dup2(2, 1)
        work, name = {**WORKS, **ONCE}[options.work], options.entry
        say(channel, version=version_of(LIBRARY.get(name, "numpy")))
        task = take_part if options.task == "race" else first_result
        try:
            task(work, name, options, channel)
        except Exception as error:
            say(channel, failed=in_one_line(error))
            raise


if __name__ == "__main__":
    main()
