"""Theano's classes of the ops that compute or combine elements: ``T.Elemwise``, ``T.Sum`` and their kin.

Read next: tensor_ops.py
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..binding import public
from ..errors import GraphTypeError, here, shown
from ..graph import Node
from ..op import as_node
from .applications import Apply, Op
from .engine_ops import CalledOp, EngineOp
from .methods import operators
from .scalar_functions import functions, scalar_name, scalar_op
from .scalar_ops import ScalarOp

# Reductions, and what they combine two elements by.
_COMBINED = {
    "all": "AND", "any": "OR", "argmax": "maximum", "max": "maximum", "min": "minimum", "plain_sum": "add",
    "prod": "mul", "sum": "add",
}  # fmt: skip
# Elementwise ops that Theano printed by a name of their own.
_OWN_NAMES = {"scalar_sigmoid": "sigmoid", "scalar_softplus": "softplus"}


class Elemwise(EngineOp):
    """An op that computes each element of those at the same place; ``scalar_op`` says what.

    Args:
        scalar_op: a function of one element, such as ``theano.scalar.add``, or one that a script defines.
        inplace_pattern, nfunc_spec, openmp: accepted; they change nothing.
        name: what it is called.
    """

    inplace_pattern: Mapping[int, int] = MappingProxyType({})
    _is_own = False

    @public
    def __init__(
        self,
        scalar_op: ScalarOp,
        inplace_pattern: Any = None,
        name: str | None = None,
        nfunc_spec: Any = None,
        openmp: bool | None = None,
    ) -> None:
        if not isinstance(scalar_op, ScalarOp):
            raise GraphTypeError(f"Elemwise is made of a function of one element, not of {shown(scalar_op)}{here()}")
        self.scalar_op, self.name, self._is_own = scalar_op, name or str(scalar_op), True

    def read(self, node: Node) -> None:
        """Take the function of one element."""
        self.scalar_op = scalar_op(scalar_name(node))

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The same function of every element of other inputs."""
        if not self._is_own:
            return super().__call__(*inputs, **options)
        return self.scalar_op(*inputs) if type(self) is Elemwise else Op.__call__(self, *inputs, **options)

    def make_node(self, *inputs: Any, **options: Any) -> Apply:
        """The application of an op of a class that a script has derived, with a gradient of its own."""
        return Apply(self, list(map(as_node, inputs)), [self.scalar_op(*inputs).type()])

    def perform(self, node: Any, inputs: Any, output_storage: Any, *params: Any) -> None:
        """Compute the elements."""
        output_storage[0][0] = self.scalar_op(*inputs).eval()

    def __str__(self) -> str:
        name = str(self.scalar_op)
        if self._is_own:
            return f"Elemwise{{{name},no_inplace}}"
        if name.startswith("Cast"):
            return f"Elemwise{{{name}}}"
        return _OWN_NAMES.get(name) or f"Elemwise{{{name.lower()},no_inplace}}"


class CAReduce(CalledOp):
    """An op that combines elements along ``axis``, a tuple of numbers, or None for all axes.

    Args:
        scalar_op: the function of two elements, such as ``theano.scalar.add``.
        axis: an axis, several, or None for all.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> T.CAReduce(theano.scalar.maximum, axis=0)([[3, 1], [2, 5]]).eval().tolist()
        [3, 5]
    """

    axis: tuple[int, ...] | None = None

    @public
    def __init__(self, scalar_op: ScalarOp, axis: Any = None) -> None:
        super().__init__()
        self.scalar_op = scalar_op
        self.function = {combined: name for name, combined in _COMBINED.items()}.get(str(scalar_op), "")
        if not self.function:
            raise GraphTypeError(f"no op combines elements by {scalar_op}; write a loop, or T.sum, T.prod, ...{here()}")
        self._along(axis)

    def _along(self, axis: Any) -> None:
        self.axis = None if axis is None else tuple(axis) if isinstance(axis, list | tuple) else (int(axis),)

    def read(self, node: Node) -> None:
        """Take the axes and the function."""
        axes = tuple(node.params["axis"])
        self.axis = None if len(axes) == node.inputs[0].ndim else axes
        self.scalar_op = scalar_op(_COMBINED.get(node.op.name, node.op.name))

    def compute(self, *inputs: Any) -> Any:
        """The input with those axes combined."""
        return operators[self.function](as_node(self.taken(inputs, "a tensor")[0]), self.axis, **self.params)

    def __str__(self) -> str:
        said = ["" if self.axis is None else f"axis={list(self.axis)}"]
        # What a script has asked for; of an op that computed a variable the dtype is that of the variable.
        said += [f"{name}={value}" for name, value in self.params.items() if self._op is None]
        shown = ", ".join(filter(None, said))
        return f"{type(self).__name__}{{{shown}}}" if shown else type(self).__name__


class CAReduceDtype(CAReduce):
    """A ``CAReduce`` that knows in which dtype it sums.

    Args:
        scalar_op, axis: as of ``CAReduce``.
        dtype: of the result; by default of the input, of small integers int64.
        acc_dtype: of partial results.
    """

    @public
    def __init__(self, scalar_op: ScalarOp, axis: Any = None, dtype: Any = None, acc_dtype: Any = None) -> None:
        super().__init__(scalar_op, axis)
        asked = {"dtype": dtype, "acc_dtype": acc_dtype}
        self.params = {name: value for name, value in asked.items() if value is not None}


class Sum(CAReduceDtype):
    """The sum.

    Args:
        axis, dtype, acc_dtype: as of ``CAReduceDtype``.
    """

    @public
    def __init__(self, axis: Any = None, dtype: Any = None, acc_dtype: Any = None) -> None:
        super().__init__(functions["add"], axis, dtype, acc_dtype)


class Prod(CAReduceDtype):
    """The product.

    Args:
        axis, dtype, acc_dtype: as of ``CAReduceDtype``.
        no_zeros_in_input: accepted; it changes nothing.
    """

    @public
    def __init__(
        self, axis: Any = None, dtype: Any = None, acc_dtype: Any = None, no_zeros_in_input: bool = False
    ) -> None:
        super().__init__(functions["mul"], axis, dtype, acc_dtype)


class All(CAReduce):
    """The conjunction: true if all are.

    Args:
        axis: as of ``CAReduce``.
    """

    @public
    def __init__(self, axis: Any = None) -> None:
        super().__init__(scalar_op("AND"), axis)


class Any_(CAReduce):
    """The disjunction: true if any is.

    Args:
        axis: as of ``CAReduce``.
    """

    @public
    def __init__(self, axis: Any = None) -> None:
        super().__init__(scalar_op("OR"), axis)

    def __str__(self) -> str:
        return super().__str__().replace("Any_", "Any")


class MaxAndArgmax(CAReduce):
    """The greatest, or where it is; called, both.

    Args:
        axis: an axis, or several.
    """

    @public
    def __init__(self, axis: Any) -> None:
        super().__init__(functions["maximum"], axis)
        self.function = "max_and_argmax"
