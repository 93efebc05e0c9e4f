"""Distributions of positive or bounded values, by inversion, with shapes besides a scale.

Read next: implicit.py
"""

from __future__ import annotations

from typing import Any

from .. import tensor as T
from ..binding import public
from ..graph import Node
from ..ops.logic import le
from .arguments import Site, fit, float_dtypes, in_order, inside, not_negative, positive, standardized
from .location_scale import LocationScale


class Skewed(LocationScale):
    """Lognormal, Weibull, Pareto, Rayleigh, triangular and truncated normal draws; gradients flow to all parameters."""

    @public
    def lognormal(
        self, *, mean: Any = 0.0, sigma: Any = 1.0, size: Any = None, dtype: Any = None, site: Site = None
    ) -> Node:
        """exp of normal values: their logarithm has the given mean and standard deviation.

        Args:
            mean, sigma: mean and standard deviation of the logarithm; numbers, arrays or variables.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if sigma is negative or NaN; for a symbolic one when the function is called.

        Example:
            >>> import symdrop as sd
            >>> bool((sd.RandomStream(seed=1).lognormal(size=(100,)).eval() > 0).all())
            True
        """
        dtype, drawn = float_dtypes(dtype, mean, sigma)
        return T.cast(T.exp(self.normal(mean=mean, std=sigma, size=size, dtype=drawn, site=site)), dtype)

    @public
    def weibull(self, *, a: Any, scale: Any = 1.0, size: Any = None, dtype: Any = None, site: Site = None) -> Node:
        """Weibull values: the distribution function is 1 - exp(-(x / scale)**a).

        Args:
            a: the shape, above 0; a number, array or variable.
            scale: what the values are multiplied by.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if a is not positive or the scale negative; for symbolic ones when the function is called.

        Example:
            >>> import symdrop as sd
            >>> sd.RandomStream(seed=1).weibull(a=2.0, size=(3,)).eval().shape
            (3,)
        """
        dtype, place, (shape, spread) = self._place(size, dtype, site, a, scale)
        waited = -place.log_above()
        return T.cast(not_negative(spread, "the scale") * waited ** (1 / positive(shape, "the shape a")), dtype)

    @public
    def pareto(self, *, a: Any, scale: Any = 1.0, size: Any = None, dtype: Any = None, site: Site = None) -> Node:
        """Pareto values from scale on: the distribution function is 1 - (scale / x)**a.

        NumPy's generators give these minus 1 (the Lomax distribution); SciPy and JAX, like this, begin at the scale.

        Args:
            a: the exponent of the tail, above 0; a number, array or variable.
            scale: the smallest value.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if a is not positive or the scale negative; for symbolic ones when the function is called.

        Example:
            >>> import symdrop as sd
            >>> bool(sd.RandomStream(seed=1).pareto(a=3.0, scale=2.0, size=(100,)).eval().min() >= 2)
            True
        """
        dtype, place, (shape, spread) = self._place(size, dtype, site, a, scale)
        stretched = T.exp(-place.log_above() / positive(shape, "the exponent a"))
        return T.cast(not_negative(spread, "the scale") * stretched, dtype)

    @public
    def rayleigh(self, *, scale: Any = 1.0, size: Any = None, dtype: Any = None, site: Site = None) -> Node:
        """Lengths of two-dimensional normal vectors of standard deviation ``scale``.

        Args:
            scale: the scale; a number, array or variable.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if the scale is negative or NaN; for a symbolic one when the function is called.

        Example:
            >>> import symdrop as sd
            >>> sd.RandomStream(seed=1).rayleigh(size=(3,)).eval().shape
            (3,)
        """
        dtype, place, (spread,) = self._place(size, dtype, site, scale)
        return T.cast(not_negative(spread, "the scale") * T.sqrt(-2 * place.log_above()), dtype)

    @public
    def triangular(
        self, *, left: Any, mode: Any, right: Any, size: Any = None, dtype: Any = None, site: Site = None
    ) -> Node:
        """Values between left and right, whose density rises in a straight line up to the mode and then falls.

        Args:
            left, mode, right: the ends and the place of the peak, which may be an end; numbers, arrays or variables.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: unless left <= mode <= right and left < right; for symbolic ones when the function is called.

        Example:
            >>> import symdrop as sd
            >>> x = sd.RandomStream(seed=1).triangular(left=-1, mode=0, right=2, size=(100,)).eval()
            >>> bool(x.min() >= -1 and x.max() <= 2)
            True
        """
        dtype, place, (first, peak, last) = self._place(size, dtype, site, left, mode, right)
        last = inside(first, peak, last)
        width, rise, fall = last - first, peak - first, last - peak
        rising = le(place.below() * width, rise)
        # Which side a value is on decides which root is needed; the other may be of 0, where its slope is not finite.
        up = first + T.sqrt(T.where(rising, place.below() * width * rise, 1))
        down = last - T.sqrt(T.where(rising, 1, T.where(place.lower, 1 - place.q, place.q) * width * fall))
        return T.cast(T.where(rising, up, down), dtype)

    @public
    def truncated_normal(
        self,
        *,
        low: Any,
        high: Any,
        mean: Any = 0.0,
        std: Any = 1.0,
        size: Any = None,
        dtype: Any = None,
        site: Site = None,
    ) -> Node:
        """Normal values on condition that they lie between low and high.

        Args:
            low, high: the bounds, which may be infinite, in the units of the values.
            mean, std: those of the normal distribution before it is cut.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``. Where both bounds are more than 37 standard deviations away, on one side, values
            are the bound nearer to the mean.

        Raises:
            ArgumentError: unless low < high and std > 0; for symbolic ones when the function is called.

        Example:
            >>> import symdrop as sd
            >>> x = sd.RandomStream(seed=1).truncated_normal(low=2, high=3, size=(100,)).eval()
            >>> bool(x.min() >= 2 and x.max() <= 3)
            True
        """
        dtype, _ = float_dtypes(dtype, low, high, mean, std)
        sizes, (first, last, centre, spread) = fit(size, low, high, mean, std)
        spread = positive(spread, "the standard deviation")
        last = in_order(first, last, strictly=True)
        # Probabilities of both bounds in double precision, in the tail in which they are small.
        a, b = (T.cast(standardized(end, centre, spread), "float64") for end in (first, last))
        mirrored = T.gt(a, 0)
        a, b = T.where(mirrored, -b, a), T.where(mirrored, -a, b)
        _, place, _ = self._place(sizes, "float64", site)
        share = T.where(mirrored, T.where(place.lower, 1 - place.q, place.q), place.below())
        at_a, at_b = T.ndtr(a), T.ndtr(b)
        z = T.ndtri(T.clip(at_a + share * (at_b - at_a), 1e-300, 1 - 2.0**-53))
        value = centre + spread * T.where(mirrored, -z, z)
        return T.cast(T.clip(value, first, last), dtype)
