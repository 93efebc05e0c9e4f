"""``theano.gof``: graphs, the ops in them, and walks over them.

Read next: graph.py
"""

from __future__ import annotations

import sys
from typing import Any

from ...errors import MissingInputError
from ...types import TensorType as Type
from ..applications import Apply, Op
from ..markers import NullType
from ..missing import missing_name
from ..variable import TensorConstant as Constant
from ..variable import Variable
from . import fg, graph, utils
from .debug_values import debug_assert, debug_error_message, get_debug_values, get_test_value
from .fg import FunctionGraph
from .utils import MethodNotDefined

# Theano spread these names over files.
op = type = null_type = sys.modules[__name__]
PureOp = CLinkerOp = Op
missing_test_message = debug_error_message

__all__ = [
    "Apply", "CLinkerOp", "Constant", "FunctionGraph", "MethodNotDefined", "MissingInputError", "NullType", "Op",
    "PureOp", "Type", "Variable", "debug_assert", "debug_error_message", "fg", "get_debug_values", "get_test_value",
    "graph", "null_type", "op", "type", "utils",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.gof", name, __all__)
