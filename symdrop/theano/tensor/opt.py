"""``theano.tensor.opt``: conditions that are checked when running; of Theano's rewrites there are none.

Read next: shaping.py
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, SymdropError
from ...graph import Node
from ..applications import Apply, Op
from ..dtypes import variable
from ..markers import DisconnectedType
from ..missing import missing_name
from ..variable import theano_type


class ConditionError(SymdropError, AssertionError):
    """A condition that does not hold when running."""


class Assert(Op):
    """The op whose output is its first input, if conditions hold when running.

    Args:
        msg: what the ``AssertionError`` says if they do not.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> from symdrop.theano.tensor.opt import Assert
        >>> x = T.scalar("x")
        >>> float(Assert("x is positive")(x, x > 0).eval({x: 2.0}))
        2.0
    """

    __props__ = ("msg",)
    error: ClassVar[type[Exception]] = ConditionError

    @public
    def __init__(self, msg: str = "Theano Assert failed!") -> None:
        self.msg = msg

    def make_node(self, *inputs: Any, **options: Any) -> Apply:
        """The application to a value and conditions without axes."""
        value, *conditions = map(variable, inputs)
        return Apply(self, [value, *conditions], [theano_type(value.type)()])

    def perform(self, node: Any, inputs: Any, output_storage: Any, *params: Any) -> None:
        """The value."""
        if not all(map(np.all, inputs[1:])):
            raise self.error(self.msg)
        output_storage[0][0] = inputs[0]

    def infer_shape(self, node: Any, shapes: Any) -> Any:
        """The shape of the value."""
        return shapes[:1]

    def grad(self, inputs: Any, output_gradients: Any) -> Any:
        """The output's gradient; nothing depends on the conditions."""
        return [*output_gradients, *(DisconnectedType()() for _ in inputs[1:])]

    def R_op(self, inputs: Any, eval_points: Any) -> Any:
        """The value moves as it does."""
        return eval_points[:1]


class RefusedValue(Assert):
    """``Assert`` that raises a ``ValueError``."""

    error = ArgumentError


class RefusedType(Assert):
    """``Assert`` that raises a ``TypeError``."""

    error = GraphTypeError


assert_op = assert_ = Assert()


@public
def make_vector(*elements: Any) -> Node:
    """A vector of numbers, int64 if there are none.

    Args:
        *elements: variables without axes, and numbers.

    Returns:
        A vector of the dtype in which they meet.

    Example:
        >>> make_vector(1, 2).eval().tolist()
        [1, 2]
    """
    return variable(list(elements)) if elements else variable(np.zeros(0, "int64"))


__all__ = ["Assert", "assert_", "assert_op", "make_vector"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.opt", name, __all__)
