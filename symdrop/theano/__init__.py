"""The names of Theano 0.7 to 1.0, for old scripts.

    import symdrop.theano as theano
    import symdrop.theano.tensor as T

``python -m symdrop.theano script.py`` runs a script that says ``import theano``; see docs/theano.md.

Read next: theanorc.py
"""

from __future__ import annotations

import sys
from typing import Any

from ..tensor import dot
from . import (
    compat,
    compile,
    configparser,
    gof,
    gpuarray,
    gradient,
    ifelse,
    misc,
    printing,
    sandbox,
    scalar,
    scan_module,
    sparse,
    tensor,
    tests,
    version,
)  # fmt: skip
from . import configparser as configdefaults
from .applications import Apply, Op
from .checkpoints import scan_checkpoints
from .compat import PY3
from .compile import (
    Function,
    In,
    Mode,
    OpFromGraph,
    Out,
    Param,
    SharedVariable,
    SymbolicInput,
    SymbolicOutput,
    as_op,
    clone,
    function,
    function_dump,
    generic,
    predefined_modes,
    shared,
)  # fmt: skip
from .compile import _asarray as _asarray
from .configparser import change_flags
from .gradient import Lop, Rop, grad, subgraph_grad
from .loops import foldl, foldr, map, reduce, scan
from .misc import load_pickle
from .missing import missing_name
from .printing import pp, pprint
from .runner import install
from .scan_module import OrderedUpdates
from .settings import config
from .variable import Generic, Variable
from .variable import TensorConstant as Constant

# The version whose names these are; scripts compare it.
__version__ = version.version

# Theano's package had itself by this name: scripts say "from theano import theano".
theano = sys.modules[__name__]
updates = scan_module

__all__ = [
    "PY3", "Apply", "Constant", "Function", "Generic", "In", "Lop", "Mode", "Op", "OpFromGraph", "OrderedUpdates",
    "Out", "Param", "Rop", "SharedVariable", "SymbolicInput", "SymbolicOutput", "Variable", "as_op", "change_flags",
    "clone", "compat", "compile", "config", "configdefaults", "configparser", "dot", "foldl", "foldr", "function",
    "function_dump", "generic", "gof", "gpuarray", "grad", "gradient", "ifelse", "install", "load_pickle", "map",
    "misc", "pp", "pprint", "predefined_modes", "printing", "reduce", "sandbox", "scalar", "scan",
    "scan_checkpoints", "scan_module", "shared", "sparse", "subgraph_grad", "tensor", "tests", "updates", "version",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano", name, __all__)
