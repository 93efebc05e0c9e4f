"""Initial weights: the variance of every law, the forms of the others, and seeds of every kind."""

import math
from functools import partial

import numpy as np
import pytest
import scipy.stats

import symdrop as sd
from symdrop.errors import ArgumentError, GraphTypeError, ShapeError

init = sd.nn.initializers
VARIANCES = {
    "glorot_uniform": 2 / (300 + 200), "glorot_normal": 2 / (300 + 200), "he_uniform": 2 / 300, "he_normal": 2 / 300,
    "lecun_uniform": 1 / 300, "lecun_normal": 1 / 300,
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANCES)
def test_laws_have_the_variance_of_their_papers(name):
    """The whole law is compared with SciPy's, of that variance, and the gain with its square."""
    law, deviation = getattr(init, name), math.sqrt(VARIANCES[name])
    values = law((300, 200), seed=0, dtype="float64")
    if "uniform" in name:
        limit = math.sqrt(3) * deviation
        oracle = scipy.stats.uniform(-limit, 2 * limit)
    else:
        cut = scipy.stats.truncnorm(-2, 2)
        oracle = scipy.stats.truncnorm(-2, 2, scale=deviation / cut.std())
    assert scipy.stats.kstest(values.ravel(), oracle.cdf).pvalue > 0.01
    np.testing.assert_allclose(law((300, 200), seed=0, dtype="float64", gain=3.0), 3 * values, atol=1e-12)


def test_filters_read_channels_at_all_taps():
    """As in torch: (filters, channels, taps, taps)."""
    torch = pytest.importorskip("torch")
    inputs, units = torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(8, 3, 5, 5))
    assert init.fans((8, 3, 5, 5)) == (inputs, units)
    values = init.he_normal((64, 30, 3, 3), seed=1)
    assert abs(values.var() * 270 / 2 - 1) < 0.05


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (4, 2, 3, 3)])
def test_orthogonal_columns_or_rows(shape):
    """A product with its own transpose is the unit matrix, times the square of the gain."""
    Q = init.orthogonal(shape, seed=0, dtype="float64", gain=2.0).reshape(shape[0], -1)
    small = Q.T @ Q if Q.shape[0] >= Q.shape[1] else Q @ Q.T
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-12)


def test_orthogonal_matrices_are_uniform():
    """By Haar's measure, as SciPy's ortho_group: the trace of a large one is nearly a standard normal number."""
    rng = np.random.default_rng(0)
    traces = [np.trace(init.orthogonal((8, 8), seed=rng, dtype="float64")) for _ in range(400)]
    assert scipy.stats.kstest(traces, "norm").pvalue > 0.01


def test_sparse_units_read_few_inputs():
    """As many in every column; all of them if there are fewer; and the rows are evenly chosen."""
    W = init.sparse((50, 4000), seed=0, connections=5, std=2.0)
    assert ((W != 0).sum(axis=0) == 5).all() and abs(W[W != 0].std() - 2) < 0.05
    assert scipy.stats.chisquare((W != 0).sum(axis=1)).pvalue > 0.01
    assert (init.sparse((3, 2), seed=0) != 0).all()


def test_plain_laws():
    """Normal and uniform numbers of a given width, and zeros."""
    assert abs(init.normal((200, 200), seed=0, std=0.1).std() - 0.1) < 0.001
    values = init.uniform((200, 200), seed=0, limit=0.1)
    assert -0.1 <= values.min() < -0.099 and 0.099 < values.max() <= 0.1
    assert not init.zeros((3,)).any()


def test_seeds_of_every_kind():
    """An integer gives the same again; a generator and a stream go on, and a stream of the same seed gives the same."""
    W = partial(init.he_normal, (4, 3))
    np.testing.assert_array_equal(W(seed=1), W(seed=1))
    assert (W(seed=1) != W(seed=2)).all() and (W() != W()).all()
    for source in (np.random.default_rng(0), sd.RandomStream(seed=5)):
        assert (W(seed=source) != W(seed=source)).all()
    np.testing.assert_array_equal(W(seed=sd.RandomStream(seed=5)), W(seed=sd.RandomStream(seed=5)))


def test_dtypes_of_weights():
    """floatX, unless another one of floats is asked for."""
    assert init.lecun_normal((2, 2)).dtype == sd.config.floatX
    assert init.sparse((2, 2), dtype="float64").dtype == "float64"
    with pytest.raises(GraphTypeError, match="floats, not int32"):
        init.zeros((2,), dtype="int32")


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: init.he_normal((3,)), ShapeError, r"\(3,\) have no inputs and units"),
    (lambda: init.he_normal((3, 0)), ShapeError, "at least 1"),
    (lambda: init.he_normal((3, 2), gain=0), ArgumentError, "gain is a positive number, not 0"),
    (lambda: init.normal((3, 2), std="a"), GraphTypeError, "std is a number"),
    (lambda: init.normal((3, 2), seed="a"), GraphTypeError, "a seed .* not 'a'"),
    (lambda: init.normal((3, 2), seed=-1), ArgumentError, "a seed is 0 or more"),
    (lambda: init.sparse((3, 2, 2)), ShapeError, "a matrix"),
    (lambda: init.sparse((3, 2), connections=0), ArgumentError, "at least 1 connection"),
])  # fmt: skip
def test_wrong_arguments(call, error, says):
    """One sentence each."""
    with pytest.raises(error, match=says):
        call()
