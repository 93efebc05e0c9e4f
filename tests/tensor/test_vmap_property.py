"""Automatic vectorization of random programs: what ``sd.vmap`` computes is what a Python loop over the batch computes.

A program is a list of steps on a pool of vectors: elementwise functions, reductions, products, reading and writing at
indices of every example's own, loops, choices, gradients, mapping within mapping, and draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symdrop as sd
import symdrop.tensor as T

SIZE = 3
PLACES = np.arange(SIZE)


def running(x, y):
    """A loop over the elements of one vector, with another beside it."""
    states, _ = sd.scan(
        lambda e, s, w: T.tanh(e + s * w[0]), sequences=x, outputs_info=T.zeros((), "float64"), non_sequences=y
    )
    return states


# A step takes two vectors, an integer of the example's own, the shared matrix and a stream.
STEPS = {
    "tanh": lambda x, y, i, w, stream: T.tanh(x),
    "add": lambda x, y, i, w, stream: x + y,
    "product": lambda x, y, i, w, stream: T.tanh(x * y),
    "scaled": lambda x, y, i, w, stream: x * T.tanh(y.sum()),
    "by a matrix": lambda x, y, i, w, stream: T.tanh(x @ w),
    "from the left": lambda x, y, i, w, stream: T.tanh(w @ x),
    "outer": lambda x, y, i, w, stream: T.tanh(T.outer(x, y) @ w)[i],
    "dot": lambda x, y, i, w, stream: T.tanh(T.dot(x, y)) * x,
    "reversed": lambda x, y, i, w, stream: x[::-1],
    "element": lambda x, y, i, w, stream: x[i] + y,
    "column": lambda x, y, i, w, stream: w[:, i] * x,
    "gathered": lambda x, y, i, w, stream: x[T.stack([i, T.constant(0), -1 - i])],
    "written": lambda x, y, i, w, stream: T.set_subtensor(x[i], y[0]),
    "added": lambda x, y, i, w, stream: T.inc_subtensor(x[T.stack([i, i])], y[:2]),
    "joined": lambda x, y, i, w, stream: T.concatenate([x[1:], y[:1]]),
    "chosen": lambda x, y, i, w, stream: T.where(x > y, x, y * 0.5),
    "a choice of its own": lambda x, y, i, w, stream: sd.ifelse(i > 0, T.tanh(x), y),
    "a shared choice": lambda x, y, i, w, stream: sd.ifelse(w[0, 0] > 0, x, T.tanh(y)),
    "softmax": lambda x, y, i, w, stream: T.nnet.softmax(x),
    "centred": lambda x, y, i, w, stream: x - x.mean() + T.logsumexp(y),
    "largest": lambda x, y, i, w, stream: x.max() * y,
    "cumulative": lambda x, y, i, w, stream: T.tanh(T.cumsum(x)),
    "sorted": lambda x, y, i, w, stream: T.sort(x),
    "diagonal": lambda x, y, i, w, stream: T.diagonal(T.outer(x, T.tanh(y))),
    "reshaped": lambda x, y, i, w, stream: T.outer(x, T.tanh(y)).reshape((-1,))[::4],
    "loop": lambda x, y, i, w, stream: running(x, y),
    "slope": lambda x, y, i, w, stream: sd.grad(T.sum(T.tanh(x * y) ** 2), x),
    "mapped": lambda x, y, i, w, stream: sd.vmap(lambda e: T.tanh(e * y.sum()) + x[0])(x),
    "rows mapped": lambda x, y, i, w, stream: sd.vmap(lambda row: T.tanh(row @ x), 1)(w),
    "drawn": lambda x, y, i, w, stream: x * stream.uniform(size=x.shape, dtype="float64"),
    "dropped": lambda x, y, i, w, stream: sd.dropout(x + y, p=0.5, stream=stream, training=True),
    "drawn in a loop": lambda x, y, i, w, stream: sd.map(lambda e: e * stream.bernoulli(p=0.5, dtype="float64"), x)[0],
}
DRAWS = ("drawn", "dropped", "drawn in a loop")


@dataclass(frozen=True)
class Program:
    """Steps by name, each with the numbers of the two vectors of the pool that it takes, from the end."""

    steps: tuple[tuple[str, int, int], ...]

    def __call__(self, x, y, i, w, stream):
        """The last vector of the pool."""
        pool = [x, y]
        for name, a, b in self.steps:
            pool.append(STEPS[name](pool[-1 - a % len(pool)], pool[-1 - b % len(pool)], i, w, stream))
        return pool[-1]

    @property
    def draws(self):
        """True if a step draws."""
        return any(name in DRAWS for name, _, _ in self.steps)


def programs(names):
    """Lists of steps, of which the last one takes the one before, mostly."""
    step = st.tuples(st.sampled_from(names), st.sampled_from((0, 0, 0, 1, 2)), st.integers(0, 4))
    return st.lists(step, min_size=1, max_size=6).map(lambda steps: Program(tuple(steps)))


QUIET = programs([name for name in STEPS if name not in DRAWS])
LOUD = st.builds(
    lambda first, drawn, last: Program((*first.steps, (drawn, 0, 1), *last.steps)), QUIET, st.sampled_from(DRAWS), QUIET
)
# The axis of the examples in x and in y, None for a y that they share, and how many examples there are.
AXES = st.tuples(st.sampled_from((0, 1, -1)), st.sampled_from((0, 1, None)), st.sampled_from((1, 2, 4)))


def variables(axes):
    """The arguments of a batch and of one example, and their arrays."""
    x_axis, y_axis, examples = axes
    rng = np.random.default_rng(examples)
    arrays = [
        np.moveaxis(rng.normal(size=(examples, SIZE)), 0, x_axis),
        rng.normal(size=SIZE) if y_axis is None else np.moveaxis(rng.normal(size=(examples, SIZE)), 0, y_axis),
        rng.integers(-SIZE, SIZE, examples),
        rng.normal(size=(SIZE, SIZE)),
    ]
    return arrays, (x_axis, y_axis, 0, None)


def check_program(program, axes, backend):
    """Values, gradients of the whole and of every example, against one example after the other."""
    arrays, in_axes = variables(axes)
    whole = [T.tensor(str(a.dtype), (None,) * a.ndim, n) for a, n in zip(arrays, "xyiw", strict=True)]
    one = [T.dvector("x"), T.dvector("y"), T.lscalar("i"), T.dmatrix("w")]

    def function(*values):
        return program(*values, None)

    def slopes(value, wrt):
        return sd.grad(T.sum(T.cos(value)), wrt, disconnected_inputs="ignore")

    def slopes_of_one(*values):
        return slopes(function(*values), [values[0], values[1], values[3]])

    y = sd.vmap(function, in_axes)(*whole)
    total = slopes(y, [whole[0], whole[1], whole[3]])
    each = sd.vmap(slopes_of_one, in_axes)(*whole)
    f = sd.function(whole, [y, *total, *each], backend=backend, on_unused_input="ignore")
    by_one = sd.function(one, [function(*one), *slopes_of_one(*one)], backend="numpy", on_unused_input="ignore")
    examples = [
        [a if axis is None else np.take(a, k, axis) for a, axis in zip(arrays, in_axes, strict=True)]
        for k in range(axes[2])
    ]
    values, *wanted = (np.stack(part) for part in zip(*(by_one(*example) for example in examples), strict=True))
    got, *found = f(*arrays)
    close = {"rtol": 1e-9, "atol": 1e-9}
    np.testing.assert_allclose(got, values, **close)
    for k, axis in enumerate((in_axes[0], in_axes[1], None)):
        np.testing.assert_allclose(found[3 + k], wanted[k], err_msg=f"slope {k} of every example", **close)
        expected = wanted[k].sum(0) if axis is None else np.moveaxis(wanted[k], 0, axis)
        np.testing.assert_allclose(found[k], expected, err_msg=f"slope {k} of all", **close)


def check_draws(program, axes, backend):
    """Bits are those of a loop over the batch, and one draw for all is that of a function of one example."""
    arrays, in_axes = variables((0, axes[1] and 0, axes[2]))
    whole = [T.tensor(str(a.dtype), (None,) * a.ndim, n) for a, n in zip(arrays, "xyiw", strict=True)]
    x, y, i, w = whole
    stream = sd.RandomStream(seed=5)
    mapped = sd.vmap(lambda *values: program(*values, stream), in_axes, randomness="different")(*whole)
    again = sd.RandomStream(seed=5)
    if in_axes[1] is None:
        looped, _ = sd.map(lambda x, i: program(x, y, i, w, again), [x, i])
    else:
        looped, _ = sd.map(lambda x, y, i: program(x, y, i, w, again), [x, y, i])
    f = sd.function(whole, mapped, backend=backend, on_unused_input="ignore")
    by_loop = sd.function(whole, looped, backend="numpy", on_unused_input="ignore")
    for _ in range(2):
        np.testing.assert_allclose(f(*arrays), by_loop(*arrays), rtol=1e-9, atol=1e-9)

    stream, again = sd.RandomStream(seed=6), sd.RandomStream(seed=6)
    same = sd.vmap(lambda *values: program(*values, stream), in_axes, randomness="same")(*whole)
    f = sd.function(whole, same, backend=backend, on_unused_input="ignore")
    one = [T.dvector("x"), T.dvector("y"), T.lscalar("i"), T.dmatrix("w")]
    by_one = sd.function(one, program(*one, again), backend="numpy", on_unused_input="ignore", no_default_updates=True)
    wanted = [
        by_one(*(a if axis is None else a[k] for a, axis in zip(arrays, in_axes, strict=True))) for k in range(axes[2])
    ]
    np.testing.assert_allclose(f(*arrays), wanted, rtol=1e-9, atol=1e-9)


@given(QUIET, AXES)
@settings(max_examples=12)
def test_a_random_program_mapped(program, axes):
    """A Python loop over the batch is the oracle, for values, gradients and per-example gradients."""
    check_program(program, axes, "numpy")


@given(LOUD, AXES)
@settings(max_examples=6)
def test_a_random_program_that_draws(program, axes):
    """A scan over the batch is the oracle for draws of every example's own."""
    check_draws(program, axes, "numpy")


@given(QUIET, AXES, LOUD)
@settings(max_examples=2)
def test_a_random_program_natively(program, axes, loud):
    """The same in native code."""
    check_program(program, axes, "native")
    check_draws(loud, axes, "native")


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["numpy", "native"])
@given(QUIET, LOUD, AXES)
@settings(max_examples=150)
def test_many_random_programs(backend, program, loud, axes):
    """More of them, on both back ends."""
    check_program(program, axes, backend)
    check_draws(loud, axes, backend)
