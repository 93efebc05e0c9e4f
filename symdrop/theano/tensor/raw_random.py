"""``theano.tensor.raw_random``: draws from a state that is given, and the state afterwards.

    new_state, draw = uniform(state, (2, 3))

The arguments are those of the methods of ``shared_randomstreams.RandomStreams``, behind the state.

Read next: shared_randomstreams.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import tensor as engine
from ...errors import GraphTypeError, ShapeError, here, shown
from ...graph import Node
from ...op import KnownSizes, Size, as_node
from ...ops.join import item
from ...ops.sampling.random_states import random_state_draw
from ..missing import missing_name
from ..settings import resolved
from ..sizes import float_type, sizes_of
from ..variable import spoken

Drawn = tuple[Node, Node]


def uniform(
    state: Node, size: Any = None, low: Any = 0.0, high: Any = 1.0, ndim: Any = None, dtype: Any = None
) -> Drawn:
    """Numbers from low to high, all equally likely."""
    return _elements("uniform", state, size, ndim, float_type(dtype, low, high), low, high)


def normal(state: Node, size: Any = None, avg: Any = 0.0, std: Any = 1.0, ndim: Any = None, dtype: Any = None) -> Drawn:
    """Normal numbers of mean avg and standard deviation std."""
    return _elements("normal", state, size, ndim, float_type(dtype, avg, std), avg, std)


def binomial(
    state: Node, size: Any = None, n: Any = 1, p: Any = 0.5, ndim: Any = None, dtype: Any = "int64", prob: Any = None
) -> Drawn:
    """How many of n trials of probability p (``prob`` in old scripts) succeed."""
    return _elements("binomial", state, size, ndim, resolved(dtype), n, p if prob is None else prob)


def poisson(state: Node, size: Any = None, lam: Any = None, ndim: Any = None, dtype: Any = "int64") -> Drawn:
    """Counts of events of which lam are expected."""
    if lam is None:
        raise GraphTypeError(f"poisson: lam says how many events are expected; it is not given{here()}")
    return _elements("poisson", state, _given(size, "poisson"), ndim, resolved(dtype), lam)


def random_integers(
    state: Node, size: Any = None, low: Any = 0, high: Any = 1, ndim: Any = None, dtype: Any = "int64"
) -> Drawn:
    """Integers from low to high, which is one of them."""
    return _elements("random_integers", state, size, ndim, resolved(dtype), low, high)


def choice(
    state: Node,
    size: Any = None,
    a: Any = 2,
    replace: Any = True,
    p: Any = None,
    ndim: Any = None,
    dtype: Any = "int64",
) -> Drawn:
    """Elements of a, or integers below it, chosen with the probabilities p."""
    shape = sizes_of(_given(size, "choice"), ndim)
    again = np.bool_(replace) if isinstance(replace, bool) else replace
    is_given = p is not None and not (isinstance(p, int | float) and p == 0)
    return _draw("choice", state, shape, resolved(dtype), a, again, *([p] if is_given else []))


def permutation(state: Node, size: Any = None, n: Any = 1, ndim: Any = None, dtype: Any = "int64") -> Drawn:
    """Random orders of the integers below n, one along the last axis for every element of ``size``."""
    number = as_node(n)
    if number.ndim:
        raise GraphTypeError(f"permutation: n is one integer, not {shown(n)}{here()}")
    shape = () if size is None else sizes_of(_shape(size), ndim)
    return _draw("permutation", state, (*shape, n), resolved(dtype), number)


def multinomial(
    state: Node, size: Any = None, n: Any = 1, pvals: Any = (0.5, 0.5), ndim: Any = None, dtype: Any = "int64"
) -> Drawn:
    """How often each category occurs among n choices, for the distributions along the last axis of pvals."""
    chances = as_node(list(pvals) if isinstance(pvals, tuple) else pvals)
    if not chances.ndim:
        raise GraphTypeError(f"multinomial: pvals are the probabilities of categories, not {shown(pvals)}{here()}")
    shape = _broadcast([as_node(n), chances[..., 0]]) if size is None else sizes_of(_shape(size), ndim)
    return _draw("multinomial", state, (*shape, chances.shape[-1]), resolved(dtype), n, chances)


def shuffle_row_elements(state: Node, input: Any) -> Drawn:
    """Every row of a matrix, or a vector, in a random order of its own."""
    rows = as_node(input)
    after, order = permutation(state, tuple(rows.shape[:-1]), rows.shape[-1])
    return after, engine.take_along_axis(rows, order, axis=-1)


def _elements(law: str, state: Node, size: Any, ndim: Any, dtype: str, *parameters: Any) -> Drawn:
    """A draw whose parameters are broadcast over its elements."""
    nodes = [as_node(one) for one in parameters]
    least = max(node.ndim for node in nodes)
    if size is None:
        shape = _broadcast(nodes)
        shape = (1,) * ((ndim or 0) - len(shape)) + shape
    else:
        shape = sizes_of(_shape(size), ndim)
    if least > len(shape):
        raise ShapeError(f"{law}: parameters of {least} axes do not fit a draw of {len(shape)}{here()}")
    return _draw(law, state, shape, dtype, *nodes)


def _draw(law: str, state: Node, shape: Sequence[Size], dtype: str, *parameters: Any) -> Drawn:
    made = random_state_draw(
        state, *shape, *(as_node(one) for one in parameters), law=law, ndim=len(shape), dtype=dtype
    )
    after, draw = spoken([item(made, index=k) for k in range(2)])
    return after, draw


def _shape(size: Any) -> Any:
    """A size that is no number.

    Raises:
        GraphTypeError: for an integer.
    """
    if isinstance(size, int | np.integer) or (isinstance(size, Node) and not size.ndim):
        raise GraphTypeError(f"a size is a tuple or list of integers or an integer vector, not {shown(size)}{here()}")
    return size


def _given(size: Any, law: str) -> Any:
    if size is None:
        raise GraphTypeError(f"{law}: size says what shape the draw has; it is not given{here()}")
    return _shape(size)


def _broadcast(nodes: Sequence[Node]) -> tuple[Size, ...]:
    """The shape over which nodes are broadcast."""
    sizes, known = KnownSizes(), max(node.ndim for node in nodes)
    shape: list[Size] = [1] * known
    for node in nodes:
        for axis, size in enumerate(sizes(node), known - node.ndim):
            if not (isinstance(size, int) and size == 1):
                shape[axis] = size
    return tuple(shape)


__all__ = [
    "binomial", "choice", "multinomial", "normal", "permutation", "poisson", "random_integers", "shuffle_row_elements",
    "uniform",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.raw_random", name, __all__)
