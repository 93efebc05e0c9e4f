"""``theano.compile.ops``: functions of arrays as ops, and the op whose output is its input.

Read next: builders.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from ...binding import public
from ...errors import GraphTypeError, here, shown
from ..applications import Apply, Op


class FromFunctionOp(Op):
    """An op that a function of arrays computes; made by ``as_op``.

    Args:
        fn: the function.
        itypes, otypes: the types of its inputs and outputs.
        infer_shape: the shapes of the outputs from those of the inputs.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        itypes: Sequence[Any],
        otypes: Sequence[Any],
        infer_shape: Callable[..., Any] | None,
    ) -> None:
        self.fn = fn
        self.itypes, self.otypes = list(itypes), list(otypes)
        self.shapes = infer_shape
        self.__name__ = getattr(fn, "__name__", "function")
        self.__doc__ = fn.__doc__

    def perform(self, node: Any, inputs: Any, output_storage: Any, *params: Any) -> None:
        """The function's value, or the list of its values."""
        made = self.fn(*inputs)
        several = made if isinstance(made, list | tuple) else (made,)
        if len(several) != len(output_storage):
            raise GraphTypeError(f"{self}: it returned {len(several)} outputs, and declares {len(output_storage)}")
        for cell, value in zip(output_storage, several, strict=True):
            cell[0] = value

    def infer_shape(self, node: Any, shapes: Any) -> Any:
        """The shapes that the function given for them tells."""
        if self.shapes is None:
            raise NotImplementedError
        return self.shapes(node, shapes)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.fn == other.fn

    def __hash__(self) -> int:
        return hash((type(self), self.fn))

    def __str__(self) -> str:
        return f"FromFunctionOp{{{self.__name__}}}"


@public
def as_op(
    itypes: Any, otypes: Any, infer_shape: Callable[..., Any] | None = None
) -> Callable[[Callable[..., Any]], FromFunctionOp]:
    """Declare an op by a function of arrays; it has no gradient.

    Args:
        itypes, otypes: the types of inputs and outputs, or the one.
        infer_shape: ``infer_shape(node, shapes)`` gives the shapes of the outputs.

    Returns:
        A decorator.

    Raises:
        GraphTypeError: for types that are none.

    Example:
        >>> import numpy as np
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> @theano.compile.ops.as_op(itypes=[T.dvector], otypes=[T.dvector])
        ... def backwards(x):
        ...     return x[::-1]
        >>> backwards(T.constant(np.array([1.0, 2.0]))).eval().tolist()
        [2.0, 1.0]
    """
    taken, given = (list(types) if isinstance(types, list | tuple) else [types] for types in (itypes, otypes))
    for type in (*taken, *given):
        if not callable(type):
            raise GraphTypeError(f"as_op: types are such as T.dvector, not {shown(type)}{here()}")
    return lambda fn: FromFunctionOp(fn, taken, given, infer_shape)


class ViewOp(Op):
    """The op whose output is its input; scripts derive others that differ in their gradient."""

    __props__ = ()
    view_map: ClassVar[dict[int, list[int]]] = {0: [0]}

    def make_node(self, *inputs: Any, **options: Any) -> Apply:
        """The application to one input."""
        (x,) = inputs
        return Apply(self, [x], [x.type()])

    def perform(self, node: Any, inputs: Any, output_storage: Any, *params: Any) -> None:
        """The input."""
        output_storage[0][0] = inputs[0]

    def infer_shape(self, node: Any, shapes: Any) -> Any:
        """The input's shape."""
        return shapes

    def grad(self, inputs: Any, output_gradients: Any) -> Any:
        """The output's gradient."""
        return output_gradients


view_op = ViewOp()
