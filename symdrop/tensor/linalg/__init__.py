"""Linear algebra: ``T.linalg``, under NumPy's and SciPy's names, for matrices and stacks of them, with gradients.

Read next: factors.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ..composed.products import cross, matvec, vecdot, vecmat
from ..diagonals import diagonal
from ..foreign import OPERATIONS, no_name
from ..matrix_products import matmul, outer, tensordot, trace
from .factors import cholesky, eigh, eigvalsh, qr, svd, svdvals
from .norms import cond, norm
from .patterns import block_diag, matrix_power, multi_dot, toeplitz
from .systems import (
    cho_solve,
    det,
    inv,
    lstsq,
    matrix_rank,
    pinv,
    slogdet,
    solve,
    solve_triangular,
    tensorsolve,
)

if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> NoReturn:
        no_name("symdrop.tensor.linalg", name, __all__, OPERATIONS)


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = [
    "block_diag", "cho_solve", "cholesky", "cond", "cross", "det", "diagonal", "eigh", "eigvalsh", "inv", "lstsq",
    "matmul", "matrix_power", "matrix_rank", "matvec", "multi_dot", "norm", "outer", "pinv", "qr", "slogdet", "solve",
    "solve_triangular", "svd", "svdvals", "tensordot", "tensorsolve", "toeplitz", "trace", "vecdot", "vecmat",
]  # fmt: skip
