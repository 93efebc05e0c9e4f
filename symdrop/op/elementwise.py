"""The elementwise kind: one formula for one element, applied to all.

Building an elementwise node makes its inputs alike: operands are cast to one dtype, and
an axis that stretches is stretched by an explicit ``broadcast`` view. So formulas and
pullbacks see operands of one dtype and one shape, and no pullback ever has to undo a
broadcast. Scalar constants are the exception: they stay literals, as in the formula.

Read next: shaped.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature, signature
from typing import Any, ClassVar, Literal

import numpy as np

from ..errors import GraphTypeError, shown
from ..graph import Node, toposort, unstretched
from ..types import Shape, TensorType, broadcast_shapes, dtype_name, float_dtype, is_float, is_integer, is_weak, promote
from .base import Batched, BatchedResult, Formula, Op, Size, Sizes, lookup
from .casting import cast_array
from .declare import Declare
from .leaves import Constant, constant_scalar

Accepts = Literal["number", "any", "integer", "bool", "discrete"]
Returns = Literal["same", "float", "bool", "param"]

_ACCEPTED: dict[str, Callable[[str], bool]] = {
    "any": lambda dtype: True,
    "number": lambda dtype: dtype != "bool",
    "integer": is_integer,
    "bool": lambda dtype: dtype == "bool",
    "discrete": lambda dtype: not is_float(dtype),
}


_OPERANDS: Mapping[Accepts, str] = {
    "any": "numbers or bools",
    "number": "integers or floats",
    "integer": "integers",
    "bool": "bools",
    "discrete": "integers or bools",
}
_RESULTS: Mapping[Returns, str] = {
    "same": "the one in which the operands meet (docs/coming-from.md has the table)",
    "float": "that of a float operand (float32 for float16); ``sd.config.floatX`` for integers and bools",
    "bool": "bool",
    "param": "the one given as ``dtype``",
}


class Elementwise(Op):
    """An op whose formula computes one element of the output from one element of every input.

    Args:
        accepts: which operand dtypes it is defined for; "discrete" is integers and bool.
        returns: the output's dtype: "same" as the operands, "float" (integers are converted to float first), "bool",
            or "param" (the parameter ``dtype``).
        condition: whether the first operand is a condition (bool) that takes no part in the promotion.
        domain: the interval from which tests draw operands.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> @sd.elementwise
        ... def bent(m, x):
        ...     "Bent identity."
        ...     return (m.sqrt(x * x + 1) - 1) / 2 + x
        >>> @bent.pullback
        ... def bent_pullback(g, y, x):
        ...     return g * (x / (2 * T.sqrt(x * x + 1)) + 1)
        >>> float(bent(T.constant(0.0)).eval())
        0.0
    """

    kind: ClassVar[str] = "elementwise"

    def __init__(
        self,
        formula: Formula,
        *,
        accepts: Accepts = "any",
        returns: Returns = "same",
        condition: bool = False,
        domain: tuple[float, float] = (-3.0, 3.0),
        **declared: Any,
    ) -> None:
        self.accepts = accepts
        self.returns = returns
        self.condition = condition
        self.domain = domain
        super().__init__(formula, **declared)
        code = formula.__code__
        self.arity = code.co_argcount - 1
        self.parameters = frozenset(code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount])
        self.__doc__ = self._documentation()

    @property
    def __signature__(self) -> Signature:
        """The formula's own, without the namespace that it computes in."""
        own = list(signature(self.formula).parameters.values())[1:]
        return Signature([p.replace(annotation=Parameter.empty) for p in own])

    def _documentation(self) -> str:
        """The text of ``help``: all that the declaration says, and an example that the tests run."""
        called = self.__signature__
        operands = [p for p in called.parameters if p not in self.parameters]
        condition, others = (operands[:1], operands[1:]) if self.condition else ([], operands)
        # A value of each operand's kind, within the domain, which every op accepts.
        number = {"bool": "True", "integer": "1", "discrete": "1"}.get(
            self.accepts, f"{min(max(0.5, self.domain[0]), self.domain[1]):g}"
        )
        dtype = {"bool": "bool", "integer": "int32", "discrete": "int32"}.get(self.accepts, "float64")
        lines = [self.summary, "", f"Called as ``{self.name}{called}``.", "", "Args:"]
        lines += [f"    {name}: a bool of any shape; another dtype is true where it is not 0." for name in condition]
        lines += [f"    {name}: {_OPERANDS[self.accepts]} of any shape." for name in others]
        lines += [f"    {name}: a parameter, given by its name." for name in sorted(self.parameters)]
        several = len(operands) > 1
        lines += ["", "    Operands are variables, arrays, lists or numbers."]
        if several:
            lines += ["    They are cast to one dtype, and an axis of size 1 stretches to what it meets."]
        result = "the operands, stretched to each other" if several else "the operand"
        lines += ["", "Returns:", f"    A node of the shape of {result}. Its dtype: {_RESULTS[self.returns]}."]
        lines += ["", "Raises:", "    GraphTypeError: for operands of another dtype, or too few or many of them."]
        if several:
            lines += ["    ShapeError: for sizes that do not fit, in the call where they are unknown until then."]
        return "\n".join([*lines, *self._example(number, dtype, len(operands))])

    def _example(self, number: str, dtype: str, count: int) -> list[str]:
        if self.parameters:
            return []
        given = ", ".join([f"np.full(2, {number}, {dtype!r})"] * count)
        return [
            "", "Example:", "    >>> import numpy as np", "    >>> from symdrop.op import lookup",
            f"    >>> {self.name} = lookup({self.name!r})", f"    >>> {self.name}({given}).eval().shape", "    (2,)",
        ]  # fmt: skip

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        if len(inputs) != self.arity:
            raise GraphTypeError(f"expected {self.arity} operands, got {len(inputs)}")
        if not params.keys() <= self.parameters:
            unknown = ", ".join(map(shown, params.keys() - self.parameters))
            raise GraphTypeError(f"it has no parameter {unknown}")
        for node in inputs:
            if node.items is not None:
                raise GraphTypeError(f"an operand has several values, {node.type}; choose one of them")
        return stretch(self._convert(inputs))

    def _convert(self, inputs: list[Node]) -> list[Node]:
        condition, operands = (inputs[:1], inputs[1:]) if self.condition else ([], inputs)
        if condition and condition[0].dtype != "bool":
            condition = [lookup("neq")(condition[0], 0)]
        dtype = promote([node.type for node in operands])
        if not _ACCEPTED[self.accepts](dtype):
            raise GraphTypeError(f"not defined for {dtype}; it takes {self.accepts} dtypes")
        if self.returns == "param":
            return operands
        if self.returns == "float":
            dtype = float_dtype(dtype)
        types = [node.type for node in operands]
        # 1 - 0.25 is as weak as its operands, so that float32 - (1 - 0.25) stays float32.
        weak = is_weak(dtype, types)
        if self.returns == "bool" and weak and is_float(dtype):
            # What is only compared widens nothing, and float32 does not tell large integers apart.
            dtype, weak = "float64", all(type.weak for type in types)
        return condition + [convert(node, dtype, weak) for node in operands]

    def infer_type(self, inputs: Sequence[Node], params: Mapping[str, Any]) -> TensorType:
        operands = inputs[1:] if self.condition else inputs
        dtype = operands[0].dtype
        if self.returns == "bool":
            dtype = "bool"
        elif self.returns == "param":
            dtype = dtype_name(params["dtype"])
        weak = params.get("weak", False) if self.returns == "param" else all(node.type.weak for node in operands)
        return TensorType(dtype, broadcast_shapes([node.type.shape for node in inputs]), weak)

    def pull_inputs(self, node: Node, g: Any) -> Sequence[Node]:
        """The operands, integers among them as floats: slopes formed in a small integer dtype would overflow."""
        if self.returns == "param":
            return node.inputs
        return [convert(source, g.dtype) if is_integer(source.dtype) else source for source in node.inputs]

    def batch(self, node: Node, rows: Node, operands: Sequence[Batched]) -> BatchedResult:
        """The op on whole operands: what is not batched stretches along the new axis."""
        if self.batching_rule is not None:
            return super().batch(node, rows, operands)
        return self.make([value if batched else _stretchable(value) for value, batched in operands], node.params)

    def output_sizes(self, node: Node, sizes: Sizes) -> Sequence[Size | None]:
        return next((sizes(source) for source in node.inputs if source.ndim == node.ndim), ())


