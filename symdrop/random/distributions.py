"""Distributions: what can be drawn, given one method that draws.

Every method makes one draw (see ops/random.py) and, where the distribution has a location
and a scale, a formula around it.

Read next: quantiles.py
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import tensor as T
from ..binding import public
from ..errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import Constant, Draw, Size, as_node, convert, give_way
from ..ops import random as draws
from ..ops.checks import required
from ..ops.join import specify_shape
from ..tensor.arguments import dtype_or_default, one_size
from ..tensor.training import MaskSource
from ..types import dtype_name, is_integer
from .arguments import (
    Site,
    fit,
    float_dtypes,
    in_order,
    is_number,
    not_negative,
    number_of_trials,
    probability,
    spread,
)


class Distributions(MaskSource):
    """Random variables of all kinds; ``RandomStream`` says what the arguments they share mean."""

    @abstractmethod
    def _draw(self, op: Draw, sizes: Sequence[Any], *parameters: Any, dtype: str, site: Site) -> Node:
        """A draw of the given sizes, at the next site or the one given."""

    @public
    def bernoulli(self, *, p: Any = 0.5, size: Any = None, dtype: Any = None, site: Site = None) -> Node:
        """Ones with probability p, else zeros.

        Args:
            p: the probability of a one; a number, array or variable, rounded to float32.
            size, site: see ``RandomStream``.
            dtype: by default ``config.floatX``, since masks multiply; "bool" gives a condition for ``T.where``.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if p is outside [0, 1] or NaN; for a symbolic p when the function is called.

        Example:
            >>> import symdrop as sd
            >>> sd.RandomStream(seed=1).bernoulli(p=0.5, size=(2, 3)).type
            TensorType(dtype='float32', shape=(2, 3), weak=False)
        """
        return T.cast(self._events(p, size, site), dtype_or_default(dtype))

    def _events(self, p: Any, size: Any, site: Site, trials: tuple[int, ...] = ()) -> Node:
        sizes, (p,) = fit(size, probability(p))
        return self._draw(draws.bernoulli, (*trials, *sizes), spread(p, (*trials, *sizes)), dtype="bool", site=site)

    @public
    def binomial(self, *, n: int = 1, p: Any = 0.5, size: Any = None, dtype: Any = None, site: Site = None) -> Node:
        """How many of n trials of probability p succeed: the sum of Bernoulli draws of shape (n, *size).

        Args:
            n: the number of trials, a Python integer that the dtype holds.
            p: the probability of success; a number, array or variable.
            size, site: see ``RandomStream``.
            dtype: by default ``config.floatX``.

        Returns:
            A node of shape ``size``; for n = 1 the bits of ``bernoulli``.

        Raises:
            ArgumentError: if p is outside [0, 1] or NaN; for a symbolic p when the function is called.

        Example:
            >>> import symdrop as sd
            >>> sd.RandomStream(seed=1).binomial(n=10, p=0.5, size=(4,)).eval().tolist()
            [3.0, 4.0, 5.0, 7.0]
        """
        dtype = dtype_or_default(dtype)
        events = self._events(p, size, site, trials=(number_of_trials(n, dtype),))
        return T.cast(T.sum(events, axis=0), dtype)

    @public
    def uniform(
        self, *, low: Any = 0.0, high: Any = 1.0, size: Any = None, dtype: Any = None, site: Site = None
    ) -> Node:
        """Numbers low + (high - low) * u, where u is uniform on [0, 1); gradients flow to low and high.

        Args:
            low, high: bounds; numbers, arrays or variables.
            size, site: see ``RandomStream``.
            dtype: by default that of the bounds if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``, below ``high`` unless the bounds are equal.

        Raises:
            ArgumentError: if low > high or a bound is NaN or infinite; for symbolic bounds when the function is called.
            GraphTypeError: for a dtype that is not a float.

        Example:
            >>> import symdrop as sd
            >>> u = sd.RandomStream(seed=1).uniform(low=2, high=3, size=(1000,)).eval()
            >>> bool(u.min() >= 2 and u.max() <= 3)
            True
        """
        dtype, drawn = float_dtypes(dtype, low, high)
        sizes, (first, last) = fit(size, *(give_way(as_node(bound), drawn) for bound in (low, high)))
        last = in_order(first, last)
        u = self._draw(draws.uniform, sizes, dtype=drawn, site=site)
        if dtype == "float16":
            # As many digits as float16 has below 1, so that nothing is rounded up to 1.
            u = T.floor(u * 2.0**11) * 2.0**-11
        if is_number(low, 0) and is_number(high, 1):
            return T.cast(u, dtype)
        drawn_between = T.cast(first + (last - first) * u, dtype)
        # Rounding may reach high, which is not in the interval; low is.
        return T.cast(T.where(drawn_between < T.cast(last, dtype), drawn_between, first), dtype)

    @public
    def normal(
        self, *, mean: Any = 0.0, std: Any = 1.0, size: Any = None, dtype: Any = None, site: Site = None
    ) -> Node:
        """Numbers mean + std * z, where z is standard normal; gradients flow to mean and std.

        Args:
            mean, std: mean and standard deviation; numbers, arrays or variables.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if std is negative or NaN; for a symbolic std when the function is called.
            GraphTypeError: for a dtype that is not a float.

        Example:
            >>> import symdrop as sd
            >>> import symdrop.tensor as T
            >>> mean = T.dvector("mean")
            >>> z = sd.RandomStream(seed=1).normal(mean=mean)
            >>> z.type, sd.grad(z.sum(), mean).eval({mean: [0.0, 5.0]}).tolist()
            (TensorType(dtype='float64', shape=(None,), weak=False), [1.0, 1.0])
        """
        dtype, drawn = float_dtypes(dtype, mean, std)
        sizes, (centre, spread_by) = fit(size, mean, std)
        spread_by = not_negative(spread_by)
        z = self._draw(draws.standard_normal, sizes, dtype=drawn, site=site)
        standard = is_number(mean, 0) and is_number(std, 1)
        return T.cast(z if standard else centre + spread_by * z, dtype)

    @public
    def integers(
        self, *, low: Any = 0, high: Any = None, size: Any = None, dtype: Any = "int64", site: Site = None
    ) -> Node:
        """Integers from low up to, but without, high; from 0 up to low if high is None.

        Args:
            low, high: bounds in the range of int64; integers, integer arrays or variables.
            size, site: see ``RandomStream``.
            dtype: an integer dtype that holds the bounds.

        Returns:
            A node of shape ``size``. No probability is off by more than 2**-64.

        Raises:
            ArgumentError: if low >= high; for symbolic bounds when the function is called.
            GraphTypeError: if a bound is not an integer.

        Example:
            >>> import symdrop as sd
            >>> dice = sd.RandomStream(seed=1).integers(low=1, high=7, size=(1000,)).eval()
            >>> sorted(set(dice.tolist()))
            [1, 2, 3, 4, 5, 6]
        """
        low, high = (0, low) if high is None else (low, high)
        for bound in map(as_node, (low, high)):
            if not is_integer(bound.dtype) or bound.dtype == "uint64":
                raise GraphTypeError(f"a bound is an integer of at most 63 bits and sign, not {describe(bound)}")
        sizes, bounds = fit(size, low, high)
        first, last = (convert(bound, "int64") for bound in bounds)
        last = in_order(first, last, strictly=True)
        drawn = self._draw(draws.integers, sizes, first, last, dtype="int64", site=site)
        return T.cast(drawn, dtype_or_default(dtype, "int64"))

    @public
    def choice(self, *, a: Any, size: Any = (), p: Any = None, replace: bool = True, site: Site = None) -> Node:
        """Elements of a, chosen uniformly or with the probabilities p.

        Args:
            a: an integer, standing for ``arange(a)``, or a variable or array whose first axis is chosen from.
            size, site: see ``RandomStream``; without replacement a single int.
            p: a vector of probabilities that sum to 1, one for every element; None for equal ones.
            replace: whether an element can be chosen again; without, as many as ``size`` must have a probability.

        Returns:
            int64 of shape ``size`` if a is an integer, else a's elements with ``size`` in place of the first axis.

        Raises:
            ArgumentError: if p is not a distribution; if more are to be chosen without replacement than there are, or
                than have a probability above 0. What is symbolic is checked when the function is called.
            ShapeError: if there are not as many probabilities as elements.

        Example:
            >>> import symdrop as sd
            >>> hand = sd.RandomStream(seed=1).choice(a=52, size=5, replace=False).eval()
            >>> len(set(hand.tolist()))
            5
        """
        items = as_node(a)
        count = a if items.ndim == 0 else items.shape[0]
        if p is not None:
            p = _one_for_every(count, probability(p, axis=-1))
        if replace and p is None:
            chosen = self.integers(high=count, size=size, site=site)
        elif replace:
            sizes, _ = fit(size)
            u = self._draw(draws.uniform, sizes, dtype="float64", site=site)
            chosen = draws.choose(u, T.cast(p, "float64"))
        else:
            chosen = self._some(count, size, p, site)
        return chosen if items.ndim == 0 else T.take(items, chosen, axis=0)

    def _some(self, count: Any, size: Any, p: Any, site: Site) -> Node:
        sizes, _ = fit(size)
        if len(sizes) != 1:
            raise ArgumentError(f"choosing without replacement takes size=k, one integer, not {shown(size)}{here()}")
        if isinstance(count, int) and isinstance(sizes[0], int) and sizes[0] > count:
            raise ArgumentError(f"cannot choose {sizes[0]} of {count} without replacement{here()}")
        if p is None:
            return _first(self.permutation(n=count, site=site), sizes[0])
        # Exponential arrival times at rates p: the first k to arrive are k successive choices without replacement.
        weights = T.cast(p, "float64")
        u = self._draw(draws.uniform, (count,), dtype="float64", site=site)
        never = weights <= 0
        order = T.argsort(T.where(never, np.inf, -T.log1p(-u) / T.where(never, 1, weights)))
        chosen = _first(order, sizes[0])
        if isinstance(p, Constant) and isinstance(sizes[0], int):
            if np.count_nonzero(p.value) < sizes[0]:
                raise ArgumentError(
                    f"cannot choose {sizes[0]} without replacement: only {np.count_nonzero(p.value)} probabilities "
                    f"are above 0{here()}"
                )
            return chosen
        label = "an element chosen without replacement"
        return required(chosen, weights[chosen] > 0, label, "of a probability above 0; too few are")

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


def _first(order: Node, count: Size) -> Node:
    """The first of an order, of which there must be as many as are asked for."""
    return specify_shape(order[:count], count, axes=(0,), label="items chosen without replacement")


def _one_for_every(count: Any, p: Node) -> Node:
    """A vector of probabilities, as many as there are elements; checked when running where only that can tell."""
    if p.ndim != 1:
        return p
    size, known = one_size(count), p.type.shape[0]
    if isinstance(size, int) and known not in (None, size):
        raise ShapeError(f"p has {known} probabilities for {size} elements to choose from{here()}")
    checked = p
    if not isinstance(size, int) or known is None:
        checked = specify_shape(p, size, axes=(0,), label="choice: one probability is needed for every element")
    return checked
