"""Seconds that ``import symdrop`` takes beside a bare interpreter and NumPy, with bytecode files and without.

    python tests/benchmarks/importing.py [--rounds 11]

Every round starts one fresh process for each line, one after another, so that what else the
machine does meanwhile meets all lines alike; medians are printed, and ratios to NumPy's.

Read next: memory.py
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LINES = {
    "bare interpreter": ("pass", False),
    "import numpy": ("import numpy", False),
    "import symdrop": ("import symdrop", False),
    "import symdrop, no bytecode": ("import symdrop", True),
}


def seconds(code: str, without_bytecode: bool) -> float:
    """Wall time of one fresh process that runs the code."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1" if without_bytecode else ""}
    if without_bytecode:
        # Where no file lies, none is read.
        environment["PYTHONPYCACHEPREFIX"] = os.devnull
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    for line in LINES.values():
        seconds(*line)
    times = {title: [] for title in LINES}
    for _ in range(rounds):
        for title, line in LINES.items():
            times[title].append(seconds(*line))
    numpy = statistics.median(times["import numpy"])
    for title, own in times.items():
        print(f"{title:30} {statistics.median(own):6.3f} s   {statistics.median(own) / numpy:5.2f} x NumPy")


if __name__ == "__main__":
    main()
