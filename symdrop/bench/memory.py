"""Memory of attention: how it grows with the number of queries and keys, forwards and back, with dropout.

Weights of attention are as many as queries times keys; where they are computed block by block, memory grows as the
sequence does.

Read next: targets.py
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from .race import Plan

# Numbers of queries and keys, and of each of their vectors.
LENGTHS, SHORT_ONES, DEPTH, P = (1024, 2048, 4096), (128, 256), 64, 0.1


def attention_arenas(plan: Plan, tell: Callable[[str], None]) -> dict[int, int]:
    """Bytes that a function needs besides its inputs and outputs, by the number of queries and keys.

    Args:
        plan: with ``small`` sequences are short.
        tell: is given a line about what is going on.

    Example:
        >>> sorted(attention_arenas(Plan(small=True), len))
        [128, 256]
    """
    q, k, v = (T.ftensor4(name) for name in "qkv")
    out = T.nnet.attention(q, k, v, dropout=P, stream=sd.RandomStream(seed=3))
    f = sd.function([q, k, v], sd.grad((out * out).sum(), [q, k, v]), training=True, backend="native")
    rng, found = np.random.default_rng(4), {}
    for length in SHORT_ONES if plan.small else LENGTHS:
        tell(f"memory of attention: {length} queries and keys")
        values = (rng.standard_normal((1, 1, length, DEPTH), dtype="float32") for _ in range(3))
        found[length] = f.profile(*values).memory.arena
    return found
