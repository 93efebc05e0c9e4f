"""Max-norm: no unit's weights are longer than the limit after a step, and shorter ones stay."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("shape", "axis"), [((4, 3), 0), ((4, 3), 1), ((3, 2, 2, 2), (1, 2, 3)), ((4, 3), None)])
def test_units_are_shortened_after_the_step(shape, axis):
    """Columns, rows, filters, all: NumPy's norms; one unit is 0 and stays so."""
    value, slope = RNG.normal(size=shape), RNG.normal(size=shape)
    value[0], slope[0] = 0, 0
    W = sd.shared(value, name="W")
    loss = T.sum(W * slope)
    updates = sd.nn.max_norm(sd.optim.sgd(loss, W, rate=0.1), [W], limit=1.5, axis=axis)
    sd.function([], [], updates=updates)()
    moved = value - 0.1 * slope
    length = np.sqrt((moved**2).sum(axis, keepdims=True))
    expected = np.where(length > 1.5, moved * 1.5 / np.where(length > 0, length, 1), moved)
    np.testing.assert_allclose(W.get_value(), expected, rtol=1e-12)
    kept = np.broadcast_to(length <= 1.5, shape)
    np.testing.assert_array_equal(W.get_value()[kept], moved[kept])


def test_other_updates_stay():
    """Means of Adam, biases, whatever is there; the dictionary that was given is not changed."""
    W, b = sd.shared(RNG.normal(size=(4, 3)), name="W"), sd.shared(np.zeros(3), name="b")
    given = sd.optim.adam(T.sum(T.constant(RNG.normal(size=(2, 4))) @ W + b), [W, b])
    made = sd.nn.max_norm(given, {"W": W}, 2.0)
    assert made is not given and list(made) == list(given) and {s for s in made if made[s] is not given[s]} == {W}


def test_it_is_native_throughout():
    """Squares, their sums by a product, factors, and the factor multiplied where the step is subtracted."""
    W, x = sd.shared(RNG.normal(size=(64, 32)).astype("float32"), name="W"), T.fmatrix("x")
    loss = T.sum(T.sqr(x @ W))
    plain = sd.optim.sgd(loss, W, rate=0.1)
    few, more = (
        sd.function([x], loss, updates=u, backend="native") for u in (plain, sd.nn.max_norm(plain, W, 1.0))
    )
    assert len(more.kernels) <= len(few.kernels) + 5 and not any("fallback" in name for name in more.kernels)


W, b = sd.shared(np.ones((2, 3)), name="W"), sd.shared(np.ones(3), name="b")
UPDATES = {W: W * 2, b: b * 2}


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.nn.max_norm(UPDATES, W, 0.0), ArgumentError, r"a limit is one number above 0, not 0\.0"),
    (lambda: sd.nn.max_norm(UPDATES, W, T.dvector()), ArgumentError, "a limit is one number above 0"),
    (lambda: sd.nn.max_norm({b: b}, W, 1.0), ArgumentError, "the updates have none of 'W'"),
    (lambda: sd.nn.max_norm(UPDATES, b, 1.0), ArgumentError, "'b' .* has no units with weights; leave it out"),
    (lambda: sd.nn.max_norm(UPDATES, T.dmatrix(), 1.0), GraphTypeError, "parameters are shared variables"),
    (lambda: sd.nn.max_norm(UPDATES, W, 1.0, axis=2), IndexingError, "axis 2"),
])  # fmt: skip
def test_wrong_arguments(call, error, says):
    """One sentence each."""
    with pytest.raises(error, match=says):
        call()


def test_a_symbolic_limit_is_checked_in_the_call():
    """And nothing is changed by the refused one."""
    limit = T.dscalar("limit")
    f = sd.function([limit], [], updates=sd.nn.max_norm({W: W * 2}, W, limit))
    with pytest.raises(ArgumentError, match=r"the limit of max_norm is -1\.0, which is not above 0"):
        f(-1.0)
    f(1.0)
    np.testing.assert_allclose(np.linalg.norm(W.get_value(), axis=0), 1.0)
