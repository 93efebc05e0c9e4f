"""``theano.tensor.slinalg``: linear algebra that Theano took from SciPy.

Read next: ../sandbox/linalg.py
"""

from __future__ import annotations

from typing import Any

from ... import tensor as engine
from ...autodiff import disconnected_grad
from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here
from ...graph import Node, describe
from ..dtypes import alike, variable
from ..missing import missing_name
from ..variable import speaking, spoken
from .numpy_ops import IsPositiveDefinite


class Cholesky:
    """Cholesky decomposition of a symmetric, positive definite matrix.

    Args:
        lower: whether the factor is lower triangular.
        on_error: "raise", or "nan" for a factor of nan of a matrix that is not positive definite.

    Raises:
        ArgumentError: for another ``on_error``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.slinalg.Cholesky()(T.constant([[4.0, 0.0], [0.0, 1.0]])).eval().tolist()
        [[2.0, 0.0], [0.0, 1.0]]
    """

    @public
    def __init__(self, lower: bool = True, on_error: str = "raise") -> None:
        if on_error not in ("raise", "nan"):
            raise ArgumentError(f"Cholesky: on_error is 'raise' or 'nan', not {on_error!r}{here()}")
        self.lower, self.on_error = lower, on_error

    def __call__(self, x: Any) -> Node:
        matrix = variable(x)
        if self.on_error == "raise":
            return speaking(engine.linalg.cholesky)(matrix, lower=self.lower)
        fits = IsPositiveDefinite(self.lower)(matrix)
        # The identity in its place, through which the gradient passes, to be multiplied by nan.
        lacking = engine.where(fits, 0, engine.sub(engine.identity_like(matrix), matrix))
        factor = engine.linalg.cholesky(engine.add(matrix, disconnected_grad(lacking)), lower=self.lower)
        made: Node = spoken(engine.mul(factor, engine.where(fits, 1.0, float("nan")).astype(matrix.dtype)))
        return made


cholesky = Cholesky()


class Solve:
    """Solution of a system of linear equations.

    Args:
        A_structure: "general", "symmetric", "lower_triangular" or "upper_triangular".
        lower, overwrite_A, overwrite_b: accepted; they change nothing.

    Raises:
        ArgumentError: for another structure.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> solve = T.slinalg.Solve("upper_triangular")
        >>> solve(T.constant([[4.0, 9.0], [1.0, 1.0]]), T.constant([1.0, 2.0])).eval().tolist()
        [-4.25, 2.0]
    """

    @public
    def __init__(
        self, A_structure: str = "general", lower: bool = False, overwrite_A: bool = False, overwrite_b: bool = False
    ) -> None:
        if A_structure not in ("general", "symmetric", "lower_triangular", "upper_triangular"):
            raise ArgumentError(f"Solve: {A_structure!r} is no structure of a matrix{here()}")
        self.structure = A_structure

    def __call__(self, a: Any, b: Any) -> Node:
        matrix, right = variable(a), variable(b)
        if self.structure.endswith("triangular"):
            lower = self.structure == "lower_triangular"
            return speaking(engine.linalg.solve_triangular)(matrix, right, lower=lower)
        return speaking(engine.linalg.solve)(matrix, right)


solve, solve_symmetric = Solve(), Solve("symmetric")
solve_lower_triangular, solve_upper_triangular = Solve("lower_triangular"), Solve("upper_triangular")


@speaking
@public
def expm(A: Any) -> Node:
    """Exponential of a square matrix.

    Args:
        A: a matrix.

    Returns:
        A matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.slinalg.expm(T.zeros((2, 2))).eval().tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    return engine.linalg.expm(variable(A))


@speaking
@public
def eigvalsh(a: Any, b: Any = None, lower: bool = True) -> Node:
    """Eigenvalues of a symmetric matrix, in ascending order.

    Args:
        a: a symmetric matrix.
        b: the matrix of the right side of ``a v = w b v``, symmetric and positive definite; by default the identity.
        lower: whether the lower triangles are looked at, or the upper ones.

    Returns:
        A vector.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.slinalg.eigvalsh(T.constant([[2.0, 0.0], [0.0, 1.0]]), None).eval().tolist()
        [1.0, 2.0]
    """
    matrix = _mirrored(a, lower)
    if b is None:
        return engine.linalg.eigvalsh(matrix)
    factor = engine.linalg.cholesky(_mirrored(b, lower))
    half = engine.linalg.solve_triangular(factor, matrix, lower=True)
    return engine.linalg.eigvalsh(engine.linalg.solve_triangular(factor, half.T, lower=True))


def _mirrored(x: Any, lower: bool) -> Node:
    """The symmetric matrix that one triangle of a matrix says."""
    node = variable(x)
    node = node if lower else engine.transpose(node)
    return engine.add(engine.tril(node), engine.transpose(engine.tril(node, -1)))


@speaking
@public
def kron(a: Any, b: Any) -> Node:
    """Kronecker product of the first two axes; axes of b behind them stay.

    Args:
        a, b: tensors, of at least three axes together.

    Returns:
        A tensor; of a vector and a matrix the elements on one axis.

    Raises:
        GraphTypeError: if there are fewer axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.slinalg.kron(T.eye(2), T.constant([[1.0, 2.0]])).eval().tolist()
        [[1.0, 2.0, 0.0, 0.0], [0.0, 0.0, 1.0, 2.0]]
    """
    first, second = alike((a, b))
    if first.ndim + second.ndim < 3:
        what = f"{describe(first)} and {describe(second)}"
        raise GraphTypeError(f"kron takes tensors of three axes together, not {what}{here()}")
    sizes = (*first.shape, *second.shape)
    outer = engine.outer(first, second).reshape(sizes)
    if outer.ndim == 3:
        return engine.flatten(outer.dimshuffle(1, 0, 2))
    swapped = outer.dimshuffle(0, 2, 1, *range(3, outer.ndim))
    return swapped.reshape((engine.mul(sizes[0], sizes[2]), engine.mul(sizes[1], sizes[3]), *sizes[4:]))


__all__ = [
    "Cholesky", "Solve", "cholesky", "eigvalsh", "expm", "kron", "solve", "solve_lower_triangular", "solve_symmetric",
    "solve_upper_triangular",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.slinalg", name, __all__)
