"""Distributions with a location and a scale, by inversion: what moves and stretches a fixed shape.

Read next: skewed.py
"""

from __future__ import annotations

import math
from typing import Any

from .. import tensor as T
from ..binding import public
from ..graph import Node
from .arguments import Site, not_negative
from .quantiles import Quantiles


class LocationScale(Quantiles):
    """Laplace, logistic, Cauchy, Gumbel and exponential draws; gradients flow to location and scale."""

    @public
    def exponential(self, *, scale: Any = 1.0, size: Any = None, dtype: Any = None, site: Site = None) -> Node:
        """Waiting times of the given mean: density exp(-x / scale) / scale for x > 0.

        Args:
            scale: the mean, 1 / rate; a number, array or variable.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if the scale is negative or NaN; for a symbolic one when the function is called.

        Example:
            >>> import symdrop as sd
            >>> x = sd.RandomStream(seed=1).exponential(scale=2.0, size=(1000,)).eval()
            >>> bool(x.min() > 0), bool(abs(x.mean() - 2) < 0.2)
            (True, True)
        """
        dtype, place, (spread,) = self._place(size, dtype, site, scale)
        return T.cast(not_negative(spread, "the scale") * -place.log_above(), dtype)

    @public
    def laplace(
        self, *, loc: Any = 0.0, scale: Any = 1.0, size: Any = None, dtype: Any = None, site: Site = None
    ) -> Node:
        """Double exponential values: density exp(-abs(x - loc) / scale) / (2 * scale).

        Args:
            loc, scale: location and scale; numbers, arrays or variables.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if the scale is negative or NaN; for a symbolic one when the function is called.

        Example:
            >>> import symdrop as sd
            >>> sd.RandomStream(seed=1).laplace(loc=1.0, scale=2.0, size=(2, 3)).eval().shape
            (2, 3)
        """
        dtype, place, (centre, spread) = self._place(size, dtype, site, loc, scale)
        outwards = T.log(2 * place.q)
        return T.cast(centre + not_negative(spread, "the scale") * T.where(place.lower, outwards, -outwards), dtype)

    @public
    def logistic(
        self, *, loc: Any = 0.0, scale: Any = 1.0, size: Any = None, dtype: Any = None, site: Site = None
    ) -> Node:
        """Values whose distribution function is sigmoid((x - loc) / scale).

        Args:
            loc, scale: location and scale; numbers, arrays or variables.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if the scale is negative or NaN; for a symbolic one when the function is called.

        Example:
            >>> import symdrop as sd
            >>> sd.RandomStream(seed=1).logistic(size=(3,)).eval().shape
            (3,)
        """
        dtype, place, (centre, spread) = self._place(size, dtype, site, loc, scale)
        outwards = T.log(place.q) - T.log1p(-place.q)
        return T.cast(centre + not_negative(spread, "the scale") * T.where(place.lower, outwards, -outwards), dtype)

    @public
    def cauchy(
        self, *, loc: Any = 0.0, scale: Any = 1.0, size: Any = None, dtype: Any = None, site: Site = None
    ) -> Node:
        """Cauchy values, which have no mean: density 1 / (pi * scale * (1 + ((x - loc) / scale)**2)).

        Args:
            loc, scale: location and scale; numbers, arrays or variables.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if the scale is negative or NaN; for a symbolic one when the function is called.

        Example:
            >>> import symdrop as sd
            >>> sd.RandomStream(seed=1).cauchy(loc=[0.0, 10.0]).eval().shape
            (2,)
        """
        dtype, place, (centre, spread) = self._place(size, dtype, site, loc, scale)
        outwards = 1 / T.tan(math.pi * place.q)
        return T.cast(centre + not_negative(spread, "the scale") * T.where(place.lower, -outwards, outwards), dtype)

    @public
    def gumbel(
        self, *, loc: Any = 0.0, scale: Any = 1.0, size: Any = None, dtype: Any = None, site: Site = None
    ) -> Node:
        """Largest extreme values: the distribution function is exp(-exp(-(x - loc) / scale)).

        Args:
            loc, scale: location and scale; numbers, arrays or variables.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``; the argmax of ``logits + gumbel`` is a draw of the classes.

        Raises:
            ArgumentError: if the scale is negative or NaN; for a symbolic one when the function is called.

        Example:
            >>> import symdrop as sd
            >>> sd.RandomStream(seed=1).gumbel(size=(3,)).eval().shape
            (3,)
        """
        dtype, place, (centre, spread) = self._place(size, dtype, site, loc, scale)
        return T.cast(centre - not_negative(spread, "the scale") * T.log(-place.log_below()), dtype)
