"""A grid of points, and the slope of a formula there."""

import numpy as np

import symdrop as sd
import symdrop.tensor as T

GRID = np.array([0.3, -1.2, 2.0, 0.7])


def slope_at(build, value, **options):
    """The gradient of a sum of build(x) at a value."""
    x = T.tensor("float64", np.shape(value), "x")
    return sd.grad(build(x).sum(), x, **options).eval({x: value})
