"""Kinds that know about axes: views, reductions, structured ops, draws and control.

* A *view* moves elements without computing: its output may alias its input.
* A *reduction* combines the elements along the axes in ``axis``; the axes disappear.
* A *structured* op is anything with an algorithm of its own (matmul, sort, scatter).
* A *draw* computes random elements from a key, a step and a position (see ops/random.py).
* A *control* op holds closed graphs among its parameters and runs them.

Read next: evaluate.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeGuard

from ..errors import GraphTypeError, NotDifferentiableError, ShapeError
from ..graph import Graph, Node, substitution
from ..types import LARGEST, TensorType, accumulator_dtype, check_shape, is_float, is_integer
from .base import Formula, Op, Size, Sizes
from .cotangent import Cotangents
from .declare import Declare
from .elementwise import convert
from .leaves import constant_scalar


def as_size(node: Node) -> Node:
    """A size as an int64 scalar, weak as the sizes of tensors are, whatever integer dtype it was given in.

    Raises:
        GraphTypeError: if it is not an integer scalar.
        ShapeError: if it is known to be beyond what any size can be.
    """
    if node.ndim or not is_integer(node.dtype):
        raise GraphTypeError(f"a size is an integer scalar, not of type {node.type}")
    known = constant_scalar(node)
    if known is not None and known > LARGEST:
        raise ShapeError(f"a size is {LARGEST} at most, not {known}")
    return convert(node, "int64", weak=True)


def checked_shape(sizes: Iterable[Any]) -> tuple[int, ...]:
    """Sizes that a call gave, as Python integers.

    Raises:
        ShapeError: if one of them is negative, or an array of them could not be.
    """
    shape = tuple(map(int, sizes))
    check_shape(shape)
    return shape


class Sized(Op):
    """An op of whose inputs some are sizes.

    Args:
        sizes: which inputs are: they become int64 scalars, whatever integer dtype they are given in.
    """

    def __init__(self, formula: Formula, *, sizes: slice = slice(0), **declared: Any) -> None:
        self.size_inputs = sizes
        super().__init__(formula, **declared)

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        inputs[self.size_inputs] = map(as_size, inputs[self.size_inputs])
        return inputs


class View(Sized):
    """An op that only rearranges: ``formula(m, x, *others, **params)``; linear in its first input, which it moves.

    Args:
        bounded: whether its sizes follow from bounds that are clipped to the sizes of its input: long formulas, which
            rewriting does not write out.
    """

    kind: ClassVar[str] = "view"

    def __init__(self, formula: Formula, *, bounded: bool = False, **declared: Any) -> None:
        self.bounded = bounded
        super().__init__(formula, linear_in=(0,), moves=(0,), aliases=True, **declared)


class Reduction(Op):
    """An op that removes the axes in its parameter ``axis`` (a sorted tuple) by combining elements.

    Args:
        returns: "same" dtype as the input, "sum" (small integers and bool grow to 64 bits), "bool" or "index" (int64).
        accepts_empty: whether the reduction of no elements has a value.
        combine: how two partial results become one: "sum", "plain_sum", "prod", "max", "min", "any", "all", "argmax"
            or "argmin". Without it the formula is composed of other ops, which compute it.
    """

    kind: ClassVar[str] = "reduction"

    def __init__(
        self,
        formula: Formula,
        *,
        returns: str = "same",
        accepts_empty: bool = True,
        combine: str | None = None,
        **declared: Any,
    ) -> None:
        self.returns = returns
        self.accepts_empty = accepts_empty
        self.combine = combine
        super().__init__(formula, composed=combine is None, axis_params=("axis",), **declared)

    def infer_type(self, inputs: Sequence[Node], params: Mapping[str, Any]) -> TensorType:
        (x,) = inputs
        axes = params["axis"]
        if self.returns == "bool":
            dtype = "bool"
        elif self.returns == "index":
            dtype = "int64"
        elif self.returns == "sum":
            dtype = accumulator_dtype(x.dtype)
        else:
            dtype = x.dtype
        if not self.accepts_empty and any(x.type.shape[axis] == 0 for axis in axes):
            raise GraphTypeError(f"no value over axis {axes} of size 0")
        shape = tuple(size for axis, size in enumerate(x.type.shape) if axis not in axes)
        return TensorType(dtype, shape, x.type.weak and is_float(dtype))

    def pull_inputs(self, node: Node, g: Any) -> Sequence[Node]:
        """The operand; where products of it are slopes, as floats, since integers would overflow."""
        (x,) = node.inputs
        return [convert(x, g.dtype) if self.returns == "sum" and is_integer(x.dtype) else x]

    def output_sizes(self, node: Node, sizes: Sizes) -> Sequence[Size | None]:
        return [size for axis, size in enumerate(sizes(node.inputs[0])) if axis not in node.params["axis"]]


class Structured(Sized):
    """An op with an algorithm of its own: ``formula(m, *values, **params)`` plus an ``infer`` rule."""

    kind: ClassVar[str] = "structured"


class Choice(Structured):
    """An op of a truth value and two values, of which it is one; the other need not be computed."""


class SizeOf(Structured):
    """The op that gives the size of one axis of its input, in its parameter ``axis``."""


class Draw(Op):
    """A random value: ``formula(m, words, *parameters, **params)`` from uniformly random words.

    Inputs are the key (two uint32), the step, as many sizes as ``params["ndim"]`` says, then the parameters of the
    distribution (scalars, or arrays of the draw's shape). ``params["dtype"]`` is the dtype of the value.

    Args:
        bits: for every dtype the draw can have, the random bits an element takes: 32 or 64.
        parameters: the dtypes the formula expects of the distribution's parameters.
    """

    kind: ClassVar[str] = "draw"

    def __init__(
        self, formula: Formula, *, bits: Mapping[str, int], parameters: tuple[str, ...] = (), **declared: Any
    ) -> None:
        self.bits = bits
        self.parameters = parameters
        super().__init__(formula, **declared)

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        first = 2 + params["ndim"]
        if len(inputs) != first + len(self.parameters):
            raise GraphTypeError(
                f"expected a key, a step, {params['ndim']} sizes and {len(self.parameters)} parameters, "
                f"got {len(inputs)} inputs"
            )
        parameters = [convert(*pair) for pair in zip(inputs[first:], self.parameters, strict=True)]
        return [*inputs[:2], *map(as_size, inputs[2:first]), *parameters]

    def infer_type(self, inputs: Sequence[Node], params: Mapping[str, Any]) -> TensorType:
        first = 2 + params["ndim"]
        key, step, *sizes = inputs[:first]
        if params["dtype"] not in self.bits:
            raise GraphTypeError(f"not defined for dtype {params['dtype']}; it draws {', '.join(self.bits)}")
        if not TensorType("uint32", (2,)).accepts(key.type) and key.type != TensorType("uint32", (None,)):
            raise GraphTypeError(f"a key is two words of dtype uint32, not {key.type}")
        if step.ndim or not is_integer(step.dtype):
            raise GraphTypeError("the step must be an integer scalar")
        shape = tuple(constant_scalar(size) for size in sizes)
        for node in inputs[first:]:
            if node.ndim not in (0, len(shape)):
                raise ShapeError(f"a parameter of type {node.type} is neither a scalar nor of the draw's {shape}")
        return TensorType(params["dtype"], shape)

    def output_sizes(self, node: Node, sizes: Sizes) -> Sequence[Size | None]:
        return list(node.inputs[2 : 2 + node.params["ndim"]])

    def evaluate(self, m: Any, values: Sequence[Any], params: Mapping[str, Any]) -> Any:
        key, step, *rest = values
        shape = checked_shape(rest[: params["ndim"]])
        parameters = rest[params["ndim"] :]
        for value in parameters:
            if value.shape not in ((), shape):
                raise ShapeError(f"a parameter of shape {value.shape} does not fit a draw of shape {shape}")
        return self.formula(m, m.random_words(key, step, shape, self.bits[params["dtype"]]), *parameters, **params)


class Control(Sized):
    """An op that holds closed graphs among its parameters and decides how often to run them.

    Args:
        captured_from: of a node, the number of the first of its inputs that its graphs capture.
        sequences: of a node, the numbers of the inputs of which every run of a graph is given one element.
    """

    kind: ClassVar[str] = "control"

    def __init__(
        self,
        formula: Formula,
        *,
        captured_from: Callable[[Node], int],
        sequences: Callable[[Node], range] | None = None,
        **declared: Any,
    ) -> None:
        self.captured_from = captured_from
        self.sequences = sequences
        super().__init__(formula, **declared)

    def pull_control(self, node: Node, g: Any, differentiate: Callable[..., Any]) -> tuple[Cotangents, ...]:
        """``pull`` of a control op; the rule is handed ``differentiate`` (``autodiff.pull_back``), which lives
        further up."""
        if self.pull_rule is None:
            raise NotDifferentiableError(f"{self.name} has no gradient")
        rule = self.pull_rule
        result: tuple[Cotangents, ...] = rule(g, node, *node.inputs, differentiate=differentiate, **node.params)
        return result


def is_dim(node: Any) -> TypeGuard[Node]:
    """True if a node is the size of an axis of another, read from it."""
    return isinstance(node, Node) and isinstance(node.op, SizeOf)


def is_choice(node: Node) -> bool:
    """True if a node is one of two values, of which the other need not be computed."""
    return isinstance(node.op, Choice)


def is_item(node: Node) -> bool:
    """True if a node is one value of an op that has several."""
    return "index" in node.params and bool(node.inputs) and node.inputs[0].items is not None


def captures_from(node: Node) -> int:
    """The number of the first of a control node's inputs that its bodies capture."""
    assert isinstance(node.op, Control)
    return node.op.captured_from(node)


def sequences_of(node: Node) -> range:
    """The numbers of the inputs of a control node of which every run of its bodies is given one element."""
    assert isinstance(node.op, Control)
    return range(0) if node.op.sequences is None else node.op.sequences(node)


def bodies(node: Node) -> dict[str, Graph]:
    """The closed graphs a node holds, by parameter name."""
    if not node.params:
        return {}
    return {name: value for name, value in node.params.items() if isinstance(value, Graph)}


def with_bodies(node: Node, change: Callable[[Graph], Graph]) -> Node:
    """A node whose closed graphs have been changed; itself if none of them is another."""
    held = bodies(node)
    if not held:
        return node
    changed = {name: change(body) for name, body in held.items()}
    if all(changed[name] is body for name, body in held.items()):
        return node
    return Node(node.op, node.inputs, node.type, {**node.params, **changed}, node.name, node.lines, node.origin)


def renamed(graph: Graph) -> tuple[Graph, dict[Node, Node]]:
    """An alpha-equivalent graph, over inputs that no other graph has, and what the nodes become."""
    own = {leaf: Node(leaf.op, (), leaf.type, leaf.params, leaf.name, leaf.lines) for leaf in graph.inputs}
    made = substitution([*graph.outputs, *own], own)
    return Graph(own.values(), [made[output] for output in graph.outputs], graph.labels), made


view = Declare(View)
reduction = Declare(Reduction)
choice = Declare(Choice)
structured = Declare(Structured)
draw = Declare(Draw)
control = Declare(Control)
