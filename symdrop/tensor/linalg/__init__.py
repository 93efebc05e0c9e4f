"""Linear algebra: ``T.linalg``, under NumPy's and SciPy's names, for matrices and stacks of them, with gradients.

Read next: operands.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ..composed.products import cross, matvec, vecdot, vecmat
from ..composed.rearranging import matrix_transpose
from ..diagonals import diagonal
from ..foreign import OPERATIONS, no_name
from ..matrix_products import matmul, outer, tensordot, trace
from .factors import cholesky, qr, svd, svdvals
from .functions import expm, expm_frechet, logm, polar, solve_sylvester, sqrtm
from .general import (
    cho_factor,
    eig,
    eigh_tridiagonal,
    eigvals,
    hessenberg,
    lu,
    lu_factor,
    lu_solve,
    qr_multiply,
    schur,
)
from .least_squares import lstsq, matrix_rank, pinv
from .named_matrices import dft, hadamard, helmert, hilbert, invhilbert, invpascal, pascal
from .norms import cond, matrix_norm, norm, vector_norm
from .patterns import block_diag, matrix_power, multi_dot
from .shifted import (
    circulant,
    companion,
    convolution_matrix,
    fiedler,
    fiedler_companion,
    hankel,
    leslie,
    toeplitz,
)
from .symmetric import eigh, eigvalsh
from .systems import (
    cho_solve,
    det,
    inv,
    slogdet,
    solve,
    solve_triangular,
    tensorinv,
    tensorsolve,
)

if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> NoReturn:
        no_name("symdrop.tensor.linalg", name, __all__, OPERATIONS)


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = [
    "block_diag", "cho_factor", "cho_solve", "cholesky", "circulant", "companion", "cond", "convolution_matrix",
    "cross", "det", "dft", "diagonal", "eig", "eigh", "eigh_tridiagonal", "eigvals", "eigvalsh", "expm", "expm_frechet",
    "fiedler", "fiedler_companion", "hadamard", "hankel", "helmert", "hessenberg", "hilbert", "inv", "invhilbert",
    "invpascal", "leslie", "logm", "lstsq", "lu", "lu_factor", "lu_solve", "matmul", "matrix_norm", "matrix_power",
    "matrix_rank", "matrix_transpose", "matvec", "multi_dot", "norm", "outer", "pascal", "pinv", "polar", "qr",
    "qr_multiply", "schur", "slogdet", "solve", "solve_sylvester", "solve_triangular", "sqrtm", "svd", "svdvals",
    "tensordot", "tensorinv", "tensorsolve", "toeplitz", "trace", "vecdot", "vecmat", "vector_norm",
]  # fmt: skip
