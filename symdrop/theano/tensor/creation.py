"""Tensors whose dtype is Theano's floatX unless somebody says otherwise.

Read next: forms.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import tensor as engine
from ...binding import public
from ...errors import GraphTypeError, here
from ...graph import Node, describe
from ...op import as_node
from ...tensor.costs import class_labels
from ...types import is_float
from ..settings import resolved


@public
def constant(x: Any, name: str | None = None, ndim: int | None = None, dtype: Any = None) -> Node:
    """A node with a fixed value.

    Args:
        x: a number or array.
        name: for printing.
        ndim: the rank it must have.
        dtype: by default that of an array, floatX for a Python float, the smallest that holds it for a Python integer.

    Returns:
        A leaf of the graph.

    Raises:
        GraphTypeError: if the value is not numeric.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.constant(1).dtype, T.constant(1000).dtype, T.constant(0.1).dtype
        ('int8', 'int16', 'float64')
    """
    if dtype is not None:
        dtype = resolved(dtype)
    elif isinstance(x, float) and not isinstance(x, np.generic):
        dtype = resolved(None)
    elif isinstance(x, int) and not isinstance(x, bool):
        dtype = next((f"int{bits}" for bits in (8, 16, 32) if -(2 ** (bits - 1)) <= x < 2 ** (bits - 1)), None)
    return engine.as_tensor_variable(engine.constant(x, dtype, name), ndim=ndim)


@public
def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Node:
    """A node for a number, array, list of nodes, or node.

    Args:
        x: what to convert; a node stays itself.
        name: for a value that is not yet a node.
        ndim: the rank it must have, new axes being added on the left.

    Returns:
        A node.

    Raises:
        GraphTypeError: if x cannot stand in an expression, or has more axes than ``ndim``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.as_tensor_variable(0.5).dtype
        'float64'
    """
    plain = isinstance(x, bool | int | float) and not isinstance(x, np.generic)
    return constant(x, name, ndim) if plain else engine.as_tensor_variable(x, name, ndim)


@public
def cast(x: Any, dtype: Any) -> Node:
    """x in another dtype.

    Args:
        x: a variable, array or number.
        dtype: a dtype name; "floatX" means ``theano.config.floatX``.

    Returns:
        A variable of x's shape.

    Raises:
        GraphTypeError: for an unsupported dtype.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.cast(T.ivector("x"), "floatX").dtype
        'float64'
    """
    return engine.cast(x, resolved(dtype))


@public
def zeros(shape: Any, dtype: Any = None) -> Node:
    """A tensor of zeros.

    Args:
        shape: a size or a sequence of sizes, which may be symbolic.
        dtype: by default ``theano.config.floatX``.

    Returns:
        A tensor of that shape.

    Raises:
        ShapeError: if the number of axes cannot be known.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.zeros(3).type
        TensorType(float64, (False,))
    """
    return engine.zeros(shape, resolved(dtype))


@public
def ones(shape: Any, dtype: Any = None) -> Node:
    """A tensor of ones; see ``zeros``.

    Args:
        shape, dtype: as of ``zeros``.

    Returns:
        A tensor of that shape.

    Raises:
        ShapeError: as ``zeros``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.ones((2, 1)).eval().tolist()
        [[1.0], [1.0]]
    """
    return engine.ones(shape, resolved(dtype))


@public
def alloc(value: Any, *shape: Any) -> Node:
    """A value stretched to a shape.

    Args:
        value: a number or tensor of at most as many axes as there are sizes; a Python float is of dtype floatX.
        *shape: the sizes, which may be symbolic.

    Returns:
        A tensor of that shape.

    Raises:
        ShapeError: if an axis of the value neither has size 1 nor the size wanted.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.alloc(0.0, 2, 3).type
        TensorType(float64, (False, False))
    """
    return engine.alloc(as_tensor_variable(value), *shape)


@public
def zeros_like(model: Any, dtype: Any = None, opt: bool = False) -> Node:
    """A tensor of zeros in the shape of another.

    Args:
        model: the tensor that gives shape and dtype.
        dtype: by default that of the model.
        opt: accepted; it changes nothing.

    Returns:
        A tensor of the model's shape.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.zeros_like(T.ivector("x"), "floatX").dtype
        'float64'
    """
    return engine.zeros_like(model, None if dtype is None else resolved(dtype))


@public
def ones_like(model: Any, dtype: Any = None, opt: bool = False) -> Node:
    """A tensor of ones in the shape of another.

    Args:
        model, dtype, opt: as of ``zeros_like``.

    Returns:
        A tensor of the model's shape.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.ones_like(T.ivector("x")).dtype
        'int32'
    """
    return engine.ones_like(model, None if dtype is None else resolved(dtype))


@public
def eye(n: Any, m: Any = None, k: int = 0, dtype: Any = None) -> Node:
    """A matrix with ones on a diagonal and zeros elsewhere.

    Args:
        n, m: numbers of rows and columns.
        k: which diagonal.
        dtype: by default ``theano.config.floatX``.

    Returns:
        A matrix of shape (n, m).

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.eye(2).dtype
        'float64'
    """
    return engine.eye(n, m, k, resolved(dtype))


@public
def identity_like(x: Any) -> Node:
    """A matrix with ones on its main diagonal, in the shape and dtype of another.

    Args:
        x: the other matrix.

    Returns:
        A matrix.

    Raises:
        GraphTypeError: if x is not a matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.identity_like(T.imatrix("x")).dtype
        'int32'
    """
    return engine.identity_like(x)


@public
def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Node:
    """The numbers start, start + step, ... before stop.

    Args:
        start, stop, step: as of ``range``; they may be symbolic.
        dtype: by default int64 for integers, floatX for Python's floats.

    Returns:
        A vector.

    Raises:
        ArgumentError: if the step is 0.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.arange(3).dtype, T.arange(3.0).dtype
        ('int64', 'float64')
    """
    if dtype is None and all(isinstance(one, int | float) or one is None for one in (start, stop, step)):
        dtype = "floatX" if any(isinstance(one, float) for one in (start, stop, step)) else None
    return engine.arange(start, stop, step, None if dtype is None else resolved(dtype))


@public
def to_one_hot(y: Any, nb_class: Any, dtype: Any = None) -> Node:
    """Classes as rows of zeros with a one.

    Args:
        y: a vector of integers.
        nb_class: the number of classes.
        dtype: by default ``theano.config.floatX``.

    Returns:
        A matrix (len(y), nb_class).

    Raises:
        GraphTypeError: if y is not of integers.
        IndexingError: for a label below 0 or not below ``nb_class``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.extra_ops.to_one_hot(T.constant([1, 0]), 2).eval().tolist()
        [[0.0, 1.0], [1.0, 0.0]]
    """
    given = as_node(y)
    if is_float(given.dtype):
        raise GraphTypeError(f"class labels are integers, not {describe(given)}{here()}")
    labels = class_labels(given, nb_class, f"a class label of {describe(given)}")
    return cast(engine.eq(labels.dimshuffle(0, "x"), engine.arange(nb_class)), dtype)


__all__ = [
    "alloc", "arange", "as_tensor_variable", "cast", "constant", "eye", "identity_like", "ones", "ones_like",
    "to_one_hot", "zeros", "zeros_like",
]  # fmt: skip
