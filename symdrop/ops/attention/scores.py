"""Scores of queries and keys, and the weights that follow from them, for all pairs: as arrays, and as nodes.

    scores = q @ k.T + bias          -inf where a query must not see a key
    weights = exp(scores - logsumexp(scores))

Read next: gradient.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import GraphTypeError, ShapeError
from ...graph import Node
from ...op import Structured, convert
from ...types import Shape, promote
from ..arithmetic import add
from ..creation import arange
from ..functions import exp, log
from ..linalg import matmul, transposed
from ..logic import eq, ge, gt, where
from ..reduce import MINUS_INFINITY, along, max_, sum_
from ..views import broadcast


class Attention(Structured):
    """An op on arrays of floats, brought to one dtype, and perhaps a bias of the scores and a mask of dropped weights.

    Args:
        floats: how many arrays it has without these two.
        slopes: whether one more comes before the bias, where there is one.
        sums_over: see ``Op``.
    """

    def __init__(
        self, formula: Any, *, floats: int, slopes: bool = False, sums_over: str | None = None, **declared: Any
    ) -> None:
        self.floats = floats
        self.slopes = slopes
        self.sums_over = sums_over
        super().__init__(formula, **declared)

    def expansion(self, rule: Callable[..., Sequence[Node]]) -> Callable[..., Sequence[Node]]:
        """Declare the op's ``expansion_rule``."""
        self.expansion_rule = rule
        return rule

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        count = self.floats + params["biased"] * (1 + self.slopes)
        dtype = promote(node.type for node in inputs[:count])
        if dtype not in ("float32", "float64"):
            raise GraphTypeError(f"attention computes in float32 or float64, not in {dtype}; cast its operands")
        return [*(convert(node, dtype) for node in inputs[:count]), *inputs[count:]]


def optional(given: Sequence[Any], biased: bool, dropped: bool) -> tuple[Any, Any]:
    """The bias and the mask among the values behind those that are always there, None for one that is not."""
    return given[0] if biased else None, given[-1] if dropped else None


def shape_of_scores(q: Shape, k: Shape, v: Shape, *others: Shape | None) -> Shape:
    """The shape (..., queries, keys) in which everything has to fit.

    Raises:
        ShapeError: if something does not.
    """
    if not len(q) == len(k) == len(v) >= 2:
        raise ShapeError(f"queries, keys and values of shapes {q}, {k} and {v} need equally many axes, two at least")
    (*lead, keys) = _common((*q[:-2], None), k[:-1], v[:-1])
    _common(q[-1:], k[-1:])
    return _common((*lead, q[-2], keys), *(x for x in others if x is not None))


def _common(first: Shape, *others: Shape) -> Shape:
    """The shape of which several shapes tell a part.

    Raises:
        ShapeError: if they differ.
    """
    found = list(first)
    for shape in others:
        for axis, (a, b) in enumerate(zip(found, shape, strict=True)):
            if None not in (a, b) and a != b:
                raise ShapeError(
                    f"sizes {a} and {b} differ; expected queries (..., queries, depth), keys (..., keys, depth), "
                    "values (..., keys, width), and masks (..., queries, keys)"
                )
            found[axis] = b if a is None else a
    return tuple(found)


def scores(m: Any, q: Any, k: Any, bias: Any, causal: bool) -> Any:
    """The scores of all queries and keys, as arrays."""
    made = m.matmul(q, m.swapaxes(k, -1, -2))
    if bias is not None:
        made = made + bias
    if causal:
        seen = m.arange(q.shape[-2])[:, None] >= m.arange(k.shape[-2])
        made = m.where(m.broadcast_to(seen, made.shape), made, m.asarray(MINUS_INFINITY, made.dtype))
    return made


def score_nodes(q: Node, k: Node, bias: Node | None, causal: bool) -> Node:
    """The scores of all queries and keys, as nodes."""
    made: Node = matmul(q, transposed(k))
    made = made if bias is None else made + bias
    if causal:
        rows, columns = (arange(0, x.shape[-2], 1, dtype="int64") for x in (q, k))
        seen = ge(
            broadcast(rows.dimshuffle(0, "x"), k.shape[-2], axes=(1,), ndim=2),
            broadcast(columns.dimshuffle("x", 0), q.shape[-2], axes=(0,), ndim=2),
        )
        lead = tuple(range(q.ndim - 2))
        seen = broadcast(seen, *q.shape[:-2], axes=lead, ndim=q.ndim) if lead else seen
        made = where(seen, made, MINUS_INFINITY)
    return made


def weights(q: Node, k: Node, bias: Node | None, causal: bool, logs: Node) -> Node:
    """The weights of all queries and keys, as nodes; ``logs`` are the logarithms of the sums of exponentials."""
    made = score_nodes(q, k, bias, causal)
    return exp(made - along(made, logs, (q.ndim - 1,)))


def finite(top: Node) -> Node:
    """The largest scores, as far as a key has been seen; else there is nothing to subtract."""
    made: Node = where(eq(top, MINUS_INFINITY), 0, top)
    return made


def means(q: Node, k: Node, v: Node, bias: Node | None, drop: Node | None, causal: bool) -> tuple[Node, Node]:
    """Attention of all queries and keys at once, as nodes: the means, and the logarithms."""
    last = (q.ndim - 1,)
    made = score_nodes(q, k, bias, causal)
    base = finite(max_(made, axis=last))
    weight = exp(made - along(made, base, last))
    total = sum_(weight, axis=last)
    total = where(gt(total, 0), total, 1)
    mean = matmul(kept(weight, drop), v)
    return mean / along(mean, total, last), add(base, log(total))


def kept(x: Node, drop: Node | None) -> Node:
    """x, and zeros where it is dropped."""
    made: Node = x if drop is None else where(drop, 0, x)
    return made


def attention_arrays(rng: np.random.Generator, dtype: str) -> Iterator[tuple[list[Any], dict[str, bool]]]:
    """Queries, keys, values, bias and mask, as the tests try attention on, and the parameters that go with them."""
    for lead, sizes in (((), (3, 4, 2, 3)), ((2,), (2, 3, 3, 2)), ((2, 1), (3, 3, 1, 2))):
        queries, keys, depth, width = sizes
        shapes = ((*lead, queries, depth), (*lead, keys, depth), (*lead, keys, width), (*lead, queries, keys))
        q, k, v, bias = (rng.uniform(-1, 1, shape).astype(dtype) for shape in shapes)
        drop = rng.uniform(size=(*lead, queries, keys)) < 0.4
        yield [q, k, v], {"causal": len(lead) == 1, "biased": False, "dropped": False}
        yield [q, k, v, bias, drop], {"causal": len(lead) == 2, "biased": True, "dropped": True}
