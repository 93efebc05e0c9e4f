"""The operations: what users write between variables, grouped as NumPy groups them.

Read next: elementwise.py
"""

from __future__ import annotations

from ..op import Elementwise
from . import creation, elementwise, indexing, joining, linalg, nnet, reductions, shaping, variables
from .creation import *
from .elementwise import *
from .indexing import *
from .joining import *
from .linalg import *
from .reductions import *
from .shaping import *
from .variables import *

__all__ = [
    "nnet",
    *creation.__all__,
    *elementwise.__all__,
    *indexing.__all__,
    *joining.__all__,
    *linalg.__all__,
    *reductions.__all__,
    *shaping.__all__,
    *variables.__all__,
]


def __getattr__(name: str) -> Elementwise:
    """Elementwise ops defined anywhere are operations too."""
    found = elementwise.find(name)
    if found is None:
        raise AttributeError(f"symdrop.tensor has no operation {name!r}")
    return found
