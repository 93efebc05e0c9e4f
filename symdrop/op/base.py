"""Ops: named formulas over a maths namespace, and what is known about each.

An op is declared by decorating its formula; the rules beside it are named functions::

    @structured(linear_in=(0, 1))
    def matmul(m, a, b):
        "Matrix product."
        return m.matmul(a, b)

    @matmul.infer
    def matmul_type(a, b): ...

    @matmul.pullback
    def matmul_pullback(g, y, a, b):
        return g @ b.T, a.T @ g

With ``m`` NumPy the formula is evaluation, with a back end's own values a loop body. All
else (tests, documentation, gradients, code generation) is driven by the registry filled here.

Read next: declare.py
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from inspect import isfunction
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar

import numpy as np

from ..binding import public
from ..config import config
from ..errors import ArgumentError, GraphTypeError, NotDifferentiableError, SymdropError, here, shown
from ..graph import Node, class_of_result, describe
from ..syntax import Term, hooks
from ..types import TensorType, TupleType
from .cotangent import ZERO, Cotangents, is_cotangent
from .notation import Notation
from .registry import Registry

Size = int | Node
Formula = Callable[..., Any]
Sizes = Callable[[Node], tuple[Size, ...]]
OpRule = TypeVar("OpRule", bound=Callable[..., Any])

registry: Registry[Op] = Registry()


class Batched(NamedTuple):
    """An operand of a batching rule.

    Attributes:
        value: one value for all examples; or, where it is batched, those of all examples along a new first axis.
        batched: tells which of the two.
    """

    value: Node
    batched: bool


# The values of all examples along a new first axis, an operand for every item of a value that has several, or None.
BatchedResult = Node | Sequence[Batched] | None


def label_of(node: Node) -> str:
    """The user's name for a node, or that of the op that computes it."""
    return node.name or node.op.name


def lookup(name: str) -> Op:
    """The op of that name.

    Raises:
        ArgumentError: if no op of that name has been defined in this process.
    """
    try:
        return registry[name]
    except KeyError:
        raise ArgumentError(f"no op is called {shown(name)}; import the module that defines it first") from None


