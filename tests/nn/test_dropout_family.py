"""The relatives of dropout: each has its paper's law, its value in testing, and the gradient of its formula.

Laws are tested by moments or frequencies of many elements drawn in one call, with fixed seeds; gradients through a
fixed mask against finite differences, or a closed form.
"""

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError
from tests.helpers.laws import ones, same_frequency, stream, train_and_test

nn = sd.nn
N = 40_000


def fixed(function):
    """A check of a gradient through one mask: verify_grad calls with the stream at its first step."""
    rng = np.random.default_rng(3)
    sd.verify_grad(function, [rng.normal(1, 0.3, (3, 4))], rng=rng)


GRADIENTS = {
    "gaussian": lambda x: nn.gaussian_dropout(x, 0.3, stream=stream(), training=True),
    "alpha": lambda x: nn.alpha_dropout(x, 0.3, stream=stream(), training=True),
    "zoneout": lambda x: nn.zoneout(x**2, x, 0.5, stream=stream(), training=True),
    "zoneout in testing": lambda x: nn.zoneout(x**2, x, 0.5, stream=stream(), training=False),
    "depth": lambda x: nn.stochastic_depth(x**2, 0.5, stream=stream(), per="example", training=True),
    "depth of a batch": lambda x: nn.stochastic_depth(x**2, 0.5, stream=stream(), training=True),
    "words": lambda x: nn.word_dropout(x, np.array([2, 0, 2, 1]), 0.5, stream=stream(), training=True),
    "concrete": lambda x: nn.concrete_dropout(x, T.mean(x) - 1, stream=stream(), temperature=0.7, training=True),
    "concrete regularizer": lambda x: nn.concrete_regularizer(T.mean(x), x, weight=0.1, rate=0.3),
    "variational": lambda x: nn.variational_dropout(x, T.mean(x) - 2, stream=stream(), training=True),
    "variational kl": lambda x: nn.variational_kl(-x),
    "sparse": lambda x: nn.sparse_variational_dense(x, x.T, x.T - 2, stream=stream(), training=True),
    "sparse kl": lambda x: nn.sparse_variational_kl(x, x - 2),
    "standout in testing": lambda x: nn.standout(x, x @ x.T, x, stream=stream(), training=False),
    "connect": lambda x: nn.drop_connect(x, x.T, x[:, 0], stream=stream(), training=True),
    "connect by example": lambda x: nn.drop_connect(x, x.T, x[:, 0], stream=stream(), per="example", training=True),
    "connect by moments": lambda x: nn.drop_connect(
        x, x.T, x[:, 0], stream=stream(), testing="moments", samples=3, activation=T.tanh, training=False
    ),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_those_of_the_formula(name):
    """With the mask held, which a stream that starts anew does, finite differences see what reverse mode computes."""
    fixed(GRADIENTS[name])


# Noise on activations.


def test_gaussian_dropout_is_normal_with_the_variance_of_dropout():
    """N(1, p / (1 - p)), by Kolmogorov's and Smirnov's test; p = 0 and testing leave x alone."""
    x = T.vector("x")
    train, test = train_and_test([x], nn.gaussian_dropout(x, 0.2, stream=stream()))
    noise = train(np.full(N, 2, "float32")) / 2
    assert scipy.stats.kstest(noise, "norm", (1, 0.5)).pvalue > 1e-3
    assert (test(ones(5)) == 1).all()
    (still, _) = train_and_test([x], nn.gaussian_dropout(x, 0, stream=stream()))
    assert (still(ones(5)) == 1).all()


def test_alpha_dropout_keeps_mean_and_variance():
    """What selu's activations have, mean 0 and variance 1, stays; a mean or variance without the map would not."""
    x = T.vector("x")
    train, test = train_and_test([x], nn.alpha_dropout(x, 0.4, stream=stream()))
    value = np.random.default_rng(0).normal(size=N).astype("float32")
    y = train(value)
    assert abs(y.mean()) < 5 / np.sqrt(N) and abs(y.var() - 1) < 5 * y.var() * np.sqrt(2 / N)
    dropped = y == scipy.stats.mode(y).mode
    assert same_frequency(dropped.sum(), N, 0.4)
    assert (test(value) == value).all()


def test_alpha_dropout_is_that_of_torch_for_the_same_mask():
    """The affine map's two numbers are torch's."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    value = np.random.default_rng(0).normal(size=N)
    other = torch.nn.functional.alpha_dropout(torch.tensor(value), 0.3, training=True).numpy()
    x = T.dvector("x")
    y = sd.function([x], nn.alpha_dropout(x, 0.3, stream=stream()), training=True)(value)
    kept = [result != scipy.stats.mode(result).mode for result in (y, other)]
    np.testing.assert_allclose(y[kept[0] & kept[1]], other[kept[0] & kept[1]], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(y[~kept[0]][0], other[~kept[1]][0], rtol=1e-6)


@pytest.mark.parametrize("axis", [1, -1])
def test_spatial_dropout_drops_whole_channels_of_an_example(axis):
    x = T.tensor4("x")
    train, test = train_and_test([x], nn.spatial_dropout(x, 0.25, channel_axis=axis, stream=stream()))
    y = np.moveaxis(train(ones(50, 40, 3, 40)), axis, 1)
    assert (y == y[:, :, :1, :1]).all()
    assert same_frequency((y[:, :, 0, 0] == 0).sum(), 2000, 0.25) and np.allclose(y.max(), 4 / 3)
    assert (test(ones(2, 3, 4, 5)) == 1).all()


# Parts of networks.


def test_word_dropout_by_type_drops_a_word_everywhere():
    E, ids = sd.shared(ones(2000, 2)), T.lmatrix("ids")
    train, test = train_and_test([ids], nn.word_dropout(E, ids, 0.3, stream=stream()))
    words = np.stack([np.arange(2000), np.arange(2000)[::-1]])
    first, second = train(words)
    assert (first == second[::-1]).all() and (first[:, 0] == first[:, 1]).all()
    assert same_frequency((first[:, 0] == 0).sum(), 2000, 0.3)
    assert (test(words) == 1).all()


def test_word_dropout_by_type_in_every_sequence_and_by_token():
    """Sequences of a batch drop types of their own; occurrences drop by themselves."""
    E, ids = sd.shared(ones(3, 2)), T.lmatrix("ids")
    words = np.tile(np.arange(3), (1000, 4)).T  # (steps, batch): a sequence has every word four times
    own = sd.function([ids], nn.word_dropout(E, ids, 0.3, batch_axis=1, stream=stream()), training=True)(words)[..., 0]
    assert (own.reshape(4, 3, 1000) == own[:3]).all() and same_frequency((own[:3] == 0).sum(), 3000, 0.3)
    token = sd.function([ids], nn.word_dropout(E, ids, 0.3, by="token", stream=stream()), training=True)(words)[..., 0]
    assert same_frequency((token == 0).sum(), 12_000, 0.3) and len(np.unique(token.reshape(4, -1), axis=0)) == 4


def test_zoneout_keeps_old_values_without_a_factor():
    new, old = T.vector("new"), T.vector("old")
    train, test = train_and_test([new, old], nn.zoneout(new, old, 0.3, stream=stream()))
    y = train(2 * ones(N), 5 * ones(N))
    assert set(y.tolist()) == {2.0, 5.0} and same_frequency((y == 5).sum(), N, 0.3)
    np.testing.assert_allclose(test(2 * ones(3), 5 * ones(3)), 0.3 * 5 + 0.7 * 2, rtol=1e-6)


def test_zoneout_in_an_lstm_has_a_rate_for_the_output_and_one_for_the_memory():
    """In testing the recurrence is that of the paper's expectation, written in NumPy."""
    cell, x = nn.LSTM(3, 4, seed=0, dtype="float64"), T.dmatrix("x")
    states, (_, memory) = cell(x, zoneout=(0.2, 0.5), stream=stream())
    value = np.random.default_rng(0).normal(size=(6, 3))
    W, U, b = (p.get_value() for p in cell.parameters)
    h, c, seen = np.zeros(4), np.zeros(4), []
    for row in value:
        i, f, g, o = np.split(row @ W + h @ U + b, 4)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        new_c = f * c + i * np.tanh(g)
        h, c = 0.2 * h + 0.8 * o * np.tanh(new_c), 0.5 * c + 0.5 * new_c
        seen.append(h)
    train, test = train_and_test([x], [states, memory])
    np.testing.assert_allclose(test(value)[0], seen, rtol=1e-10)
    np.testing.assert_allclose(test(value)[1], c, rtol=1e-10)
    rows = train(value)[0]
    kept = (rows[1:] == rows[:-1]).mean()
    assert 0 < kept < 0.6 and not test.updates


def test_zoneout_of_one_rate_serves_every_array_and_zero_draws_nothing():
    cell, x = nn.LSTM(2, 3, seed=0), T.matrix("x")
    all_kept = cell(x, zoneout=1.0, stream=stream())[0]
    assert not sd.function([x], all_kept, training=True)(ones(4, 2)).any()
    assert not sd.function([x], cell(x, zoneout=(0.0, 0.0))[0], training=True).updates
    with pytest.raises(ArgumentError, match="zoneout is one rate or 2"):
        cell(x, zoneout=(0.1, 0.1, 0.1), stream=stream())


@pytest.mark.parametrize("mode", ["scale", "inverted"])
def test_stochastic_depth_of_every_example(mode):
    x = T.matrix("x")
    train, test = train_and_test([x], nn.stochastic_depth(x, 0.25, stream=stream(), per="example", mode=mode))
    y = train(ones(4000, 3))
    assert (y == y[:, :1]).all() and same_frequency((y[:, 0] == 0).sum(), 4000, 0.25)
    np.testing.assert_allclose(
        [y.max(), test(ones(2, 3)).max()], [1, 0.75] if mode == "scale" else [4 / 3, 1], rtol=1e-6
    )


def test_stochastic_depth_of_a_batch_computes_no_dropped_block():
    """A callback counts how often the block is computed: as often as it is kept."""
    x, seen = T.vector("x"), []
    block = sd.callback(seen.append, x * 2)
    train, _ = train_and_test([x], nn.stochastic_depth(block, 0.5, stream=stream()))
    kept = sum(bool(train(ones(2)).any()) for _ in range(60))
    assert same_frequency(kept, 60, 0.5) and len(seen) == kept


def test_standout_keeps_by_the_probability_that_it_computes():
    x, W = T.matrix("x"), sd.shared(np.float32([[-2.0, 0.0, 3.0]]), name="W")
    h = T.ones_like(x @ W)
    train, test = train_and_test([x], nn.standout(h, x, W, stream=stream(), alpha=0.5, beta=0.1))
    q = scipy.special.expit(0.5 * W.get_value()[0] + 0.1)
    y = train(ones(5000, 1))
    assert all(same_frequency(count, 5000, one) for count, one in zip(y.sum(axis=0), q, strict=True))
    np.testing.assert_allclose(test(ones(1, 1))[0], q, rtol=1e-6)


def test_standout_has_no_gradient_into_its_probabilities_in_training():
    x = T.dmatrix("x")
    beta = sd.shared(0.3)
    loss = nn.standout(T.tanh(x), x, np.eye(2), stream=stream(), beta=beta).sum()
    train, test = train_and_test([x], sd.grad(loss, beta))
    assert train(np.ones((3, 2))) == 0 and test(np.ones((3, 2))) > 0


# Rates that are learned or scheduled.


def test_concrete_dropout_approaches_dropout_as_the_temperature_falls():
    x, logit = T.vector("x"), sd.shared(np.float32(-1.0))
    train, test = train_and_test([x], nn.concrete_dropout(x, logit, stream=stream(), temperature=0.01))
    p = scipy.special.expit(-1.0)
    y = train(ones(N)) * (1 - p)
    assert same_frequency((y < 0.5).sum(), N, p) and ((y < 0.01) | (y > 0.99)).mean() > 0.97
    assert (test(ones(3)) == 1).all()


def test_concrete_dropout_learns_its_rate():
    """Without data nothing but the entropy speaks, and p goes to 1/2; weights pull it down."""
    logit = sd.shared(np.float32(-2.0))
    W = np.full((4, 2), 1.0, "float32")
    for weight, expected in ((0.0, 0.5), (0.1, None)):
        logit.set_value(np.float32(-2.0))
        cost = nn.concrete_regularizer(logit, W, weight=weight, rate=1.0)
        step = sd.function([], cost, updates={logit: logit - sd.grad(cost, logit)})
        for _ in range(100):
            step()
        p = scipy.special.expit(logit.get_value())
        grid = np.linspace(0.001, 0.999, 999)
        costs = weight * 8 / (1 - grid) + 4 * (grid * np.log(grid) + (1 - grid) * np.log1p(-grid))
        assert abs(p - (expected or grid[costs.argmin()])) < 2e-3


def divergence(alpha):
    """KL of N(1, alpha) from the log-uniform prior by quadrature: E log|w| - 0.5 log alpha, up to a constant."""
    root = np.sqrt(alpha)

    def integrand(w):
        return math.exp(-0.5 * ((w - 1) / root) ** 2) * math.log(abs(w)) / (root * math.sqrt(2 * math.pi))

    mean_log, _ = scipy.integrate.quad(integrand, 1 - 12 * root, 1 + 12 * root, points=[0, 1], limit=400)
    return mean_log - 0.5 * np.log(alpha)


def test_divergences_are_those_of_quadrature():
    """Both approximations, from a reference alpha on, by numerical integration."""
    log_alpha = np.array([-4.0, -2.0, -1.0, 0.0])
    exact = np.array([divergence(np.exp(a)) for a in log_alpha])
    cubic = [float(nn.variational_kl(T.constant(a)).eval()) for a in log_alpha]
    np.testing.assert_allclose(np.diff(cubic), np.diff(exact), atol=0.035)
    log_alpha = np.array([-6.0, -2.0, 0.0, 1.0, 3.0, 8.0])
    exact = np.array([divergence(np.exp(a)) for a in log_alpha])
    sigmoid = [float(nn.sparse_variational_kl(T.constant(1.0), T.constant(a)).eval()) for a in log_alpha]
    np.testing.assert_allclose(np.diff(sigmoid), np.diff(exact), atol=0.04)
    assert abs(sigmoid[-1]) < 1e-3


def test_variational_dropout_has_the_variance_of_its_parameter():
    x, log_alpha = T.matrix("x"), sd.shared(np.log(np.float32([0.1, 0.5])))
    train, test = train_and_test([x], nn.variational_dropout(x, log_alpha, stream=stream()))
    y = train(3 * ones(N, 2)) / 3
    for column, alpha in zip(y.T, (0.1, 0.5), strict=True):
        assert scipy.stats.kstest(column, "norm", (1, np.sqrt(alpha))).pvalue > 1e-3
    assert (test(ones(2, 2)) == 1).all()


def test_sparse_variational_dense_samples_what_sampled_weights_would_give():
    """Local reparameterization: the mean and variance of x W with W ~ N(mean, variance)."""
    rng = np.random.default_rng(0)
    W, s, b, row = rng.normal(size=(3, 2)), rng.normal(-1, 0.3, (3, 2)), rng.normal(size=2), rng.normal(size=3)
    x = T.dmatrix("x")
    y = nn.sparse_variational_dense(x, W, s, b, stream=stream())
    train, test = train_and_test([x], y)
    rows = train(np.tile(row, (20_000, 1)))
    for column, mean, variance in zip(rows.T, row @ W + b, row**2 @ np.exp(s), strict=True):
        assert scipy.stats.kstest(column, "norm", (mean, np.sqrt(variance))).pvalue > 1e-3
    cut = np.where(s - np.log(W**2) > 3, 0, W)
    assert not cut.all()
    np.testing.assert_allclose(test(row[None])[0], row @ cut + b, rtol=1e-12)


def test_a_rate_follows_a_schedule_of_the_step():
    """Rates by the family's schedule and by an optimiser's, dropped as often as they say, step by step."""
    t, x = sd.shared(0), T.vector("x")
    for p, expected in (
        (nn.annealed_rate(t, 0.6, steps=3), [0.6, 0.4, 0.2, 0.0, 0.0]),
        (sd.optim.cosine(0.8, 2)(t), [0.8, 0.4, 0.0, 0.0, 0.0]),
    ):
        t.set_value(0)
        f = sd.function([x], sd.dropout(x, p, stream=stream()), updates={t: t + 1}, training=True)
        for rate in expected:
            assert same_frequency((f(ones(4000)) == 0).sum(), 4000, rate)
