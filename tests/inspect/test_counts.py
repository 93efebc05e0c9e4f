"""Counts of operations and bytes, from iteration spaces: against formulas of shapes, written here op by op."""

from __future__ import annotations

import math

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.op import Contraction, constant, elements_read, operations, reduction, registry, structured
from symdrop.ops.numpy_maths import NUMPY
from symdrop.types import TensorType


@structured(moves=(0,))
def counted_rows(m, x, index):
    """The rows of x with the numbers in a vector."""
    return x[index]


counted_rows.infer(lambda x, index: TensorType(x.dtype, (*index.type.shape, *x.type.shape[1:])))
counted_rows.sizes(lambda sizes, x, index: (*sizes(index), *sizes(x)[1:]))
counted_rows.indexing_map(lambda i, at, x, index: (i.position(index, at[:1], x, 0), *at[1:]))


@reduction(returns="sum")
def counted_squares(m, x, *, axis):
    """The sum of the squares along axes."""
    return m.sum(x * x, axis=axis)


def _windows(m, x, w):
    """Of every window of x the sum of its products with w."""
    return m.lib.stride_tricks.sliding_window_view(x, w.shape[0]) @ w


counted_windows = Contraction(_windows, name="counted_windows")
counted_windows.infer(lambda x, w: TensorType(x.dtype, (None,)))
counted_windows.sizes(lambda sizes, x, w: (sizes(x)[0] - sizes(w)[0] + 1,))
counted_windows.indexing_maps(lambda at, over, x, w: ((at[0] + over[0],), (over[0],)))


def samples():
    """Every op of the package with samples and one value, and each of its samples."""
    for name, op in sorted(registry.items()):
        if op.module.startswith("symdrop.") and op.samples_rule is not None:
            for number, (arrays, params) in enumerate(op.samples_rule(np.random.default_rng(0), "float64")):
                node = op(*map(constant, map(np.asarray, arrays)), **params)
                if node.items is None:
                    yield pytest.param(node, [np.asarray(array) for array in arrays], id=f"{name}-{number}")


def product(a, b):
    """2 m n k for every product of a stack, whatever axes the operands have."""
    stack, rows, columns = math.prod(a[:-2]), a[-2] if len(a) > 1 else 1, b[-1] if len(b) > 1 else 1
    return 2 * stack * rows * columns * a[-1]


@pytest.mark.parametrize(("node", "arrays"), [*samples()])
def test_operations_of_every_sample(node, arrays):
    """Products, reductions, what moves, and the rest, by formulas that know nothing of maps."""
    values = dict(zip(node.inputs, arrays, strict=True))
    with np.errstate(all="ignore"):
        result = np.asarray(node.op.evaluate(NUMPY, arrays, node.params))
    shapes = {**{x: np.shape(value) for x, value in values.items()}, node: result.shape}
    found = operations(node, shapes.__getitem__)
    name, kind = node.op.name, node.op.kind
    if name == "matmul":
        assert found == product(arrays[0].shape, arrays[1].shape)
    elif name == "gemm":
        assert found == product(arrays[1].shape, arrays[2].shape)
    elif name == "einsum":
        inputs, _, output = node.params["subscripts"].partition("->")
        letters = dict(zip(inputs.replace(",", ""), (n for array in arrays for n in array.shape), strict=True))
        assert found == math.prod(letters.values()) * (1 + (set(letters) > set(output)))
    elif name.startswith("convolution"):
        # A multiplication and an addition for every element of the value and all that is summed over for it. Filters
        # have the axes groups, filters, channels, taps.
        other = arrays[1].shape
        summed = {
            "convolution": other[2:],
            "convolution_transpose": (other[1], *other[3:]),
            "convolution_by_filters": (arrays[0].shape[0], *other[3:]),
        }[name]
        assert found == 2 * result.size * math.prod(summed)
    elif kind == "reduction":
        assert found == arrays[0].size
    elif kind in ("view", "control") or name in (
        "gather", "joined_blocks", "concatenate", "item", "dim", "ifelse", "set_subtensor", "pad", "overlaps",
        "tracked",
    ):  # fmt: skip
        assert found == 0
    else:
        assert found == result.size
    read = elements_read(node, shapes.__getitem__)
    assert all(0 <= count <= array.size for count, array in zip(read, arrays, strict=True))
    if name in ("gather", "subtensor", "diagonal") and not any(array.dtype == bool for array in arrays):
        assert read[0] == min(result.size, arrays[0].size)


def test_a_gather_reads_its_rows_alone():
    """Two rows of a large table were counted as the whole table."""
    table, index = T.fmatrix("table"), T.lvector("index")
    f = sd.function([table, index], table[index], backend="numpy")
    (row,) = sd.inspect.cost(f, np.ones((1000, 8), "float32"), np.array([3, 4])).rows
    assert (row.flops, row.moved) == (0, 2 * (2 * 8 * 4) + 2 * 8)


def test_own_ops_are_counted_by_what_they_declare():
    """A map, a composed formula, the maps of a contraction: nothing else is written down anywhere."""
    x, w, index = T.dmatrix("x"), T.dvector("w"), T.lvector("index")
    arrays = np.ones((5, 4)), np.ones(3), np.array([0, 4])

    def rows(y):
        f = sd.function([x, w, index], y, backend="numpy", on_unused_input="ignore")
        return sd.inspect.cost(f, *arrays).rows

    (gathered,) = rows(counted_rows(x, index))
    assert (gathered.flops, gathered.moved) == (0, 8 * (2 * 8 + 2))
    (squares,) = rows(counted_squares(x, axis=(1,)))
    assert (squares.flops, squares.moved) == (2 * 20, 8 * (20 + 5))
    windows = rows(counted_windows(x[0], w))[-1]
    assert (windows.flops, windows.moved) == (2 * 2 * 3, 8 * (4 + 3 + 2))
    mapped = [row for row in rows(sd.vmap(lambda v: counted_windows(v, w))(x)) if row.flops]
    assert [row.flops for row in mapped] == [5 * 2 * 2 * 3]
    assert sum(row.flops for row in rows(sd.vmap(lambda k: counted_rows(x, T.stack([k, k])))(index))) == 0


def test_kernels_of_a_gather_move_its_rows_alone():
    """The roofline counts what a kernel reads, not the table that it reads from."""
    table, index = T.fmatrix("table"), T.lvector("index")
    f = sd.function([table, index], T.tanh(table[index]), backend="native")
    rows = sd.inspect.cost(f, np.ones((10_000, 8), "float32"), np.array([3, 4]), by="kernel").rows
    assert sum(row.moved for row in rows) < 1000


def test_a_number_beside_an_array_is_no_operation():
    """A kernel's operations are those of its formula: a number repeated over the lanes of a vector costs none."""
    x = T.dvector("x")
    f = sd.function([x], 2 * x + 1, backend="native")
    (row,) = sd.inspect.cost(f, np.ones(1000), by="kernel").rows
    assert row.flops == 2 * 1000
