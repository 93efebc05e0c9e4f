"""What libraries of Theano's time do with variables, and its own variables allowed.

Lasagne asks whether weights are callable before it asks whether they are variables; dl4mt masks a column by
``mask[:, None]`` and counts on Theano's reading of it. Both are Theano 1.0.5's results.
"""

from __future__ import annotations

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T


def test_a_new_axis_in_a_short_index_drops_axes_of_size_1():
    """``col[:, None]`` is a column again, and its values stay where they are; other matrices get an axis."""
    mask = T.col("mask")
    kept = mask[:, None]
    assert kept.broadcastable == (False, True)
    np.testing.assert_array_equal(kept.eval({mask: [[1.0], [2.0]]}), [[1.0], [2.0]])
    assert T.matrix("x")[:, None].ndim == 3 and mask[:, None, :].ndim == 3 and mask[..., None].ndim == 3
    assert T.vector("v")[:, None].broadcastable == (False, True)


def test_a_variable_stands_for_the_function_that_makes_weights():
    """A library that calls what is callable gets the variable itself; any other call is a mistake with a sentence."""
    w = theano.shared(np.ones((2, 3)))
    assert callable(w) and w((2, 3)) is w
    with pytest.raises(TypeError, match="a value, not a function"):
        T.vector("x")(1.0)
