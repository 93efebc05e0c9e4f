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
from ..errors import GraphTypeError
from ..graph import Node, describe
from ..op import Draw, as_node, convert, give_way
from ..ops import random as draws
from ..tensor.arguments import dtype_or_default
from ..tensor.training import MaskSource
from ..types import is_integer
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
    def binomial(self, *, n: Any = 1, p: Any = 0.5, size: Any = None, dtype: Any = None, site: Site = None) -> Node:
        """How many of n trials of probability p succeed.

        Args:
            n: the number of trials: a Python integer that the dtype holds, for the sum of Bernoulli draws of shape
                (n, *size); or an integer array or variable, for counts that are drawn at once, in rounds.
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
        if isinstance(n, Node | list | tuple) or (isinstance(n, np.ndarray) and n.ndim):
            return T.cast(self._binomial(n, p, size, site), dtype)
        events = self._events(p, size, site, trials=(number_of_trials(n, dtype),))
        return T.cast(T.sum(events, axis=0), dtype)

    @abstractmethod
    def _binomial(self, n: Any, p: Any, size: Any, site: Site) -> Node:
        """Binomial counts of trials that are an array or a variable."""

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
