"""How much memory a training step takes: its peak against what cannot be done without.

    python tests/benchmarks/memory.py

Needed are the parameters, their momentum, and the activations alive at once: the dropped
input, what each layer returns, and the derivative by the widest layer. The compiled step
promises at most 1.3 times that; a NumPy program that keeps its gradients takes more, and is
measured beside it.

The network is that of ``python -m symdrop bench``, larger, so that a megabyte here or there
does not count. Each side runs in a fresh process, which first does the same work on a small
network: then libraries are loaded and what they compile is compiled. From there on, what the
resident memory of the process grows by is counted, up to its peak in some steps; the batch
itself belongs to the caller. Linux only.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
from pathlib import Path

import numpy as np

from symdrop.bench.contest.mlp import SMALL, Sizes, by_hand, symbolic

LARGE = Sizes(512, (1024, 4096, 4096, 10))
SIDES = {"symdrop": symbolic, "NumPy by hand": by_hand}
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
MEBIBYTE = 2**20
PROMISE = 1.3


def resident(peak: bool) -> int:
    """Bytes of memory that this process has in use, or had at most since the peak was forgotten."""
    name = "VmHWM" if peak else "VmRSS"
    (line,) = [line for line in STATUS.read_text("ascii", "replace").splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024


def forget_peak() -> None:
    RESET.write_text("5", "ascii")


def needed(sizes: Sizes) -> int:
    """Bytes of parameters, momentum, and activations alive at once; float32."""
    parameters = sum((inputs + 1) * units for inputs, units in zip(sizes.layers, sizes.layers[1:], strict=False))
    activations = sizes.batch * (sum(sizes.layers) + max(sizes.layers[1:]))
    return 4 * (2 * parameters + activations)


def grown(side: str) -> int:
    """Bytes by which the peak of some steps lies above what the process had before the network."""
    make = SIDES[side]
    small = make(SMALL, True)()
    small.step(*small.arguments)
    gc.collect()
    before = resident(peak=False)
    large = make(LARGE, True)()
    large.step(*large.arguments)
    gc.collect()
    forget_peak()
    for _ in range(3):
        large.step(*large.arguments)
    return resident(peak=True) - before - sum(np.asarray(value).nbytes for value in large.arguments)


def main() -> None:
    parser = argparse.ArgumentParser(description="peak memory of a training step")
    parser.add_argument("--side", choices=SIDES, help="measure this one in this process, and print bytes")
    side = parser.parse_args().side
    if side is not None:
        print(grown(side))
        return
    floor = needed(LARGE)
    print(f"needed: {floor / MEBIBYTE:.0f} MiB")
    for side in SIDES:
        words = [sys.executable, str(Path(__file__).resolve()), "--side", side]
        peak = int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        promised = f" (promised: at most {PROMISE} with the native back end)" if side == "symdrop" else ""
        print(f"{side}: {peak / MEBIBYTE:.0f} MiB, {peak / floor:.2f} x{promised}")


if __name__ == "__main__":
    main()
