"""Ops of Theano that NumPy and SciPy compute here as they did there: ``lstsq``, ``eig``, Bessel functions and others.

Read next: nlinalg.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import tensor as engine
from ...binding import public
from ...errors import ShapeError, here
from ...graph import describe
from ...types import is_float
from ..applications import Apply, Op
from ..dtypes import as_float, variable
from ..gradient import grad_not_implemented
from ..variable import TensorType


class Eig(Op):
    """Eigenvalues and eigenvectors of a square matrix; they must be real.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> [float(value) for value in T.nlinalg.eig(T.constant([[2.0, 0.0], [1.0, 1.0]]))[0].eval()]
        [1.0, 2.0]
    """

    __props__ = ()

    def make_node(self, *inputs: Any, **options: Any) -> Apply:
        """The application to a matrix."""
        (x,) = self.taken(inputs, "a matrix")
        node = variable(x)
        if node.ndim != 2 or not is_float(node.dtype):
            raise ShapeError(f"eig takes a matrix of floats, not {describe(node)}{here()}")
        return Apply(self, [node], [TensorType(node.dtype, (False,))(), TensorType(node.dtype, (False, False))()])

    def perform(self, node: Any, inputs: Any, output_storage: Any, *params: Any) -> None:
        """The values, by NumPy."""
        output_storage[0][0], output_storage[1][0] = np.linalg.eig(inputs[0])

    def infer_shape(self, node: Any, shapes: Any) -> Any:
        """Shapes of as many values as rows."""
        rows = shapes[0][0]
        return [(rows,), (rows, rows)]


class lstsq(Op):
    """The solution of linear equations with the least squares, of a matrix, right sides and a cutoff.

    Its outputs are the solution, the sums of squares, the rank and the singular values.

    Example:
        >>> import numpy as np
        >>> import symdrop.theano.tensor as T
        >>> solve = T.nlinalg.lstsq()
        >>> solve(T.constant([[2.0, 0.0], [0.0, 4.0]]), T.constant([[2.0], [2.0]]), 1e-9)[0].eval().round(9).tolist()
        [[1.0], [0.5]]
    """

    __props__ = ()

    def make_node(self, *inputs: Any, **options: Any) -> Apply:
        """The application to a matrix, right sides and a cutoff."""
        x, y, rcond = map(variable, self.taken(inputs, "a matrix", "right sides", "a cutoff"))
        types = TensorType("floatX", (False, False)), TensorType("float64", (False,)), TensorType("int64", ())
        return Apply(self, [x, y, rcond], [type() for type in (*types, TensorType("float64", (False,)))])

    def perform(self, node: Any, inputs: Any, output_storage: Any, *params: Any) -> None:
        """The values, by NumPy."""
        for cell, value in zip(output_storage, np.linalg.lstsq(*inputs), strict=True):
            cell[0] = value


class IsPositiveDefinite(Op):
    """The op that says whether a matrix has a Cholesky decomposition.

    Args:
        lower: whether the lower triangle is looked at.
    """

    __props__ = ("lower",)

    @public
    def __init__(self, lower: bool = True) -> None:
        self.lower = lower

    def make_node(self, *inputs: Any, **options: Any) -> Apply:
        """The application to a matrix."""
        (x,) = self.taken(inputs, "a value")
        return Apply(self, [x], [TensorType("bool", ())()])

    def perform(self, node: Any, inputs: Any, output_storage: Any, *params: Any) -> None:
        """True if NumPy finds the decomposition."""
        try:
            found = np.linalg.cholesky(inputs[0] if self.lower else inputs[0].T)
        except np.linalg.LinAlgError:
            output_storage[0][0] = np.False_
        else:
            output_storage[0][0] = np.isfinite(found).all()

    def infer_shape(self, node: Any, shapes: Any) -> Any:
        """No axes."""
        return [()]


class Bessel(Op):
    """A Bessel function of an order and a value; the derivative by the order is not known.

    Args:
        name: "jv" or "iv".
    """

    __props__ = ("name",)

    @public
    def __init__(self, name: str) -> None:
        self.name = name

    def make_node(self, *inputs: Any, **options: Any) -> Apply:
        """The application to orders and values, which stretch to each other."""
        order, x = map(variable, self.taken(inputs, "an order", "a value"))
        if order.ndim != x.ndim:
            rank = max(order.ndim, x.ndim)
            order, x = (one.dimshuffle(*["x"] * (rank - one.ndim), *range(one.ndim)) for one in (order, x))
        pattern = [a and b for a, b in zip(order.broadcastable, x.broadcastable, strict=True)]
        return Apply(self, [order, x], [TensorType(as_float(order.dtype, x.dtype), pattern)()])

    def perform(self, node: Any, inputs: Any, output_storage: Any, *params: Any) -> None:
        """The values, by SciPy."""
        import scipy.special

        output_storage[0][0] = (scipy.special.jv if self.name == "jv" else scipy.special.iv)(*inputs)

    def grad(self, inputs: Any, output_gradients: Any) -> Any:
        """Half of the difference, or sum, of the functions whose orders are one less and one more."""
        order, x = inputs
        less, more = self(order - 1, x), self(order + 1, x)
        slope = (less - more if self.name == "jv" else less + more) * 0.5 * output_gradients[0]
        stretched = [axis for axis, one in enumerate(x.broadcastable) if one and not slope.broadcastable[axis]]
        if stretched:
            slope = engine.sum(slope, stretched, keepdims=True)
        return [grad_not_implemented(self, 0, order), slope]


eig, jv, iv = Eig(), Bessel("jv"), Bessel("iv")

__all__ = ["Eig", "eig", "iv", "jv", "lstsq"]
