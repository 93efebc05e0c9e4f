"""``theano.gpuarray.basic_ops`` and ``theano.sandbox.cuda.basic_ops``: moving values to a graphics card and back.

Read next: dnn.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import MissingNameError, here
from ...graph import Node
from ..missing import missing_name
from ..tensor.constants import as_tensor_variable


class OfTheCard:
    """A class of values and ops of a graphics card, of which there are none.

    Raises:
        MissingNameError: when it is called; deriving from it and asking ``isinstance`` are no error.

    Example:
        >>> isinstance(3, OfTheCard)
        False
    """

    @public
    def __init__(self, *arguments: Any, **named: Any) -> None:
        raise MissingNameError(
            f"{type(self).__name__} is for graphics cards, of which there is none; theano.tensor has its like{here()}"
        )


class GpuOp(OfTheCard):
    """An op of a graphics card."""


class GpuKernelBase(OfTheCard):
    """An op with code of its own for a graphics card."""


class Kernel(OfTheCard):
    """Code of an op for a graphics card."""


class GpuArrayType(OfTheCard):
    """The type of an array on a graphics card."""


class GpuArrayVariable(OfTheCard):
    """A variable on a graphics card."""


class GpuArrayConstant(OfTheCard):
    """A constant on a graphics card."""


class GpuArraySharedVariable(OfTheCard):
    """A shared variable on a graphics card."""


# The names before the card had arrays of any dtype.
CudaNdarrayType, CudaNdarrayVariable = GpuArrayType, GpuArrayVariable
CudaNdarrayConstant, CudaNdarraySharedVariable = GpuArrayConstant, GpuArraySharedVariable


@public
def host_from_gpu(x: Any) -> Node:
    """A variable itself: every value is on the host.

    Args:
        x: a variable, array or number.

    Returns:
        A variable.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> host_from_gpu(x) is x
        True
    """
    return as_tensor_variable(x)


gpu_from_host = gpu_contiguous = as_cuda_ndarray_variable = host_from_gpu


@public
def as_gpuarray_variable(x: Any, context_name: Any = None) -> Node:
    """A variable itself, whatever the name of the card."""
    return host_from_gpu(x)


@public
def infer_context_name(*variables: Any) -> Any:
    """Refused: the name of the card on which variables are.

    Raises:
        MissingNameError: always.
    """
    raise MissingNameError(f"there is no graphics card whose name could follow from variables{here()}")


class HostFromGpu:
    """The op of ``host_from_gpu``: it gives what it is called with."""

    @public
    def __call__(self, x: Any) -> Node:
        """The variable itself."""
        return host_from_gpu(x)


class GpuFromHost:
    """The op of ``gpu_from_host``: it gives what it is called with.

    Args:
        context_name: the name of a card; nothing depends on it.
    """

    @public
    def __init__(self, context_name: Any = None) -> None:
        self.context_name = context_name

    @public
    def __call__(self, x: Any) -> Node:
        """The variable itself."""
        return host_from_gpu(x)


class GpuContiguous(HostFromGpu):
    """The op of ``gpu_contiguous``: it gives what it is called with."""


# Modules beside these are found missing when they are used.
__path__: list[str] = []

__all__ = [
    "CudaNdarrayConstant", "CudaNdarraySharedVariable", "CudaNdarrayType", "CudaNdarrayVariable", "GpuArrayConstant",
    "GpuArraySharedVariable", "GpuArrayType", "GpuArrayVariable", "GpuContiguous", "GpuFromHost", "GpuKernelBase",
    "GpuOp", "HostFromGpu", "Kernel", "as_cuda_ndarray_variable", "as_gpuarray_variable", "gpu_contiguous",
    "gpu_from_host", "host_from_gpu", "infer_context_name",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.gpuarray.basic_ops", name, __all__)
