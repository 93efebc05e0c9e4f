"""The names of Theano 0.7 to 1.0, for old scripts.

    import symdrop.theano as theano
    import symdrop.theano.tensor as T

``python -m symdrop.theano script.py`` runs a script that says ``import theano``; see docs/theano.md.

Read next: settings.py
"""

from __future__ import annotations

from typing import Any

from ..graph import Node as Variable
from ..tensor import dot
from . import compat, compile, gradient, ifelse, printing, sandbox, scan_module, tensor
from .compile import In, Mode, Out, Param, SharedVariable, clone, function, shared
from .compile import _asarray as _asarray
from .gradient import Lop, Rop, grad
from .loops import foldl, foldr, map, reduce, scan
from .missing import no_name
from .printing import pp
from .runner import install
from .settings import config

# The version whose names these are; scripts compare it.
__version__ = "1.0.5"

__all__ = [
    "In", "Lop", "Mode", "Out", "Param", "Rop", "SharedVariable", "Variable", "clone", "compat", "compile", "config",
    "dot", "foldl", "foldr", "function", "grad", "gradient", "ifelse", "install", "map", "pp", "printing", "reduce",
    "sandbox", "scan", "scan_module", "shared", "tensor",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Refuse what is not there with a sentence."""
    no_name("theano", name, __all__)
