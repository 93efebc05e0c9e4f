"""Draws of elements and orders: choices, counts of choices, permutations.

Read next: vectors.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import tensor as T
from ..binding import public
from ..errors import ArgumentError, ShapeError, here, shown
from ..graph import Node
from ..op import Constant, Size, as_node
from ..ops import random as draws
from ..ops.checks import required
from ..ops.join import specify_shape
from ..tensor.arguments import one_axis, one_size
from ..types import dtype_name
from .arguments import Site, fit, number_of_trials, probability, spread
from .counting import Counting


class Selection(Counting):
    """Draws of the elements of something, and of orders."""

    @public
    def choice(self, *, a: Any, size: Any = None, p: Any = None, replace: bool = True, site: Site = None) -> Node:
        """Elements of a, chosen uniformly or with the probabilities p.

        Args:
            a: an integer, standing for ``arange(a)``, or a variable or array whose first axis is chosen from.
            size: see ``RandomStream``; by default one choice, or one for every row of p. Without replacement a single
                int, the number of choices (of every row).
            p: probabilities, one for every element, that sum to 1 over the last axis; None for equal ones. A matrix
                has a distribution in every row.
            replace: whether an element can be chosen again; without, as many as ``size`` must have a probability.
            site: see ``RandomStream``.

        Returns:
            int64 of shape ``size`` if a is an integer, else a's elements with ``size`` in place of the first axis.
            Without replacement, rows of p stand in front.

        Raises:
            ArgumentError: if p is not a distribution; if more are to be chosen without replacement than there are, or
                than have a probability above 0. What is symbolic is checked when the function is called.
            ShapeError: if there are not as many probabilities as elements.

        Example:
            >>> import symdrop as sd
            >>> hand = sd.RandomStream(seed=1).choice(a=52, size=5, replace=False).eval()
            >>> len(set(hand.tolist()))
            5
            >>> sd.RandomStream(seed=1).choice(a=2, p=[[1, 0], [0, 1], [0, 1]]).eval().tolist()
            [0, 1, 1]
        """
        items = as_node(a)
        count = a if items.ndim == 0 else items.shape[0]
        if p is not None:
            p = _one_for_every(count, probability(p, axis=-1))
        if not replace:
            chosen = self._some(count, () if size is None else size, p, site)
        elif p is None:
            chosen = self.integers(high=count, size=() if size is None else size, site=site)
        else:
            weights = T.cast(p, "float64")
            sizes, _ = fit(weights.shape[:-1] if size is None else size)
            u = self._draw(draws.uniform, sizes, dtype="float64", site=site)
            rows = weights if weights.ndim == 1 else spread(weights, (*sizes, weights.shape[-1]))
            chosen = draws.choose(u, rows)
        return chosen if items.ndim == 0 else T.take(items, chosen, axis=0)

    def _some(self, count: Any, size: Any, p: Any, site: Site) -> Node:
        sizes, _ = fit(size)
        if len(sizes) != 1:
            raise ArgumentError(f"choosing without replacement takes size=k, one integer, not {shown(size)}{here()}")
        (wanted,) = sizes
        if isinstance(count, int) and isinstance(wanted, int) and wanted > count:
            raise ArgumentError(f"cannot choose {wanted} of {count} without replacement{here()}")
        if p is None:
            return _first(self.permutation(n=count, site=site), wanted)
        # Exponential arrival times at rates p: the first k to arrive are k successive choices without replacement.
        weights = T.cast(p, "float64")
        u = self._draw(draws.uniform, (*weights.shape[:-1], count), dtype="float64", site=site)
        never = weights <= 0
        order = T.argsort(T.where(never, np.inf, -T.log1p(-u) / T.where(never, 1, weights)), axis=-1)
        chosen = _first(order, wanted)
        if isinstance(p, Constant) and isinstance(wanted, int):
            possible = int(np.count_nonzero(p.value, axis=-1).min(initial=count))
            if possible < wanted:
                raise ArgumentError(
                    f"cannot choose {wanted} without replacement: only {possible} probabilities are above 0{here()}"
                )
            return chosen
        label = "an element chosen without replacement"
        possible_ones = T.take_along_axis(weights, chosen, axis=-1) > 0
        return required(chosen, possible_ones, label, "of a probability above 0; too few are")

    @public
    def multinomial(self, *, n: int = 1, pvals: Any, size: Any = None, dtype: Any = "int64", site: Site = None) -> Node:
        """How often each category occurs among n choices.

        Args:
            n: the number of choices, a Python integer that the dtype holds.
            pvals: probabilities that sum to 1 over the last axis; a matrix has a distribution in every row.
            size: the shape in front of the categories; by default that of pvals without its last axis.
            dtype: dtype of the counts.
            site: see ``RandomStream``.

        Returns:
            A node of shape ``(*size, categories)``.

        Raises:
            ArgumentError: if pvals is not a distribution; for symbolic pvals when the function is called.

        Example:
            >>> import symdrop as sd
            >>> counts = sd.RandomStream(seed=1).multinomial(n=100, pvals=[0.2, 0.3, 0.5]).eval()
            >>> counts.shape, int(counts.sum())
            ((3,), 100)
        """
        weights = T.cast(probability(pvals, "pvals", axis=-1), "float64")
        lead, _ = fit(weights.shape[:-1] if size is None else size)
        dtype = dtype_name(dtype)
        sizes = (number_of_trials(n, dtype), *lead)
        categories = weights.shape[-1]
        u = self._draw(draws.uniform, sizes, dtype="float64", site=site)
        chosen = draws.choose(u, weights if weights.ndim == 1 else spread(weights, (*sizes, categories)))
        matches = T.eq(chosen.dimshuffle(*range(len(sizes)), "x"), T.arange(categories))
        return T.cast(T.sum(matches, axis=0), dtype)

    @public
    def permutation(self, *, n: Any = None, x: Any = None, size: Any = (), site: Site = None) -> Node:
        """A random order: of the integers below n, or of x along its first axis.

        The order is the one that sorts random 64-bit words; equal words keep their order.

        Args:
            n: an integer or integer scalar of the graph.
            x: instead of n, a variable or array to rearrange.
            size: how many permutations of n, one along the last axis for each.
            site: see ``RandomStream``.

        Returns:
            int64 of shape ``(*size, n)``; with x, a node of x's shape.

        Raises:
            ArgumentError: unless exactly one of n and x is given; for an x without axes, or with a size.

        Example:
            >>> import symdrop as sd
            >>> sorted(sd.RandomStream(seed=1).permutation(n=5).eval().tolist())
            [0, 1, 2, 3, 4]
        """
        if (n is None) == (x is None):
            raise ArgumentError(f"permutation takes either n or x{here()}")
        items = None if x is None else as_node(x)
        lead, _ = fit(size)
        if items is not None and (items.ndim == 0 or lead):
            raise ArgumentError(f"permutation of x takes an x with axes, and no size{here()}")
        (count,), _ = fit(n if items is None else items.shape[0])
        order = T.argsort(self._draw(draws.random_bits, (*lead, count), dtype="uint64", site=site), axis=-1)
        return order if items is None else T.take(items, order, axis=0)

    @public
    def shuffle(self, *, x: Any, axis: int = 0, site: Site = None) -> Node:
        """x with what lies along an axis in a random order, the same for all other positions.

        Args:
            x: a variable or array.
            axis: the axis.
            site: see ``RandomStream``.

        Returns:
            A node of x's shape; along the first axis that of ``permutation(x=)``. Gradients flow to x.

        Raises:
            IndexingError: if x has no such axis.

        Example:
            >>> import symdrop as sd
            >>> sorted(sd.RandomStream(seed=1).shuffle(x=[[1, 2, 3]], axis=1).eval()[0].tolist())
            [1, 2, 3]
        """
        items = as_node(x)
        along = one_axis(axis, items.ndim)
        return T.take(items, self.permutation(n=items.shape[along], site=site), axis=along)


def _first(order: Node, count: Size) -> Node:
    """The first of an order, of which there must be as many as are asked for."""
    chosen: Node = order[..., :count]
    return specify_shape(chosen, count, axes=(chosen.ndim - 1,), label="items chosen without replacement")


def _one_for_every(count: Any, p: Node) -> Node:
    """Probabilities, as many as there are elements; checked when running where only that can tell."""
    size, known = one_size(count), p.type.shape[-1]
    if isinstance(size, int) and known not in (None, size):
        raise ShapeError(f"p has {known} probabilities for {size} elements to choose from{here()}")
    checked = p
    if not isinstance(size, int) or known is None:
        checked = specify_shape(
            p, size, axes=(p.ndim - 1,), label="choice: one probability is needed for every element"
        )
    return checked
