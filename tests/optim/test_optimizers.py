"""Optimizers: the trajectories of torch's of the same name, and of the formulas written down in NumPy."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, SymdropError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 4)), RNG.normal(size=(20, 3))
W0, B0 = RNG.normal(size=(4, 3)), RNG.normal(size=3)
STEPS = 25


def problem():
    """A small regression with two parameters, whose gradients change signs on the way."""
    W, b = sd.shared(W0, name="W"), sd.shared(B0, name="b")
    return T.sum(T.tanh(T.constant(X) @ W + b - Y) ** 2) / 5, [W, b]


def trajectory(optimizer, **options):
    """The parameters after every step."""
    with sd.config.change(floatX="float64"):
        loss, parameters = problem()
        step = sd.function([], loss, updates=getattr(sd.optim, optimizer)(loss, parameters, **options))
    made = []
    for _ in range(STEPS):
        step()
        made.append([p.get_value() for p in parameters])
    return made


CASES = [
    ("sgd", {"rate": 0.1}, "SGD", {"lr": 0.1}),
    ("momentum", {"rate": 0.05}, "SGD", {"lr": 0.05, "momentum": 0.9}),
    ("nesterov", {"rate": 0.05, "decay": 0.8}, "SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True}),
    ("adagrad", {"rate": 0.1}, "Adagrad", {"lr": 0.1}),
    ("rmsprop", {}, "RMSprop", {}),
    ("rmsprop", {"centered": True, "momentum": 0.5}, "RMSprop", {"centered": True, "momentum": 0.5}),
    ("adadelta", {}, "Adadelta", {"lr": 1.0}),
    ("adam", {"rate": 0.01}, "Adam", {"lr": 0.01}),
    ("adam", {"rate": 0.05, "amsgrad": True}, "Adam", {"lr": 0.05, "amsgrad": True}),
    ("adamw", {"rate": 0.01, "decay": 0.1}, "AdamW", {"lr": 0.01, "weight_decay": 0.1}),
    ("adamax", {}, "Adamax", {"lr": 2e-3}),
    ("nadam", {}, "NAdam", {"lr": 2e-3}),
    ("radam", {"rate": 0.01}, "RAdam", {"lr": 0.01}),
    ("rprop", {}, "Rprop", {"lr": 0.01}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "theirs", "their_options"), CASES)
def test_trajectories_are_torchs(name, options, theirs, their_options):
    """Every step of both parameters, in float64."""
    torch = pytest.importorskip("torch")
    W, b = (torch.tensor(value, requires_grad=True) for value in (W0, B0))
    optimizer = getattr(torch.optim, theirs)([W, b], **their_options)
    # torch keeps the product of NAdam's momenta in float32.
    tolerance = 1e-6 if name == "nadam" else 1e-9
    for made in trajectory(name, **options):
        optimizer.zero_grad()
        loss = (torch.tanh(torch.tensor(X) @ W + b - torch.tensor(Y)) ** 2).sum() / 5
        loss.backward()
        optimizer.step()
        for one, other in zip(made, (W, b), strict=True):
            np.testing.assert_allclose(one, other.detach().numpy(), rtol=tolerance, atol=tolerance)


def gradient(W, b):
    """The gradients of the problem, by hand."""
    y = np.tanh(X @ W + b - Y)
    inner = 2 * y * (1 - y**2) / 5
    return X.T @ inner, inner.sum(0)


def by_hand(rule, parameters=(W0, B0)):
    """The parameters after every step of a rule on parameter, gradient, memory and number of the step."""
    values, memory = [p.copy() for p in parameters], [{} for _ in parameters]
    for number in range(1, STEPS + 1):
        slopes = gradient(*values)
        values = [rule(p, g, own, number) for p, g, own in zip(values, slopes, memory, strict=True)]
        yield values


def adam(p, g, own, t):
    """The direction of Adam."""
    own["m"] = 0.9 * own.get("m", 0) + 0.1 * g
    own["s"] = 0.999 * own.get("s", 0) + 0.001 * g**2
    return own["m"] / (1 - 0.9**t) / (np.sqrt(own["s"] / (1 - 0.999**t)) + 1e-6)


def lamb(p, g, own, t):
    """You et al., algorithm 2."""
    direction = adam(p, g, own, t) + 0.1 * p
    return p - 0.01 * direction * np.linalg.norm(p) / np.linalg.norm(direction)


def lion(p, g, own, t):
    """Chen et al., algorithm 2."""
    made = p - 0.01 * (np.sign(0.9 * own.get("m", 0) + 0.1 * g) + 0.1 * p)
    own["m"] = 0.99 * own.get("m", 0) + 0.01 * g
    return made


@pytest.mark.parametrize(("name", "rule", "options"), [
    ("lion", lion, {"rate": 0.01, "decay": 0.1}), ("lamb", lamb, {"rate": 0.01, "decay": 0.1}),
    ("adam", lambda p, g, own, t: p - 0.01 * adam(p, g, own, t), {"rate": 0.01, "epsilon": 1e-6}),
])  # fmt: skip
def test_trajectories_are_the_papers(name, rule, options):
    for made, expected in zip(trajectory(name, **options), by_hand(rule), strict=True):
        for one, other in zip(made, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9)


def test_clipping():
    """By value, by each parameter's norm, by the norm of all; a zero gradient stays zero."""
    slopes = gradient(W0, B0)
    lengths = [np.linalg.norm(g) for g in slopes]
    whole = np.hypot(*lengths)
    for transformation, expected in (
        (sd.optim.clip_by_value(0.3), [np.clip(g, -0.3, 0.3) for g in slopes]),
        (sd.optim.clip_by_norm(0.5), [g * min(1, 0.5 / n) for g, n in zip(slopes, lengths, strict=True)]),
        (sd.optim.clip_by_global_norm(0.5), [g * 0.5 / whole for g in slopes]),
        (sd.optim.clip_by_global_norm(1e9), slopes),
    ):
        with sd.config.change(floatX="float64"):
            loss, parameters = problem()
            updates = sd.optim.sgd(loss, parameters, rate=1.0, before=[transformation])
            sd.function([], [], updates=updates)()
        for p, start, step in zip(parameters, (W0, B0), expected, strict=True):
            np.testing.assert_allclose(start - p.get_value(), step, rtol=1e-12)
    still = sd.shared(np.zeros(3))
    before = [sd.optim.clip_by_global_norm(1.0)]
    sd.function([], [], updates=sd.optim.sgd((still**2).sum(), still, rate=1.0, before=before))()
    assert not still.get_value().any()


