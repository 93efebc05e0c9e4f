"""Products of matrices against NumPy: values, dtypes, shapes, gradients, errors."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError, ShapeError
from tests.helpers.derivatives import check_derivatives

RNG = np.random.default_rng(0)

PRODUCTS = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (3,)), ((2, 3), (5, 3, 4)), ((3,), (5, 3, 4)), ((5, 1, 2, 3), (1, 6, 3, 4)), ((6, 2, 3), (5, 6, 3, 4)),
    ((1, 2, 3), (5, 3, 4)), ((2, 0), (0, 3)), ((0, 3), (3, 2)), ((0, 2, 3), (0, 3, 4)), ((1, 1), (1, 1)),
]  # fmt: skip


def leaves(*arrays, known=False):
    """Inputs for arrays: all sizes known, or only those that are 1 (which then may stretch)."""
    shapes = [a.shape if known else tuple(1 if n == 1 else None for n in a.shape) for a in arrays]
    return [T.tensor(dtype=a.dtype, shape=s, name=n) for a, s, n in zip(arrays, shapes, "ab", strict=False)]


def check(op, reference, first, second):
    """Values and types agree with NumPy's whether sizes are known or not."""
    a, b = RNG.uniform(-1, 1, first), RNG.uniform(-1, 1, second)
    expected = reference(a, b)
    pairs = [leaves(a, b, known=known) for known in (True, False)]
    nodes = [op(x, y) for x, y in pairs]
    for node, found in zip(nodes, sd.function([*pairs[0], *pairs[1]], nodes)(a, b, a, b), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
        assert found.shape == expected.shape
        assert all(n in (None, m) for n, m in zip(node.type.shape, expected.shape, strict=True))


@pytest.mark.parametrize(("first", "second"), PRODUCTS)
def test_matmul_is_that_of_numpy(first, second):
    check(T.matmul, np.matmul, first, second)


@pytest.mark.parametrize(("first", "second"), PRODUCTS)
def test_gradient_of_matmul(first, second):
    # Vectors, stretched stacks and empty axes each take their own way back.
    check_derivatives(T.matmul, [RNG.uniform(-1, 1, first), RNG.uniform(-1, 1, second)], order=2)


@pytest.mark.parametrize(
    ("first", "second"),
    [((), (3,)), ((2, 3), ()), ((3,), (3,)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
     ((3,), (5, 3, 4)), ((5, 2, 3), (6, 3, 4)), ((5, 2, 3), (3,))],
)  # fmt: skip
def test_dot_sums_over_last_and_second_to_last(first, second):
    # Unlike matmul, dot of two stacks pairs every matrix of one with every matrix of the other.
    check(T.dot, np.dot, first, second)


@pytest.mark.parametrize(
    ("first", "second", "axes"),
    [
        ((2, 3, 4), (3, 4, 5), 2),
        ((2, 3, 4), (4, 3, 5), ((1, 2), (1, 0))),
        ((2, 3, 4), (4, 3, 5), ([2, 1], [0, 1])),
        ((2, 3, 4), (4, 3, 5), (np.array([2, 1]), np.array([0, 1]))),
        ((2, 3), (4, 5), 0),
        ((2, 3, 4), (5, 3), (1, -1)),
        ((2, 3), (2, 3), 2),
        ((2, 3), (3, 2), ((0, 1), (1, 0))),
        ((3,), (3,), 1),
        ((0, 3), (3, 2), 1),
    ],
)
def test_tensordot_is_that_of_numpy(first, second, axes):
    check(lambda a, b: T.tensordot(a, b, axes), lambda a, b: np.tensordot(a, b, axes), first, second)
    check_derivatives(lambda a, b: T.tensordot(a, b, axes), [RNG.uniform(-1, 1, first), RNG.uniform(-1, 1, second)])


@pytest.mark.parametrize(
    ("first", "second"),
    [((5, 2, 3), (5, 3, 4)), ((5, 3), (5, 3)), ((5, 2, 3), (5, 3)), ((5, 3), (5, 3, 4)), ((5, 2, 2, 3), (5, 4, 3, 2)),
     ((0, 2, 3), (0, 3, 4))],
)  # fmt: skip
def test_batched_dot_is_dot_of_every_pair(first, second):
    def reference(a, b):
        shape = np.dot(np.zeros(first[1:]), np.zeros(second[1:])).shape
        return np.array([np.dot(p, q) for p, q in zip(a, b, strict=True)]).reshape((first[0], *shape))

    check(T.batched_dot, reference, first, second)


@pytest.mark.parametrize(("first", "second"), [((3,), (4,)), ((2, 3), (4,)), ((), (2,)), ((0,), (2,))])
def test_outer_flattens(first, second):
    """Operands of any rank are flattened first, as in NumPy."""
    check(T.outer, np.outer, first, second)


@pytest.mark.parametrize(("first", "second"), [((2, 3), (4, 3)), ((3,), (3,)), ((), (2,)), ((5, 2, 3), (3,))])
def test_inner_sums_over_last_axes(first, second):
    check(T.inner, np.inner, first, second)


def test_trace():
    """The sum of a diagonal of any two axes, with an offset, is NumPy's."""
    x = RNG.uniform(-1, 1, (3, 4, 2))
    np.testing.assert_allclose(T.trace(T.constant(x), 1, 1, 0).eval(), np.trace(x, 1, 1, 0))


@pytest.mark.parametrize("second", ["bool", "int32", "float32", "float64"])
def test_dtypes_meet_as_in_numpy(second):
    # Integers and truth values have products too: exact ones, and "or of ands".
    firsts = [np.array([[1, 0], [1, 1]]).astype(t) for t in ("bool", "int8", "uint8", "int64", "float32", "float64")]
    b = np.array([[1, 1], [0, 1]]).astype(second)
    x, y = [leaves(a)[0] for a in firsts], T.matrix("y", dtype=second)
    for found, a in zip(sd.function([*x, y], [one @ y for one in x])(*firsts, b), firsts, strict=True):
        assert found.dtype == (a @ b).dtype
        np.testing.assert_array_equal(found, a @ b)


def test_float16_is_multiplied_in_float32():
    # float16 is a storage dtype; NumPy's float16 product would be slow and coarse.
    assert T.matmul(T.matrix("a", dtype="float16"), T.matrix("b", dtype="float16")).dtype == "float32"


def test_a_stack_times_a_matrix_is_one_product():
    # The rows of all matrices are joined: values and gradients are one large product instead of many small ones.
    node = T.tensor3("a", shape=(None, 7, 3)) @ T.matrix("b", shape=(3, 4))
    assert node.op.name == "reshape" and node.inputs[0].op.name == "matmul" and node.inputs[0].ndim == 2


def test_operands_may_be_arrays_and_lists():
    x = T.dvector("x")
    for built in (np.eye(2) @ x, [[1.0, 0.0], [0.0, 1.0]] @ x, x.dot(np.eye(2)), np.dot(np.eye(2), x)):
        np.testing.assert_array_equal(built.eval({x: [1.0, 2.0]}), [1, 2])


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: T.matrix("a", shape=(2, 3)) @ T.matrix("b", shape=(4, 5)), ShapeError, r"a: .*b: .*3, axis 0 .* 4"),
        (lambda: T.matrix("a", shape=(2, 3)) @ T.vector("b", shape=(4,)), ShapeError, "the only axis of the second 4"),
        (lambda: T.tensor3("a", shape=(2, 3, 4)) @ T.matrix("b", shape=(5, 6)), ShapeError, r"4\) and \(5, 6\)"),
        (lambda: T.tensor3("a", shape=(2, 3, 4)) @ T.tensor3("b", shape=(3, 4, 6)), ShapeError, "sizes 2 and 3"),
        (lambda: T.matrix("a") @ 2.0, GraphTypeError, r"write a \* b"),
        (lambda: T.tensordot(T.matrix("a"), T.matrix("b"), 3), GraphTypeError, "do not have that many axes"),
        (lambda: T.tensordot(T.matrix("a"), T.matrix("b"), ((0, 1), (0,))), GraphTypeError, "2 axes .* 1 of b"),
        (lambda: T.dot(T.matrix("a", shape=(2, 3)), T.tensor3("b", shape=(2, 4, 5))), ShapeError, "3, axis 1 .* 4"),
        (lambda: T.batched_dot(T.vector("a"), T.matrix("b")), GraphTypeError, "at least two axes"),
    ],
)
def test_misfits_are_errors_where_they_are_written(build, error, message):
    with pytest.raises(error, match=message) as caught:
        build()
    assert "test_matrix_products.py" in str(caught.value)


@pytest.mark.parametrize(("first", "second"), [((2, 3), (4, 5)), ((1, 2, 3), (4, 3, 5)), ((4, 2, 3), (1, 3, 5))])
def test_sizes_that_turn_out_not_to_fit(first, second):
    # An axis of unknown size never stretches, not even when it turns out to be 1: its gradient would be wrong.
    a, b = np.ones(first), np.ones(second)
    x, y = (T.tensor(dtype="float64", shape=(None,) * v.ndim, name=n) for v, n in ((a, "left"), (b, "right")))
    with pytest.raises(ValueError) as caught:
        sd.function([x, y], x @ y)(a, b)
    assert "left" in "".join([str(caught.value), *caught.value.__notes__])


def test_tensordot_compares_every_pair_of_sizes():
    # 2 * 3 = 3 * 2: joined axes would fit although none of the pairs does.
    x, y = T.dmatrix("x"), T.dmatrix("y")
    with pytest.raises(ShapeError):
        sd.function([x, y], T.tensordot(x, y, 2))(np.ones((2, 3)), np.ones((3, 2)))
