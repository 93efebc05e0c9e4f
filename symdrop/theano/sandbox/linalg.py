"""``theano.sandbox.linalg``: linear algebra under the name it had before it moved into ``theano.tensor``.

Read next: ../tensor/xlogx.py
"""

from __future__ import annotations

import sys
from typing import Any

from ..missing import missing_name
from ..tensor.nlinalg import alloc_diag, det, diag, eigh, extract_diag, matrix_inverse, trace
from ..tensor.slinalg import cholesky, eigvalsh, solve

ops = sys.modules[__name__]

__all__ = [
    "alloc_diag", "cholesky", "det", "diag", "eigh", "eigvalsh", "extract_diag", "matrix_inverse", "ops", "solve",
    "trace",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.sandbox.linalg", name, __all__)
