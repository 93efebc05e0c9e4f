"""Every elementwise op of the registry: shapes, dtypes, memory, values against NumPy's and SciPy's, and gradients."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError
from symdrop.graph import Graph
from symdrop.op import evaluate, lookup
from symdrop.ops.numpy_maths import NUMPY
from symdrop.types import DTYPES
from tests.ops.samples import (
    ACCEPTED,
    BARRIERS,
    DRAWN,
    ELEMENTWISE,
    check_types,
    check_values,
    elsewhere,
    leaf,
    operands,
    parameters,
    unknown_slopes,
)


def unstable_dtypes(op, dtype):
    """NumPy computes sqrt of int8 in float16; we compute it in float32. There is nothing to compare."""
    return op.returns == "float" and dtype not in ("float32", "float64")


# Elementwise ops.

SHAPES = {
    "scalar": [()] * 4,
    "vector": [(3,)] * 4,
    "empty": [(0,)] * 4,
    "empty matrix": [(2, 0)] * 4,
    "size 1": [(1, 1)] * 4,
    "tensor": [(2, 1, 3)] * 4,
    "broadcasting": [(2, 1, 3), (4, 1), (), (4, 3)],
    "a scalar first": [(), (3,), (2, 1), (1,)],
    "an empty axis meets 1": [(0, 3), (1, 3), (3,), (1, 1)],
}
STRETCHED = (SHAPES["scalar"], SHAPES["broadcasting"])
SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0])


def dtype_of(op, widest):
    """The dtype on which to try shapes and memory."""
    return {"integer": "int16", "discrete": "int16", "bool": "bool"}.get(op.accepts, widest)


def in_shapes(op, known):
    """An op applied to operands of every shape: nodes, their input variables, and arrays for these."""
    rng = np.random.default_rng(1)
    for shapes in SHAPES.values():
        arrays = operands(rng, op, dtype_of(op, "float64"), shapes[: op.arity])
        leaves = [leaf(array, known) for array in arrays]
        yield op(*leaves, **parameters(op)), leaves, arrays


@pytest.mark.numpy_alone
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_shapes(name):
    """Scalars, empty tensors, sizes 1, unknown sizes and stretching operands: types, sizes and values agree."""
    for known in (True, False):
        for node, leaves, arrays in in_shapes(lookup(name), known):
            check_types([node], dict(zip(leaves, arrays, strict=True)))


@pytest.mark.parametrize("name", ["abs", "sub", "where"])
def test_loops_of_every_shape(name):
    """The loops around a formula depend on its operands alone: one formula of each number of them is compiled."""
    for known in (True, False):
        check_values(list(in_shapes(lookup(name), known)))


# Functions of real numbers compute with these kinds as floats; test_casts.py tries every cast in machine code.
CAST_FIRST = "biu"

# Operands that lie strided, transposed, backwards, or in fewer places than they have elements.
MEMORY = (lambda a: a[::2, ::-1], lambda a: a.T, lambda a: a[:, 1:3], lambda a: np.broadcast_to(a[:1], (5, 6)))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_program(name):
    """One program gives what plain evaluation gives, wherever operands lie, alone or stretched, and of NaN."""
    op, rng = lookup(name), np.random.default_rng(2)
    dtype = dtype_of(op, "float32")
    matrices = [operands(rng, op, dtype, [(4, 6)] * op.arity) for _ in MEMORY]
    layouts = [[change(array) for array in arrays] for change, arrays in zip(MEMORY, matrices, strict=True)]
    others = [[operands(rng, op, dtype, shapes[: op.arity]) for _ in layouts] for shapes in STRETCHED]
    cases = []
    for calls in (layouts, *others):
        leaves = [leaf(array, known=False) for array in calls[0]]
        cases.append((op(*leaves, **parameters(op)), leaves, *calls))
    if "f" in ACCEPTED[op.accepts]:
        arrays = [np.roll(SPECIAL, i) for i in range(op.arity)]
        if op.condition:
            arrays[0] = np.array([True, False] * 3)
        leaves = [leaf(array) for array in arrays]
        cases.append((op(*leaves, **parameters(op)), leaves, *[arrays] * len(MEMORY)))
    check_values(cases)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_dtypes(name):
    """Every dtype an op accepts has the value NumPy or SciPy gives; every other is refused while building."""
    op, rng = lookup(name), np.random.default_rng(3)
    reference = elsewhere(name)
    cases = []
    for width, dtype in enumerate(DTYPES, 3):
        # Of different sizes, so that no two of them share a loop.
        arrays = operands(rng, op, dtype, [(2, width)] * op.arity)
        leaves = [leaf(array) for array in arrays]
        if np.dtype(dtype).kind not in ACCEPTED[op.accepts]:
            with pytest.raises(GraphTypeError, match=f"{name}\\(.*not defined for"):
                op(*leaves, **parameters(op))
            continue
        node = op(*leaves, **parameters(op))
        if op.returns == "float" and np.dtype(dtype).kind in CAST_FIRST:
            check_types([node], dict(zip(leaves, arrays, strict=True)))
        else:
            cases.append((node, leaves, arrays))
        if reference and dtype != "float16" and not unstable_dtypes(op, dtype):
            with np.errstate(all="ignore"):
                expected = np.asarray(reference(*arrays, **parameters(op)))
                (got,) = evaluate(Graph(leaves, [node]), NUMPY, dict(zip(leaves, arrays, strict=True)))
            tolerance = 50 * np.finfo(dtype).eps if np.dtype(dtype).kind == "f" else 0
            np.testing.assert_allclose(np.asarray(got), expected, rtol=tolerance, atol=tolerance)
    check_values(cases)


def test_most_elementwise_ops_have_a_reference():
    """The comparison with NumPy and SciPy is not empty by accident."""
    without = [name for name in ELEMENTWISE if elsewhere(name) is None and name not in BARRIERS + DRAWN]
    assert len(without) <= 6, without


@pytest.mark.numpy_alone
@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if name not in BARRIERS])
def test_elementwise_gradients(name):
    """Reverse and forward mode agree with differences to order 2, on scalars, tensors and stretched operands.

    Points are random in the op's domain: an op with kinks (abs, floor, maximum) is smooth there with certainty enough.
    """
    op, rng = lookup(name), np.random.default_rng(4)
    if "f" not in ACCEPTED[op.accepts] or op.pull_rule is None:
        return
    for shapes in ([(2, 3)] * 4, [(2, 1), (3,), (), ()]):
        points = operands(rng, op, "float64", shapes[: op.arity])
        if op(*points, **parameters(op)).dtype[0] != "f":
            leaves = [leaf(point) for point in points]
            with pytest.raises(sd.inspect.check.SymdropError, match="does not depend on"):
                sd.grad(T.cast(op(*leaves, **parameters(op)), "float64").sum(), leaves)
            return
        moving = [i for i in range(op.arity) if i not in unknown_slopes(op)]
        if not moving:
            return

        def of_moving(*nodes, moving=moving, points=points):
            given = dict(zip(moving, nodes, strict=True))
            return op(*[given.get(i, point) for i, point in enumerate(points)], **parameters(op))

        with sd.config.change(backend="numpy"):
            sd.verify_grad(of_moving, [points[i] for i in moving], rng=rng)


@pytest.mark.numpy_alone
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_declared_linearity(name):
    """What an op declares itself linear in, it is linear in: structural zeros and forward mode rely on it."""
    op, rng = lookup(name), np.random.default_rng(5)
    if "f" not in ACCEPTED[op.accepts]:
        return
    for moving in ([i] for i in op.linear_in):
        _check_linear(op, rng, moving)
    if op.jointly_linear_in:
        _check_linear(op, rng, list(op.jointly_linear_in))


def _check_linear(op, rng, moving):
    shapes = [(4,)] * op.arity
    first, second = operands(rng, op, "float64", shapes), operands(rng, op, "float64", shapes)
    second = [b if i in moving else a for i, (a, b) in enumerate(zip(first, second, strict=True))]
    both = [a + 2 * b if i in moving else a for i, (a, b) in enumerate(zip(first, second, strict=True))]
    value = [np.asarray(op.evaluate(NUMPY, arrays, parameters(op))) for arrays in (first, second, both)]
    np.testing.assert_allclose(value[2], value[0] + 2 * value[1], rtol=1e-12, atol=1e-12)
