"""Shared variables that the tests of functions update."""

import numpy as np

import symdrop as sd


def state(value, name="w"):
    return sd.shared(np.asarray(value, "float64"), name)
