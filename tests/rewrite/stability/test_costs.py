"""Costs of rows and of numbers, written in every way: values and gradients against SciPy."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from tests.rewrite.stability.samples import ALLOWED, BACKENDS, LE, LSE, ROWS, L, S, normalised, sigmoid

NUMBERS = np.array([1000.0, -1000.0, 17.0, -17.0, 40.0, -40.0, 1e4, -1e4, 0.3, 0.0])

MASKED = np.where(ALLOWED, ROWS, -np.inf)
PICKED = (np.arange(3), np.array([0, 0, 1]))


def complement(x):
    """log(1 - softmax(x)), by leaving every class out in turn."""
    rest = [LSE(np.delete(x, j, -1), axis=-1) for j in range(x.shape[-1])]
    return np.stack(rest, -1) - LSE(x, axis=-1, keepdims=True)


def mean_entropy(p):
    return -(p * T.log(p)).sum(1)


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
