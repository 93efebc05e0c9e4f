"""``theano.gpuarray``: what a Theano without a graphics card answered.

Probes say no, functions that moved values do nothing, and functions of the card's library are the processor's. Classes
of the card can be asked for by ``isinstance`` and derived from; making one is an error.

Read next: basic_ops.py
"""

from __future__ import annotations

from typing import Any

from ..missing import missing_name
from . import basic_ops, dnn
from .basic_ops import GpuArrayConstant, GpuArraySharedVariable, GpuArrayType, GpuArrayVariable, as_gpuarray_variable

# Whether there is a card that computes.
pygpu_activated = False

# Theano spread these names over files.
type = basic_ops

__all__ = [
    "GpuArrayConstant", "GpuArraySharedVariable", "GpuArrayType", "GpuArrayVariable", "as_gpuarray_variable",
    "basic_ops", "dnn", "pygpu_activated", "type",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.gpuarray", name, __all__)
