"""``theano.tensor``: the operations by the names and arguments Theano gave them.

Most are symdrop's own, passed through: ``PASSED`` is the table. Those whose arguments or meaning differ
stand in this folder.

Read next: variables.py
"""

from __future__ import annotations

import sys
from typing import Any

from ... import tensor as engine
from ...graph import Node
from .. import gradient
from ..missing import missing_name
from ..op_names import (
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
    Alloc,
    ARange,
    BatchedDot,
    CAReduce,
    CAReduceDtype,
    DimShuffle,
    Dot,
    Elemwise,
    IncSubtensor,
    Join,
    MaxAndArgmax,
    Nonzero,
    Prod,
    Reshape,
    SpecifyShape,
    Split,
    Subtensor,
    Sum,
)  # fmt: skip
from ..variable import TensorConstant, TensorSharedVariable, TensorVariable, speaking
from . import creation, forms, nnet, shared_randomstreams, signal, variables

# The same name, the same meaning.
PASSED = """
    abs_ add addbroadcast all and_ any arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin
    argsort batched_dot bitwise_and bitwise_or bitwise_xor ceil concatenate cos cosh cumprod cumsum diag diagonal
    dimshuffle dot eq erf erfc exp exp2 expm1 floor floor_div ge gt inc_subtensor invert isinf isnan join le log
    log10 log1p log2 lt max max_and_argmax maximum min minimum mod mul neg neq nonzero or_ outer pow power ptp
    repeat set_subtensor sgn shape shape_padleft shape_padright sin sinh sort specify_shape split sqr sqrt square
    squeeze std sub swapaxes switch take tan tanh tensordot tile tril triu true_div trunc var where xor
""".split()

# Theano's name, and what symdrop calls it.
RENAMED = {
    "abs": "abs_", "int_div": "floor_div", "inv": "reciprocal", "largest": "maximum", "shape_padaxis": "expand_dims",
    "smallest": "minimum",
}  # fmt: skip

# Constructors that say their dtype; those of floatX stand in variables.py.
PREFIXED = [
    prefix + name
    for kind in ("scalar", "vector", "row", "col", "matrix", "tensor3", "tensor4", "tensor5")
    for name in (kind, "matrices" if kind == "matrix" else f"{kind}s")
    for prefix in "bwilfd"
]

_found: dict[str, Any] = {name: speaking(getattr(engine, name)) for name in PASSED}
_found.update({name: variables.constructor(name) for name in PREFIXED})
_found.update({name: speaking(getattr(engine, theirs)) for name, theirs in RENAMED.items()})
_found.update({name: getattr(variables, name) for name in variables.__all__})
for _module in (creation, forms):
    _found.update({name: speaking(getattr(_module, name)) for name in _module.__all__})
_found.update({name: getattr(gradient, name) for name in ("Lop", "Rop", "grad", "hessian", "jacobian", "verify_grad")})
globals().update(_found)

# What scripts ask isinstance about.
Variable = Node

complex_dtypes = ("complex64", "complex128")
discrete_dtypes = integer_dtypes = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
continuous_dtypes = float_dtypes = ("float16", "float32", "float64")

# Theano spread these names over files.
basic = elemwise = extra_ops = sharedvar = subtensor = type = sys.modules[__name__]

__all__ = [
    "ARange", "AdvancedIncSubtensor", "AdvancedIncSubtensor1", "AdvancedSubtensor", "AdvancedSubtensor1", "Alloc",
    "BatchedDot", "CAReduce", "CAReduceDtype", "DimShuffle", "Dot", "Elemwise", "IncSubtensor", "Join", "MaxAndArgmax",
    "Nonzero", "Prod", "Reshape", "SpecifyShape", "Split", "Subtensor", "Sum", "TensorConstant", "TensorSharedVariable",
    "TensorVariable", "Variable", "basic", "complex_dtypes", "continuous_dtypes", "discrete_dtypes", "extra_ops",
    "float_dtypes", "integer_dtypes", "nnet", "shared_randomstreams", "signal",
]  # fmt: skip
__all__ += sorted(_found)


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor", name, __all__)
