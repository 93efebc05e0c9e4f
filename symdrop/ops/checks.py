"""Runtime assertions: values refused in the call, where only running can tell that they are outside a domain.

Read next: random.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError, IndexingError, SymdropError, here
from ..graph import Graph, Node, toposort
from ..op import ZERO, Constant, Size, Sizes, evaluate, stretch, structured
from ..types import TensorType
from .numpy_maths import NUMPY

_ERRORS: dict[str, type[SymdropError]] = {"argument": ArgumentError, "index": IndexingError}


# Not declared linear, though the values are: a tangent need not lie in the domain.
@structured(aliases=True, asserts=True, axis_params=(), hidden=True)
def require(m: Any, x: Any, holds: Any, *, label: str, domain: str, error: str) -> Any:
    """x itself, an error if a condition does not hold for one of its elements."""
    wrong = m.argwhere(m.logical_not(holds))
    if len(wrong):
        place = tuple(wrong[0].tolist())
        where = f" at position {place if len(place) > 1 else place[0]}" if place else ""
        value = m.broadcast_to(m.reshape(x, (*m.shape(x), *(1,) * (m.ndim(holds) - m.ndim(x)))), m.shape(holds))[place]
        raise _ERRORS[error](f"{label} is {value}{where}, which is not {domain}")
    return x


@require.infer
def require_type(x: Node, holds: Node, **params: Any) -> TensorType:
    return x.type


@require.pullback
def require_pullback(g: Any, y: Node, x: Node, holds: Node, **params: Any) -> Any:
    return g, ZERO


@require.sizes
def require_sizes(sizes: Sizes, x: Node, holds: Node, **params: Any) -> Sequence[Size | None]:
    return sizes(x)


@require.samples
def require_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(0.5, 2, (2, 3)).astype(dtype)
    yield (x, x >= 0), {"label": "x", "domain": "0 or more", "error": "argument"}


def required(x: Node, holds: Node, label: str, domain: str, error: str = "argument") -> Node:
    """x, stretched to the shape of a condition on its elements; what follows from constants alone is checked now.

    Args:
        x: the value.
        holds: the condition, of a shape that x fits.
        label: what to call x in an error.
        domain: what its elements have to be.
        error: "argument" for an ArgumentError, "index" for an IndexingError.

    Raises:
        ArgumentError, IndexingError: if a constant is outside.
    """
    made = require(*stretch([x, holds]), label=label, domain=domain, error=error)
    if any(not isinstance(node, Constant) for node in toposort([made]) if node.is_leaf):
        return made
    try:
        with np.errstate(all="ignore"):
            evaluate(Graph([], [made]), NUMPY, {})
    except SymdropError as failed:
        raise failed.__class__(f"{failed}{here()}") from None
    return x
