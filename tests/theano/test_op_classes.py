"""Ops that scripts make by Theano's classes and call; the values are those of Theano 1.0.5."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError
from symdrop.theano.element_ops import All, Any_, Prod
from symdrop.theano.tensor.extra_ops import CumOp
from symdrop.theano.tensor.sort import ArgSortOp, SortOp
from symdrop.theano.tensor_ops import Shape_i

X = T.constant(np.array([[3.0, 1.0], [2.0, 5.0]]))


@pytest.mark.parametrize(
    ("made", "given", "expected"),
    [
        (T.ARange("int32"), (0, 5, 2), [0, 2, 4]),
        (T.ARange("float64"), (0.0, 1.0, 0.25), [0.0, 0.25, 0.5, 0.75]),
        (SortOp("quicksort"), (X,), [[1.0, 3.0], [2.0, 5.0]]),
        (SortOp("quicksort"), (X, 0), [[2.0, 1.0], [3.0, 5.0]]),
        (ArgSortOp("mergesort", []), (X, 0), [[1, 0], [0, 1]]),
        (T.Dot(), (X, [1.0, 2.0]), [5.0, 12.0]),
        (T.Reshape(1), (X, [4]), [3.0, 1.0, 2.0, 5.0]),
        (T.Sum(), (X,), 11.0),
        (T.Sum(axis=0), (X,), [5.0, 6.0]),
        (Prod(axis=1), (X,), [3.0, 10.0]),
        (All(axis=1), (X,), [True, True]),
        (Any_(axis=1), (X,), [True, True]),
        (T.CAReduce(theano.scalar.add), (X,), 11.0),
        (T.CAReduce(theano.scalar.minimum, axis=0), (X,), [2.0, 1.0]),
        (T.CAReduceDtype(theano.scalar.mul, axis=1), (X,), [3.0, 10.0]),
        (T.DimShuffle((False, False), (1, "x", 0)), (X,), [[[3.0, 2.0]], [[1.0, 5.0]]]),
        (T.Join(), (0, X, X), [[3.0, 1.0], [2.0, 5.0]] * 2),
        (T.SpecifyShape(), (X, [2, 2]), [[3.0, 1.0], [2.0, 5.0]]),
        (T.AdvancedSubtensor1(), (X, [1, 0]), [[2.0, 5.0], [3.0, 1.0]]),
        (CumOp(axis=1, mode="add"), (X,), [[3.0, 4.0], [2.0, 7.0]]),
        (CumOp(axis=1, mode="mul"), (X,), [[3.0, 3.0], [2.0, 10.0]]),
        (T.Alloc(), (1.0, 1, 2), [[1.0, 1.0]]),
        (Shape_i(1), (X,), 2),
    ],
)
def test_calls(made: Any, given: tuple[Any, ...], expected: Any) -> None:
    """What was computed by an op made once and called often."""
    assert made(*given).eval().tolist() == expected


def test_several_outputs() -> None:
    """A list, as in Theano."""
    assert [one.eval().tolist() for one in T.Split(2)(X, 0, [1, 1])] == [[[3.0, 1.0]], [[2.0, 5.0]]]
    assert [one.eval().tolist() for one in T.MaxAndArgmax((0,))(X)] == [[3.0, 5.0], [0, 1]]


def test_equality_and_names() -> None:
    """Ops that are made alike are equal, and to that of a variable which such an op computed."""
    assert SortOp("mergesort", []) == SortOp("mergesort", []) != SortOp("quicksort", [])
    assert T.ARange("int32") == T.ARange("int32") != T.ARange("int64")
    assert T._dot == T.Dot() == T.dot(X, X).owner.op
    assert T.Sum(axis=[0, 1]) == T.Sum(axis=(0, 1)) and T.Sum(0).axis == (0,)
    assert T.Sum(0, dtype="float32") != T.Sum(0) and T.Sum(0, dtype="float32")(X).dtype == "float32"
    assert T.arange(3).owner.op == T.ARange("int64") and T.ARange("int32").dtype == "int32"
    texts = {
        T.ARange("int32"): "ARange{dtype='int32'}", T.Reshape(1): "Reshape{1}", T.Split(2): "Split{2}",
        T.DimShuffle((False, False), (1, "x", 0)): "InplaceDimShuffle{1,x,0}", CumOp(1): "CumOp{1, add}",
        Shape_i(1): "Shape_i{1}", T.Join(): "Join", T.Alloc(): "Alloc",
    }  # fmt: skip
    assert {str(op): text for op, text in texts.items()} == {text: text for text in texts.values()}
    assert T.DimShuffle([False, True], [0]).drop == [1]


def test_an_op_of_a_variable_computes_others() -> None:
    """``x.owner.op(y)``, by which scripts rebuild graphs."""
    assert T.sum(T.matrix(), axis=0).owner.op(X).eval().tolist() == [5.0, 6.0]
    assert T.arange(3).owner.op(0, 2, 1).eval().tolist() == [0, 1]


@pytest.mark.parametrize(
    ("ranks", "rank"), [((0, 2), None), ((3, 2), None), ((2, 3), None), ((0, 0), None), ((1, 1), 0), ((2, 1), 1)]
)
def test_dims_of_dot(ranks: tuple[int, int], rank: int | None) -> None:
    """The op took matrices and vectors alone, a TypeError for others; ``T.dot`` takes more."""
    x, y = (T.TensorType("float64", (False,) * n)() for n in ranks)
    if rank is None:
        with pytest.raises(TypeError, match=r"input \d has \d axes"):
            T._dot(x, y)
    else:
        assert T._dot(x, y).ndim == rank


def test_refusals() -> None:
    """What cannot be made, or is called with other inputs than it takes, says so."""
    for make in (T.IncSubtensor, lambda: T.Elemwise(3), lambda: T.CAReduce(theano.scalar.sub), T.Nonzero):
        with pytest.raises(GraphTypeError):
            make()
    with pytest.raises(GraphTypeError, match="made for 1 axes, not 2"):
        T.DimShuffle((False,), (0, "x"))(X)
    with pytest.raises(GraphTypeError, match="takes a tensor and a shape"):
        T.Reshape(2)(X)
    with pytest.raises(ArgumentError, match="'add' or 'mul'"):
        CumOp(0, "sub")
