"""What functions take for an input without being asked to lose precision: Theano's rule for numbers and for arrays.

Scripts call ``f(i)`` with ``i`` out of ``numpy.arange``, an int64 scalar, where ``T.iscalar()`` is declared.
The verdicts are those of Theano 1.0.5.
"""

from __future__ import annotations

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        (np.int64(3), True), (3, True), (2.0, True), (np.float32(2.0), True), (np.int64(2**40), False), (2.5, False),
        (np.array(3), False),
    ],
)  # fmt: skip
def test_a_scalar_is_taken_for_its_value_and_an_array_for_its_dtype(value, taken):
    """An int64 scalar that fits becomes int32; an array of no axes is an array."""
    i = T.iscalar("i")
    f = theano.function([i], i * 1)
    if taken:
        assert f(value) == value and f(value).dtype == "int32"
    else:
        with pytest.raises(TypeError, match="loss of precision"):
            f(value)


@pytest.mark.parametrize(
    ("value", "taken"), [([1, 2], True), ([1.0, 2.0], True), ((1, 2), True), ([0.5], False), (np.arange(2), False)]
)
def test_a_list_is_taken_for_its_values(value, taken):
    """Floats without fractions become integers, as long as they come in a list."""
    v = T.ivector("v")
    f = theano.function([v], v * 1)
    if taken:
        np.testing.assert_array_equal(f(value), value)
    else:
        with pytest.raises(TypeError, match="loss of precision"):
            f(value)
