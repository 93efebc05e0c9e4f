"""The operations: what users write between variables, grouped as NumPy groups them.

Read next: arguments.py
"""

from __future__ import annotations

from difflib import get_close_matches

from ..errors import shown
from ..op import Elementwise
from . import creation, diagonals, elementwise, indexing, joining, linalg, nnet, reductions, shaping, variables
from .creation import *
from .diagonals import *
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
    *diagonals.__all__,
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
        near = [f"nnet.{name}"] if name in nnet.__all__ else get_close_matches(name, __all__, n=1)
        hint = f"; did you mean {shown(near[0])}?" if near else ""
        raise AttributeError(f"symdrop.tensor has no operation {shown(name)}{hint}")
    return found
