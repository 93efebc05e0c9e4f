"""Theano's names of the ops that the engine has, for scripts that ask ``isinstance(x.owner.op, T.Dot)``.

The table leads from the name of an op of the engine to Theano's class. What is not in it is an ``EngineOp``.

Read next: shapes.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..binding import public
from ..errors import GraphTypeError, here, shown
from ..graph import Node, substitute
from ..op import as_node
from .applications import Apply, Op
from .methods import operators
from .python_ops import PythonOp
from .scalar_functions import scalar_name, scalar_op
from .scalar_ops import ScalarOp


class EngineOp(Op):
    """An op of the engine, as scripts of Theano see it; two of the same name and parameters are equal.

    Args:
        node: a node that applies it.

    Attributes:
        name: the engine's name of it.
        params: what else it needs to know.
    """

    @public
    def __init__(self, node: Node) -> None:
        if not isinstance(node, Node) or node.is_leaf or not issubclass(class_of(node), type(self)):
            raise GraphTypeError(f"{type(self).__name__} is no class of the op of {shown(node)}{here()}")
        self._op = node.op
        self.name = node.op.name
        self.params = dict(node.params)
        self._ndim = 0 if node.items else node.ndim

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The same op on other inputs."""
        return self._op.make(list(inputs), self.params)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash((type(self), str(self)))

    def __str__(self) -> str:
        return type(self).__name__ if type(self) is not EngineOp else self.name


class CalledOp(EngineOp):
    """An op that scripts make themselves, of no node, to call it.

    Args:
        node: a node that applies it; None where a script makes one.

    Attributes:
        function: the name in ``theano.tensor`` of what a call computes.
    """

    function = ""

    @public
    def __init__(self, node: Node | None = None) -> None:
        if node is not None:
            super().__init__(node)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """The value of the function of that name."""
        return operators[self.function](*inputs, **options)

    def __str__(self) -> str:
        return type(self).__name__


class Elemwise(EngineOp):
    """An op that computes each element of those at the same place; ``scalar_op`` says what.

    Args:
        node: a node that applies it; or a function of one element that a script defines.
        inplace_pattern, nfunc_spec, openmp: accepted; they change nothing.
        name: what it is called.
    """

    @public
    def __init__(
        self,
        node: Node | ScalarOp,
        inplace_pattern: Any = None,
        name: str | None = None,
        nfunc_spec: Any = None,
        openmp: bool | None = None,
    ) -> None:
        self._is_own = isinstance(node, ScalarOp)
        if isinstance(node, ScalarOp):
            self.scalar_op, self.name = node, name or str(node)
        else:
            super().__init__(node)
            self.scalar_op = scalar_op(scalar_name(node))
        self.inplace_pattern: dict[int, int] = {}

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


class DimShuffle(EngineOp):
    """An op that rearranges axes; ``new_order`` has their numbers, and "x" for new ones."""

    @public
    def __init__(self, node: Node) -> None:
        super().__init__(node)
        source = node.inputs[0]
        new = ("x",) * (node.ndim - source.ndim)
        self.new_order: tuple[Any, ...] = tuple(node.params.get("pattern", (*new, *range(source.ndim))))
        self.input_broadcastable = source.broadcastable
        self.shuffle = [axis for axis in self.new_order if axis != "x"]
        self.drop = [axis for axis in range(source.ndim) if axis not in self.shuffle]
        self.augment = [axis for axis, old in enumerate(self.new_order) if old == "x"]

    def __str__(self) -> str:
        return f"InplaceDimShuffle{{{','.join(map(str, self.new_order))}}}"


class CAReduce(EngineOp):
    """An op that combines elements along ``axis``, a tuple of numbers, or None for all axes."""

    @public
    def __init__(self, node: Node) -> None:
        super().__init__(node)
        axes = tuple(node.params["axis"])
        self.axis = None if len(axes) == node.inputs[0].ndim else axes
        self.scalar_op = scalar_op(_REDUCED.get(node.op.name, node.op.name))

    def __str__(self) -> str:
        axis = "" if self.axis is None else f"axis={list(self.axis)}"
        name = type(self).__name__
        return f"{name}{{{axis}}}" if axis else name


class CAReduceDtype(CAReduce):
    """A ``CAReduce`` that knows in which dtype it sums."""


class Sum(CAReduceDtype):
    """The sum."""


class Prod(CAReduceDtype):
    """The product."""


class All(CAReduce):
    """The conjunction: true if all are."""


class Any_(CAReduce):
    """The disjunction: true if any is."""

    def __str__(self) -> str:
        return super().__str__().replace("Any_", "Any")


class MaxAndArgmax(CAReduce):
    """The greatest, or where it is."""


class Reshape(EngineOp):
    """An op that puts the elements into another shape, of ``ndim`` axes."""

    @public
    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.ndim = node.ndim

    def __str__(self) -> str:
        return f"Reshape{{{self.ndim}}}"


class Dot(EngineOp):
    """A product of matrices or vectors."""

    def __str__(self) -> str:
        return "dot"


class BatchedDot(EngineOp):
    """Products of matrices, one for each example."""


class Subtensor(EngineOp):
    """Elements at numbers and slices."""


class AdvancedSubtensor1(EngineOp):
    """Rows at a vector of numbers."""


class AdvancedSubtensor(EngineOp):
    """Elements at arrays of numbers."""


class IncSubtensor(EngineOp):
    """A tensor of which a part at numbers and slices is set or increased; ``set_instead_of_inc`` says which."""

    @public
    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.set_instead_of_inc = "set" in node.op.name
        self.inplace = False