def _stretchable(node: Node) -> Node:
    """A node without what has stretched it already; literals are known for what they are in any form."""
    return node if constant_scalar(node) is not None else unstretched(node)


def convert(node: Node, dtype: str, weak: bool = False) -> Node:
    """The node in another dtype (and weak, if asked); constants are converted at once, weak ones only if they fit.

    A weak float is computed anew where the dtype has more digits, as if it had been written in it.

    Raises:
        GraphTypeError: if a Python integer does not fit into an integer dtype.
    """
    if isinstance(node, Constant) and (node.dtype != dtype or (node.type.weak and not weak and is_float(dtype))):
        return _convert_constant(node, dtype, weak)
    if node.dtype == dtype:
        return node
    if node.type.weak and node.dtype == "float32" and dtype == "float64" and not node.is_leaf:
        return _in_double(node)
    return lookup("cast")(node, dtype=dtype, **({"weak": True} if weak else {}))


def give_way(node: Node, dtype: str) -> Node:
    """A weak node in the dtype of what it meets; the node itself if it is not weak, or that would drop fractions.

    Raises:
        GraphTypeError: if a Python number does not fit into an integer dtype.
    """
    if node.items is not None or not node.type.weak:
        return node
    widens = is_float(dtype) or node.dtype == "bool" or (is_integer(dtype) and is_integer(node.dtype))
    return convert(node, dtype) if widens or isinstance(node, Constant) else node


