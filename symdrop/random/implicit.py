"""Distributions with implicit gradients: gamma draws and what is made of them, and the law of von Mises.

A gamma draw is accepted or rejected in rounds (ops/sampling), which no gradient passes; its derivative by the shape is
that at constant distribution function.

Read next: counting.py
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import tensor as T
from ..binding import public
from ..errors import GraphTypeError, here, shown
from ..graph import Node
from ..op import as_node
from ..ops import random as draws
from ..ops.barriers import reparameterized
from ..ops.sampling.circular import von_mises_draw, von_mises_slope
from ..ops.sampling.gamma import log_gamma_draw, log_gamma_slope
from .arguments import Site, fit, float_dtypes, not_negative, positive, spread
from .quantiles import place_of
from .skewed import Skewed


class Implicit(Skewed):
    """Gamma, chi-square, beta, Dirichlet, Student's t, F and von Mises draws; gradients flow to all parameters."""

    def _words(self, count: int, sizes: Sequence[Any], site: Site) -> list[Node]:
        """Random 64-bit words, so many for every element: a draw of shape (count, *sizes)."""
        words = self._draw(draws.random_bits, (count, *sizes), dtype="uint64", site=site)
        return [words[i] for i in range(count)]

    @public
    def gamma(self, *, shape: Any, scale: Any = 1.0, size: Any = None, dtype: Any = None, site: Site = None) -> Node:
        """Gamma values: density proportional to x**(shape - 1) * exp(-x / scale).

        Args:
            shape: above 0; a number, array or variable.
            scale: what the values are multiplied by, 1 / rate.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``, whose gradient by ``shape`` is implicit. Of a small shape many values are below
            the smallest float, and 0.

        Raises:
            ArgumentError: if the shape is not positive or the scale negative; for symbolic ones when the function is
                called.

        Source: Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 2000; Figurnov, Mohamed
        and Mnih, "Implicit reparameterization gradients", NeurIPS 2018.

        Example:
            >>> import symdrop as sd
            >>> x = sd.RandomStream(seed=1).gamma(shape=3.0, scale=2.0, size=(1000,)).eval()
            >>> bool(abs(x.mean() - 6) < 0.4)
            True
        """
        dtype, _ = float_dtypes(dtype, shape, scale)
        sizes, (alpha, factor) = fit(size, shape, scale)
        (words,) = self._words(1, sizes, site)
        drawn = T.exp(log_gamma(words, positive(alpha, "the shape")))
        return T.cast(not_negative(factor, "the scale") * drawn, dtype)

    @public
    def chisquare(self, *, df: Any, size: Any = None, dtype: Any = None, site: Site = None) -> Node:
        """Sums of df squares of standard normal values; df need not be whole.

        Args:
            df: degrees of freedom, above 0; a number, array or variable.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``: the gamma draw of shape df / 2 and scale 2.

        Raises:
            ArgumentError: if df is not positive; for a symbolic one when the function is called.

        Example:
            >>> import symdrop as sd
            >>> sd.RandomStream(seed=1).chisquare(df=3, size=(2,)).eval().shape
            (2,)
        """
        dtype, _ = float_dtypes(dtype, df)
        sizes, (freedom,) = fit(size, df)
        (words,) = self._words(1, sizes, site)
        return T.cast(2 * T.exp(log_gamma(words, positive(freedom, "the degrees of freedom") / 2)), dtype)

    @public
    def beta(self, *, a: Any, b: Any, size: Any = None, dtype: Any = None, site: Site = None) -> Node:
        """Beta values between 0 and 1: density proportional to x**(a - 1) * (1 - x)**(b - 1).

        Args:
            a, b: the shapes, above 0; numbers, arrays or variables.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``: x / (x + y) of two gamma draws, computed by their logarithms.

        Raises:
            ArgumentError: if a shape is not positive; for a symbolic one when the function is called.

        Example:
            >>> import symdrop as sd
            >>> x = sd.RandomStream(seed=1).beta(a=2, b=3, size=(100,)).eval()
            >>> bool(x.min() > 0 and x.max() < 1)
            True
        """
        dtype, _ = float_dtypes(dtype, a, b)
        sizes, shapes = fit(size, a, b)
        x, y = (
            log_gamma(words, positive(shape, f"the shape {name}"))
            for words, shape, name in zip(self._words(2, sizes, site), shapes, "ab", strict=True)
        )
        return T.cast(T.sigmoid(x - y), dtype)

    @public
    def dirichlet(self, *, alpha: Any, size: Any = None, dtype: Any = None, site: Site = None) -> Node:
        """Probabilities of categories: density proportional to the product of x[k]**(alpha[k] - 1).

        Args:
            alpha: concentrations above 0, one for every category along the last axis; an array or variable.
            size: the shape in front of the categories; by default that of alpha without its last axis.
            dtype: by default that of alpha if it is a float variable or array, else ``config.floatX``.
            site: see ``RandomStream``.

        Returns:
            A node of shape ``(*size, categories)``, which sums to 1 over the last axis.

        Raises:
            ArgumentError: if a concentration is not positive; for a symbolic one when the function is called.
            GraphTypeError: if alpha has no axis.

        Example:
            >>> import symdrop as sd
            >>> p = sd.RandomStream(seed=1).dirichlet(alpha=[1.0, 2.0, 3.0], size=(5,)).eval()
            >>> p.shape, bool(abs(p.sum(axis=1) - 1).max() < 1e-6)
            ((5, 3), True)
        """
        concentrations = as_node(alpha)
        if not concentrations.ndim:
            raise GraphTypeError(f"alpha are the concentrations of several categories, not {shown(alpha)}{here()}")
        dtype, _ = float_dtypes(dtype, concentrations)
        lead, _ = fit(concentrations.shape[:-1] if size is None else size)
        sizes = (*lead, concentrations.shape[-1])
        concentrations = positive(concentrations, "the concentration")
        (words,) = self._words(1, sizes, site)
        return T.cast(T.nnet.softmax(log_gamma(words, spread(concentrations, sizes)), axis=-1), dtype)

    @public
    def student_t(
        self,
        *,
        df: Any,
        loc: Any = 0.0,
        scale: Any = 1.0,
        size: Any = None,
        dtype: Any = None,
        site: Site = None,
    ) -> Node:
        """Student's t: normal values over the root of a mean square of df others.

        Args:
            df: degrees of freedom, above 0; a number, array or variable.
            loc, scale: location and scale.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if df is not positive or the scale negative; for symbolic ones when the function is called.

        Example:
            >>> import symdrop as sd
            >>> sd.RandomStream(seed=1).student_t(df=3, size=(2,)).eval().shape
            (2,)
        """
        dtype, _ = float_dtypes(dtype, df, loc, scale)
        sizes, (freedom, centre, factor) = fit(size, df, loc, scale)
        half = positive(freedom, "the degrees of freedom") / 2
        normal, words = self._words(2, sizes, site)
        longer = T.exp(0.5 * (T.log(half) - log_gamma(words, half)))
        return T.cast(centre + not_negative(factor, "the scale") * place_of(normal).normal() * longer, dtype)

    @public
    def f(self, *, dfnum: Any, dfden: Any, size: Any = None, dtype: Any = None, site: Site = None) -> Node:
        """F values: the ratio of two chi-square draws, each over its degrees of freedom.

        Args:
            dfnum, dfden: degrees of freedom of numerator and denominator, above 0; numbers, arrays or variables.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if degrees are not positive; for symbolic ones when the function is called.

        Example:
            >>> import symdrop as sd
            >>> sd.RandomStream(seed=1).f(dfnum=3, dfden=8, size=(2,)).eval().shape
            (2,)
        """
        dtype, _ = float_dtypes(dtype, dfnum, dfden)
        sizes, degrees = fit(size, dfnum, dfden)
        above, below = (positive(freedom, "the degrees of freedom") / 2 for freedom in degrees)
        first, second = self._words(2, sizes, site)
        ratio = log_gamma(first, above) - log_gamma(second, below)
        return T.cast(T.exp(ratio) * (below / above), dtype)

    @public
    def von_mises(self, *, mu: Any = 0.0, kappa: Any, size: Any = None, dtype: Any = None, site: Site = None) -> Node:
        """Angles about mu: density proportional to exp(kappa * cos(x - mu)).

        Args:
            mu: the mean direction, in radians; a number, array or variable.
            kappa: the concentration, 0 or more; 0 makes all angles alike.
            size, site: see ``RandomStream``.
            dtype: by default that of the parameters if they are float variables or arrays, else ``config.floatX``.

        Returns:
            A node of shape ``size``, of angles from -pi to pi.

        Raises:
            ArgumentError: if kappa is negative; for a symbolic one when the function is called.

        Source: Best and Fisher, "Efficient simulation of the von Mises distribution", Applied Statistics 1979.

        Example:
            >>> import symdrop as sd
            >>> angles = sd.RandomStream(seed=1).von_mises(kappa=4.0, size=(100,)).eval()
            >>> bool(abs(angles).max() <= 3.1416)
            True
        """
        dtype, _ = float_dtypes(dtype, mu, kappa)
        sizes, (direction, concentration) = fit(size, mu, kappa)
        concentration = T.cast(not_negative(concentration, "the concentration"), "float64")
        (words,) = self._words(1, sizes, site)
        drawn = von_mises_draw(words, concentration, dtype="float64")
        angle = direction + reparameterized(drawn, concentration, slope=von_mises_slope)
        turns = T.floor((angle + math.pi) / (2 * math.pi))
        return T.cast(angle - 2 * math.pi * turns, dtype)


def log_gamma(words: Node, shape: Node) -> Node:
    """Logarithms of gamma draws of scale 1, with their implicit gradient; float64."""
    alpha = T.cast(shape, "float64")
    return reparameterized(log_gamma_draw(words, alpha, dtype="float64"), alpha, slope=log_gamma_slope)
