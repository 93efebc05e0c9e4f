"""Reductions: ops that combine the elements along axes, which disappear.

A reduced value meets the value it came from by standing ``along`` it: its lost axes come
back with size 1 and are stretched. That is the whole geometry of these pullbacks.

Read next: creation.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..graph import Node
from ..op import PRODUCT, ZERO, Form, reduction
from .cumulative import recurrence
from .functions import exp
from .logic import STRUCTURAL_ZERO, eq, where
from .views import broadcast

Axes = tuple[int, ...]

MINUS_INFINITY = float("-inf")


def keep(reduced: Node, axis: Axes) -> Node:
    """A reduced value with the axes it was reduced over put back, with size 1."""
    kept = iter(range(reduced.ndim))
    return reduced.dimshuffle(*("x" if i in axis else next(kept) for i in range(reduced.ndim + len(axis))))


def along(x: Node, reduced: Node, axis: Axes) -> Node:
    """A reduced value put back along the axes it was reduced over, in the shape of x."""
    if not axis:
        return reduced
    return broadcast(keep(reduced, axis), *(x.shape[i] for i in axis), axes=axis, ndim=x.ndim)


@reduction(
    returns="sum", linear_in=(0,), nonnegative_if=(0,), combine="sum", latex=Form(r"\sum {0}", PRODUCT, (PRODUCT,))
)
def sum_(m: Any, x: Any, *, axis: Axes) -> Any:
    """Sum over axes; of no elements, 0."""
    return m.sum(x, axis=axis)


@reduction(returns="sum", linear_in=(0,), nonnegative_if=(0,), combine="plain_sum")
def plain_sum(m: Any, x: Any, *, axis: Axes) -> Any:
    """Sum over axes as products of matrices have it: what rounding loses is not carried along, for sums of few."""
    return m.sum(x, axis=axis)


@sum_.pullback
@plain_sum.pullback
def sum_pullback(g: Any, y: Node, x: Node, *, axis: Axes) -> Any:
    return along(x, g, axis)


@reduction(returns="sum", nonnegative_if=(0,), combine="prod", latex=Form(r"\prod {0}", PRODUCT, (PRODUCT,)))
def prod(m: Any, x: Any, *, axis: Axes) -> Any:
    """Product over axes; of no elements, 1."""
    return m.prod(x, axis=axis)


@prod.pullback
def prod_pullback(g: Any, y: Node, x: Node, *, axis: Axes) -> Any:
    """The product of the others: of those before and those after, so that zeros need no care."""
    if len(axis) > 1:
        inner = prod(x, axis=axis[-1:])
        return prod_pullback(prod_pullback(g, y, inner, axis=axis[:-1]), inner, x, axis=axis[-1:])
    if not axis:
        return g
    before = recurrence(x, 0, start=1, axis=axis[0], reverse=False)
    after = recurrence(x, 0, start=1, axis=axis[0], reverse=True)
    return along(x, g, axis) * before * after


@reduction(accepts_empty=False, nonnegative_if=(0,), combine="max")
def max_(m: Any, x: Any, *, axis: Axes) -> Any:
    """Largest element along axes, NaN if there is one; every element equal to it receives the whole gradient."""
    return m.max(x, axis=axis)


@reduction(accepts_empty=False, nonnegative_if=(0,), combine="min")
def min_(m: Any, x: Any, *, axis: Axes) -> Any:
    """Smallest element along axes, NaN if there is one; every element equal to it receives the whole gradient."""
    return m.min(x, axis=axis)


@max_.pullback
@min_.pullback
def extremum_pullback(g: Any, y: Node, x: Node, *, axis: Axes) -> Any:
    return where(eq(x, along(x, y, axis)), along(x, g, axis), STRUCTURAL_ZERO)


@reduction(returns="bool", combine="any")
def any_(m: Any, x: Any, *, axis: Axes) -> Any:
    """True if an element along the axes is true or not zero; of no elements, false."""
    return m.any(x, axis=axis)


@reduction(returns="bool", combine="all")
def all_(m: Any, x: Any, *, axis: Axes) -> Any:
    """True if all elements along the axes are true or not zero; of no elements, true."""
    return m.all(x, axis=axis)


@reduction(returns="index", accepts_empty=False, combine="argmax")
def argmax(m: Any, x: Any, *, axis: Axes) -> Any:
    """Position of the first largest element (or NaN) along one axis."""
    return m.argmax(x, axis=axis[0])


@reduction(returns="index", accepts_empty=False, combine="argmin")
def argmin(m: Any, x: Any, *, axis: Axes) -> Any:
    """Position of the first smallest element (or NaN) along one axis."""
    return m.argmin(x, axis=axis[0])


@any_.pullback
@all_.pullback
@argmax.pullback
@argmin.pullback
def discrete_pullback(g: Any, y: Node, x: Node, *, axis: Axes) -> Any:
    return ZERO


@reduction
def logsumexp(m: Any, x: Any, *, axis: Axes) -> Any:
    """log(sum(exp(x))) over axes of floats, finite for every finite x; of no elements, -inf."""
    if not axis:
        return 1 * x
    top = m.max(x, axis=axis, keepdims=True, initial=MINUS_INFINITY)
    # Where the largest element is infinite, subtracting it would give NaN.
    top = m.where(m.isfinite(top), top, m.zeros_like(top))
    return m.log(m.sum(m.exp(x - top), axis=axis)) + m.squeeze(top, axis=axis)


@logsumexp.pullback
def logsumexp_pullback(g: Any, y: Node, x: Node, *, axis: Axes) -> Any:
    # Elements that are all -inf have no weight: exp(-inf - 0) instead of exp(-inf + inf).
    all_infinite = eq(y, MINUS_INFINITY)
    weights = exp(x - along(x, where(all_infinite, 0, y), axis))
    # The weights sum to 1 but for the rounding of y, which counts where y is large.
    total = where(all_infinite, 1, sum_(weights, axis=axis))
    return along(x, g / total, axis) * weights


def _values(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    """Random elements of which, for floats, no two are near each other."""
    spread = np.linspace(-2, 2, int(np.prod(shape))) + rng.uniform(0, 0.01)
    return rng.permutation(spread).reshape(shape).astype(dtype)


@argmax.samples
@argmin.samples
def one_axis_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (_values(rng, (2, 3), dtype),), {"axis": (1,)}
    yield (_values(rng, (2, 3, 2), dtype),), {"axis": (1,)}
    yield (_values(rng, (4,), dtype),), {"axis": (0,)}
    yield (_values(rng, (1, 3), dtype),), {"axis": (0,)}
    yield (_values(rng, (0, 3), dtype),), {"axis": (1,)}


@max_.samples
@min_.samples
def extremum_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield from one_axis_samples(rng, dtype)
    yield (_values(rng, (2, 3, 2), dtype),), {"axis": (0, 2)}
    yield (_values(rng, (2, 3), dtype),), {"axis": (0, 1)}
    yield (_values(rng, (), dtype),), {"axis": ()}


@sum_.samples
@plain_sum.samples
@prod.samples
@any_.samples
@all_.samples
def reduction_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield from extremum_samples(rng, dtype)
    yield (_values(rng, (0, 3), dtype),), {"axis": (0,)}
    yield (np.array([[0, 2, 3], [0, 0, 2]], dtype),), {"axis": (1,)}


@logsumexp.samples
def logsumexp_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    if np.dtype(dtype).kind == "f":
        yield from extremum_samples(rng, dtype)
        yield (1000 * _values(rng, (2, 3), dtype),), {"axis": (1,)}
