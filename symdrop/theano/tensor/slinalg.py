"""``theano.tensor.slinalg``: linear algebra that Theano took from SciPy.

Read next: xlogx.py
"""

from __future__ import annotations

from typing import Any

from ... import tensor as engine
from ...binding import public
from ...errors import ArgumentError, here
from ...graph import Node
from ..dtypes import variable
from ..missing import missing_name
from ..variable import speaking


class Cholesky:
    """Cholesky decomposition of a symmetric, positive definite matrix.

    Args:
        lower: whether the factor is lower triangular.
        on_error: must be "raise".

    Raises:
        ArgumentError: for another ``on_error``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.slinalg.Cholesky()(T.constant([[4.0, 0.0], [0.0, 1.0]])).eval().tolist()
        [[2.0, 0.0], [0.0, 1.0]]
    """

    @public
    def __init__(self, lower: bool = True, on_error: str = "raise") -> None:
        if on_error != "raise":
            raise ArgumentError(f"Cholesky: on_error is 'raise', not {on_error!r}{here()}")
        self.lower = lower

    def __call__(self, x: Any) -> Node:
        return speaking(engine.linalg.cholesky)(variable(x), lower=self.lower)


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
        lower: accepted; the matrices are taken for symmetric.

    Returns:
        A vector.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.slinalg.eigvalsh(T.constant([[2.0, 0.0], [0.0, 1.0]]), None).eval().tolist()
        [1.0, 2.0]
    """
    matrix = variable(a)
    if b is None:
        return engine.linalg.eigvalsh(matrix)
    factor = engine.linalg.cholesky(variable(b))
    half = engine.linalg.solve_triangular(factor, matrix, lower=True)
    return engine.linalg.eigvalsh(engine.linalg.solve_triangular(factor, half.T, lower=True))


@speaking
@public
def kron(a: Any, b: Any) -> Node:
    """Kronecker product.

    Args:
        a, b: tensors, of at least three axes together.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.slinalg.kron(T.eye(2), T.constant([[1.0, 2.0]])).eval().tolist()
        [[1.0, 2.0, 0.0, 0.0], [0.0, 0.0, 1.0, 2.0]]
    """
    made: Node = engine.kron(variable(a), variable(b))
    return made


__all__ = [
    "Cholesky", "Solve", "cholesky", "eigvalsh", "expm", "kron", "solve", "solve_lower_triangular", "solve_symmetric",
    "solve_upper_triangular",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.slinalg", name, __all__)