class AdvancedIncSubtensor1(IncSubtensor):
    """A tensor of which rows at a vector of numbers are set or increased."""


class AdvancedIncSubtensor(IncSubtensor):
    """A tensor of which elements at arrays of numbers are set or increased."""


class Join(EngineOp):
    """Tensors one after the other along an axis."""


class Split(EngineOp):
    """A tensor in parts along an axis."""


class Alloc(CalledOp):
    """A value stretched to a shape."""

    function = "alloc"


class ARange(EngineOp):
    """Numbers one after the other."""


class Shape_i(EngineOp):
    """The size of axis ``i``."""

    @public
    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self.i = node.params["axis"]

    def __str__(self) -> str:
        return f"Shape_i{{{self.i}}}"


class SpecifyShape(EngineOp):
    """A tensor whose shape is declared."""


class SortOp(EngineOp):
    """The elements in order."""


class ArgSortOp(EngineOp):
    """The places of the elements in order."""


class CumOp(EngineOp):
    """Running sums."""


class ExtractDiag(EngineOp):
    """A diagonal."""


class Nonzero(EngineOp):
    """The places of elements that are not zero."""


class Softmax(CalledOp):
    """The softmax of every row."""

    function = "softmax"


class LogSoftmax(CalledOp):
    """Its logarithm."""

    function = "logsoftmax"


class AbstractConv2d(EngineOp):
    """A convolution."""


class Scan(EngineOp):
    """A loop; ``inputs`` and ``outputs`` are the variables of its step, a copy of it for each loop."""

    @public
    def __init__(self, node: Node) -> None:
        super().__init__(node)
        body, made = node.params["body"], node.results
        # The step's inputs are the engine's: as Theano's they have tags, and what is computed from them has.
        copies = {old: made(old.op, (), old.type, None, old.name, old.lines) for old in body.inputs}
        self.inputs, self.outputs = [*copies.values()], substitute(list(body.outputs), copies)

    def __str__(self) -> str:
        return "for{cpu,scan_fn}"


class IfElse(EngineOp):
    """A choice of which only the chosen branch is computed."""

    def __str__(self) -> str:
        return "if{}"


class RandomFunction(EngineOp):
    """A draw."""


_REDUCED = {
    "all": "AND", "any": "OR", "argmax": "maximum", "max": "maximum", "min": "minimum", "plain_sum": "add",
    "prod": "mul", "sum": "add",
}  # fmt: skip
# Elementwise ops that Theano printed by a name of their own.
_OWN_NAMES = {"scalar_sigmoid": "sigmoid", "scalar_softplus": "softplus"}

# Ops of the engine by name, and the classes that Theano gave them.
CLASSES: dict[str, type[EngineOp]] = {
    "affine_view": DimShuffle, "all": All, "any": Any_, "arange": ARange, "argmax": MaxAndArgmax,
    "argsort": ArgSortOp, "bernoulli": RandomFunction, "concatenate": Join, "convolution": AbstractConv2d,
    "cumsum": CumOp, "diagonal": ExtractDiag, "dim": Shape_i, "dimshuffle": DimShuffle, "ifelse": IfElse,
    "integers": RandomFunction, "log_softmax": LogSoftmax, "max": MaxAndArgmax, "min": CAReduce, "nonzero": Nonzero,
    "prod": Prod, "reshape": Reshape, "scan": Scan, "softmax": Softmax, "sort": SortOp, "specify_shape": SpecifyShape,
    "split": Split, "standard_normal": RandomFunction, "subtensor": Subtensor, "sum": Sum, "uniform": RandomFunction,
}  # fmt: skip
# The same where the class depends on the node.
CHOSEN: dict[str, Callable[[Node], type[EngineOp]]] = {
    "broadcast": lambda node: Alloc if node.inputs[0].is_leaf and not node.inputs[0].ndim else DimShuffle,
    "gather": lambda node: AdvancedSubtensor1 if _is_rows(node) else AdvancedSubtensor,
    "inc_subtensor": lambda node: _written(node),
    "set_subtensor": lambda node: _written(node),
    "matmul": lambda node: Dot if node.ndim < 3 else BatchedDot,
}


def _entries(node: Node) -> tuple[str, ...]:
    found: tuple[str, ...] = tuple(node.params.get("entries", ()))
    return found


def _is_rows(node: Node) -> bool:
    """True if a vector of numbers chooses along the first axis, and nothing else is chosen."""
    entries = _entries(node)
    return entries[:1] == ("a",) and node.inputs[-1].ndim == 1 and "a" not in entries[1:]


def _written(node: Node) -> type[IncSubtensor]:
    if "a" not in _entries(node):
        return IncSubtensor
    return AdvancedIncSubtensor1 if _is_rows(node) else AdvancedIncSubtensor


def class_of(node: Node) -> type[EngineOp]:
    """Theano's class of the op that a computed node of the engine applies."""
    name = node.op.name
    kind = CHOSEN[name](node) if name in CHOSEN else CLASSES.get(name)
    return kind or (Elemwise if node.op.kind == "elementwise" else EngineOp)


def op_of(node: Node) -> tuple[Any, Sequence[Node]]:
    """The op that a node of the engine applies as Theano would call it, and the inputs it would have."""
    op = node.op
    if isinstance(op, PythonOp):
        return op.defined, node.inputs
    made = class_of(node)(node)
    # The sizes to which an operand is stretched are no inputs of Theano's.
    return made, node.inputs[:1] if isinstance(made, DimShuffle) else node.inputs
