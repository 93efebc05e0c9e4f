"""Was anybody else computing? A time taken on a busy machine says nothing.

The kernel counts the seconds in which processors were busy, for all processes together;
what remains after taking away those of the contestant was used by others. Linux only.

Machines are seldom quiet, so a race may also be run beside busy processes of its own, of which each wants a processor
all the time.

Read next: race.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .process import Process

_COUNTERS = Path("/proc/stat")
# Processors used by others, on average over a turn, from which the turn counts as disturbed. Idle systems stay below a
# twentieth; the counters' own grain, a hundredth of a second in turns of half a second, adds about as much.
DISTURBED = 0.15


def busy_seconds() -> float | None:
    """Seconds that all processors together were busy since the machine started; None where that is not known."""
    try:
        with _COUNTERS.open(encoding="ascii") as file:
            words = file.readline().split()
    except OSError:
        return None
    user, nice, system, _idle, _waiting, irq, softirq, stolen = map(int, words[1:9])
    return (user + nice + system + irq + softirq + stolen) / os.sysconf("SC_CLK_TCK")


def observed_turn(process: Process, beside: tuple[int, ...] = ()) -> tuple[dict[str, Any], float]:
    """A turn, and how many processors others used meanwhile (0 where that is not known).

    Args:
        process: the contestant.
        beside: the numbers of processes that are meant to be busy beside it.
    """
    before, own_before, start = busy_seconds(), seconds_of(beside), time.perf_counter()
    answer = process.run()
    after, own_after, end = busy_seconds(), seconds_of(beside), time.perf_counter()
    if before is None or after is None:
        return answer, 0.0
    return answer, max(0.0, (after - before - (own_after - own_before) - answer["used"]) / (end - start))


def seconds_of(processes: tuple[int, ...]) -> float:
    """Seconds of processors that some processes have used; 0 where that is not known."""
    used = 0
    for number in processes:
        try:
            words = Path(f"/proc/{number}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            continue
        used += int(words[11]) + int(words[12])
    return used / os.sysconf("SC_CLK_TCK") if used else 0.0


@contextmanager
def busy_processes(count: int) -> Iterator[tuple[int, ...]]:
    """The numbers of so many processes that compute without end while the ``with`` block runs.

    Example:
        >>> with busy_processes(1) as numbers:
        ...     len(numbers)
        1
    """
    started: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            started.append(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
        yield tuple(process.pid for process in started)
    finally:
        for process in started:
            process.kill()
            process.wait()
