"""Sparse matrices: ``T.sparse``, for products with dense values, with gradients by both.

Read next: matrices.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ..foreign import OPERATIONS, no_name
from .matrices import constant, coo, csc, csr, dot, to_dense

if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> NoReturn:
        no_name("symdrop.tensor.sparse", name, __all__, OPERATIONS)


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = ["constant", "coo", "csc", "csr", "dot", "to_dense"]