class Op(Notation):
    """An operation that graphs can hold.

    Args:
        formula: ``formula(m, *values, **params)`` computes the value with the maths namespace ``m``; its name is the
            op's name (a trailing underscore dropped) and its docstring the op's documentation.
        name: the op's name, where that is not the formula's.
        linear_in: arguments in each of which the op is linear, the others held fixed (a product is).
        jointly_linear_in: arguments in which the op is linear when taken together (a sum is); "all" for every one.
        moves: arguments whose elements the op only moves, "all" for every one: each element of the value is an element
            of one of them, whatever their values are. So every elementwise function commutes with the op.
        bounds: between which numbers every value lies, where that is known of the op.
        nonnegative_if: arguments that need only be 0 or more for the value to be so; none where that tells nothing.
        commutative: whether the first two arguments may change places.
        aliases: whether the value may share memory with an input.
        asserts: whether the value is the first input, and an error where something does not hold.
        stretches: whether the op repeats its first input along new axes, and along axes of size 1.
        keeps_all: whether every element of its first input is one of the value's.
        axis_params: the parameters that number axes, of an op that goes along these and takes every other axis as it
            comes: with an axis more in front it is the same op, all numbers one larger; None for any other op.
        composed: whether the formula is composed of functions that are ops: run over nodes, it gives these.
        written: how the op is written in formulas, such as ``symbol="+"`` (notation.py).
    """

    kind: ClassVar[str] = "abstract"
    # The parameter with the axes over which the op sums what it computes, if it can do so on the way.
    sums_over: str | None = None
    # Gives, of inputs and parameters, other ops that compute each value, whose derivatives are the op's.
    expansion_rule: Callable[..., Sequence[Node]] | None = None

    def __init__(
        self,
        formula: Formula,
        *,
        name: str | None = None,
        linear_in: tuple[int, ...] = (),
        jointly_linear_in: tuple[int, ...] | Literal["all"] = (),
        moves: tuple[int, ...] | Literal["all"] = (),
        bounds: tuple[float, float] = (-math.inf, math.inf),
        nonnegative_if: tuple[int, ...] = (),
        commutative: bool = False,
        aliases: bool = False,
        asserts: bool = False,
        composed: bool = False,
        stretches: bool = False,
        keeps_all: bool = False,
        axis_params: tuple[str, ...] | None = None,
        **written: Any,
    ) -> None:
        if not isfunction(formula):
            raise GraphTypeError(f"an op is declared by its formula, a function, not by {shown(formula)}{here()}")
        super().__init__(**written)
        self.name = name or formula.__name__.rstrip("_")
        self.formula: Formula = formula
        self.linear_in = linear_in
        self.jointly_linear_in = jointly_linear_in
        self.moves = moves
        self.bounds = bounds
        self.nonnegative_if, self.commutative = nonnegative_if, commutative
        self.aliases, self.asserts = aliases, asserts
        self.composed = composed
        self.stretches, self.keeps_all = stretches, keeps_all
        self.summary = (formula.__doc__ or "").strip()
        self.module = formula.__module__
        # An op of this package, not of a program that uses it.
        self.is_ours = self.module.split(".")[0] == __name__.split(".")[0]
        self.pull_rule: Callable[..., Any] | None = None
        self.infer_rule: Callable[..., TensorType | TupleType] | None = None
        self.sizes_rule: Callable[..., Sequence[Size | None]] | None = None
        self.axis_params = axis_params
        self.batching_rule: Callable[..., BatchedResult] | None = None
        self.map_rule: Callable[..., Any] | None = None
        self.guards_rule: Callable[..., Iterable[Any]] | None = None
        self.decomposition_rule: Callable[..., Node | Sequence[Node] | None] | None = None
        self.simplification_rule: Callable[..., Node | None] | None = None
        self.samples_rule: Callable[..., Iterable[tuple[tuple[Any, ...], dict[str, Any]]]] | None = None
        self.__doc__ = self.summary
        self.__name__ = self.name
        self._register()

    def _register(self) -> None:
        # One of the package's own is compared with what is loaded: it may be being loaded as part of the rest.
        known = registry.loaded(self.name) if self.is_ours else registry.get(self.name)
        if known is not None and known.module != self.module:
            raise ArgumentError(
                f"an op called {shown(self.name)} is already defined in {known.module}; choose another name"
            )
        registry[self.name] = self

    # Rules, each used as a decorator beside the formula.

    def pullback(self, rule: OpRule) -> OpRule:
        """Declare ``rule(g, y, *inputs, **params)``: the cotangents of the inputs from that of the output."""
        self.pull_rule = rule
        return rule

    def infer(self, rule: OpRule) -> OpRule:
        """Declare ``rule(*inputs, **params)``: the output's type, from the inputs' types and constants' values."""
        self.infer_rule = rule
        return rule

    def sizes(self, rule: OpRule) -> OpRule:
        """Declare ``rule(sizes, *inputs, **params)``: the output's sizes, None where only running can tell.

        ``sizes(node)`` gives the sizes of an input: ints and integer scalar nodes.
        """
        self.sizes_rule = rule
        return rule

    def indexing_map(self, rule: OpRule) -> OpRule:
        """Declare ``rule(i, at, *inputs, **params)``: the index at which the first input is read for the element at
        ``at``, one for every axis; ``i`` is an index namespace (index_maps.py)."""
        self.map_rule = rule
        return rule

    def batching(self, rule: OpRule) -> OpRule:
        """Declare ``rule(rows, y, *operands, **params)``: the op on all examples at once, where that is shorter than
        what follows from the op's axes, its indexing map or its formula (ops/derived_batching.py).

        ``y`` is the node for one example, ``rows`` the number of examples, an operand a ``Batched``. The rule returns
        the values along a new first axis (an operand per item where there are several), or None if it knows no way.
        """
        self.batching_rule = rule
        return rule

    def guards(self, rule: OpRule) -> OpRule:
        """Declare ``rule(sizes, y, *inputs, **params)``, yielding what has to hold of sizes (guards.py)."""
        self.guards_rule = rule
        return rule

    def decomposition(self, rule: OpRule) -> OpRule:
        """Declare ``rule(sizes, y, *inputs, **params)``: other ops that compute ``y``, for native code, or None; a node
        for every value of an op that has several."""
        self.decomposition_rule = rule
        return rule

    def simplification(self, rule: OpRule) -> OpRule:
        """Declare ``rule(sizes, y, *inputs, **params)``: a quicker node of y's value, by what its inputs are; or None.

        It is a rewrite rule of an op that not every program loads (rewrite/rules/declared.py).
        """
        self.simplification_rule = rule
        return rule

    def samples(self, rule: OpRule) -> OpRule:
        """Declare ``rule(rng, dtype)``, yielding ``(arrays, params)`` on which the tests try the op."""
        self.samples_rule = rule
        return rule

    # Use.

    @public
    def __call__(self, *inputs: Any, **params: Any) -> Node:
        for value in inputs:
            if isinstance(value, Term) and not isinstance(value, Node):
                applied: Node = value.apply(self, inputs, params)  # or, to no type checker's eyes, another term
                return applied
        return self.make(inputs, params)

    def make(self, inputs: Sequence[Any], params: Mapping[str, Any]) -> Node:
        """A node applying the op, its type inferred.

        Raises:
            SymdropError: of the kind the op's inference raises, naming the op, the inputs and the user's line.
            Exception: with ``config.compute_test_value`` "raise", what computing it from test values raises.
        """
        nodes: Sequence[Node] = ()
        try:
            nodes = self.prepare([as_node(value) for value in inputs], params)
            type = self.infer_type(nodes, params)
        except SymdropError as error:
            raise self.blame(error, nodes or inputs) from None
        made = class_of_result(nodes)(self, tuple(nodes), type, params)
        return made if config.compute_test_value == "off" else hooks["try_out"](made)

    def blame(self, error: SymdropError, inputs: Sequence[Any]) -> SymdropError:
        """The same error, naming this op, its inputs and the user's line."""
        text, line = str(error), here()
        return error.__class__(f"{self.name}({', '.join(map(_shown, inputs))}): {text.removesuffix(line)}{line}")

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        """The inputs with the conversions that the op's formula relies on."""
        return inputs

    def infer_type(self, inputs: Sequence[Node], params: Mapping[str, Any]) -> TensorType | TupleType:
        """The type of the output."""
        if self.infer_rule is None:
            raise GraphTypeError("the op declares no infer rule")
        return self.infer_rule(*inputs, **params)

    def evaluate(self, m: Any, values: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """The value of the op from the values of its inputs."""
        return self.formula(m, *values, **params)

    def follow(self, node: Node, m: Any, values: Sequence[Any]) -> Any:
        """The formula of a node on values that only write down what is done to them.

        Raises:
            GraphTypeError: if the formula returns nothing, or looks at a value.
            TypeError: if it hands a value to something else than a function of ``m``. A note names the node.
        """
        try:
            result = self.formula(m, *values, **node.params)
            if result is None:
                raise GraphTypeError("the formula returned None instead of a value")
        except (TypeError, AttributeError) as error:
            error.add_note(
                f"while following the formula of {describe(node)}; a formula calls functions of m, uses Python's "
                "operators, chooses by m.where, and returns its value"
            )
            raise
        return result

    def pull(self, node: Node, g: Any) -> tuple[Cotangents, ...]:
        """The cotangents of a node's inputs from its own (one per output where it has several).

        Raises:
            NotDifferentiableError: if the op declares no pullback.
            GraphTypeError: if the pullback returns something else than cotangents, or too many of them.
        """
        if self.pull_rule is None:
            raise NotDifferentiableError(
                f"{self.name} has no gradient; use sd.disconnected_grad to hold it constant, or declare one by "
                f"@{self.name}.pullback: {describe(node)}"
            )
        try:
            result = self.pull_rule(g, node, *self.pull_inputs(node, g), **node.params)
        except TypeError as error:
            inside = error.__traceback__ and error.__traceback__.tb_next
            raised = error if inside else GraphTypeError(f"{self.pull_rule.__name__}: {error}")
            raised.add_note(f"in the pullback of {describe(node)}, which is given g, the output, and the inputs")
            raise raised from None
        cotangents = result if isinstance(result, tuple) else (result,)
        if len(cotangents) > len(node.inputs) or not all(map(is_cotangent, cotangents, node.inputs)):
            raise GraphTypeError(
                f"{self.pull_rule.__name__} returned {shown(result)}: expected a node, ZERO or NO_DERIVATIVE for each "
                f"of the {len(node.inputs)} inputs of {describe(node)}"
            )
        # Trailing inputs that the rule does not mention (sizes, indices) carry no gradient.
        return cotangents + (ZERO,) * (len(node.inputs) - len(cotangents))

    def pull_inputs(self, node: Node, g: Any) -> Sequence[Node]:
        """The inputs as the pullback sees them."""
        return node.inputs

    def batch(self, node: Node, rows: Node, operands: Sequence[Batched]) -> BatchedResult:
        """The values of a node for all examples by the op's own rule; None if there is none (ops/batching.py asks)."""
        return None if self.batching_rule is None else self.batching_rule(rows, node, *operands, **node.params)

    def jointly_linear(self, node: Node) -> tuple[int, ...]:
        """The arguments of a node in which the op is linear when they are taken together."""
        return tuple(range(len(node.inputs))) if self.jointly_linear_in == "all" else self.jointly_linear_in

    def moved(self, node: Node) -> tuple[int, ...]:
        """The arguments of a node whose elements are those of the value, moved."""
        return tuple(range(len(node.inputs))) if self.moves == "all" else self.moves

    def output_sizes(self, node: Node, sizes: Sizes) -> Sequence[Size | None]:
        """The sizes of a node's axes, None where only running can tell."""
        if self.sizes_rule is None:
            return (None,) * len(node.type.shape)
        return self.sizes_rule(sizes, *node.inputs, **node.params)

    def several_sizes(self, node: Node, sizes: Sizes) -> Sequence[Sequence[Size | None]]:
        """The same for every value of a node that has several."""
        if self.sizes_rule is None:
            return [(None,) * len(type.shape) for type in node.items or ()]
        found: Sequence[Any] = self.sizes_rule(sizes, *node.inputs, **node.params)
        return found

    def __repr__(self) -> str:
        return f"<op {self.name} ({self.kind})>"

    def __reduce__(self) -> tuple[Any, ...]:
        return lookup, (self.name,)


def _shown(value: Any) -> str:
    if isinstance(value, Node):
        return f"{label_of(value)}: {value.type}"
    return f"array: {value.dtype}{list(value.shape)}" if isinstance(value, np.ndarray) else shown(value)


def ops_of_kind(*kinds: str) -> Iterator[Op]:
    """The registered ops of these kinds, by name."""
    for op in registry.values():
        if op.kind in kinds:
            yield op


# Filled by leaves.py, which needs this file: how Python and NumPy values become constants.
_convert: list[Callable[[Any], Node]] = []


def as_node(value: Any) -> Node:
    """A node for any value that can stand in an expression."""
    return value if isinstance(value, Node) else _convert[0](value)
