"""Batching rules that nobody wrote: derived from the axes an op goes along, from its indexing map, or its formula.

The ops here are a user's own. Each is mapped over examples without a rule, and without a loop.
"""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.op import Op, lookup, registry, structured, view
from symdrop.ops.batching import ONE_BY_ONE
from symdrop.types import TensorType
from tests.op.own_ops import own_diagonal, own_reverse, own_rows, own_second, own_windows

BACKENDS = ("numpy", "native")


@view
def mine_from(m, x, start):
    """Three elements of a vector from a number on."""
    return x[int(start) : int(start) + 3]


mine_from.infer(lambda x, start: TensorType(x.dtype, (3,)))
mine_from.sizes(lambda sizes, x, start: (3,))
mine_from.indexing_map(lambda i, at, x, start: (i.number(start) + at[0],))


@view
def mine_flat(m, x):
    """The elements of a matrix in C order."""
    return x.reshape(-1)


mine_flat.infer(lambda x: TensorType(x.dtype, (None,)))
mine_flat.sizes(lambda sizes, x: (sizes(x)[0] * sizes(x)[1],))
mine_flat.indexing_map(lambda i, at, x: i.reshaped(x, at))
mine_flat.pullback(lambda g, y, x: g.reshape(x.shape))


@structured(composed=True)
def mine_centred(m, x):
    """A vector less its mean square."""
    return x - m.sum(x * x, axis=-1, keepdims=True) / 4.0


mine_centred.infer(lambda x: x.type)
mine_centred.sizes(lambda sizes, x: sizes(x))
mine_centred.pullback(lambda g, y, x: g - x * g.sum() / 2)

RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 4, 4))
V = RNG.normal(size=(3, 4))
ROWS = np.array([[0, 1], [2, -1], [3, 3]])