def test_accumulated_gradients_are_one_large_batch():
    """Three quarters of a batch one after the other move parameters once, as the mean of them does."""
    data = T.dmatrix("x")
    W, V = sd.shared(W0[:, 0].copy(), name="W"), sd.shared(W0[:, 0].copy(), name="V")
    small = sd.optim.minimize(
        ((data @ W) ** 2).mean(), W,
        sd.optim.accumulate(3, sd.optim.scale_by_adam()), sd.optim.scale_by_rate(0.1),
    )  # fmt: skip
    part = sd.function([data], [], updates=small)
    whole = sd.function([data], [], updates=sd.optim.adam(((data @ V) ** 2).mean(), V, rate=0.1))
    for _ in range(2):
        for rows in (X[:6], X[6:12], X[12:18]):
            before = W.get_value()
            part(rows)
        assert not np.array_equal(W.get_value(), before)
        whole(X[:18])
        np.testing.assert_allclose(W.get_value(), V.get_value(), rtol=1e-6)


@pytest.mark.parametrize(("schedule", "expected"), [
    (sd.optim.exponential_decay(1.0, 0.5, every=2), lambda t: 0.5 ** (t / 2)),
    (sd.optim.exponential_decay(1.0, 0.5, every=2, staircase=True), lambda t: 0.5 ** (t // 2)),
    (sd.optim.piecewise([3.0, 2.0, 1.0], [2, 5]), lambda t: 3.0 if t < 2 else 2.0 if t < 5 else 1.0),
    (sd.optim.polynomial_decay(1.0, 8, 0.2, 2.0), lambda t: 0.2 + 0.8 * (1 - min(t / 8, 1)) ** 2),
    (sd.optim.cosine(1.0, 8, 0.1), lambda t: 0.1 + 0.45 * (1 + np.cos(np.pi * min(t / 8, 1)))),
    (sd.optim.warm_up(3, 2.0), lambda t: 2.0 * min((t + 1) / 4, 1)),
    (sd.optim.warm_up(3, sd.optim.cosine(1.0, 4)), lambda t: (t + 1) / 4 if t < 3 else
        0.5 * (1 + np.cos(np.pi * min((t - 3) / 4, 1)))),
])  # fmt: skip
def test_schedules(schedule, expected):
    """The rate of every step, as part of the step: the states of a function know how far it is."""
    x = sd.shared(np.float64(0.0))
    step = sd.function([], [], updates=sd.optim.sgd(-x, x, rate=schedule))
    for t in range(10):
        before = float(x.get_value())
        step()
        np.testing.assert_allclose(float(x.get_value()) - before, expected(t), rtol=1e-6, atol=1e-12)


def test_one_cycle_rises_and_falls():
    rates = [float(T.as_tensor_variable(sd.optim.one_cycle(1.0, 20)(T.constant(t))).eval()) for t in range(20)]
    assert max(rates) == rates[6] == 1.0 and rates[0] < 0.05 and rates[-1] < 0.02
    assert rates == [*sorted(rates[:6]), *sorted(rates[6:], reverse=True)]


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda W: sd.optim.sgd((W**2).sum(), W, rate=-1.0), ArgumentError, "the rate is above 0, not -1"),
    (lambda W: sd.optim.sgd((W**2).sum(), [W, W], rate=1.0), ArgumentError, "occurs twice"),
    (lambda W: sd.optim.sgd((W**2).sum(), [], rate=1.0), ArgumentError, "no parameters"),
    (lambda W: sd.optim.sgd((W**2).sum(), W * 2, rate=1.0), GraphTypeError, "shared variables of floats"),
    (lambda W: sd.optim.sgd((W**2).sum(), W, rate=1.0, before=[3]), GraphTypeError, "is a function"),
    (lambda W: sd.optim.sgd((W**2).sum(), [W, sd.shared(np.ones(2), name="unused")], rate=1.0), SymdropError, "unused"),
    (lambda W: sd.optim.sgd(W**2, W, rate=1.0), SymdropError, "scalar"),
    (lambda W: sd.optim.cosine(1.0, 0), ArgumentError, "at least 1"),
    (lambda W: sd.optim.accumulate(0), ArgumentError, "at least 1"),
    (lambda W: sd.optim.piecewise([1.0], [3]), ArgumentError, "ascending ends"),
    (lambda W: sd.optim.Adam, SymdropError, "sd.optim.adam"),
])  # fmt: skip
def test_what_is_wrong_is_told(call, error, says):
    with pytest.raises(error, match=says):
        call(sd.shared(np.ones(3), name="W"))


