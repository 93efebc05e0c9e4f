"""Variables, constants, and tensors made from sizes and rules."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, ShapeError
from symdrop.graph import Node
from symdrop.types import TensorType

DTYPES = {"b": "int8", "w": "int16", "i": "int32", "l": "int64", "f": "float32", "d": "float64"}
SHAPES = {"scalar": (), "vector": (None,), "row": (1, None), "col": (None, 1), "matrix": (None, None)} | {
    f"tensor{n}": (None,) * n for n in (3, 4, 5)
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_constructor_has_its_rank_and_dtype(name: str) -> None:
    # The table of names is Theano's; a wrong entry would be a wrong dtype far away.
    for prefix, dtype in DTYPES.items():
        made = getattr(T, prefix + name)("x")
        assert made.type == TensorType(dtype, SHAPES[name])
        assert made.name == "x"
    plural = getattr(T, "i" + ("matrices" if name == "matrix" else name + "s"))
    assert [node.type for node in plural("a b")] == [TensorType("int32", SHAPES[name])] * 2


def test_floatx_is_read_when_a_variable_is_made() -> None:
    # Changing the setting must not change variables that exist.
    before = T.matrix("x")
    with sd.config.change(floatX="float64"):
        assert T.matrix("x").dtype == T.matrix("x", dtype="floatX").dtype == T.zeros(3).dtype == "float64"
    assert before.dtype == T.tensor("floatX", (3,)).dtype == "float32"


def test_shapes_of_variables_are_refined() -> None:
    # shape=(None, 784) is what makes a product's sizes known.
    assert T.matrix("x", shape=(None, 784)).type.shape == (None, 784)
    assert T.row("x", shape=(None, 3)).type.shape == (1, 3)


def test_plural_forms() -> None:
    """Theano's three ways to ask for several variables."""
    assert [x.name for x in T.vectors("x y")] == [x.name for x in T.vectors("x", "y")] == ["x", "y"]
    assert [x.name for x in T.dscalars(2)] == [None, None]
    with pytest.raises(ArgumentError, match="vectors"):
        T.vectors()


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: T.matrix("x", dtype="complex64"), GraphTypeError, "complex64"),
        (lambda: T.matrix("x", dtype="nonsense"), GraphTypeError, "nonsense"),
        (lambda: T.fmatrix("x", dtype="float64"), GraphTypeError, "fmatrix makes float32"),
        (lambda: T.matrix("x", shape=(3,)), ShapeError, "does not fit matrix"),
        (lambda: T.row("x", shape=(2, 3)), ShapeError, "does not fit row"),
        (lambda: T.tensor("float32", (-1,)), ShapeError, "negative"),
        (lambda: T.tensor("float32", (True, False)), GraphTypeError, "1 for an axis that broadcasts"),
        (lambda: T.tensor("float32", (2.5,)), GraphTypeError, "2.5"),
        (lambda: T.tensor("float32", (T.iscalar("n"),)), GraphTypeError, "write None"),
        (lambda: T.matrix(3), GraphTypeError, "a name is a string, not 3"),
        (lambda: T.constant("text"), GraphTypeError, "dtype"),
        (lambda: T.full((2,), [1, 2]), GraphTypeError, "broadcast_to"),
        (lambda: T.zeros(2.5), GraphTypeError, "2.5"),
        (lambda: T.zeros(T.ivector("s")), ShapeError, "unknown length"),
        (lambda: T.arange(0, 1, 0), ArgumentError, "step of 0"),
        (lambda: T.arange([1, 2]), GraphTypeError, "scalars"),
        (lambda: T.arange(float("nan")), ArgumentError, "finite"),
        (lambda: T.eye(2.0), GraphTypeError, "2.0"),
        (lambda: T.tril(T.vector("x")), GraphTypeError, "matrix"),
        (lambda: T.diag(T.tensor3("x")), GraphTypeError, "vector or matrix"),
        (lambda: T.nonzero(T.scalar("x")), GraphTypeError, "scalar"),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused(build: Any, error: type[Exception], words: str) -> None:
    # One clear sentence at the line that is wrong.
    with pytest.raises(error, match=words):
        build()


@functools.cache
def arange_of(*dtypes: str) -> sd.Function:
    """One program for all bounds of the same dtypes."""
    bounds = [T.tensor(dtype, ()) for dtype in dtypes]
    return sd.function(bounds, T.arange(*bounds))


numbers = st.integers(-5, 5) | st.floats(-4, 4).map(lambda value: round(value, 1))