# A function of one example, and its mapped arguments.
USES = {
    "reverse": (lambda x: own_reverse(x * 2), (A,)),
    "second": (lambda x: own_second(x * 2), (A,)),
    "diagonal": (lambda x: own_diagonal(x * 2), (A,)),
    "windows": (lambda v: own_windows(v * 2, width=3), (V,)),
    "flat": (lambda x: mine_flat(x * 2), (A,)),
    "rows": (lambda x, i: own_rows(x * 2, i), (A, ROWS)),
    "composed": (lambda v: mine_centred(v * 2), (V,)),
    "two": (lambda x: own_second(own_reverse(x)), (A,)),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", USES)
def test_a_map_is_a_batching_rule(name, backend):
    """Values and gradients are those of the examples, without a loop, in native code, fused with what is around."""
    one, arrays = USES[name]
    whole = [T.tensor(str(array.dtype), (None,) * array.ndim, f"v{k}") for k, array in enumerate(arrays)]
    single = [T.tensor(str(array.dtype), (None,) * (array.ndim - 1), f"v{k}") for k, array in enumerate(arrays)]
    y = sd.vmap(lambda *x: T.tanh(one(*x)))(*whole)
    f = sd.function(whole, y, backend=backend)
    expected = sd.function(single, T.tanh(one(*single)), backend="numpy")
    np.testing.assert_allclose(f(*arrays), [expected(*row) for row in zip(*arrays, strict=True)], rtol=1e-12)
    assert "one by one" not in str(sd.inspect.why(f, y))
    assert not any(node.op is lookup("scan") for node in f.stages["rewritten"].nodes())
    if backend == "native":
        assert len(f.kernels) == 1 and "fallback" not in f.kernels[0]

    slope = sd.function(whole, sd.grad(T.sum(y**2), whole[0]), backend=backend)
    by_one = sd.function(single, sd.grad(T.sum(T.tanh(one(*single)) ** 2), single[0]), backend="numpy")
    np.testing.assert_allclose(slope(*arrays), [by_one(*row) for row in zip(*arrays, strict=True)], rtol=1e-12)
    assert f(*(array[:0] for array in arrays)).shape == (0, *f(*arrays).shape[1:])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("axes", [(0, 0), (0, None), (None, 0)])
def test_either_operand_of_a_gather(axes, backend):
    """What all share is read where it was, and its gradient is the sum over the examples."""
    arrays = [array if axis == 0 else array[0] for array, axis in zip((A, ROWS), axes, strict=True)]
    x, i = (T.tensor(str(array.dtype), (None,) * array.ndim) for array in arrays)
    y = sd.vmap(lambda x, i: T.tanh(own_rows(x, i)), axes)(x, i)
    f = sd.function([x, i], [y, sd.grad(T.sum(y**2), x)], backend=backend)
    values, slope = f(*arrays)

    def example(k):
        return [array[k] if axis == 0 else array for array, axis in zip(arrays, axes, strict=True)]

    np.testing.assert_allclose(values, [np.tanh(example(k)[0][example(k)[1]]) for k in range(3)], rtol=1e-12)
    expected = np.zeros((3, 4, 4))
    for k in range(3):
        np.add.at(expected[k], example(k)[1], 2 * values[k] * (1 - values[k] ** 2))
    np.testing.assert_allclose(slope, expected if axes[0] == 0 else expected.sum(0), rtol=1e-12)
    with pytest.raises(IndexError):
        f(arrays[0], arrays[1] + 3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_mapping_within_mapping(backend):
    """The derived op has a map too, so it is mapped again, over the same operands and over others."""
    x, i = T.tensor("float64", (None,) * 4, "x"), T.lmatrix("i")
    inner = sd.vmap(lambda m, k: own_rows(m, k), (None, 0))
    y = sd.vmap(sd.vmap(lambda m: own_reverse(inner(m, i)), 1), 0)(x)
    values = RNG.normal(size=(2, 4, 3, 4))
    f = sd.function([x, i], y, backend=backend)
    want = [[values[a, :, b][ROWS][::-1] for b in range(3)] for a in range(2)]
    np.testing.assert_allclose(f(values, ROWS), want)
    assert not any(node.op is lookup("scan") for node in f.stages["rewritten"].nodes())


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("axes", [(0, 0), (None, 0), (0, None)])
def test_a_number_of_every_example(axes, backend):
    """Where a map asks for a number that examples have for themselves, it is read for each of them."""
    arrays = [V if axes[0] == 0 else V[0], np.array([1, 0, 1]) if axes[1] == 0 else np.array(1)]
    x, k = (T.tensor(str(array.dtype), (None,) * array.ndim) for array in arrays)
    f = sd.function([x, k], sd.vmap(lambda x, k: T.tanh(mine_from(x, k)), axes)(x, k), backend=backend)
    rows = [(V[n] if axes[0] == 0 else V[0], int(np.broadcast_to(arrays[1], 3)[n])) for n in range(3)]
    np.testing.assert_allclose(f(*arrays), [np.tanh(row[start : start + 3]) for row, start in rows], rtol=1e-12)
    assert not any(node.op is lookup("scan") for node in f.stages["rewritten"].nodes())


def test_numbers_of_their_own_are_read_by_numpy():
    """Nothing tells beforehand where a user's map leads for every example: that op, and no other, is a fallback."""
    x, k = T.dmatrix("x"), T.lvector("k")
    f = sd.function([x, k], T.tanh(sd.vmap(mine_from)(x * 2, k) + 1), backend="native")
    assert [kernel for kernel in f.kernels if "fallback" in kernel] == ["fallback: <batched_mine_from: float64[?, 3]>"]
    expected = [np.tanh(2 * row[start : start + 3] + 1) for row, start in zip(V, (1, 0, 1), strict=True)]
    np.testing.assert_allclose(f(V, np.array([1, 0, 1])), expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["int64", "uint64", "int8"])
def test_a_number_that_leads_outside(dtype):
    """Generated code once read wherever a user's map led by a number's value, and the process died of it."""
    x, k = T.dvector("x"), T.tensor(dtype, (), "k")
    for start in (k, T.argmax(x) + k):
        f = sd.function([x, k], T.tanh(mine_from(x, start)), backend="native")
        plain = sd.function([x, k], T.tanh(mine_from(x, start)), backend="numpy")
        ahead = 0 if start is k else int(np.argmax(V[0]))
        for number in (0, 1, 2, 100, *([] if dtype == "int8" else [2**62])):
            if 0 <= number + ahead <= 1:
                np.testing.assert_allclose(f(V[0], number), np.tanh(V[0][number + ahead :][:3]))
            else:
                # The formula says what comes out, be it fewer elements than the type promises.
                outcomes = [outcome(function, V[0], number) for function in (f, plain)]
                assert outcomes[0] == outcomes[1]


def outcome(function, *arguments):
    """What a call gives, or the kind of error that it raises."""
    try:
        return function(*arguments).tolist()
    except Exception as error:
        return type(error)


def test_the_derived_op_is_one():
    """Equal mappings merge into one node, and pickle."""
    x = T.dtensor3("x")
    y, z = (sd.vmap(own_reverse)(x) for _ in range(2))
    assert y.op is z.op and y.op.name not in registry
    f = sd.function([x], [y, z])
    assert len(set(f.stages["rewritten"].outputs)) == 1
    assert pickle.loads(pickle.dumps(y)).op is y.op


def test_it_is_printed_as_a_mapping():
    """A printed formula says what the user wrote, with the axes where not every operand is mapped."""
    x, i, t = T.dmatrix("x"), T.lmatrix("i"), T.dtensor3("t")
    rows = sd.vmap(lambda k: own_rows(x, k))(i)
    assert "vmap(own_rows, (None, 0))(x, " in str(rows)
    assert str(sd.vmap(sd.vmap(own_reverse))(t)) == "vmap(vmap(own_reverse))(t)"
    text = sd.inspect.explain(sd.vmap(mine_windows_of_three)(x).sum(), x, form="latex")
    assert "vmap(own" in text


def mine_windows_of_three(v):
    """Windows, their width given."""
    return own_windows(v, width=3)


def test_few_ops_have_a_rule_of_their_own():
    """Rules are written where they are shorter than the derivation; each says why beside it."""
    ours = [op for op in registry.values() if op.module.startswith("symdrop.")]
    written = {op.name for op in ours if isinstance(op, Op) and op.batching_rule is not None}
    assert written == {
        "broadcast", "call", "convolution", "convolution_by_filters", "convolution_transpose", "diagonal",
        "dimshuffle", "einsum", "gather", "ifelse", "inc_subtensor", "matmul", "max_subtensor", "min_subtensor",
        "mul_subtensor", "order_statistics", "reshape", "scan", "set_subtensor", "subtensor",
    }  # fmt: skip


def test_what_cannot_be_derived_is_a_loop():
    """An op with neither axes, nor a map, nor a formula of ops is computed example by example; the loop says so."""
    x = T.dmatrix("x")
    y = sd.vmap(lambda v: v[: T.cast(T.abs(v[0]), "int64")].sum())(x)
    loops = [node.name for node in sd.function([x], y).stages["user"].nodes() if node.op is lookup("scan")]
    assert [name for name in loops if name and name.startswith(ONE_BY_ONE)]
