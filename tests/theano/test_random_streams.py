"""Random streams of Theano's names: dtypes, positions of arguments, seeds."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import ShapeError
from symdrop.theano.sandbox.rng_mrg import MRG_RandomStreams
from symdrop.theano.tensor.shared_randomstreams import RandomStreams


def test_counts_are_int64_and_other_draws_floatX(restored_floatX):
    """An int64 mask makes float32 weights float64; scripts give a dtype because of that."""
    for srng in (MRG_RandomStreams(1), RandomStreams(1)):
        assert srng.binomial((2,)).dtype == srng.multinomial(pvals=[[0.5, 0.5]]).dtype == "int64"
        assert srng.uniform((2,)).dtype == srng.normal((2,)).dtype == "float64"
        theano.config.floatX = "float32"
        assert srng.binomial((2,), 1, 0.5, None, "floatX").dtype == "float32"
        assert srng.uniform((2,)).dtype == "float32"
        assert srng.uniform((2,), low=T.dscalar()).dtype == "float64"
        theano.config.floatX = "float64"


def test_draws_take_theanos_positions():
    """uniform(size, low, high), normal(size, avg, std), binomial(size, n, p)."""
    srng = RandomStreams(3)
    u, z, k = srng.uniform((1000,), 2, 3), srng.normal((1000,), 5, 0.1), srng.binomial((1000,), 10, 0.9)
    u, z, k = theano.function([], [u, z, k])()
    assert 2 <= u.min() and u.max() <= 3 and abs(z.mean() - 5) < 0.05 and abs(k.mean() - 9) < 0.2
    assert srng.uniform(()).ndim == 0 and srng.uniform(size=[2, 3]).type.shape == (2, 3)
    assert srng.uniform((1, 3)).broadcastable == (True, False)
    n = T.lvector("n")
    assert srng.uniform(n, ndim=2).eval({n: [2, 3]}).shape == (2, 3)
    with pytest.raises(ShapeError, match="ndim=3"):
        srng.uniform((2, 2), ndim=3)


def test_shared_randomstreams_has_more():
    """random_integers includes its upper end; shuffle_row_elements keeps every row's elements."""
    srng = RandomStreams(seed=3)
    dice = theano.function([], srng.random_integers((500,), 1, 6))()
    assert set(dice.tolist()) == {1, 2, 3, 4, 5, 6}
    x = np.arange(40.0).reshape(2, 20)
    shuffled = theano.function([], srng.shuffle_row_elements(theano.shared(x)))()
    assert (np.sort(shuffled) == x).all() and (shuffled[1] - 20 != shuffled[0]).any()
    assert np.sort(srng.permutation(size=(2,), n=3).eval()).tolist() == [[0, 1, 2]] * 2
    assert set(srng.choice((50,), a=[4, 6]).eval().tolist()) == {4, 6}
    assert MRG_RandomStreams(1).multinomial(pvals=T.constant([[0.0, 1.0]])).eval().tolist() == [[0, 1]]


def test_two_calls_differ_and_seed_starts_again():
    """Functions advance the stream by themselves; seed() goes back to the first seed."""
    srng = MRG_RandomStreams(5)
    f = theano.function([], srng.uniform((3,)))
    frozen = theano.function([], srng.uniform((3,)), no_default_updates=True)
    first = f()
    assert (f() != first).all() and (frozen() == frozen()).all()
    srng.seed()
    assert (f() == first).all()
    srng.seed(6)
    assert (f() != first).all()
    g = theano.function([], srng.uniform((3,)), updates=srng.updates())
    assert (g() != g()).all() and srng.state_updates


def test_one_variable_is_one_draw():
    """u - u is 0, in a clone as well."""
    u = RandomStreams(1).uniform((3,))
    x = T.vector("x")
    difference = theano.clone(u - x, {x: u})
    assert theano.function([], difference)().tolist() == [0, 0, 0]


def test_mrg_refuses_zero_and_takes_six_numbers():
    """Theano's generator was stuck at a seed of zeros."""
    half, other = 2**31 - 1, 2**31 - 21069
    for seed in (0, -1, other, [0] * 6, [0, 0, 0, 1, 1, 1], [1, 1, 1, other, 1, 1], [half, 1, 1, 1, 1, 1]):
        with pytest.raises(ValueError, match="seed"):
            MRG_RandomStreams(seed)
    for seed in ([1, 2], 1.5, None, "one"):
        with pytest.raises(TypeError, match="seed"):
            MRG_RandomStreams(seed)
    assert (MRG_RandomStreams([1] * 6).uniform((9,)).eval() != MRG_RandomStreams([2] * 6).uniform((9,)).eval()).all()
