"""``theano.scan_module``: the loops under their module's name.

Read next: misc/__init__.py
"""

from __future__ import annotations

import sys
from typing import Any

from ..tensor.scan_arguments import until
from .checkpoints import scan_checkpoints
from .gof.graph import equal_computations
from .loops import foldl, foldr, map, reduce, scan
from .missing import missing_name
from .part_ops import Scan
from .replacement import map_variables
from .updates import OrderedUpdates

# Theano spread these names over files; whatever else was beside them is found missing when it is used.
__path__: list[str] = []
scan_op = scan_utils = sys.modules[__name__]

__all__ = [
    "OrderedUpdates", "Scan", "equal_computations", "foldl", "foldr", "map", "map_variables", "reduce", "scan",
    "scan_checkpoints", "scan_op", "scan_utils", "until",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.scan_module", name, __all__)
