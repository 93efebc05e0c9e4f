"""``theano.tensor``: the operations by the names and arguments Theano gave them.

Most are symdrop's own, passed through: ``PASSED`` is the table. Those whose arguments, dtypes or meaning differ
stand in this folder, in files that Theano has, too, where it kept them apart.

Read next: variables.py
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np

from ... import tensor as engine
from .. import compile, gradient
from ..dtypes import upcast as upcast
from ..element_ops import CAReduce, CAReduceDtype, Elemwise, MaxAndArgmax, Prod, Sum
from ..generic import slicetype as slicetype
from ..methods import operators
from ..missing import is_theanos, missing_name
from ..part_ops import (
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
    IncSubtensor,
    Nonzero,
    Subtensor,
)
from ..settings import config
from ..shared_variables import TensorSharedVariable
from ..tensor_ops import Alloc, ARange, BatchedDot, DimShuffle, Dot, Join, Reshape, SpecifyShape, Split
from ..variable import SliceType, TensorConstant, TensorType, TensorVariable, Variable, speaking
from . import (
    constants,
    creation,
    elementwise,
    extra_ops,
    fft,
    inplace,
    nlinalg,
    nnet,
    numpy_ops,
    opt,
    products,
    reductions,
    shaping,
    shared_randomstreams,
    sharedvar,
    signal,
    slinalg,
    subtensor,
    variables,
    xlogx,
)  # fmt: skip
from . import (
    sort as sort_module,
)

# The same name, the same meaning.
PASSED = """
    allclose diag diagonal dimshuffle isclose roll shape_padleft shape_padright specify_shape split
    swapaxes tril triu
""".split()

# Theano's name, and what symdrop calls it.
RENAMED = {"shape_padaxis": "expand_dims"}

_CONVERTED = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()

# Modules whose functions may make nodes of the engine's.
_SPOKEN = (constants, creation, products, reductions, shaping)

_found: dict[str, Any] = {name: speaking(getattr(engine, name)) for name in PASSED}
_found.update({name: speaking(getattr(engine, theirs)) for name, theirs in RENAMED.items()})
_found.update(elementwise.functions)
_found.update(variables.constructors)
_found.update({name: speaking(getattr(module, name)) for module in _SPOKEN for name in module.__all__})
_found.update({
    name: getattr(module, name) for module in (extra_ops, sort_module, subtensor) for name in module.__all__
    if name.islower() or is_theanos(f"theano.tensor.{name}")
})  # fmt: skip
_found.update({name: getattr(gradient, name) for name in ("Lop", "Rop", "grad", "hessian", "jacobian", "verify_grad")})
_found.update({name: getattr(constants, name) for name in constants.OBJECTS}, tensor=variables.tensor)
# A tuple, of which no variable is to be made.
_found["shape"] = shaping.shape
_found.update(iv=numpy_ops.iv, jv=numpy_ops.jv)
_found.update(mgrid=creation.mgrid, ogrid=creation.ogrid)
globals().update(_found)
# Ops of the time that tests and libraries borrowed.
globals().update({f"_convert_to_{dtype}": partial(_found["cast"], dtype=dtype) for dtype in _CONVERTED})
Tensor = TensorType
# An axis or argument that is not given; Theano had a variable for it.
NoneConst = None

int_dtypes = ("int8", "int16", "int32", "int64")
uint_dtypes = ("uint8", "uint16", "uint32", "uint64")
integer_dtypes = int_dtypes + uint_dtypes
discrete_dtypes = ("bool", *integer_dtypes)
continuous_dtypes = float_dtypes = ("float16", "float32", "float64")
complex_dtypes = ("complex64", "complex128")
all_dtypes = (*discrete_dtypes, *float_dtypes, *complex_dtypes)

# The op of ``dot``, as scripts called it.
_dot = Dot()

# Theano spread these names over files.
basic = blas = elemwise = io = type = type_other = sys.modules[__name__]
_allclose = _found["allclose"]

__all__ = [
    "ARange", "AdvancedIncSubtensor", "AdvancedIncSubtensor1", "AdvancedSubtensor", "AdvancedSubtensor1", "Alloc",
    "BatchedDot", "CAReduce", "CAReduceDtype", "DimShuffle", "Dot", "Elemwise", "IncSubtensor", "Join",
    "MaxAndArgmax", "NoneConst", "Nonzero", "Prod", "Reshape", "SliceType", "SpecifyShape", "Split", "Subtensor",
    "Sum", "Tensor", "TensorConstant", "TensorSharedVariable", "TensorType", "TensorVariable", "Variable",
    "all_dtypes", "basic", "blas", "compile", "complex_dtypes", "config", "continuous_dtypes", "discrete_dtypes",
    "elemwise", "extra_ops", "fft", "float_dtypes", "inplace", "int_dtypes", "integer_dtypes", "io", "nlinalg",
    "nnet", "opt", "shared_randomstreams", "sharedvar", "signal", "slicetype", "slinalg", "subtensor", "type",
    "type_other", "uint_dtypes", "upcast", "xlogx",
]  # fmt: skip
__all__ += sorted(_found)
# What ``from theano.tensor import *`` brought along, and scripts came to rely on.
theano = sys.modules[__name__.rpartition(".")[0]]
__all__ += ["np", "theano"]

operators.update(_found)
# What Python's operators and the engine's methods call them.
operators.update({"power": _found["pow"], "floor_div": _found["int_div"]})


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor", name, __all__)
