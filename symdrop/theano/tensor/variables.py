"""Input variables: of dtype floatX unless somebody says otherwise, and with tags.

Read next: creation.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import tensor as engine
from ...binding import public
from ...graph import Node
from ...tensor.variables import Constructor, Constructors
from ..settings import resolved
from ..variable import TensorType, TensorVariable, spoken


class VariableConstructor:
    """Makes input variables of one rank, with tags.

    Args:
        made_by: symdrop's constructor of that name.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.matrix("x").type, T.matrix(dtype="int32").dtype
        (TensorType(float64, (False, False)), 'int32')
    """

    @public
    def __init__(self, made_by: Constructor) -> None:
        self._made_by = made_by
        self.__name__ = made_by.__name__
        self.__doc__ = made_by.__doc__

    @public
    def __call__(self, name: str | None = None, dtype: Any = None, shape: Any = None) -> Node:
        """An input variable, of dtype ``theano.config.floatX`` unless another is given or fixed."""
        made: TensorVariable = spoken(self._made_by(name, dtype if self._made_by.dtype else resolved(dtype), shape))
        return made


class VariableConstructors:
    """Makes several input variables at once, with tags.

    Args:
        made_by: symdrop's constructor of that name.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, y = T.vectors("x", "y")
        >>> y.dtype
        'float64'
    """

    @public
    def __init__(self, made_by: Constructors) -> None:
        self._made_by = made_by
        self.__name__ = made_by.__name__
        self.__doc__ = made_by.__doc__

    @public
    def __call__(self, *names: str | int, dtype: Any = None) -> list[Node]:
        """Input variables, of dtype ``theano.config.floatX`` unless another is given or fixed."""
        fixed = self._made_by.constructor.dtype
        return [spoken(leaf) for leaf in self._made_by(*names, dtype=dtype if fixed else resolved(dtype))]


def constructor(name: str) -> VariableConstructor | VariableConstructors:
    """The counterpart, in ``theano.tensor``, of one of symdrop's constructors.

    Args:
        name: such as "imatrix" or "dvectors".
    """
    made_by = getattr(engine, name)
    return VariableConstructor(made_by) if isinstance(made_by, Constructor) else VariableConstructors(made_by)


scalar, scalars = VariableConstructor(engine.scalar), VariableConstructors(engine.scalars)
vector, vectors = VariableConstructor(engine.vector), VariableConstructors(engine.vectors)
row, rows = VariableConstructor(engine.row), VariableConstructors(engine.rows)
col, cols = VariableConstructor(engine.col), VariableConstructors(engine.cols)
matrix, matrices = VariableConstructor(engine.matrix), VariableConstructors(engine.matrices)
tensor3, tensor3s = VariableConstructor(engine.tensor3), VariableConstructors(engine.tensor3s)
tensor4, tensor4s = VariableConstructor(engine.tensor4), VariableConstructors(engine.tensor4s)
tensor5 = VariableConstructor(engine.tensor5)


@public
def tensor(dtype: Any, broadcastable: Sequence[bool], name: str | None = None) -> Node:
    """An input variable of any rank.

    Args:
        dtype: a dtype name or "floatX".
        broadcastable: for every axis whether its size is 1.
        name: for printing and errors.

    Returns:
        A leaf of the graph.

    Raises:
        GraphTypeError: for an unsupported dtype.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.tensor("int8", (False, True)).broadcastable
        (False, True)
    """
    return TensorType(dtype, broadcastable)(name)


__all__ = [
    "TensorType", "col", "cols", "matrices", "matrix", "row", "rows", "scalar", "scalars", "tensor", "tensor3",
    "tensor3s", "tensor4", "tensor4s", "tensor5", "vector", "vectors",
]  # fmt: skip
