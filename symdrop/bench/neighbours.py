"""Was anybody else computing? A time taken on a busy machine says nothing.

The kernel counts the seconds in which processors were busy, for all processes together;
what remains after taking away those of the contestant was used by others. Linux only.

Read next: race.py
"""

from __future__ import annotations

import os
import time
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


def observed_turn(process: Process) -> tuple[dict[str, Any], float]:
    """A turn, and how many processors others used meanwhile (0 where that is not known)."""
    before, start = busy_seconds(), time.perf_counter()
    answer = process.run()
    after, end = busy_seconds(), time.perf_counter()
    if before is None or after is None:
        return answer, 0.0
    return answer, max(0.0, (after - before - answer["used"]) / (end - start))