def test_a_rate_that_becomes_negative_changes_nothing():
    """It is refused in the call, before anything is changed."""
    W = sd.shared(np.ones(3), name="W")
    step = sd.function([], [], updates=sd.optim.momentum((W**2).sum(), W, rate=lambda t: 0.1 - 0.1 * t))
    step()
    step()
    before = W.get_value()
    with pytest.raises(ArgumentError, match="the rate is -0"):
        step()
    np.testing.assert_array_equal(W.get_value(), before)


def test_what_would_climb_or_not_move_is_refused():
    """A negative limit turned gradients round; a layer is no parameter; float16 is trained all the same."""
    W = sd.shared(np.array([5.0]), name="W")
    for clip in (sd.optim.clip_by_value, sd.optim.clip_by_norm, sd.optim.clip_by_global_norm):
        with pytest.raises(sd.errors.ArgumentError, match="the limit"):
            sd.function([], [], updates=sd.optim.sgd((W**2).sum(), W, 0.1, before=[clip(-1.0)]))()
    with pytest.raises(sd.errors.GraphTypeError, match="give sd"):
        sd.optim.sgd((W**2).sum(), sd.nn.Dense(2, 2), 0.1)
    half = sd.shared(np.array([1.0], "float16"), name="half")
    sd.function([], [], updates=sd.optim.sgd((half**2).sum(), half, rate=0.25))()
    assert half.get_value().tolist() == [0.5]


def test_a_gradient_that_hardly_changes_has_a_variance():
    """Centred, the mean of squares less the square of the mean may be negative by rounding: its root was NaN."""
    W = sd.shared(np.float32(0.0), name="W")
    step = sd.function([], W, updates=sd.optim.rmsprop(0.1 * W, W, rate=1e-4, centered=True))
    for _ in range(1500):
        step()
    assert np.isfinite(W.get_value())


def test_bias_correction_is_as_exact_as_the_mean():
    """The first step of Adam is the rate: of float32 parameters it was off by 8e-4 at a beta2 of 0.99999."""
    for name in ("adam", "adamw", "adamax", "nadam", "radam", "lamb"):
        for beta2 in (0.999, 0.99999):
            W = sd.shared(np.full(3, 2.0, "float32"), name="W")
            double = sd.shared(np.full(3, 2.0), name="W")
            for one in (W, double):
                updates = getattr(sd.optim, name)(3.0 * T.sum(one), one, rate=1.0, beta2=beta2, epsilon=0.0)
                sd.function([], [], updates=updates)()
            np.testing.assert_allclose(W.get_value(), double.get_value(), rtol=0, atol=1e-6)