def _convert_constant(node: Constant, dtype: str, weak: bool) -> Constant:
    with np.errstate(over="ignore"):
        value = cast_array(node.exact, dtype)
    if node.type.weak and not is_float(dtype) and not np.array_equal(value, node.exact):
        raise GraphTypeError(f"the Python number {node.item()} does not fit into {dtype}")
    exact = node.exact if weak else None
    return Constant(value, weak, node.structural, name=node.name, lines=node.lines, exact=exact, source=node)


def _in_double(node: Node) -> Node:
    """A weak float32 node computed in float64 from its numbers and integers on."""

    def is_given(node: Node) -> bool:
        return node.is_leaf or not (node.type.weak and node.dtype == "float32")

    made: dict[Node, Node] = {}
    for old in toposort([node], stop=is_given):
        if is_given(old):
            made[old] = convert(old, "float64", True) if old.type.weak and old.dtype == "float32" else old
        elif old.op is lookup("cast"):
            made[old] = convert(old.inputs[0], "float64", True)
        else:
            type = TensorType("float64", old.type.shape, weak=True)
            inputs = tuple(made[source] for source in old.inputs)
            made[old] = Node(old.op, inputs, type, old.params, old.name, old.lines, old.origin)
    return made[node]


def stretch(nodes: Sequence[Node]) -> list[Node]:
    """The nodes with explicit broadcast views where an axis stretches; scalar constants stay as they are."""
    shape = broadcast_shapes([node.type.shape for node in nodes])
    if not shape:
        return list(nodes)
    stretched = [node if constant_scalar(node) is not None else _stretch_to(node, shape, nodes) for node in nodes]
    if all(node.ndim == 0 for node in stretched):
        return [_stretch_to(node, shape, nodes) for node in nodes]
    return stretched


def _stretch_to(node: Node, shape: Shape, nodes: Sequence[Node]) -> Node:
    missing = len(shape) - node.ndim
    own = (1,) * missing + node.type.shape
    axes = tuple(axis for axis in range(len(shape)) if axis < missing or (own[axis] == 1 and shape[axis] != 1))
    if not axes:
        return node
    return lookup("broadcast")(node, *(_size_of(axis, shape, nodes) for axis in axes), axes=axes, ndim=len(shape))


def _size_of(axis: int, shape: Shape, nodes: Sequence[Node]) -> Any:
    if shape[axis] is not None:
        return shape[axis]
    for node in nodes:
        own = axis - (len(shape) - node.ndim)
        if own >= 0 and node.type.shape[own] != 1:
            return lookup("dim")(node, axis=own)
    raise AssertionError("an unknown size comes from some operand")


elementwise = Declare(Elementwise)
