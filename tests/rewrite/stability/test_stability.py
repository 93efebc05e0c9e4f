"""Stability rules behind data movement: whatever moves elements between a function and what made its operand."""

import sys

import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symdrop as sd
import symdrop.tensor as T
from symdrop.op import registry, structured
from symdrop.ops.numpy_maths import NUMPY
from symdrop.rewrite import optimise
from symdrop.types import TensorType

BACKENDS = ("native", "numpy")

# The producers of probabilities, and the logarithms that are meant; sizes of logits from harmless to absurd.
PRODUCERS = {
    "softmax": (T.nnet.softmax, lambda x: scipy.special.log_softmax(x, axis=-1)),
    "sigmoid": (T.nnet.sigmoid, scipy.special.log_expit),
    "softmax written out": (
        lambda x: T.exp(x) / T.exp(x).sum(axis=-1, keepdims=True),
        lambda x: scipy.special.log_softmax(x, axis=-1),
    ),
    "softmax over axis 0": (
        lambda x: T.exp(x) / T.exp(x).sum(axis=0, keepdims=True),
        lambda x: scipy.special.log_softmax(x, axis=0),
    ),
    "sigmoid written out": (lambda x: 1 / (1 + T.exp(-x)), scipy.special.log_expit),
    "exp": (T.exp, lambda x: x),
    "1 + exp": (lambda x: 1 + T.exp(x), lambda x: np.logaddexp(0, x)),
    "1 - sigmoid": (lambda x: 1 - T.nnet.sigmoid(x), lambda x: scipy.special.log_expit(-x)),
}
LOGITS = np.array(
    [[1000.0, -1000.0, 0.0, 17.0], [-17.0, 1e4, -1e4, 3.0], [-1000.0, -1001.0, -1e4, -999.0], [0.1, -0.2, 0.3, 40.0]]
)


def _row_by_row(x):
    """A loop that only moves."""
    return sd.scan(lambda row: row[::-1], x)[0]


# What moves elements: its symbolic and its NumPy form, for a matrix or (rank permitting) anything.
MOVES = {
    "reverse": (lambda x: x[::-1], lambda x: x[::-1]),
    "part": (lambda x: x[1:], lambda x: x[1:]),
    "last": (lambda x: x[..., -1], lambda x: x[..., -1]),
    "transposed": (lambda x: x.T, lambda x: x.T),
    "flat": (lambda x: x.flatten(), lambda x: x.reshape(-1)),
    "column": (lambda x: x.reshape((-1, 1)), lambda x: x.reshape((-1, 1))),
    "new axis": (lambda x: x[None], lambda x: x[None]),
    "taken": (lambda x: T.take(x, [0, 1, 0], axis=0), lambda x: np.take(x, [0, 1, 0], axis=0)),
    "masked": (lambda x: x.flatten()[np.array([True, False])], None),
    "joined": (lambda x: T.concatenate([x, x[::-1]], axis=0), lambda x: np.concatenate([x, x[::-1]])),
    "stacked": (lambda x: T.stack([x, x[::-1]], axis=-1), lambda x: np.stack([x, x[::-1]], axis=-1)),
    "chosen": (lambda x: T.where(x > 0.3, x, x[::-1]), None),
    "repeated": (lambda x: T.repeat(x, 2, axis=0), lambda x: np.repeat(x, 2, axis=0)),
    "tiled": (lambda x: T.tile(x.flatten(), 2), lambda x: np.tile(x.reshape(-1), 2)),
    "rolled": (lambda x: T.concatenate([x[-1:], x[:-1]], axis=0), lambda x: np.roll(x, 1, axis=0)),
    "copied": (lambda x: x.copy(), lambda x: x),
    "written": (lambda x: T.set_subtensor(T.ones_like(x)[:1], x[:1]), None),
    "branched": (lambda x: sd.ifelse(T.gt(x.shape[0], 1), x, x[::-1]), lambda x: x if x.shape[0] > 1 else x[::-1]),
    "looped": (_row_by_row, lambda x: np.stack([row[::-1] for row in x])),
}
COMMUTING = {name: both for name, both in MOVES.items() if both[1] is not None}
NEEDS_TWO_AXES = ("last", "looped")


def value_and_gradient(cost, x, at, backend="native"):
    value = cost(x)
    weights = np.linspace(1, 2, 7)[np.arange(64) % 7]
    total = (value.flatten() * T.constant(np.resize(weights, 4096))[: value.size]).sum()
    return sd.function([x], [value, sd.grad(total, x)], backend=backend)(at)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("move", COMMUTING)
