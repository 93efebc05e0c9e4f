"""A choice between two values of one type, of which only the chosen one need be computed.

``ifelse`` is an ordinary op of three inputs: givens, gradients and shared parts need no
special care. That the other branch is not computed is brought about at the very end, by
``rewrite/scan/lazy_conditionals.py``, which moves what only one branch needs into a ``branch`` node.

Read next: control_dependence.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import GraphTypeError
from ..graph import Graph, Node, describe
from ..op import (
    INPUT,
    ZERO,
    Batched,
    BatchedResult,
    Cotangent,
    KnownSizes,
    Size,
    Sizes,
    choice,
    control,
    convert,
    evaluate,
    size_outside,
)
from ..types import TensorType, TupleType, cotangent_dtype
from .barriers import structural_zeros_like
from .views import stacked


@choice(jointly_linear_in=(1, 2), moves=(1, 2), aliases=True)
def ifelse(m: Any, condition: Any, then: Any, otherwise: Any) -> Any:
    """One of two values of any shapes, chosen by a truth value; the other need not be computed."""
    return then if condition else otherwise


@ifelse.infer
def ifelse_type(condition: Node, then: Node, otherwise: Node) -> TensorType:
    if condition.ndim:
        raise GraphTypeError(f"one truth value chooses, not {condition.type}; T.where chooses element by element")
    if then.dtype != otherwise.dtype or then.ndim != otherwise.ndim:
        raise GraphTypeError(
            f"The two branches should have identical types, but {describe(then)} and {describe(otherwise)} do not"
        )
    # Sizes may differ from branch to branch.
    pairs = zip(then.type.shape, otherwise.type.shape, strict=True)
    return TensorType(
        then.dtype, tuple(a if a == b else None for a, b in pairs), then.type.weak and otherwise.type.weak
    )


@ifelse.sizes
def ifelse_sizes(sizes: Sizes, condition: Node, then: Node, otherwise: Node) -> Sequence[Size | None]:
    return [a if a == b else None for a, b in zip(sizes(then), sizes(otherwise), strict=True)]


@ifelse.pullback
def ifelse_pullback(g: Any, y: Node, condition: Node, then: Node, otherwise: Node) -> tuple[Cotangent, ...]:
    pulled = convert(g, cotangent_dtype(then.dtype))
    return (
        ZERO,
        ifelse(condition, pulled, structural_zeros_like(then)),
        ifelse(condition, structural_zeros_like(otherwise), pulled),
    )


@ifelse.batching
def ifelse_batching(rows: Node, y: Node, condition: Batched, then: Batched, otherwise: Batched) -> BatchedResult:
    # Every example that chooses for itself computes its own side alone: that is a loop.
    return None if condition.batched else ifelse(condition.value, stacked(then, rows), stacked(otherwise, rows))


@ifelse.samples
def ifelse_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x, y = (rng.uniform(-1, 1, size).astype(dtype) for size in ((2, 3), (1, 3)))
    yield (np.bool_(True), x, x + 1), {}
    yield (np.bool_(False), x, y), {}


def _behind_condition(node: Node) -> int:
    return 1


@control(aliases=True, captured_from=_behind_condition)
def branch(m: Any, condition: Any, *captured: Any, then: Graph, otherwise: Graph) -> Any:
    """The values of one of two graphs over the same inputs; the other is not computed."""
    chosen = then if condition else otherwise
    return tuple(evaluate(chosen, m, dict(zip(chosen.inputs, captured, strict=True))))


@branch.infer
def branch_type(condition: Node, *captured: Node, then: Graph, otherwise: Graph) -> TupleType:
    return TupleType(tuple(ifelse_type(condition, a, b) for a, b in zip(then.outputs, otherwise.outputs, strict=True)))


@branch.sizes
def branch_sizes(
    sizes: KnownSizes, condition: Node, *captured: Node, then: Graph, otherwise: Graph
) -> Sequence[Sequence[Size | None]]:
    known = []
    for body in (then, otherwise):
        inside, around = sizes.inside(body), dict(zip(body.inputs, captured, strict=True))
        known.append([[size_outside(size, around, body.inputs) for size in inside(node)] for node in body.outputs])
    return [
        [a if _equal(a, b, sizes) else None for a, b in zip(*both, strict=True)] for both in zip(*known, strict=True)
    ]


def _equal(a: Size | None, b: Size | None, known: KnownSizes) -> bool:
    return a is not None and b is not None and known.canonical(a) == known.canonical(b)


@branch.samples
def branch_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = Node(INPUT, (), TensorType(dtype, (None,)), None, "x")
    then, otherwise = Graph([x], [x, x * x]), Graph([x], [x * x, x])
    yield (np.bool_(True), rng.uniform(-1, 1, 3).astype(dtype)), {"then": then, "otherwise": otherwise}
