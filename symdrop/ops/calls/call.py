"""Calls: a closed graph of some values under one name, with a pullback and a batching rule of its own if it has them.

A call with a name stays one node until kernels are made. One without a name is there for its gradient alone, and
rewriting puts its graph in its place. By default the pullback is that of the graph; of a call that is *recomputed* it
is that of the graph computed a second time, from inputs that are there only when cotangents are:

    forward:    y = f(x)
    backward:   g x = pullback of f at after(x, g)        so nothing that f computes is kept until then

Source: A. Griewank and A. Walther, "Algorithm 799: revolve", ACM TOMS 26, 2000 (recomputation).

Read next: callback.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ...errors import GraphTypeError
from ...graph import Graph, Node, substitute
from ...op import (
    INPUT,
    ZERO,
    Batched,
    BatchedResult,
    Cotangent,
    KnownSizes,
    Size,
    Style,
    Text,
    control,
    evaluate,
    size_outside,
)
from ...types import TensorType, TupleType
from ..barriers import structural_zeros_like
from ..batching import Batching
from ..join import item
from ..reduce import sum_
from ..views import stacked
from .recomputation import after, when_known


class Rules:
    """The rules of a call that are its own; None stands for those of its graph.

    Args:
        pullback: a graph of the call's inputs and then of a cotangent for every value, which gives cotangents of
            inputs; None for that of the call's graph.
        pulled: the numbers of the inputs of which these are the cotangents.
        batching: gives the values for all examples; None for those of the graph.
    """

    def __init__(
        self,
        pullback: Graph | None = None,
        pulled: Sequence[int] = (),
        batching: Callable[..., Any] | None = None,
    ) -> None:
        self.pullback = pullback
        self.pulled = tuple(pulled)
        self.batching = batching

    def __repr__(self) -> str:
        own = {"pullback": self.pullback, "batching": self.batching}
        return " and ".join(rule for rule, given in own.items() if given is not None) or "none"


def _first_input(node: Node) -> int:
    return 0


@control(aliases=True, captured_from=_first_input)
def call(m: Any, *values: Any, body: Graph, label: str, rules: Rules | None, recomputed: bool) -> Any:
    """The values of a closed graph of the inputs, under a name."""
    return tuple(evaluate(body, m, dict(zip(body.inputs, values, strict=True))))


@call.infer
def call_type(*inputs: Node, body: Graph, label: str, rules: Rules | None, recomputed: bool) -> TupleType:
    for leaf, given in zip(body.inputs, inputs, strict=True):
        if not leaf.type.accepts(given.type):
            name = leaf.name or "a value"
            raise GraphTypeError(f"{label or 'the call'} takes {leaf.type} for {name}, not {given.type}")
    return TupleType(tuple(output.type for output in body.outputs))


@call.sizes
def call_sizes(sizes: KnownSizes, *inputs: Node, body: Graph, **params: Any) -> Sequence[Sequence[Size | None]]:
    inside, around = sizes.inside(body), dict(zip(body.inputs, inputs, strict=True))
    return [[size_outside(size, around, body.inputs) for size in inside(output)] for output in body.outputs]


@call.notation
def call_notation(style: Style, node: Any, *operands: Text) -> Text:
    """The call of the function, as the user writes it."""
    return style.call(node.params["label"] or "call", operands, {})


@call.item_notation
def call_item(node: Node, index: int) -> str:
    """The one value, or one of several."""
    return f"[{index}]" if len(node.items or ()) > 1 else ""


def inlined(graph: Graph, inputs: Sequence[Node]) -> list[Node]:
    """The outputs of a closed graph of these inputs, as nodes of the graph around."""
    return substitute(graph.outputs, dict(zip(graph.inputs, inputs, strict=True)))


@call.decomposition
def call_decomposition(sizes: KnownSizes, y: Node, *inputs: Node, body: Graph, **params: Any) -> Sequence[Node]:
    return inlined(body, inputs)


@call.pullback
def call_pullback(
    g: Sequence[Cotangent],
    y: Node,
    *inputs: Node,
    differentiate: Callable[..., dict[Node, Node]],
    body: Graph,
    label: str,
    rules: Rules | None,
    recomputed: bool,
) -> tuple[Cotangent, ...]:
    result: list[Cotangent] = [ZERO] * len(inputs)
    if rules is not None and rules.pullback is not None:
        given = [
            part if isinstance(part, Node) else structural_zeros_like(item(y, index=k)) for k, part in enumerate(g)
        ]
        for k, pulled in zip(rules.pulled, inlined(rules.pullback, [*inputs, *given]), strict=True):
            result[k] = pulled
        return tuple(result)
    arriving = [part for part in g if isinstance(part, Node)]
    leaves = [Node(INPUT, (), TensorType(part.dtype, part.type.shape)) for part in arriving]
    placed = iter(leaves)
    seeds: dict[Node, Node] = {}
    for output, part in zip(body.outputs, g, strict=True):
        if isinstance(part, Node):
            leaf = next(placed)
            seeds[output] = seeds[output] + leaf if output in seeds else leaf
    found = differentiate(seeds, body.inputs)
    reached = [k for k, leaf in enumerate(body.inputs) if leaf in found]
    sources = _when_there_are_cotangents(inputs, arriving) if recomputed else inputs
    known = dict(zip((*body.inputs, *leaves), (*sources, *arriving), strict=True))
    for k, pulled in zip(reached, substitute([found[body.inputs[k]] for k in reached], known), strict=True):
        result[k] = pulled
    return tuple(result)


def _when_there_are_cotangents(inputs: Sequence[Node], arriving: Sequence[Node]) -> list[Node]:
    """The inputs, of which those that are computed are not there before cotangents are.

    What depends on none of these is kept: leaves are there in any case.
    """
    computed = [not node.is_leaf for node in inputs]
    if not any(computed):
        computed = [True] * len(inputs)
    there = when_known(arriving)
    return [after(there, node) if late else node for node, late in zip(inputs, computed, strict=True)]


@call.batching
def call_batching(
    rows: Node, y: Node, *operands: Batched, body: Graph, label: str, rules: Rules | None, recomputed: bool
) -> BatchedResult:
    if rules is not None and rules.batching is not None:
        own: BatchedResult = rules.batching(rows, operands)
        return own
    leaves = [_batched_leaf(leaf, operand) for leaf, operand in zip(body.inputs, operands, strict=True)]
    number = Node(INPUT, (), TensorType("int64", ()), None, "rows")
    found = Batching(body.outputs, number, dict(zip(body.inputs, leaves, strict=True)))
    values = [found[output] for output in body.outputs]
    inner = [leaf.value for leaf in leaves]
    new = Graph([*inner, number], [value.value for value in values])
    made = call(
        *(operand.value for operand in operands), rows, body=new, label=label, recomputed=recomputed,
        rules=_batched_rules(rules, body, operands, values, number),
    )  # fmt: skip
    return [Batched(item(made, index=k), value.batched) for k, value in enumerate(values)]


def _batched_leaf(leaf: Node, like: Batched) -> Batched:
    shape = (None, *leaf.type.shape) if like.batched else leaf.type.shape
    return Batched(Node(INPUT, (), TensorType(leaf.dtype, shape), None, leaf.name), like.batched)


def _batched_rules(
    rules: Rules | None, body: Graph, operands: Sequence[Batched], values: Sequence[Batched], number: Node
) -> Rules | None:
    """The pullback for all examples; an input that all examples share is sent the sum of what each sends."""
    graph = None if rules is None else rules.pullback
    if rules is None or graph is None:
        return None
    like = [*operands, *values]
    leaves = [_batched_leaf(leaf, one) for leaf, one in zip(graph.inputs, like, strict=True)]
    found = Batching(graph.outputs, number, dict(zip(graph.inputs, leaves, strict=True)))
    outputs: list[Node] = []
    for k, output in zip(rules.pulled, graph.outputs, strict=True):
        each = stacked(found[output], number)
        outputs.append(each if operands[k].batched else sum_(each, axis=(0,)))
    inner = [leaf.value for leaf in leaves]
    count = len(operands)
    return Rules(Graph([*inner[:count], number, *inner[count:]], outputs), rules.pulled)


@call.samples
def call_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    a, b = (Node(INPUT, (), TensorType(dtype, (None,))) for _ in range(2))
    body = Graph([a, b], [a * b, a + a])
    values = (rng.uniform(0.5, 2, 3).astype(dtype), rng.uniform(0.5, 2, 3).astype(dtype))
    for recomputed in (False, True):
        yield values, {"body": body, "label": "twice", "rules": None, "recomputed": recomputed}