def test_averages_and_schedules_of_factors_near_1():
    """1 - decay, and a power of a factor, lose what makes them out when the number is rounded to float32 before."""
    W = sd.shared(np.float32(1.0), name="W")
    (mean,), updates = sd.optim.averaged({W: W + 1e5}, W, decay=0.99999)
    sd.function([], [], updates=updates)()
    np.testing.assert_allclose(mean.get_value(), 2.0, rtol=1e-6)
    rate = sd.optim.exponential_decay(1.0, 0.99999)(T.constant(100_000))
    np.testing.assert_allclose(rate.eval(), 0.99999**100_000, rtol=1e-9)


OUTSIDE = [
    ("momentum", "decay", [1.0, -0.1]), ("nesterov", "decay", [1.0, -0.1]), ("adagrad", "epsilon", [-1e-8]),
    ("rmsprop", "decay", [1.0, -0.1]), ("rmsprop", "epsilon", [-1e-8]), ("rmsprop", "momentum", [1.0, -0.5]),
    ("adadelta", "decay", [1.0]), ("adadelta", "epsilon", [0.0]), ("lion", "beta1", [1.0]), ("lion", "beta2", [1.0]),
    ("lion", "decay", [-0.1]), ("adamw", "decay", [-0.1]), ("lamb", "decay", [-0.1]), ("rprop", "rate", [0.0, -1.0]),
    ("rprop", "shrink", [0.0, 1.5]), ("rprop", "grow", [0.5]), ("rprop", "least", [-1.0, 100.0]),
    ("rprop", "most", [0.0]),
    *((name, option, [1.0, 1.5, -0.1, float("nan")]) for name in ("adam", "adamw", "adamax", "nadam", "radam", "lamb")
      for option in ("beta1", "beta2")),
    *((name, "epsilon", [-1e-8, float("inf")]) for name in ("adam", "adamw", "adamax", "nadam", "radam", "lamb")),
    *((name, "rate", [0.0, -1.0, float("nan"), np.float32(-1)]) for name in ("sgd", "momentum", "adam", "lion")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "option", "values"), OUTSIDE)
def test_numbers_out_of_their_range_are_refused_at_once(name, option, values):
    """One sentence, before anything is compiled; adam(beta1=1.0) gave NaN in its first step."""
    W = sd.shared(np.ones(3), name="W")
    for value in values:
        given = {"rate": 0.1, option: value}
        with pytest.raises(ArgumentError, match=option):
            getattr(sd.optim, name)((W**2).sum(), W, **given)


@pytest.mark.parametrize("call", [
    lambda: sd.optim.constant(0.0), lambda: sd.optim.constant(-1.0), lambda: sd.optim.exponential_decay(0.0, 0.5),
    lambda: sd.optim.exponential_decay(1.0, 0.0), lambda: sd.optim.exponential_decay(1.0, -0.5),
    lambda: sd.optim.piecewise([0.1, -0.1], [3]), lambda: sd.optim.polynomial_decay(-1.0, 3),
    lambda: sd.optim.polynomial_decay(1.0, 3, least=2.0), lambda: sd.optim.polynomial_decay(1.0, 3, power=0.0),
    lambda: sd.optim.cosine(-1.0, 3), lambda: sd.optim.cosine(1.0, 3, least=-0.1), lambda: sd.optim.warm_up(3, -1.0),
    lambda: sd.optim.one_cycle(-1.0, 10), lambda: sd.optim.one_cycle(1.0, 10, rising=1.5),
    lambda: sd.optim.one_cycle(1.0, 10, first=-0.1), lambda: sd.optim.one_cycle(1.0, 10, last=2.0),
    lambda: sd.optim.averaged({}, sd.shared(1.0), decay=1.0), lambda: sd.optim.averaged({}, sd.shared(1.0), decay=-0.1),
])  # fmt: skip
def test_schedules_out_of_their_range_are_refused_at_once(call):
    with pytest.raises(ArgumentError, match=r"not|at most"):
        call()


@pytest.mark.parametrize("name", ["momentum", "adam", "adamw", "rmsprop", "lion", "rprop", "adadelta"])
def test_accumulation_is_refused_ahead_of_states(name):
    """They would move in every step, by gradients of zero; a constant rate may stand behind."""
    W = sd.shared(np.ones(3), name="W")
    with pytest.raises(ArgumentError, match="accumulate: what stands behind"):
        getattr(sd.optim, name)((W**2).sum(), W, rate=0.1, before=[sd.optim.accumulate(2)])
    for behind in (sd.optim.add_decayed_weights(0.1), sd.optim.scale_by_rate(sd.optim.cosine(1.0, 5))):
        with pytest.raises(ArgumentError, match="accumulate: what stands behind"):
            sd.optim.minimize((W**2).sum(), W, sd.optim.accumulate(2), behind)
    assert sd.optim.sgd((W**2).sum(), W, rate=0.1, before=[sd.optim.accumulate(np.int64(2))])
