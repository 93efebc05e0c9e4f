"""Tensors whose dtype is Theano's floatX unless somebody says otherwise.

Read next: constants.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ... import tensor as engine
from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node
from ...types import is_float
from ..dtypes import upcast, variable
from ..generic import is_object, reading
from ..settings import resolved
from ..variable import TensorType, spoken


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
    return engine.cast(variable(x), resolved(dtype))


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
        TensorType(float64, vector)
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
        value: a number, of the dtype that ``constant`` gives it, or tensor of at most as many axes as there are sizes.
        *shape: the sizes, which may be symbolic.

    Returns:
        A tensor of that shape.

    Raises:
        ShapeError: if an axis of the value neither has size 1 nor the size wanted.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.alloc(0.1, 2, 3).type
        TensorType(float64, matrix)
    """
    return engine.alloc(variable(value), *shape)


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
    return engine.zeros_like(variable(model), None if dtype is None else resolved(dtype))


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
    return engine.ones_like(variable(model), None if dtype is None else resolved(dtype))


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
        dtype: by default int64 for integers, else that in which the three meet.

    Returns:
        A vector.

    Raises:
        ArgumentError: if the step is 0.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.arange(3).dtype, T.arange(0, 1, 0.1).dtype
        ('int64', 'float64')
    """
    if dtype is None:
        met = upcast(*(variable(one).dtype for one in (start, stop, step) if one is not None))
        dtype = met if is_float(met) else "int64"
    return engine.arange(start, stop, step, resolved(dtype))


@public
def tri(N: Any, M: Any = None, k: int = 0, dtype: Any = None) -> Node:
    """A matrix of ones on and below a diagonal, zeros above it.

    Args:
        N, M, k, dtype: as of ``eye``.

    Returns:
        A matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.tri(2).eval().tolist()
        [[1.0, 0.0], [1.0, 1.0]]
    """
    made: Node = engine.tri(N, M, k, resolved(dtype))
    return made


@dataclass(frozen=True)
class Load:
    """Reading of an array from a file of ``np.save``.

    Args:
        type: the type that it has to have.
        mmap_mode: None, or "c" for memory that the file is mapped into.
    """

    type: TensorType
    mmap_mode: Literal["c"] | None

    def __call__(self, path: Any) -> np.ndarray[Any, Any]:
        """The array in a file."""
        made: np.ndarray[Any, Any] = np.load(path, mmap_mode=self.mmap_mode, allow_pickle=False)
        if made.dtype != self.type.dtype:
            raise GraphTypeError(
                f"Expected an array of type {self.type.dtype}, got {made.dtype} in {shown(path)}{here()}"
            )
        self.type.filter(made)
        return made


@public
def load(path: Any, dtype: Any, broadcastable: Sequence[bool], mmap_mode: Literal["c"] | None = None) -> Node:
    """The array in a file that ``np.save`` wrote; it is read by each call of a function that uses it.

    Args:
        path: a variable of the file's name, as ``theano.generic()`` makes it; or the name, which is read at once.
        dtype: the dtype of the array.
        broadcastable: for every axis whether its size is 1.
        mmap_mode: "c" to map the file into memory, of which nothing is written back.

    Returns:
        A variable.

    Raises:
        ArgumentError: for another ``mmap_mode``.
        GraphTypeError: if the array is of another type.

    Example:
        >>> import os, tempfile
        >>> import numpy as np
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> path = theano.generic("path")
        >>> f = theano.function([path], T.load(path, "int64", (False,)) * 2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.save(os.path.join(folder, "a.npy"), np.arange(3))
        ...     f(os.path.join(folder, "a.npy")).tolist()
        [0, 2, 4]
    """
    if mmap_mode not in (None, "c"):
        raise ArgumentError(f"The only supported values for mmap_mode are None and 'c', got {shown(mmap_mode)}{here()}")
    read = Load(TensorType(dtype, broadcastable), mmap_mode)
    made: Node = reading(path, read.type, read) if is_object(path) else variable(read(path))
    return made


class Grid:
    """Coordinates of the points of a grid, one tensor an axis: ``T.mgrid[0:2, 0:3]``.

    Args:
        sparse: whether each has size 1 along the axes of the others, as of ``T.ogrid``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> [part.eval().tolist() for part in T.ogrid[0:2, 0:3]]
        [[[0], [1]], [[0, 1, 2]]]
    """

    @public
    def __init__(self, sparse: bool = False) -> None:
        self.sparse = sparse

    def __getitem__(self, slices: Any) -> list[Node]:
        listed = slices if isinstance(slices, tuple) else (slices,)
        lines = [
            arange(0 if one.start is None else one.start, one.stop, 1 if one.step is None else one.step)
            for one in listed
        ]
        here = range(len(lines))
        thin = [line.dimshuffle(*(0 if axis == own else "x" for axis in here)) for own, line in enumerate(lines)]
        if self.sparse:
            return thin
        whole = thin[0]
        for other in thin[1:]:
            whole = engine.add(whole, other)
        return [spoken(engine.add(engine.zeros_like(whole, one.dtype), one)) for one in thin]


mgrid, ogrid = Grid(), Grid(sparse=True)


__all__ = ["alloc", "arange", "cast", "eye", "identity_like", "load", "ones", "ones_like", "tri", "zeros", "zeros_like"]