@pytest.mark.parametrize("producer", PRODUCERS)
def test_a_logarithm_behind_one_movement(producer, move, backend):
    """log(move(p)) is move(log p), finite where the mathematics is, and so is its gradient."""
    make, logarithm = PRODUCERS[producer]
    symbolic, numeric = COMMUTING[move]
    value, slope = value_and_gradient(lambda x: T.log(symbolic(make(x))), T.dmatrix("x"), LOGITS, backend)
    np.testing.assert_allclose(value, numeric(logarithm(LOGITS)), rtol=1e-12, atol=1e-12)
    assert np.isfinite(slope).all()


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(sorted(PRODUCERS)),
    st.lists(st.sampled_from(sorted(COMMUTING)), min_size=1, max_size=4),
    st.sampled_from(BACKENDS),
    st.booleans(),
)
def test_a_logarithm_behind_any_movement(producer, moves, backend, known):
    """For any chain of movements the result is that of the direct stable formula moved, and so is the gradient."""
    make, logarithm = PRODUCERS[producer]
    x = T.dmatrix("x", shape=(4, 4) if known else (None, None))
    node, expected = make(x), logarithm(LOGITS)
    direct = T.log(node)
    for name in moves:
        if (node.ndim < 2 and name in NEEDS_TWO_AXES) or node.ndim > 3 or expected.size > 1000:
            continue
        symbolic, numeric = COMMUTING[name]
        node, direct, expected = symbolic(node), symbolic(direct), numeric(expected)
    value, slope = value_and_gradient(lambda x: T.log(node), x, LOGITS, backend)
    _, wanted = value_and_gradient(lambda x: direct, x, LOGITS, backend)
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(slope, wanted, rtol=1e-9, atol=1e-9)


def test_constants_are_folded_after_the_rules_have_looked():
    """A cost of constant logits is that of given ones: folding the softmax first would leave log(0)."""
    z = np.array([[1000.0, 0.0]], "float32")
    x = T.fmatrix("x")

    def cost(logits):
        return T.nnet.categorical_crossentropy(T.nnet.softmax(logits), [1])

    assert sd.function([], cost(T.constant(z)))() == sd.function([x], cost(x))(z) == 1000
    assert T.log(1 - T.nnet.sigmoid(T.constant(100.0))).eval() == -100
    given = sd.function(
        [], T.nnet.binary_crossentropy(T.nnet.sigmoid(x)[:, 0], [1.0]), givens={x: T.constant(-z[:, :1])}
    )
    assert given().tolist() == [1000]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("size", [17.0, 88.0, 1000.0, 1e4])
