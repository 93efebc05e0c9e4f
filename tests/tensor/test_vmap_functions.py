"""Automatic vectorization of the functions that a reader of JAX would try next: each equal to a Python loop.

Values on both back ends, and gradients: of the whole batch, and of every example. What stays a loop is counted.
"""

from __future__ import annotations

import functools
from collections import namedtuple

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.ops.batching import ONE_BY_ONE

RNG = np.random.default_rng(7)
A, B, C = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 3)), RNG.normal(size=(4, 4))
S, I, M = RNG.normal(size=3), np.array([0, 3, -1]), A > 0
SHARED = (0, None)


def last_state(x):
    """A loop from the last element to the first."""
    states, _ = sd.scan(lambda e, h: e * h + 1, sequences=x, outputs_info=x[0], go_backwards=True)
    return states[-1]


def neighbours(x):
    """A loop over pairs of neighbours, with a value that does not change."""
    states, _ = sd.scan(
        lambda before, now, h, scale: T.tanh(now - before * scale + h),
        sequences={"input": x, "taps": [-1, 0]}, outputs_info=T.zeros((), "float64"), non_sequences=x.sum(),
    )  # fmt: skip
    return states


def by_taps(x):
    """A loop whose step reads two states back."""
    states, _ = sd.scan(
        lambda e, one, two: T.tanh(e + one - two), x, outputs_info={"initial": T.stack([x[0], x[1]]), "taps": [-2, -1]}
    )
    return states


