"""Gradients of attention by its mask, and second derivatives, block by block: values, masks of dropout, memory.

Oracle: PyTorch's automatic differentiation of the plain formula in float64, to the rounding of float64.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.ops.attention import operands
from symdrop.ops.attention.attention import attention
from symdrop.ops.join import item
from symdrop.tensor.shaping import stretch_to


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch):
    """Every sequence has several blocks, of which the last overlaps the one before."""
    monkeypatch.setattr("symdrop.ops.attention.operands.BLOCK", 4)


LEAD, QUERIES, KEYS, DEPTH = (2, 3), 7, 9, 4


def arrays(mask):
    """Queries, keys, values, and a mask of a shape; a mask of dropped weights."""
    rng = np.random.default_rng(0)
    shapes = [(*LEAD, QUERIES, DEPTH), (*LEAD, KEYS, DEPTH), (*LEAD, KEYS, 5), mask]
    return [rng.normal(size=shape) for shape in shapes], rng.random((*LEAD, QUERIES, KEYS)) < 0.3


def by_torch(values, drop, causal):
    """The slopes of sum(sin(attention)) by all that is given, and the slopes of the sum of their squares."""
    torch = pytest.importorskip("torch")
    given = [torch.tensor(value, requires_grad=True) for value in values if value is not None]
    q, k, v, *bias = given
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(DEPTH)
    scores = scores + bias[0] if bias else scores
    if causal:
        seen = torch.arange(QUERIES)[:, None] >= torch.arange(KEYS)
        scores = torch.where(seen, scores, torch.tensor(-math.inf, dtype=torch.float64))
    weights = torch.softmax(scores, -1)
    if drop is not None:
        weights = torch.where(torch.tensor(drop), 0.0, weights / 0.7)
    first = torch.autograd.grad(torch.sin(weights @ v).sum(), given, create_graph=True)
    second = torch.autograd.grad(sum((one**2).sum() for one in first), given)
    return [one.detach().numpy() for one in (*first, *second)]


def both_orders(cost, wrt):
    """The slopes of a cost, and the slopes of the sum of their squares: a penalty of gradients."""
    first = sd.grad(cost, wrt)
    return [*first, *sd.grad(sum((one**2).sum() for one in first), wrt)]


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize(
    ("mask", "causal", "dropped"),
    [
        ((*LEAD, QUERIES, KEYS), False, False),
        ((QUERIES, KEYS), True, True),
        ((2, 1, 1, KEYS), False, True),
        ((3, QUERIES, 1), True, False),
    ],
)
def test_both_orders_are_those_of_torch(mask, causal, dropped, backend):
    """By queries, keys, values and a mask that is whole, or repeats over a batch, heads, queries or keys."""
    values, drop = arrays(mask)
    q, k, v = (T.tensor("float64", (None,) * 4, name=name) for name in "qkv")
    bias = T.tensor("float64", tuple(1 if size == 1 else None for size in mask), name="bias")
    where = T.tensor("bool", (None,) * 4, name="where")
    scored = attended(q, k, v, bias, where if dropped else None, causal)
    made = both_orders(T.sin(scored).sum(), [q, k, v, bias])
    f = sd.function([q, k, v, bias, where], made, backend=backend, on_unused_input="ignore")
    found = f(*values, drop)
    for one, wanted in zip(found, by_torch(values, drop if dropped else None, causal), strict=True):
        np.testing.assert_allclose(one, wanted, rtol=1e-9, atol=1e-11)
    assert backend == "numpy" or not any("fallback" in kernel for kernel in f.kernels)


def attended(q, k, v, bias, drop, causal):
    """Attention with a mask of dropped weights that is given, not drawn."""
    shape = (*q.shape[:-1], k.shape[-2])
    given = [stretch_to(bias, shape), *([] if drop is None else [drop])]
    made = attention(q / math.sqrt(DEPTH), k, v, *given, causal=causal, biased=True, dropped=drop is not None)
    return item(made, index=0) / (1 if drop is None else 0.7)


def test_no_mask_and_dropout_that_is_drawn():
    """The mask of dropped weights is the same in the value and in both derivatives, block by block."""
    q, k, v = (T.tensor("float64", (None,) * 4, name=name) for name in "qkv")
    stream = sd.RandomStream(seed=3)
    out = T.nnet.attention(q, k, v, causal=True, dropout=0.3, stream=stream, site=1, training=True)
    drop = stream.bernoulli(p=0.3, size=(*q.shape[:-1], k.shape[-2]), dtype="bool", site=1)
    f = sd.function([q, k, v], [drop, *both_orders(T.sin(out).sum(), [q, k, v])], no_default_updates=True)
    (*values, _), _ = arrays((1, 1))
    mask, *found = f(*values)
    expected = by_torch([*values, None], mask, True)
    for one, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, wanted, rtol=1e-9, atol=1e-11)


def test_one_thread_and_two_give_the_same_bits():
    """Pairs of blocks come one after the other, whoever computes them."""
    q, k, v = (T.tensor("float32", (None,) * 4, name=name) for name in "qkv")
    bias = T.fmatrix("bias")
    out = T.nnet.attention(q, k, v, bias, dropout=0.2, stream=sd.RandomStream(seed=1))
    values = [value.astype("float32") for value in arrays((QUERIES, KEYS))[0]]
    found = []
    for threads in (1, 2):
        with sd.config.change(threads=threads):
            made = both_orders(T.sin(out).sum(), [q, k, v, bias])
            f = sd.function([q, k, v, bias], made, training=True, no_default_updates=True)
            found.append(f(*values))
    for one, two in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_third_derivative():
    """It is that of all pairs at once, written out as nodes; central differences of the second agree."""
    x = T.dmatrix("x")
    out = T.nnet.attention(x, x, x)
    slope = sd.grad(T.sin(out).sum(), x)
    second = sd.grad((slope**2).sum(), x)
    third = sd.grad((second**2).sum(), x)
    cost, by = sd.function([x], (second**2).sum()), sd.function([x], third)
    value = np.random.default_rng(5).normal(size=(5, 3))
    along = np.random.default_rng(6).normal(size=(5, 3))
    step = 1e-5
    expected = (cost(value + step * along) - cost(value - step * along)) / (2 * step)
    np.testing.assert_allclose((by(value) * along).sum(), expected, rtol=1e-6)


def arena_of(f, lengths, mask=None):
    """The bytes beside inputs and outputs that a function takes, by length."""
    found = {}
    for length in lengths:
        values = [np.zeros((1, 8, length, 8), "float32")] * 3
        found[length] = f.profile(*values, *([] if mask is None else [np.zeros(mask(length), "float32")])).memory.arena
    return found


def test_memory_of_second_derivatives(monkeypatch):
    """Twice as many queries and keys take no more than twice the arena, dropout included."""
    monkeypatch.setattr(operands, "BLOCK", 64)
    q, k, v = (T.tensor("float32", (None,) * 4, name=name) for name in "qkv")
    out = T.nnet.attention(q, k, v, causal=True, dropout=0.1, stream=sd.RandomStream(seed=1))
    penalty = sum((one**2).sum() for one in sd.grad((out**2).sum(), [q, k, v]))
    f = sd.function([q, k, v], sd.grad(penalty, [q, k, v]), training=True, backend="native")
    arena = arena_of(f, (512, 1024, 2048))
    assert arena[2048] - arena[1024] < 2.1 * (arena[1024] - arena[512])
    assert arena[2048] < 8 * 2048 * 2048 * 4 / 4


def test_memory_of_a_mask_that_repeats(monkeypatch):
    """The gradient by a mask that all heads share takes its own size and no more, not that of all heads' scores."""
    monkeypatch.setattr(operands, "BLOCK", 64)
    q, k, v = (T.tensor("float32", (None,) * 4, name=name) for name in "qkv")
    bias = T.fmatrix("bias")
    out = T.nnet.attention(q, k, v, bias)
    f = sd.function([q, k, v, bias], sd.grad((out**2).sum(), bias), backend="native")
    (found,) = (n for n in f.stages["rewritten"].nodes() if n.op.name == "attention_bias_gradient")
    assert found.params["summed"] == (0, 1)
    arena = arena_of(f, (1024, 2048), lambda length: (length, length))
    # The mask's own size twice at most; the scores of all heads are eight times it.
    assert arena[2048] < 2 * 2048 * 2048 * 4
