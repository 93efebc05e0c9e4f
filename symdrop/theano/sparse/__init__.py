"""``theano.sparse``: sparse matrices of SciPy as inputs and values, products with dense ones, functions of elements.

Read next: basic.py
"""

from __future__ import annotations

import sys
from typing import Any

from ..compile.sparse_values import SparseType, SparseVariable
from ..missing import missing_name
from . import basic

_found: dict[str, Any] = {name: getattr(basic, name) for name in basic.__all__}
globals().update(_found)

# Whether SciPy is there, which symdrop always needs.
enable_sparse = True
sparse_formats = ["csc", "csr"]

# Theano spread these names over files.
type = sys.modules[__name__]

__all__ = ["SparseType", "SparseVariable", "basic", "enable_sparse", "sparse_formats", "type", *_found]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.sparse", name, __all__)
