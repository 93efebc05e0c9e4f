"""``theano.sandbox.cuda``: answers to the question whether there is a graphics card, by their first names.

Read next: ../runner.py
"""

from __future__ import annotations

import sys
from typing import Any

from ..gpuarray import basic_ops, dnn
from ..gpuarray.basic_ops import (
    CudaNdarrayConstant,
    CudaNdarraySharedVariable,
    CudaNdarrayType,
    CudaNdarrayVariable,
    GpuOp,
    as_cuda_ndarray_variable,
    gpu_contiguous,
    gpu_from_host,
    host_from_gpu,
)
from ..missing import missing_name
from .rng_mrg import MRG_RandomStreams

# Modules beside these are found missing when they are used.
__path__: list[str] = []
cuda_available = cuda_enabled = False

# Streams of the card's library gave numbers of their own; these are those of the processor.
CURAND_RandomStreams = MRG_RandomStreams

# Theano spread these names over files.
rng_curand = sys.modules[__name__]
type = var = basic_ops

__all__ = [
    "CURAND_RandomStreams", "CudaNdarrayConstant", "CudaNdarraySharedVariable", "CudaNdarrayType",
    "CudaNdarrayVariable", "GpuOp", "as_cuda_ndarray_variable", "basic_ops", "cuda_available", "cuda_enabled", "dnn",
    "gpu_contiguous", "gpu_from_host", "host_from_gpu", "rng_curand", "type", "var",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.sandbox.cuda", name, __all__)
