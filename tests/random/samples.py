"""Words of a stream, and samples of a distribution."""

import numpy as np

import symdrop as sd
from symdrop.ops.threefry import random_words, threefry2x32

SEED = 0x0123456789ABCDEF


def words(shape, bits, seed=SEED, site=(0, 0), step=0):
    """The words of a draw, straight from the contract in docs/randomness.md."""
    key = threefry2x32(seed >> 32, seed & 0xFFFFFFFF, *site)
    return random_words(np.array(key, np.uint32), step, shape, bits)


def sample(draw, calls=1):
    f = sd.function([], draw)
    values = [f() for _ in range(calls)]
    return values[0] if calls == 1 else np.array(values)