@settings(deadline=None)
@given(numbers, numbers, numbers.filter(bool))
def test_arange_is_numpys(start: Any, stop: Any, step: Any) -> None:
    # Constants give a known size, variables an unknown one; both must give NumPy's numbers.
    expected = np.arange(start, stop, step)
    dtype = "int64" if expected.dtype.kind == "i" else "float32"
    constant = T.arange(start, stop, step)
    assert constant.type == TensorType(dtype, expected.shape)
    with sd.config.change(backend="numpy"):
        np.testing.assert_array_equal(constant.eval(), np.arange(start, stop, step, dtype))
    a, b, c = (T.tensor(np.asarray(value).dtype, ()) for value in (start, stop, step))
    symbolic = T.arange(a, b, c)
    assert symbolic.type.shape == (None,)
    found = arange_of(*(node.dtype for node in (a, b, c)))(start, stop, step)
    np.testing.assert_array_equal(found, expected)
    assert symbolic.dtype == expected.dtype


def test_arange_takes_dtypes_from_scalars() -> None:
    # Small integers count in int64, as NumPy and Theano have it; float32 scalars stay float32.
    assert T.arange(T.bscalar("n")).dtype == "int64"
    assert T.arange(T.fscalar("x")).dtype == "float32"
    assert T.arange(T.dscalar("x")).dtype == "float64"
    assert T.arange(3, dtype="int8").dtype == "int8"


def test_constant_tensors() -> None:
    """Sizes may be symbolic;
    what they are filled with does not promote what they meet any less than a variable would.
    """
    x, n = T.fmatrix("x"), T.iscalar("n")
    value = np.ones((2, 3), np.float32)
    assert T.zeros((n, x.shape[1])).eval({n: 4, x: value}).shape == (4, 3)
    assert T.ones(T.constant([2, 1])).type.shape == (2, 1)
    assert T.ones_like(x).eval({x: value}).tolist() == value.tolist()
    assert T.full_like(x, 2, dtype="int8").dtype == "int8"
    assert T.full(2, n).eval({n: 5}).tolist() == [5, 5]
    assert T.alloc(x, 4, n, 3).eval({x: value, n: 2}).shape == (4, 2, 3)
    assert (T.zeros(3, "float64") + T.fvector("v")).dtype == "float64"
    assert T.full(2, 7).dtype == "int64"
    assert T.full(2, 0.5).dtype == "float32"


def test_zeros_written_by_the_user_are_numbers() -> None:
    # 0 * inf is NaN as in NumPy: only zeros the engine made may swallow infinities.
    x = T.vector("x")
    with np.errstate(invalid="ignore"):
        assert np.isnan((T.zeros_like(x) * x).eval({x: [np.inf]})).all()


@pytest.mark.parametrize("k", [-3, -1, 0, 2, 5])
def test_diagonals_and_triangles_are_numpys(k: int) -> None:
    # Diagonals inside, at the edge of, and outside a matrix that is not square.
    value, stack = np.arange(12.0).reshape(3, 4), np.arange(24.0).reshape(2, 3, 4)
    unknown, known = T.dmatrix("x"), T.dmatrix("x", shape=(3, 4))
    y, n = T.dtensor3("y"), T.iscalar("n")
    pairs = [
        (T.eye(3, 4, k), np.eye(3, 4, k)), (T.eye(n, k=k, dtype="int8"), np.eye(3, k=k)),
        (T.triu(y, k), np.triu(stack, k)), (T.diagonal(y, k, 2, 0), np.diagonal(stack, k, 2, 0)),
    ]  # fmt: skip
    for x in (unknown, known):
        for ours, numpys in ((T.tril, np.tril), (T.triu, np.triu), (T.diag, np.diag), (T.diagonal, np.diagonal)):
            pairs.append((ours(x, k), numpys(value, k)))
        pairs.append((T.diag(x[0], k), np.diag(value[0], k)))
    found = sd.function([unknown, known, y, n], [node for node, _ in pairs])(value, value, stack, 3)
    for got, (_, expected) in zip(found, pairs, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_the_gradient_of_a_diagonal_is_a_diagonal() -> None:
    # The transpose of taking a diagonal is putting one back.
    x = T.dmatrix("x", shape=(2, 3))
    gradient = sd.grad((T.diagonal(x, 1) * np.array([1.0, 2.0])).sum(), x)
    assert gradient.eval({x: np.ones((2, 3))}).tolist() == [[0, 1, 0], [0, 0, 2]]


def test_linspace_ends_where_it_should() -> None:
    # Rounding must not carry the last number past the end, whatever the count.
    for num in (0, 1, 2, 7):
        n = T.iscalar("n")
        for count, values in ((num, {}), (n, {n: num})):
            got = T.linspace(-1, 0.7, count, dtype="float64").eval(values)
            np.testing.assert_allclose(got, np.linspace(-1, 0.7, num), rtol=1e-15, atol=1e-15)


def test_as_tensor_variable() -> None:
    # A node stays itself; numbers and arrays become constants; ndim pads on the left.
    x = T.vector("x")
    assert T.as_tensor_variable(x) is x
    assert T.as_tensor_variable(x, ndim=2).type.shape == (1, None)
    assert T.as_tensor_variable([1.5], name="c").name == "c"
    with pytest.raises(GraphTypeError, match="more than 0 axes"):
        T.as_tensor_variable(x, ndim=0)
    assert isinstance(T.as_tensor_variable(3), Node)
