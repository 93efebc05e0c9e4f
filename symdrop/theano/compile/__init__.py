"""``theano.compile``: functions and shared variables with the arguments Theano gave them.

Read next: inputs.py
"""

from __future__ import annotations

import sys
from typing import Any

from ..missing import missing_name
from .cloning import clone
from .functions import function
from .inputs import In, Out, Param
from .modes import Mode, get_default_mode, get_mode
from .states import SharedVariable, shared
from .states import _asarray as _asarray

# Theano spread these names over files; whatever else was beside them is found missing when it is used.
function_module = io = mode = sharedvalue = sys.modules[__name__]
# In Theano the name of this module is that of the function in it.
pfunc = function

__all__ = [
    "In", "Mode", "Out", "Param", "SharedVariable", "clone", "function", "function_module", "get_default_mode",
    "get_mode", "io", "mode", "pfunc", "shared", "sharedvalue",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.compile", name, __all__)
