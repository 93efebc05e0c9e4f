"""The NumPy back end against a training step written by hand with care.

    python tests/benchmarks/numpy_step.py

The MLP of ``python -m symdrop bench``, with and without dropout, in one process: both sides
are NumPy and share its threads. Without dropout the losses of ten steps must agree before
anything is timed. The two take turns, and the medians of their ratios are printed, of the
time on the wall: at most 1.5 without dropout is what this back end promises.
"""

from __future__ import annotations

import numpy as np

import symdrop as sd
from symdrop.bench.contest.mlp import FULL, by_hand, symbolic
from symdrop.bench.contest.worker import seconds_of, steps_to_compare

ROUNDS, CALLS = 15, 5
PROMISED = {False: " (promised: at most 1.5)", True: ""}


def main() -> None:
    for dropping, promise in PROMISED.items():
        with sd.config.change(backend="numpy"):
            ours = symbolic(FULL, dropping)()
        theirs = by_hand(FULL, dropping)()
        losses = [steps_to_compare(contestant, 10) for contestant in (ours, theirs)]
        assert dropping or np.allclose(*losses, rtol=1e-4), losses
        ratios = []
        for _ in range(ROUNDS):
            taken = []
            for contestant in (ours, theirs):
                seconds_of(contestant, 1)
                taken.append(seconds_of(contestant, CALLS))
            ratios.append(taken[0] / taken[1])
        ratio = np.median(ratios)
        print(f"dropout {'on ' if dropping else 'off'}: {ratio:.2f} x by hand{promise}")


if __name__ == "__main__":
    main()
