"""Functions of one element: those that ops of the engine apply, and those that scripts define.

Read next: scalar_functions.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import NotDifferentiableError
from .methods import operators


class ScalarOp:
    """The function of one element that an elementwise op applies; scripts derive their own from it.

    Args:
        output_types_preference: a function that gives the types of outputs for those of inputs.
        name: what Theano calls it, such as "add".

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.tanh(T.vector("x")).owner.op.scalar_op
        tanh
    """

    nin, nout = -1, 1

    def __init__(self, output_types_preference: Callable[..., Any] | None = None, name: str | None = None) -> None:
        self.output_types_preference = output_types_preference
        self.name = name

    def output_types(self, types: Sequence[Any]) -> Any:
        """The types of the outputs for types of the inputs."""
        if self.output_types_preference is None:
            raise NotImplementedError(f"{self}: give output_types_preference, such as theano.scalar.upcast_out")
        return self.output_types_preference(*types)

    def impl(self, *values: Any) -> Any:
        """The value for numbers; a class says it, or C code of one expression."""
        raise NotImplementedError

    def c_code(self, node: Any, name: Any, inputs: Any, outputs: Any, sub: Any) -> str:
        """The value as C code, with names for inputs and outputs."""
        raise NotImplementedError

    def L_op(self, inputs: Any, outputs: Any, output_gradients: Any) -> Any:
        """The gradients by the inputs, from that by the output."""
        return self.grad(inputs, output_gradients)

    def grad(self, inputs: Any, output_gradients: Any) -> Any:
        """The gradients by the inputs; a class says them."""
        raise NotDifferentiableError(f"the op {self} has no gradient: its class defines neither grad nor L_op")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The function of every element of the inputs."""
        return operators["over_elements"](self, inputs)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), self.name))

    def __repr__(self) -> str:
        return self.name or type(self).__name__


class UnaryScalarOp(ScalarOp):
    """A function of one element of one input."""

    nin = 1


class BinaryScalarOp(ScalarOp):
    """A function of one element each of two inputs."""

    nin = 2
