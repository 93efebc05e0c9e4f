"""Functions of one element that scripts define, applied to tensors.

    class Cube(theano.scalar.UnaryScalarOp):
        def impl(self, x): return x ** 3
        def grad(self, inputs, output_gradients): ...

    cube = T.Elemwise(Cube(theano.scalar.same_out, name="cube"))

``c_code`` of one expression is read as a formula and compiled like any other; ``impl`` is called for every element.

Read next: scalar.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, here
from ..graph import Node, substitute
from ..tensor import broadcast_arrays, cast
from ..tensor.calls import composite
from .applications import Apply, Op
from .c_expressions import formula_of, value_of
from .dtypes import as_float, upcast, variable
from .markers import Mark
from .methods import operators
from .python_ops import PerformedApply
from .scalar_ops import ScalarOp
from .variable import TensorType, spoken

Types = tuple[TensorType, ...]


def same_out(type: TensorType, *others: TensorType) -> Types:
    """The type of the first input as that of the output."""
    return (type,)


def upcast_out(*types: TensorType) -> Types:
    """The type in which the inputs meet as that of the output."""
    return (TensorType(upcast(*(one.dtype for one in types)), ()),)


def upgrade_to_float(*types: TensorType) -> Types:
    """The float that holds the inputs as the type of the output."""
    return (TensorType(as_float(*(one.dtype for one in types)), ()),)


class _Performed(Op):
    """The op of tensors that calls ``impl`` for every element."""

    __props__ = ("scalar_op",)

    def __init__(self, scalar_op: ScalarOp) -> None:
        self.scalar_op = scalar_op

    def make_node(self, *inputs: Any, **options: Any) -> Apply:
        given = [*inputs]
        return Apply(self, given, [TensorType(_dtype_of(self.scalar_op, given), (False,) * given[0].ndim)()])

    def perform(self, node: Any, inputs: Any, output_storage: Any, *params: Any) -> None:
        values = np.frompyfunc(self.scalar_op.impl, len(inputs), 1)(*inputs)
        output_storage[0][0] = np.asarray(values, dtype=node.outputs[0].dtype)

    def infer_shape(self, node: Any, shapes: Any) -> Any:
        return [shapes[0]]

    def L_op(self, inputs: Any, outputs: Any, output_gradients: Any) -> Any:
        return self.scalar_op.L_op(inputs, outputs, output_gradients)

    def __str__(self) -> str:
        return f"Elemwise{{{self.scalar_op},no_inplace}}"


def _dtype_of(scalar_op: ScalarOp, inputs: Sequence[Node]) -> str:
    made: TensorType = scalar_op.output_types([TensorType(one.dtype, ()) for one in inputs])[0]
    return made.dtype


@public
def over_elements(scalar_op: ScalarOp, inputs: Sequence[Any]) -> Any:
    """The function that a script defines, of every element of tensors.

    Args:
        scalar_op: the function.
        inputs: tensors, which are stretched to one shape.

    Raises:
        GraphTypeError: for another number of inputs, and for a function that has neither ``impl`` nor C code of one
            expression.

    Example:
        >>> import symdrop.theano as theano
        >>> class Cube(theano.scalar.UnaryScalarOp):
        ...     def impl(self, x):
        ...         return x**3
        >>> float(over_elements(Cube(same_out), [2.0]).eval())
        8.0
    """
    if not inputs or scalar_op.nin not in (-1, len(inputs)):
        raise GraphTypeError(f"{scalar_op} takes {scalar_op.nin} inputs, not {len(inputs)}{here()}")
    given = [variable(one) for one in inputs]
    # Stretched here, so that gradients have the shapes of what they belong to.
    given = list(broadcast_arrays(*given)) if len(given) > 1 else given
    if (made := _as_formula(scalar_op, given)) is not None:
        return made
    if type(scalar_op).impl is ScalarOp.impl:
        raise GraphTypeError(f"{scalar_op} has neither impl nor C code of one expression; define impl{here()}")
    return _Performed(scalar_op)(*[spoken(one) for one in given])


def _as_formula(scalar_op: ScalarOp, given: Sequence[Node]) -> Any:
    """The value by C code of one expression; None where there is none that is understood."""
    names = [f"x{k}_" for k in range(len(given))]
    dtype = _dtype_of(scalar_op, given)
    try:
        node = PerformedApply(scalar_op, given, [TensorType(dtype, ())()])
        code = scalar_op.c_code(node, "scalar", names, ["z_"], {"fail": "fail"})
        formula = formula_of(code, "z_")
        if formula is None:
            return None
        inputs = [TensorType(one.dtype, one.broadcastable)() for one in given]
        value = cast(variable(value_of(formula, dict(zip(names, inputs, strict=True)))), dtype)
    except NotImplementedError:
        return None

    if (type(scalar_op).grad, type(scalar_op).L_op) == (ScalarOp.grad, ScalarOp.L_op):
        return spoken(substitute([value], dict(zip(inputs, given, strict=True))))[0]

    def values(*arguments: Node) -> list[Any]:
        return substitute([value], dict(zip(inputs, arguments, strict=True)))

    def pulled(g: Any, y: Any, *arguments: Node) -> list[Any]:
        returned = scalar_op.L_op(list(arguments), list(y), list(g))
        return [None if isinstance(one, Mark) else one for one in returned]

    return spoken(composite(values, name=str(scalar_op), pullback=pulled)(*given))[0]


operators["over_elements"] = over_elements