# A function of one example, its arguments, their axes, and the ops that are computed example by example.
CASES = {
    "along an axis": (lambda x: T.cumsum(T.outer(x, x), axis=1), (A,), 0, ""),
    "argmax": (lambda x: T.argmax(x), (A,), 0, ""),
    "argsort": (lambda x: x[T.argsort(x)[:2]], (A,), 0, ""),
    "last axis": (lambda x: T.exp(x) * x.sum(), (A,), -1, ""),
    "other axes": (lambda x, y: T.outer(x, y), (A, B), (0, 1), ""),
    "column of a shared matrix": (lambda x, c: c[:, T.argmax(x)] * x, (A, C), SHARED, ""),
    "take": (lambda c, i: c[T.stack([i, i, 0])], (C, I), (None, 0), ""),
    "scatter to one": (lambda x, i, s: T.inc_subtensor(x[T.stack([i, i])], s), (C[0], I, S), (None, 0, 0), ""),
    "scatter to a slice": (lambda x, s: T.set_subtensor(x[1:3], s), (A, S), 0, ""),
    "masked choice": (lambda x, m: T.where(m, x, -x), (A, M), 0, ""),
    "masked read": (lambda x, m: x[m].sum(), (A, M), 0, "gather"),
    "any and all": (lambda m: T.stack([T.any(m), T.all(m)]), (M,), 0, ""),
    "integers": (lambda i: i // 2 + T.eq(T.arange(4), i), (I,), 0, ""),
    "a length of its own": (lambda i: T.arange(T.abs(i)).sum(), (I,), 0, "arange"),
    "clipped": (lambda x, s: T.clip(x, -T.abs(s), T.abs(s)), (A, S), 0, ""),
    "powers": (lambda x, i: T.abs(x) ** i, (A, np.array([1, 2, 3])), 0, ""),
    "spread": (lambda x: (x - x.mean()) / x.std(), (A,), 0, ""),
    "products": (lambda x, c: T.outer(x, x) @ c @ T.outer(x, x), (A, C), SHARED, ""),
    "backwards": (last_state, (A,), 0, ""),
    "neighbours": (neighbours, (A,), 0, ""),
    "two states back": (by_taps, (A,), 0, ""),
    "steps of its own": (
        lambda x, n: sd.scan(lambda h: h * 2, outputs_info=x, n_steps=n)[0][-1], (A, np.array([1, 2, 3])), 0, "scan",
    ),
    "shared predicate": (lambda x, s: sd.ifelse(s > 0, x * 2, T.exp(x)), (A, np.array(1.0)), SHARED, ""),
    "own predicate": (lambda x, s: sd.ifelse(s > 0, x * 2, T.exp(x)), (A, S), 0, "ifelse"),
    "hessian": (lambda x: sd.hessian(T.sum(x**3) * x[0], x), (A,), 0, ""),
    "jacobian": (lambda x, c: sd.jacobian(T.tanh(c @ x), x), (A, C), SHARED, ""),
    "slope by what is shared": (lambda x, c: sd.grad(T.sum(T.tanh(c @ x)), c), (A, C), SHARED, ""),
    "tangent": (lambda x: sd.jvp(T.tanh(x * x[0]), x, T.ones_like(x)), (A,), 0, ""),
    "slope of a mapping": (lambda x: sd.grad(sd.vmap(lambda e: T.sin(e) * x[0])(x).sum(), x), (A,), 0, ""),
    "mapping of slopes": (lambda x: sd.vmap(lambda e: sd.grad(T.sin(e) ** 2 * x.sum(), e))(x), (A,), 0, ""),
    "mapped otherwise": (lambda x, c: sd.vmap(lambda row: T.tanh(row * x), 1, -1)(c), (A, C), SHARED, ""),
    "half": (lambda x, c: T.dot(T.tanh(x), c), (A.astype("float16"), C.astype("float16")), SHARED, ""),
    "single": (lambda x: T.log(T.nnet.softmax(x)), (A.astype("float32"),), 0, ""),
}  # fmt: skip


def compared(got, wanted):
    """Equal, to the digits of their dtype."""
    close = {"float16": 2e-2, "float32": 2e-5}.get(str(np.asarray(wanted).dtype), 1e-10)
    np.testing.assert_allclose(np.asarray(got, "float64"), np.asarray(wanted, "float64"), rtol=close, atol=close)


@pytest.mark.parametrize("name", CASES)
def test_a_function_mapped(name):
    """Values on both back ends, slopes of all and of every example; and no loop but for the ops that are named."""
    fn, arrays, in_axes, loops = CASES[name]
    axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(arrays)
    whole = [T.tensor(str(array.dtype), (None,) * array.ndim) for array in arrays]
    one = [
        T.tensor(str(a.dtype), (None,) * (a.ndim - (axis is not None))) for a, axis in zip(arrays, axes, strict=True)
    ]
    rows = [
        [a if axis is None else np.take(a, k, axis) for a, axis in zip(arrays, axes, strict=True)] for k in range(3)
    ]
    if name == "last axis":
        rows = [[arrays[0][:, k]] for k in range(4)]
    single, mapped = fn(*one), sd.vmap(fn, in_axes)(*whole)
    floats = [k for k, array in enumerate(arrays) if array.dtype.kind == "f"]

    def slopes(value, leaves):
        """The gradient with respect to the arguments of floats."""
        return sd.grad(T.sum(T.sin(value)), [leaves[k] for k in floats], disconnected_inputs="ignore")

    wanted, got, each = [single], [mapped], []
    if floats and single.dtype.startswith("float"):
        wanted += slopes(single, one)
        got += slopes(mapped, whole)
        each = list(sd.vmap(lambda *leaves: slopes(fn(*leaves), leaves), in_axes)(*whole))
    by_one = sd.function(one, wanted, backend="numpy", on_unused_input="ignore")
    values, *expected = (np.stack(part) for part in zip(*(by_one(*row) for row in rows), strict=True))
    f = sd.function(whole, [*got, *each], backend="numpy", on_unused_input="ignore")
    value, *found = f(*arrays)
    compared(value, values)
    compared(sd.function(whole, mapped, backend="native", on_unused_input="ignore")(*arrays), values)
    for n, k in enumerate(floats if expected else ()):
        compared(found[len(expected) + n], expected[n])
        total = expected[n].sum(0) if axes[k] is None else np.moveaxis(expected[n], 0, axes[k])
        compared(found[n], total)
    alone = sd.function(whole, mapped, backend="numpy", on_unused_input="ignore").stages["user"].nodes()
    names = {node.name for node in alone if node.name and node.name.startswith(ONE_BY_ONE)}
    assert names == ({ONE_BY_ONE + loops} if loops else set())


Pair = namedtuple("Pair", "left right")


def test_forms_of_arguments_and_results():
    """Keywords, partial functions, named tuples, None, numbers: the forms that functions take elsewhere."""
    x = T.dmatrix("x")

    def value(result):
        return result.eval({x: A})

    np.testing.assert_allclose(value(sd.vmap(lambda a, *, b: a + b)(x, b=x)), 2 * A)
    np.testing.assert_allclose(value(sd.vmap(functools.partial(lambda a, b: a * b, b=2.0))(x)), 2 * A)
    np.testing.assert_allclose(value(sd.vmap(lambda p: p.left * p.right)(Pair(x, x))), A * A)
    np.testing.assert_allclose(
        value(sd.vmap(lambda d: d["a"][0] * d["b"], ({"a": (0,), "b": None},))({"a": (x,), "b": 3.0})), 3 * A
    )
    made = sd.vmap(lambda a, b: Pair(a.sum(), (b, 1.5)), (0, None), Pair(0, (None, None)))(x, None)
    assert isinstance(made, Pair) and made.right[0] is None and made.left.ndim == 1
    assert float(made.right[1].eval()) == 1.5
    assert sd.vmap(lambda a: None)(x) is None
    both = sd.vmap(lambda a: {"p": a, "q": a.sum()}, out_axes={"p": -1, "q": 0})(x)
    np.testing.assert_allclose(value(both["p"]), A.T)
    outer = sd.vmap(sd.vmap(T.dot, (None, 0)), (0, None))(x, x)
    np.testing.assert_allclose(value(outer), A @ A.T)
    np.testing.assert_allclose(sd.vmap(lambda a: a * 2)(sd.shared(A)).eval(), 2 * A)


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_hardly_any_examples(rows, backend):
    """No example, and a single one, are batches as any other; nothing stretches."""
    x, y = T.dmatrix("x"), T.dmatrix("y")
    stream = sd.RandomStream(seed=1)

    def fn(a, b):
        return sd.ifelse(a[0] > 0, T.sort(a), b) * stream.uniform(size=a.shape, dtype="float64") + neighbours(a)[-1]

    mapped = sd.vmap(fn, randomness="different")(x, y)
    f = sd.function([x, y], mapped, backend=backend)
    assert f(A[:rows], A[:rows]).shape == (rows, 4)
    with pytest.raises(
        sd.errors.ShapeError, match=r"vmap: argument\[1\], 'y' of .*: its size along axis 0 is 1, not 3"
    ):
        f(A, A[:1])


def test_a_mapped_argument_is_not_compared_with_itself():
    """Its own size is the number of examples; only the others are checked."""
    x, y = T.dmatrix("x"), T.dmatrix("y")
    nodes = sd.graph.toposort([sd.vmap(lambda a, b: a @ b)(x, y)])
    assert [node.inputs[0] for node in nodes if node.op.name == "specify_shape"] == [y]


def test_an_axis_that_counts_from_the_end():
    """A parameter that numbers an axis from the end numbers the same one of a batch."""
    x, p = T.dmatrix("x"), T.dvector("p")
    stream = sd.RandomStream(seed=3)
    drawn = sd.vmap(lambda q: stream.multinomial(n=3, pvals=q), randomness="different")(T.nnet.softmax(x))
    assert sd.function([x], drawn)(A).sum(axis=1).tolist() == [3, 3, 3]
    mapped = sd.vmap(lambda q: stream.bernoulli(p=q, size=(2,)), randomness="different")(p)
    assert sd.function([p], mapped)([0.0, 1.0]).tolist() == [[0, 0], [1, 1]]