def test_the_usual_output_layer(size, backend):
    """binary_crossentropy of sigmoid(m)[:, 0], flattened, reshaped or taken: the cost of a network with one output."""
    m, t = T.fmatrix("m", shape=(None, 1)), T.fvector("t")
    logits, targets = np.float32([[size], [-size], [size], [-size]]), np.float32([0, 0, 1, 1])
    expected = np.logaddexp(0, logits[:, 0].astype("float64")) - targets * logits[:, 0]
    s = T.nnet.sigmoid(m)
    for p in (s[:, 0], s.flatten(), s.reshape((-1,)), T.take(s, 0, axis=1), s.T[0], s.dimshuffle(0), T.squeeze(s, 1)):
        cost = T.nnet.binary_crossentropy(p, t)
        found, slope = sd.function([m, t], [cost, sd.grad(cost.sum(), m)], backend=backend)(logits, targets)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(slope[:, 0], scipy.special.expit(logits[:, 0]) - targets, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("backend", BACKENDS)
def test_loops_hand_on_logarithms(backend):
    """Probabilities made in a loop, and a cost outside; the other way round; made in one step and used in the next."""
    x, h = T.dmatrix("x"), T.dvector("h")
    steps = {
        "stacked": sd.scan(lambda r: T.nnet.softmax(r), x)[0],
        "a state": sd.scan(lambda r, s: T.nnet.softmax(r + 0 * s), x, h)[0],
        "backwards": sd.scan(lambda r: T.nnet.softmax(r), x, go_backwards=True)[0][::-1],
        "until": sd.scan(lambda r: (T.nnet.softmax(r), sd.until(T.isnan(r[0]))), x)[0],
        "of a loop": sd.scan(lambda r: sd.scan(lambda e: T.exp(e), r)[0], x)[0],
        "in chunks": sd.scan(lambda r, s: T.nnet.softmax(r + 0 * s), x, h, checkpoint_every=2)[0],
    }
    start = np.array([0.25, 0.25, 0.25, 0.25])
    for name, p in steps.items():
        expected = LOGITS if name == "of a loop" else scipy.special.log_softmax(LOGITS, axis=-1)
        cost = -T.log(p)[:, 1].sum()
        found, slope = sd.function([x, h], [cost, sd.grad(cost, x)], backend=backend, on_unused_input="ignore")(
            LOGITS, start
        )
        np.testing.assert_allclose(found, -expected[:, 1].sum(), rtol=1e-12, err_msg=name)
        wanted = np.zeros((4, 4)) if name == "of a loop" else np.exp(expected)
        wanted[:, 1] -= 1
        np.testing.assert_allclose(slope, wanted, atol=1e-9, err_msg=name)
    last, _ = sd.reduce(lambda r, s: T.nnet.softmax(r + 0 * s), x, h)
    inside, _ = sd.scan(lambda p: -T.log(p[1]), T.nnet.softmax(x))
    table, _ = sd.scan(lambda i, p: -T.log(p[i, 1]), T.arange(4), non_sequences=T.nnet.softmax(x))
    before, _ = sd.scan(lambda r, p: (T.nnet.softmax(r + 0 * p), -T.log(p[1])), x, [h, None])
    expected = -scipy.special.log_softmax(LOGITS, axis=-1)[:, 1]
    for cost, wanted in (
        (-T.log(last[1]), expected[-1]),
        (inside.sum(), expected.sum()),
        (table.sum(), expected.sum()),
        (before[1].sum(), expected[:-1].sum() + np.log(4)),
    ):
        found, slope = sd.function([x, h], [cost, sd.grad(cost, x)], backend=backend, on_unused_input="ignore")(
            LOGITS, start
        )
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
        assert np.isfinite(slope).all()


# Costs as people write them, against SciPy's stable formulas.

ROWS = np.array([[1000.0, -1000.0, 0.0, 17.0], [-17.0, 1e4, -1e4, 3.0], [0.1, -0.2, 0.3, 40.0]])
NUMBERS = np.array([1000.0, -1000.0, 17.0, -17.0, 40.0, -40.0, 1e4, -1e4, 0.3, 0.0])
ALLOWED = np.array([[1, 1, 0, 1], [1, 0, 1, 1], [0, 1, 1, 1]], bool)
MASKED = np.where(ALLOWED, ROWS, -np.inf)
PICKED = (np.arange(3), np.array([0, 0, 1]))

S, sigmoid = T.nnet.softmax, T.nnet.sigmoid
L, LE = (lambda x: scipy.special.log_softmax(x, axis=-1)), scipy.special.log_expit
LSE = scipy.special.logsumexp


def complement(x):
    """log(1 - softmax(x)), by leaving every class out in turn."""
    rest = [LSE(np.delete(x, j, -1), axis=-1) for j in range(x.shape[-1])]
    return np.stack(rest, -1) - LSE(x, axis=-1, keepdims=True)


def mean_entropy(p):
    return -(p * T.log(p)).sum(1)


def normalised(e, total):
    return e / total(e)


MASKED_P = np.where(ALLOWED, np.exp(L(MASKED)), 0)
COSTS_OF_ROWS = {
    "kl": (lambda x: (S(x) * T.log(S(x) / S(-x))).sum(1), (np.exp(L(ROWS)) * (L(ROWS) - L(-ROWS))).sum(1)),
    "kl to a constant": (lambda x: (0.25 * T.log(0.25 / S(x))).sum(1), (0.25 * (np.log(0.25) - L(ROWS))).sum(1)),
    "entropy": (lambda x: mean_entropy(S(x)), -(np.exp(L(ROWS)) * L(ROWS)).sum(1)),
    "masked entropy": (
        lambda x: mean_entropy(S(T.where(ALLOWED, x, -np.inf))),
        -(MASKED_P * np.where(ALLOWED, L(MASKED), 0)).sum(1),
    ),
    "masked classes": (
        lambda x: T.nnet.categorical_crossentropy(S(T.where(ALLOWED, x, -np.inf)), PICKED[1]),
        -L(MASKED)[PICKED],
    ),
    "masked by a product": (
        lambda x: T.log(normalised(T.exp(x) * ALLOWED, lambda e: e.sum(1, keepdims=True))[PICKED]),
        L(MASKED)[PICKED],
    ),
    "focal": (
        lambda x: -((1 - S(x)[PICKED]) ** 2) * T.log(S(x)[PICKED]),
        -((1 - np.exp(L(ROWS)[PICKED])) ** 2) * L(ROWS)[PICKED],
    ),
    "focal, root": (
        lambda x: -((1 - S(x)[PICKED]) ** 0.5) * T.log(S(x)[PICKED]),
        -np.exp(0.5 * complement(ROWS)[PICKED]) * L(ROWS)[PICKED],
    ),
    "complement": (lambda x: T.log(1 - S(x)), complement(ROWS)),
    "two classes": (
        lambda x: T.nnet.binary_crossentropy(S(x)[:, 1], [1.0, 0.0, 1.0]),
        -np.where([1, 0, 1], L(ROWS)[:, 1], complement(ROWS)[:, 1]),
    ),
    "some of the classes": (lambda x: T.log(S(x)[:, :2].sum(1)), LSE(L(ROWS)[:, :2], axis=1)),
    "mean of probabilities": (lambda x: T.log(S(x).mean(0)), LSE(L(ROWS), axis=0) - np.log(3)),
    "mean of exponentials": (lambda x: T.log(T.exp(x).mean(1)), LSE(ROWS, axis=1) - np.log(4)),
    "sum of some exponentials": (lambda x: T.log(T.exp(x)[:, 1:].sum(1)), LSE(ROWS[:, 1:], axis=1)),
    "sum over all": (lambda x: T.log(T.exp(x).sum()), LSE(ROWS)),
    "product of probabilities": (lambda x: T.log(T.prod(S(x), axis=1)), L(ROWS).sum(1)),
    "softmax over everything": (lambda x: T.log(T.exp(x) / T.exp(x).sum()), ROWS - LSE(ROWS)),
    "softmax of the transposed": (lambda x: T.log((T.exp(x.T) / T.exp(x.T).sum(0)).T), L(ROWS)),
    "quotient of one": (lambda x: T.log(T.exp(x)[:, 0] / T.exp(x).sum(1)), L(ROWS)[:, 0]),
    "largest subtracted": (
        lambda x: T.log(normalised(T.exp(x - x.max(1, keepdims=True)), lambda e: e.sum(1, keepdims=True))),
        L(ROWS),
    ),
    "root": (lambda x: T.sqrt(S(x)), np.exp(0.5 * L(ROWS))),
    "log of a square": (lambda x: T.log(S(x) ** 2), 2 * L(ROWS)),
    "log10 of a part": (lambda x: T.log10(S(x)[:, 0]), L(ROWS)[:, 0] / np.log(10)),
    "narrowed": (lambda x: T.log(T.cast(S(x), "float32")[:, 0]), L(ROWS)[:, 0].astype("float32")),
    "behind a barrier": (lambda x: T.log(sd.disconnected_grad(S(x))) * x.sum() * 0 + x, ROWS),
}
TOTALS = {
    "keepdims": lambda e: e.sum(1, keepdims=True),
    "new axis": lambda e: e.sum(1)[:, None],
    "dimshuffle": lambda e: e.sum(1).dimshuffle(0, "x"),
    "reshape": lambda e: e.sum(1).reshape((-1, 1)),
    "reshape to a size": lambda e: e.sum(1).reshape((e.shape[0], 1)),
}
for _name, _total in TOTALS.items():
    COSTS_OF_ROWS[f"softmax by {_name}"] = (lambda x, t=_total: T.log(normalised(T.exp(x), t)), L(ROWS))
    COSTS_OF_ROWS[f"logsumexp by {_name}"] = (lambda x, t=_total: x - T.log(t(T.exp(x))), L(ROWS))
COSTS_OF_NUMBERS = {
    "logit": (lambda v: T.log(sigmoid(v) / (1 - sigmoid(v))), NUMBERS),
    "product": (lambda v: T.log(sigmoid(v) * sigmoid(-v)), LE(NUMBERS) + LE(-NUMBERS)),
    "focal": (lambda v: -((1 - sigmoid(v)) ** 2) * T.log(sigmoid(v)), -np.exp(2 * LE(-NUMBERS)) * LE(NUMBERS)),
    "focal, root": (lambda v: -((1 - sigmoid(v)) ** 0.5) * T.log(sigmoid(v)), -np.exp(LE(-NUMBERS) / 2) * LE(NUMBERS)),
    "1 - tanh": (lambda v: T.log(1 - T.tanh(v)), np.log(2) + LE(-2 * NUMBERS)),
    "1 + tanh": (lambda v: T.log(1 + T.tanh(v)), np.log(2) + LE(2 * NUMBERS)),
    "half of 1 + tanh": (lambda v: T.log((1 + T.tanh(v)) / 2), LE(2 * NUMBERS)),
    "1 - tanh ** 2": (lambda v: T.log(1 - T.tanh(v) ** 2), 2 * np.log(2) + LE(2 * NUMBERS) + LE(-2 * NUMBERS)),
    "one or the other": (lambda v: T.log(T.where(v > 0, sigmoid(v), 1 - sigmoid(v))), LE(np.abs(NUMBERS))),
    "p and 1 - p stacked": (
        lambda v: T.nnet.categorical_crossentropy(T.stack([1 - sigmoid(v), sigmoid(v)], axis=1), [0, 1] * 5),
        -LE(np.where(np.arange(10) % 2, NUMBERS, -NUMBERS)),
    ),
    "1 - (1 - p)": (lambda v: T.log(1 - (1 - sigmoid(v))), LE(NUMBERS)),
    "log1p of a part": (lambda v: T.log1p(-sigmoid(v)[::-1]), LE(-NUMBERS)[::-1]),
}


# Functions of one number whose parts overflow, underflow or cancel: the formula, mpmath's, and where it is defined.
EVERYWHERE, ABOVE, BELOW = (-np.inf, np.inf), (0, np.inf), (-np.inf, 0)
softplus = T.nnet.softplus


def logistic(v):
    return 1 / (1 + mpmath.exp(-v))


FORMULAS = {
    "softplus": (lambda x: T.log(softplus(x)), lambda v: mpmath.log(mpmath.log1p(mpmath.exp(v))), EVERYWHERE),
    "inverse softplus": (lambda x: T.log(T.exp(x) - 1), lambda v: mpmath.log(mpmath.expm1(v)), ABOVE),
    "expm1": (lambda x: T.log(T.expm1(x)[::-1])[::-1], lambda v: mpmath.log(mpmath.expm1(v)), ABOVE),
    "1 - exp": (lambda x: T.log(1 - T.exp(x)), lambda v: mpmath.log(-mpmath.expm1(v)), BELOW),
    "log1p of -exp": (lambda x: T.log1p(-T.exp(x)), lambda v: mpmath.log(-mpmath.expm1(v)), BELOW),
    "-expm1": (lambda x: T.log(-T.expm1(x)), lambda v: mpmath.log(-mpmath.expm1(v)), BELOW),
    "cosh": (lambda x: T.log(T.cosh(x)), lambda v: mpmath.log(mpmath.cosh(v)), EVERYWHERE),
    "sinh": (lambda x: T.log(T.sinh(x)), lambda v: mpmath.log(mpmath.sinh(v)), ABOVE),
    "cosh written out": (
        lambda x: T.log((T.exp(x) + T.exp(-x)) / 2), lambda v: mpmath.log(mpmath.cosh(v)), EVERYWHERE,
    ),
    "a class without logit": (
        lambda x: T.log(T.exp(x) + T.exp(-x) + 1),
        lambda v: mpmath.log(mpmath.exp(v) + mpmath.exp(-v) + 1), EVERYWHERE,
    ),
    "log1p of a sum": (
        lambda x: T.log1p(T.stack([T.exp(x), T.exp(2 * x)]).sum(0)),
        lambda v: mpmath.log(1 + mpmath.exp(v) + mpmath.exp(2 * v)), EVERYWHERE,
    ),
    "3 + exp": (lambda x: T.log(3 + T.exp(x)), lambda v: mpmath.log(3 + mpmath.exp(v)), EVERYWHERE),
    "mixture": (
        lambda x: T.log(0.25 * sigmoid(x) + 0.5 * sigmoid(2 * x)),
        lambda v: mpmath.log(logistic(v) / 4 + logistic(2 * v) / 2), EVERYWHERE,
    ),
    "largest": (
        lambda x: T.log(T.stack([sigmoid(x), sigmoid(x - 1)]).max(0)), lambda v: mpmath.log(logistic(v)), EVERYWHERE,
    ),
    "larger": (
        lambda x: T.log(T.maximum(sigmoid(x), sigmoid(x - 1))), lambda v: mpmath.log(logistic(v)), EVERYWHERE,
    ),
    "limited": (lambda x: T.log(T.clip(sigmoid(x), 0, 1)), lambda v: mpmath.log(logistic(v)), EVERYWHERE),
    "complement, limited": (
        lambda x: T.log(1 - T.minimum(sigmoid(x), 1.0)), lambda v: mpmath.log(logistic(-v)), EVERYWHERE,
    ),
    "absolute": (lambda x: T.log(abs(1 - sigmoid(x))), lambda v: mpmath.log(logistic(-v)), EVERYWHERE),
    "plus zero": (lambda x: T.log((1.0 - sigmoid(x)) + 0.0), lambda v: mpmath.log(logistic(-v)), EVERYWHERE),
    "1 - half": (lambda x: T.log(1 - 0.5 * sigmoid(x)), lambda v: mpmath.log(1 - logistic(v) / 2), EVERYWHERE),
    "1 - exp(log p)": (lambda x: T.log(1 - T.exp(-softplus(x))), lambda v: mpmath.log(logistic(v)), EVERYWHERE),
    "tanh, as sigmoid": (lambda x: T.log(0.5 * T.tanh(x / 2) + 0.5), lambda v: mpmath.log(logistic(v)), EVERYWHERE),
    "tanh, as complement": (
        lambda x: T.log(1 - (1 + T.tanh(x / 2)) / 2), lambda v: mpmath.log(logistic(-v)), EVERYWHERE,
    ),
    "tanh written out": (
        lambda x: (T.exp(x) - T.exp(-x)) / (T.exp(x) + T.exp(-x)), mpmath.tanh, EVERYWHERE,
    ),
    "tanh from exp(2x)": (lambda x: (T.exp(2 * x) - 1) / (T.exp(2 * x) + 1), mpmath.tanh, EVERYWHERE),
    "tanh from exp(-2x)": (lambda x: (1 - T.exp(-2 * x)) / (1 + T.exp(-2 * x)), mpmath.tanh, EVERYWHERE),
    "tanh from sigmoid": (lambda x: 2 / (1 + T.exp(-2 * x)) - 1, mpmath.tanh, EVERYWHERE),
    "swish": (lambda x: x / (1 + T.exp(-x)), lambda v: v * logistic(v), EVERYWHERE),
    "arctanh": (lambda x: T.arctanh(T.tanh(x)), lambda v: v, EVERYWHERE),
    "exp2": (lambda x: T.log2(T.exp2(2 * x)), lambda v: 2 * v, EVERYWHERE),
    "one of a softmax": (lambda x: T.exp(x) / (T.exp(x) + T.exp(2 * x)), lambda v: logistic(-v), EVERYWHERE),
    "times a reciprocal": (
        lambda x: T.exp(x) * (1 / (T.exp(x) + T.exp(2 * x)))[::-1][::-1], lambda v: logistic(-v), EVERYWHERE,
    ),
    "ratio": (lambda x: sigmoid(x) / sigmoid(x - 1), lambda v: logistic(v) / logistic(v - 1), EVERYWHERE),
}  # fmt: skip
AT = np.array([-2000.0, -750.0, -100.0, -39.5, -17.0, -0.7, -0.69, -1e-9, 1e-9, 1e-3, 3.0, 17.0, 38.0, 90.0, 800.0])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_that_overflow_or_cancel(name, backend):
    """Values and three derivatives (reverse, forward, second) against mpmath with a thousand digits and more."""
    formula, exact, (low, high) = FORMULAS[name]
    for dtype, tolerance in (("float64", 1e-9), ("float32", 1e-4)):
        at = AT.astype(dtype)
        at = at[(at > low) & (at < high)]
        x = T.vector("x", dtype=dtype)
        value = formula(x)
        slope = sd.grad(value.sum(), x)
        again = sd.grad(slope.sum(), x, disconnected_inputs="ignore")
        outputs = [value, slope, sd.jvp(value, x, T.ones_like(x)), again]
        found = sd.function([x], outputs, backend=backend)(at)
        with mpmath.workdps(2400):
            step = mpmath.mpf(10) ** -100
            points = [[exact(mpmath.mpf(float(v)) + k * step) for k in (-1, 0, 1)] for v in at]
            first = [float((after - before) / (2 * step)) for before, _, after in points]
            second = [float((after - 2 * at + before) / step**2) for before, at, after in points]
            expected = [[float(at) for _, at, _ in points], first, first, second]
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


ROW_FORMULAS = {
    "one over all": (lambda x: T.exp(x)[:, 0] / T.exp(x).sum(1), lambda x: np.exp(L(x))[:, 0]),
    "renormalised": (lambda x: sigmoid(x) / sigmoid(x).sum(1, keepdims=True), lambda x: np.exp(L(LE(x)))),
    "masked, renormalised": (
        lambda x: normalised(S(x) * ALLOWED, lambda e: e.sum(1, keepdims=True)),
        lambda x: np.where(ALLOWED, np.exp(L(np.where(ALLOWED, x, -np.inf))), 0),
    ),
    "by a product": (lambda x: T.exp(x) * (1 / T.exp(x).sum(1, keepdims=True)), lambda x: np.exp(L(x))),
    "columns": (lambda x: T.exp(x)[1] / T.exp(x).sum(0), lambda x: np.exp(x - LSE(x, axis=0))[1]),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ROW_FORMULAS)
def test_quotients_of_what_overflows(name, backend):
    """a / b is computed in the log domain where both may overflow or round to 0, gradients too."""
    formula, exact = ROW_FORMULAS[name]
    x = T.dmatrix("x")
    value = formula(x)
    found, slope = sd.function([x], [value, sd.grad((value**2).sum(), x)], backend=backend)(ROWS)
    np.testing.assert_allclose(found, exact(ROWS), rtol=1e-9, atol=1e-300)
    assert np.isfinite(slope).all()


def test_quotients_that_do_not_overflow_stay():
    """What has a better logarithm only for its digits is no reason to compute a quotient by exp and log."""
    d = T.dmatrix("d")
    weights = 1 / (1 + d**2)
    names = {node.op.name for node in sd.function([d], weights / weights.sum()).stages["rewritten"].nodes()}
    assert not names & {"exp", "log", "log1p", "logsumexp"}


def test_limits_that_are_meant_stay():
    """A limit below 1 and above 0 is the user's: the cost stops there, and so does its gradient."""
    x = T.dvector("x")
    cost = T.log(T.clip(sigmoid(x), 1e-7, 1 - 1e-7))
    value, slope = sd.function([x], [cost, sd.grad(cost.sum(), x)])([-1000.0, 0.0])
    np.testing.assert_allclose(value, [np.log(1e-7), np.log(0.5)])
    np.testing.assert_allclose(slope, [0, 0.5])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", COSTS_OF_ROWS)
def test_costs_of_rows(name, backend):
    """Values as SciPy's stable formulas have them, and finite gradients."""
    _check(T.dmatrix("x"), *COSTS_OF_ROWS[name], ROWS, backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", COSTS_OF_NUMBERS)
def test_costs_of_numbers(name, backend):
    """The same for functions of one number."""
    _check(T.dvector("v"), *COSTS_OF_NUMBERS[name], NUMBERS, backend)


def _check(leaf, cost, expected, at, backend):
    value = cost(leaf)
    found, slope = sd.function([leaf], [value, sd.grad(value.sum(), leaf)], backend=backend)(at)
    tolerance = 1e-6 if found.dtype == "float32" else 1e-9
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    assert np.isfinite(slope).all()


# Ops that other tests define in this process are not ours to check.
MOVERS = [op for op in registry.values() if op.moves and op.module.split(".")[0] == "symdrop"]


@pytest.mark.parametrize("op", MOVERS, ids=lambda op: op.name)
def test_movement_commutes_with_functions(op):
    """What an op declares to move, it moves: f(op(x)) is op(f(x)) on its own samples."""
    rng = np.random.default_rng(0)
    samples = op.samples_rule(rng, "float64") if op.samples_rule else [(tuple(rng.uniform(-1, 1, (op.arity, 5))), {})]
    for arrays, params in samples:
        places = range(len(arrays)) if op.moves == "all" else op.moves
        arrays = [np.asarray(array) for array in arrays]
        changed = [np.sinh(array) if k in places else array for k, array in enumerate(arrays)]
        before, after = (op.evaluate(NUMPY, values, params) for values in (arrays, changed))
        for one, other in zip(*[v if isinstance(v, tuple) else (v,) for v in (before, after)], strict=True):
            np.testing.assert_array_equal(np.sinh(one), other)


def test_a_new_view_takes_part():
    """An op defined by a user need only say that it moves."""

    def every_other(m, x):
        """Every other row."""
        return x[::2]

    op = structured(moves=(0,), linear_in=(0,), name="every_other_for_tests")(every_other)
    try:
        op.infer(lambda x: TensorType(x.dtype, (None, *x.type.shape[1:])))
        op.pullback(lambda g, y, x: T.set_subtensor(T.zeros_like(x)[::2], g))
        x = T.dmatrix("x")
        cost = T.log(op(S(x)))[:, 1].sum()
        value, slope = sd.function([x], [cost, sd.grad(cost, x)])(ROWS)
        assert value == L(ROWS)[::2, 1].sum() and np.isfinite(slope).all()
    finally:
        del registry["every_other_for_tests"]


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_conversions_do_not_stand_between(dtype):
    """A softmax converted to a wider dtype is computed in that: its logarithm is precise."""
    x = T.tensor(dtype, (None, None), "x")
    cost = T.log(T.cast(S(x), "float64")[:, 0])
    rows = np.array([[-200.0, 200.0], [0.5, -0.25]], dtype)
    value, slope = sd.function([x], [cost, sd.grad(cost.sum(), x)])(rows)
    np.testing.assert_allclose(value, L(rows.astype("float64"))[:, 0], rtol=1e-12)
    assert np.isfinite(slope).all() and slope[0, 0] == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_forward_mode_is_as_stable(backend):
    """Directional derivatives follow the rules as gradients do; and so do products with Hessians."""
    x, v = T.dmatrix("x"), T.dmatrix("v")
    direction = np.arange(12.0).reshape(3, 4)
    rows, _ = sd.scan(lambda row: S(row), x)
    for p in (S(x), S(x).flatten().reshape((3, 4)), rows, T.exp(x) / T.exp(x).sum(1)[:, None]):
        cost = T.log(p)
        moved = sd.function([x, v], sd.jvp(cost, x, v), backend=backend)(ROWS, direction)
        expected = direction - (np.exp(L(ROWS)) * direction).sum(1, keepdims=True)
        np.testing.assert_allclose(moved, expected, atol=1e-9)
        again = sd.function([x, v], sd.hessian_vector_product(cost[:, 0].sum(), x, v), backend=backend)
        assert np.isfinite(again(ROWS, direction)).all()


def test_what_is_asked_about_is_not_looked_through():
    """A movement or its source in ``wrt`` or held constant is a barrier, inside loops and out."""
    x = T.dmatrix("x")
    p = S(x)
    part = p[:, 0]
    at = np.zeros((2, 2))
    np.testing.assert_allclose(sd.grad(T.log(part).sum(), part).eval({x: at}), [2, 2])
    np.testing.assert_allclose(sd.grad(T.log(part).sum(), p).eval({x: at}), [[2, 0], [2, 0]])
    with pytest.raises(sd.errors.DisconnectedInputError):
        sd.grad(T.log(T.concatenate([p, p])).sum(), x, consider_constant=[p])
    inside, _ = sd.scan(lambda row: T.log(row[0]), p)
    np.testing.assert_allclose(sd.grad(inside.sum(), p).eval({x: at}), [[2, 0], [2, 0]])
    with pytest.raises(sd.errors.DisconnectedInputError):
        sd.grad(inside.sum(), x, consider_constant=[p])


def test_nothing_changes_where_no_rule_fires():
    """Functions stay behind the movement they were written behind, if no rule is to be had for it."""
    x, y = T.dmatrix("x"), T.dmatrix("y")
    node = T.log(T.concatenate([x * y, T.sin(x)])[1:].flatten())
    f = sd.function([x, y], node)
    assert not {firing.rule for firing in f.rules} & {rule.name for rule in sd.rewrite.STABLE}


def test_what_can_be_made_behind_the_movement_is():
    """A few rows of a table of logits: nothing is computed for the others."""
    table, rows = T.dmatrix("table"), T.lvector("rows")
    f = sd.function([table, rows], T.log(sigmoid(table)[rows]))
    order = [node.op.name for node in f.stages["rewritten"].nodes()]
    assert order.index("gather") < order.index("softplus")


STATES = {
    "absolute value": (lambda s: abs(s), abs),
    "limits": (lambda s: T.clip(s, 0, 1) * 0.5, lambda s: np.clip(s, 0, 1) * 0.5),
    "both": (lambda s: abs(abs(s) + T.maximum(s, 0)), lambda s: abs(abs(s) + np.maximum(s, 0))),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", STATES)
def test_a_state_that_depends_on_its_own_sign(name, backend):
    """A state is never negative if its own absolute value is not: the question ends where it began.

    It once went round the loop until Python's stack was full, so that such a loop did not compile.
    """
    step, reference = STATES[name]
    x = T.vector("x", dtype="float64")
    stream = sd.RandomStream(seed=1)
    states, _ = sd.scan(lambda s: sd.dropout(step(s), p=0.5, stream=stream), outputs_info=[x], n_steps=3)
    assert sd.function([x], states, training=True, backend=backend)(np.ones(4)).shape == (3, 4)
    plain, _ = sd.scan(step, outputs_info=[x], n_steps=3)
    f = sd.function([x], [states, plain, T.log(abs(plain[-1]) + 1)], training=False, backend=backend)
    value = np.array([-1.5, 0.25, 0.0, 2.0])
    dropped, kept, logarithm = f(value)
    expected = [value := reference(value) for _ in range(3)]
    np.testing.assert_allclose(kept, expected)
    np.testing.assert_allclose(dropped, expected)
    np.testing.assert_allclose(logarithm, np.log1p(abs(expected[-1])))


@pytest.mark.parametrize("shape", ["chain", "chain of choices", "many functions"])
def test_sinking_is_linear(shape):
    """Twice the movements are twice the nodes and not much more than twice the work, whether rules fire or not."""

    def work(length):
        x = T.dvector("x")
        p = sigmoid(x)
        outputs = []
        for k in range(length):
            p = T.where(x > k, p, p[::-1]) if shape == "chain of choices" else p[::-1]
            if shape == "many functions":
                outputs.append(T.log(p))
        graph = sd.Graph([x], outputs or [T.log(p)])
        calls = 0

        def count(frame, event, argument):
            nonlocal calls
            calls += event == "call"

        sys.setprofile(count)
        try:
            made, _ = optimise(graph)
        finally:
            sys.setprofile(None)
        return len(made), calls

    small, large = work(30), work(60)
    assert large[0] <= 2.2 * small[0] and large[1] <= 2.6 * small[1]
