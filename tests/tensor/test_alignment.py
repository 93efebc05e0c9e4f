"""Connectionist temporal classification: all alignments counted one by one, and torch where it is installed."""

import itertools

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError


def collapsed(path, blank):
    """The labels of an alignment: repeated classes once, and no blanks."""
    return tuple(k for k, _ in itertools.groupby(path) if k != blank)


def by_counting(logits, labels, steps, count, blank):
    """-log of the summed probability of every alignment that collapses to the labels."""
    chances = np.exp(logits[:steps]) / np.exp(logits[:steps]).sum(1, keepdims=True)
    paths = itertools.product(range(logits.shape[1]), repeat=steps)
    total = sum(
        np.prod([chances[i, k] for i, k in enumerate(path)])
        for path in paths
        if collapsed(path, blank) == tuple(labels[:count])
    )
    return -np.log(total) if total else np.inf


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize("blank", [0, 2])
def test_every_alignment_counts(backend, blank):
    """Of few steps and classes all can be written down: repeated labels, no labels, too few steps."""
    rng = np.random.default_rng(0)
    classes = [k for k in range(3) if k != blank]
    a, b = classes
    labels = np.array([[a, b], [a, a], [b, a], [b, b], [a, b], [a, a]])
    counts, steps = np.array([2, 2, 1, 0, 2, 2]), np.array([4, 4, 3, 4, 1, 2])
    logits = rng.normal(size=(6, 4, 3))
    x, y, n, m = T.dtensor3("x"), T.lmatrix("y"), T.lvector("n"), T.lvector("m")
    f = sd.function([x, y, n, m], T.nnet.ctc_loss(x, y, n, m, blank), backend=backend)
    expected = [by_counting(*one, blank) for one in zip(logits, labels, steps, counts, strict=True)]
    np.testing.assert_allclose(f(logits, labels, steps, counts), expected, rtol=1e-12)


def test_gradients_are_those_of_differences():
    """Impossible states have no part in it, and leave no NaN."""
    logits, labels = np.random.default_rng(1).normal(size=(2, 5, 4)), np.array([[1, 1, 2], [3, 2, 1]])
    sd.verify_grad(lambda x: T.nnet.ctc_loss(x, labels, [5, 4], [3, 1]).sum(), [logits], rng=np.random.default_rng(0))


def test_values_and_slopes_are_torchs():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(2)
    logits, labels = rng.normal(size=(3, 30, 8)), rng.integers(1, 8, (3, 10))
    steps, counts = np.array([30, 25, 28]), np.array([10, 4, 7])
    x = T.dtensor3("x")
    cost = T.nnet.ctc_loss(x, labels, steps, counts)
    value, slope = sd.function([x], [cost, sd.grad(cost.sum(), x)])(logits)
    given = torch.tensor(logits, requires_grad=True)
    made = torch.nn.functional.ctc_loss(
        given.log_softmax(2).transpose(0, 1), torch.tensor(labels), torch.tensor(steps), torch.tensor(counts),
        reduction="none",
    )  # fmt: skip
    np.testing.assert_allclose(value, made.detach().numpy(), rtol=1e-10)
    np.testing.assert_allclose(slope, torch.autograd.grad(made.sum(), given)[0].numpy(), rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda x: T.nnet.ctc_loss(x[0], [[1]]), GraphTypeError, "batch, steps, classes"),
    (lambda x: T.nnet.ctc_loss(x, [1]), GraphTypeError, "labels are integers of 2 axes"),
    (lambda x: T.nnet.ctc_loss(x, [[1.5]]), GraphTypeError, "labels are integers"),
    (lambda x: T.nnet.ctc_loss(x, [[1]], [[2]]), GraphTypeError, "logit_lengths are integers of 1 axis"),
    (lambda x: T.nnet.ctc_loss(x, [[1]], blank=-1), ArgumentError, "the blank is a class"),
])  # fmt: skip
def test_what_is_wrong_is_told(call, error, says):
    with pytest.raises(error, match=says):
        call(T.dtensor3("x"))
