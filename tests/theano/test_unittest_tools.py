"""The tools of Theano's tests: checks of gradients with its arguments, comparisons by its tolerances, seeds.

Old projects test their own Ops with them. A wrong gradient must fail, with the class of error that they look for.
"""

from __future__ import annotations

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.theano.tests import unittest_tools as utt


def test_a_right_gradient_passes_and_a_wrong_one_has_the_error_that_is_asked_for():
    """``consider_constant`` hides one of two factors, so the derivative of x * x is half of what differences give."""
    points = [np.random.RandomState(0).rand(3) + 0.5]
    utt.verify_grad(lambda x: x * x, points)
    with pytest.raises(T.verify_grad.E_grad):
        utt.verify_grad(lambda x: x * theano.gradient.consider_constant(x), points)
    with pytest.raises(utt.verify_grad.E_grad):
        theano.gradient.verify_grad(lambda x: x * theano.gradient.zero_grad(x), points, rng=np.random)


@pytest.mark.parametrize(
    ("points", "named", "words"),
    [
        ([np.ones(2)], {}, "RandomState"), ([np.arange(2)], {"rng": np.random}, "input 0 is of int64"),
        (np.ones(2), {"rng": np.random}, "a list with one array"),
    ],
)  # fmt: skip
def test_what_theano_refused_is_refused(points, named, words):
    """Without a source of numbers, with integers, or with an array for the list: a TypeError, as Theano's."""
    with pytest.raises(TypeError, match=words):
        theano.gradient.verify_grad(T.exp, points, **named)


def test_close_values_differ_by_less_than_their_dtype_tells():
    """1e-4 is nothing for float32 and too much for float64; lists of one array equal it, nan equals nan."""
    utt.assert_allclose(np.float32([1, np.nan]), np.float32([1.0001, np.nan]))
    with pytest.raises(utt.WrongValue, match="rtol=1e-05"):
        utt.assert_allclose([1.0], [1.0001])
    utt.assert_allclose([np.ones(3)], np.ones(3))


def test_seeds_repeat_numpys_numbers():
    """A seed given comes back; the same seed gives the same numbers."""
    assert utt.seed_rng() == 666 and utt.seed_rng(5) == 5
    assert np.random.rand() == np.random.RandomState(5).rand()


def test_shapes_known_before_the_values_are_compared_with_them():
    """The check of an Op's shapes runs over every output, and does not look at how they were found."""
    x = T.matrix("x")
    tester = utt.InferShapeTester()
    tester.setUp()
    tester._compile_and_check([x], [x.sum(axis=0), x.T], [np.ones((2, 3))], None)


def test_the_gradient_of_an_integer_cost_is_zero():
    """Theano gives zeros of floatX, so that a program may ask for the gradient of a count."""
    a, b = theano.shared(1), theano.shared(2)
    grads = theano.grad(a + b, [a, b])
    assert [float(one.eval()) for one in grads] == [0.0, 0.0] and [one.dtype for one in grads] == ["float64"] * 2
    assert isinstance(theano.grad(a + b, (a,)), tuple) and float(theano.grad(a + b, a).eval()) == 0


def test_modes_can_be_set_up_and_settings_read():
    """Tests switch the checks of a mode off before they compile with it, and read Theano's settings."""
    mode = theano.compile.mode.get_mode("FAST_RUN").excluding("fusion")
    mode.check_isfinite = False
    x = T.vector("x")
    assert theano.function([x], x + 1, mode=mode)([1]) == 2 and theano.compile.mode.get_mode(mode) is mode
    config = theano.config
    assert (config.on_opt_error, config.unittests.rseed, config.conv.assert_shape) == ("warn", 666, False)
