"""Laws of random masks and noise: both functions of one graph, and tests of frequencies."""

import numpy as np
import scipy.stats

import symdrop as sd


def stream():
    """A stream of a fixed seed, at its first step and site."""
    return sd.RandomStream(seed=7)


def ones(*shape):
    """Ones in float32."""
    return np.ones(shape, np.float32)


def train_and_test(inputs, node):
    """The function of training and that of testing."""
    return [sd.function(inputs, node, training=flag) for flag in (True, False)]


def same_frequency(count, total, p):
    """Compare a number of events with a probability, by the exact test."""
    return scipy.stats.binomtest(int(count), total, p).pvalue > 1e-3
