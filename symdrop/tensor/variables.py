"""Input variables: ``T.matrix("x")`` and its relatives, one table of constructors.

Read next: axes.py
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ..graph import Node
from ..op import INPUT
from ..op import constant as constant
from ..types import MOST_AXES, Shape, TensorType, dtype_name, merge_shapes
from .arguments import dtype_or_default
from .trial import tested_input


@public
def tensor(
    dtype: Any = None, shape: Sequence[int | None] = (), name: str | None = None, *, test_value: Any = None
) -> Node:
    """An input variable of any rank.

    Args:
        dtype: dtype; None or "floatX" means ``config.floatX`` as it is now.
        shape: for every axis its size, or None where it may differ from call to call. An axis of size 1 broadcasts.
        name: for printing and errors.
        test_value: an example, from which everything is computed while it is written down if
            ``config.compute_test_value`` is on.

    Returns:
        A leaf of the graph.

    Raises:
        GraphTypeError: for an unsupported dtype or a shape that is not made of sizes.
        ShapeError: for a negative size, or a test value of other sizes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.tensor("int8", (None, 3), "x").type
        TensorType(dtype='int8', shape=(None, 3), weak=False)
    """
    if isinstance(dtype, np.ndarray | list | int | float):
        raise GraphTypeError(
            f"T.tensor makes a variable of a dtype and a shape; T.constant and sd.shared hold values such as "
            f"{shown(dtype)}{here()}"
        )
    type = TensorType(dtype_or_default(dtype), _static_shape(shape))
    leaf = Node(INPUT, (), type, None, name)
    return leaf if test_value is None else tested_input(leaf, test_value)


def _static_shape(shape: Any) -> Shape:
    if not isinstance(shape, Sequence | np.ndarray) or isinstance(shape, str):
        raise GraphTypeError(f"a variable's shape is a tuple of sizes, such as (None, 3), not {shown(shape)}{here()}")
    if len(shape) > MOST_AXES:
        raise ShapeError(f"a variable has at most {MOST_AXES} axes, not {len(shape)}{here()}")
    return tuple(_static_size(size) for size in shape)


def _static_size(size: Any) -> int | None:
    if size is None:
        return None
    if isinstance(size, Node) or isinstance(size, bool):
        hint = "None" if isinstance(size, Node) else "1 for an axis that broadcasts, else None"
        raise GraphTypeError(
            f"a variable's shape holds Python integers and None, not {shown(size)}; write {hint}{here()}"
        )
    try:
        number = operator.index(size)
    except TypeError:
        raise GraphTypeError(f"a variable's shape holds Python integers and None, not {shown(size)}{here()}") from None
    if number < 0:
        raise ShapeError(f"a size cannot be negative: {number}{here()}")
    return number


# More variables than anybody writes: a number this large was meant to be something else.
_MOST_AT_ONCE = 10_000


class Constructor:
    """Makes input variables of one rank, and perhaps of one dtype.

    Args:
        name: the name under which it is found, such as "fmatrix".
        shape: what is known about the sizes; ``(1, None)`` for a row.
        dtype: the dtype it stands for, or None for one chosen at every call.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fmatrix("x").type
        TensorType(dtype='float32', shape=(None, None), weak=False)
        >>> T.matrix("x", shape=(None, 784)).shape[1]
        784
    """

    @public
    def __init__(self, name: str, shape: Shape, dtype: str | None = None) -> None:
        self.__name__ = name
        self.shape = _static_shape(shape)
        self.dtype = dtype
        sizes = ", ".join("?" if size is None else str(size) for size in self.shape)
        self._summary = f"An input variable of type {dtype or 'floatX'}[{sizes}]."
        self.__doc__ = _help(self._summary, Constructor.__call__, f'T.{name}("x").ndim', len(self.shape))

    @public
    def __call__(
        self,
        name: str | None = None,
        dtype: Any = None,
        shape: Sequence[int | None] | None = None,
        *,
        test_value: Any = None,
    ) -> Node:
        """An input variable.

        Args:
            name: for printing and errors.
            dtype: dtype; None or "floatX" means ``config.floatX`` as it is now (or the constructor's own dtype).
            shape: for every axis its size, or None where it may differ from call to call.
            test_value: an example; see ``tensor``.

        Returns:
            A leaf of the graph.

        Raises:
            GraphTypeError: for a dtype other than the constructor's own.
            ShapeError: for a shape that does not fit the constructor's rank.
        """
        if self.dtype and dtype is not None and dtype_name(dtype) != self.dtype:
            raise GraphTypeError(f"{self.__name__} makes {self.dtype}, not {dtype}; use T.tensor{here()}")
        known = self.shape if shape is None else self._refined(_static_shape(shape))
        return tensor(self.dtype or dtype, known, name, test_value=test_value)

    def _refined(self, shape: Shape) -> Shape:
        fits = len(shape) == len(self.shape) and all(
            None in (own, size) or own == size for own, size in zip(self.shape, shape, strict=True)
        )
        if not fits:
            raise ShapeError(f"shape {shape} does not fit {self.__name__}, whose variables have {self.shape}{here()}")
        return merge_shapes(self.shape, shape)

    def __repr__(self) -> str:
        return f"<{self.__name__}: {self._summary}>"


class Constructors:
    """Makes several input variables at once.

    Args:
        constructor: what makes each of them.

    Example:
        >>> import symdrop.tensor as T
        >>> x, y = T.vectors("x y")
        >>> x, y = T.vectors("x", "y")
        >>> y.name
        'y'
    """

    @public
    def __init__(self, constructor: Constructor) -> None:
        self.constructor = constructor
        self.__name__ = _plural(constructor.__name__)
        summary = f"Several input variables, as ``{constructor.__name__}`` makes one."
        example = f'[one.name for one in T.{self.__name__}("x y")]'
        self.__doc__ = _help(summary, Constructors.__call__, example, ["x", "y"])

    @public
    def __call__(self, *names: str | int, dtype: Any = None) -> list[Node]:
        """Input variables.

        Args:
            *names: one string of names separated by spaces, or one string each; or how many variables without names.
            dtype: as for one variable.

        Returns:
            The variables, in order.

        Raises:
            ArgumentError: if neither names nor a number are given.
        """
        if len(names) == 1 and isinstance(names[0], int) and not isinstance(names[0], bool):
            if not 0 < names[0] <= _MOST_AT_ONCE:
                raise ArgumentError(
                    f"{self.__name__} makes up to {_MOST_AT_ONCE} variables, not {shown(names[0])}{here()}"
                )
            return [self.constructor(None, dtype) for _ in range(names[0])]
        words = [word for name in names if isinstance(name, str) for word in name.split()]
        if not words or len(words) < len(names):
            raise ArgumentError(f"{self.__name__} takes names or a number of variables, not {shown(names)}{here()}")
        return [self.constructor(word, dtype) for word in words]


def _help(summary: str, call: Callable[..., Any], example: str, value: Any) -> str:
    """Documentation of a callable object: its own summary and example, around what its class says of calls."""
    _, _, rest = (inspect.getdoc(call) or "").partition("\n")
    return f"{summary}\n{rest}\n\nExample:\n    >>> import symdrop.tensor as T\n    >>> {example}\n    {value}\n"


def _plural(name: str) -> str:
    return name[:-1] + "ces" if name.endswith("x") else name + "s"


_Family = tuple[Constructor, Constructor, Constructor, Constructor, Constructor, Constructor, Constructor]
_Families = tuple[Constructors, Constructors, Constructors, Constructors, Constructors, Constructors, Constructors]


def _family(name: str, shape: Shape) -> _Family:
    return (
        Constructor(name, shape),
        Constructor("b" + name, shape, "int8"),
        Constructor("w" + name, shape, "int16"),
        Constructor("i" + name, shape, "int32"),
        Constructor("l" + name, shape, "int64"),
        Constructor("f" + name, shape, "float32"),
        Constructor("d" + name, shape, "float64"),
    )


def _several(family: _Family) -> _Families:
    a, b, c, d, e, f, g = (Constructors(constructor) for constructor in family)
    return a, b, c, d, e, f, g


_SCALAR = _family("scalar", ())
_VECTOR = _family("vector", (None,))
_ROW = _family("row", (1, None))
_COL = _family("col", (None, 1))
_MATRIX = _family("matrix", (None,) * 2)
_TENSOR3 = _family("tensor3", (None,) * 3)
_TENSOR4 = _family("tensor4", (None,) * 4)
_TENSOR5 = _family("tensor5", (None,) * 5)

scalar, bscalar, wscalar, iscalar, lscalar, fscalar, dscalar = _SCALAR
vector, bvector, wvector, ivector, lvector, fvector, dvector = _VECTOR
row, brow, wrow, irow, lrow, frow, drow = _ROW
col, bcol, wcol, icol, lcol, fcol, dcol = _COL
matrix, bmatrix, wmatrix, imatrix, lmatrix, fmatrix, dmatrix = _MATRIX
tensor3, btensor3, wtensor3, itensor3, ltensor3, ftensor3, dtensor3 = _TENSOR3
tensor4, btensor4, wtensor4, itensor4, ltensor4, ftensor4, dtensor4 = _TENSOR4
tensor5, btensor5, wtensor5, itensor5, ltensor5, ftensor5, dtensor5 = _TENSOR5

scalars, bscalars, wscalars, iscalars, lscalars, fscalars, dscalars = _several(_SCALAR)
vectors, bvectors, wvectors, ivectors, lvectors, fvectors, dvectors = _several(_VECTOR)
rows, brows, wrows, irows, lrows, frows, drows = _several(_ROW)
cols, bcols, wcols, icols, lcols, fcols, dcols = _several(_COL)
matrices, bmatrices, wmatrices, imatrices, lmatrices, fmatrices, dmatrices = _several(_MATRIX)
tensor3s, btensor3s, wtensor3s, itensor3s, ltensor3s, ftensor3s, dtensor3s = _several(_TENSOR3)
tensor4s, btensor4s, wtensor4s, itensor4s, ltensor4s, ftensor4s, dtensor4s = _several(_TENSOR4)
tensor5s, btensor5s, wtensor5s, itensor5s, ltensor5s, ftensor5s, dtensor5s = _several(_TENSOR5)


__all__ = [
    "Constructor", "Constructors", "bcol", "bcols", "bmatrices", "bmatrix", "brow", "brows",
    "bscalar", "bscalars", "btensor3", "btensor3s", "btensor4", "btensor4s", "btensor5", "btensor5s", "bvector",
    "bvectors", "col", "cols", "constant", "dcol", "dcols", "dmatrices", "dmatrix", "drow", "drows", "dscalar",
    "dscalars", "dtensor3", "dtensor3s", "dtensor4", "dtensor4s", "dtensor5", "dtensor5s", "dvector", "dvectors",
    "fcol", "fcols", "fmatrices", "fmatrix", "frow", "frows", "fscalar", "fscalars", "ftensor3", "ftensor3s",
    "ftensor4", "ftensor4s", "ftensor5", "ftensor5s", "fvector", "fvectors", "icol", "icols", "imatrices", "imatrix",
    "irow", "irows", "iscalar", "iscalars", "itensor3", "itensor3s", "itensor4", "itensor4s", "itensor5", "itensor5s",
    "ivector", "ivectors", "lcol", "lcols", "lmatrices", "lmatrix", "lrow", "lrows", "lscalar", "lscalars", "ltensor3",
    "ltensor3s", "ltensor4", "ltensor4s", "ltensor5", "ltensor5s", "lvector", "lvectors", "matrices", "matrix", "row",
    "rows", "scalar", "scalars", "tensor", "tensor3", "tensor3s", "tensor4", "tensor4s", "tensor5", "tensor5s",
    "vector", "vectors", "wcol", "wcols", "wmatrices", "wmatrix", "wrow", "wrows", "wscalar", "wscalars", "wtensor3",
    "wtensor3s", "wtensor4", "wtensor4s", "wtensor5", "wtensor5s", "wvector", "wvectors",
]  # fmt: skip
