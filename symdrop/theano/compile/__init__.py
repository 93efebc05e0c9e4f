"""``theano.compile``: functions and shared variables with the arguments Theano gave them.

Read next: inputs.py
"""

from __future__ import annotations

import sys
from typing import Any

from ...errors import UnusedInputError
from ...inspect.debug import BadValueError as InvalidValueError
from ..missing import missing_name
from ..settings import config
from .builders import OpFromGraph
from .cloning import clone
from .function_object import Function
from .functions import function, function_dump, pfunc
from .inputs import In, Out, Param, SymbolicInput, SymbolicOutput
from .modes import (
    FAST_COMPILE,
    FAST_RUN,
    DebugMode,
    Mode,
    MonitorMode,
    NanGuardMode,
    get_default_mode,
    get_mode,
    predefined_modes,
)
from .ops import FromFunctionOp, ViewOp, as_op, view_op
from .states import SharedVariable, generic, shared, shared_constructor
from .states import _asarray as _asarray

# Theano spread these names over files; whatever else was beside them is found missing when it is used.
builders = debugmode = function_module = io = mode = monitormode = nanguardmode = sys.modules[__name__]
ops = sharedvalue = sys.modules[__name__]

__all__ = [
    "FAST_COMPILE", "FAST_RUN", "DebugMode", "FromFunctionOp", "Function", "In", "InvalidValueError", "Mode",
    "MonitorMode", "NanGuardMode", "OpFromGraph", "Out", "Param", "SharedVariable", "SymbolicInput",
    "SymbolicOutput", "UnusedInputError", "ViewOp", "as_op", "builders", "clone", "config", "debugmode", "function",
    "function_dump", "function_module", "generic", "get_default_mode", "get_mode", "io", "mode", "monitormode",
    "nanguardmode", "ops", "pfunc", "predefined_modes", "shared", "shared_constructor", "sharedvalue", "view_op",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.compile", name, __all__)
