"""Distributions of counts: Poisson, geometric, negative binomial, hypergeometric and Zipf draws, and random signs.

A count does not move smoothly with anything: no gradient passes through one.

Read next: selection.py
"""

from __future__ import annotations

from typing import Any

from .. import tensor as T
from ..binding import public
from ..errors import GraphTypeError, here
from ..graph import Node, describe
from ..op import as_node
from ..ops.checks import required
from ..ops.logic import ge, isfinite, le
from ..ops.sampling.counts import LARGEST_COUNT, binomial_draw, poisson_draw, zipf_draw
from ..ops.sampling.urns import hypergeometric_draw
from ..tensor.arguments import dtype_or_default
from ..types import is_integer
from .arguments import Site, at_most, fit, positive, probability
from .implicit import Implicit, log_gamma


class Counting(Implicit):
    """Draws of counts, int64 unless another dtype is asked for; those in rounds are of float64 parameters."""

    @public
    def poisson(self, *, lam: Any = 1.0, size: Any = None, dtype: Any = "int64", site: Site = None) -> Node:
        """Counts of events of which lam are expected.

        Args:
            lam: the mean, from 0 to 2**62; a number, array or variable.
            size, site: see ``RandomStream``.
            dtype: dtype of the counts.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if lam is negative, NaN or larger; for a symbolic one when the function is called.

        Source: Hörmann, "The transformed rejection method for generating Poisson random variables", 1993.

        Example:
            >>> import symdrop as sd
            >>> x = sd.RandomStream(seed=1).poisson(lam=4.0, size=(1000,)).eval()
            >>> bool(abs(x.mean() - 4) < 0.3)
            True
        """
        sizes, (mean,) = fit(size, lam)
        (words,) = self._words(1, sizes, site)
        drawn = poisson_draw(words, T.cast(at_most(mean, "the mean", LARGEST_COUNT), "float64"), dtype="int64")
        return T.cast(drawn, dtype_or_default(dtype))

    def _binomial(self, n: Any, p: Any, size: Any, site: Site) -> Node:
        """Binomial counts of trials that are an array or a variable."""
        trials = as_node(n)
        if not is_integer(trials.dtype):
            raise GraphTypeError(f"numbers of trials are integers, not {describe(trials)}{here()}")
        sizes, (trials, chance) = fit(size, trials, probability(p))
        trials = required(trials, ge(trials, 0), f"the number of trials, {describe(trials)},", "0 or more")
        (words,) = self._words(1, sizes, site)
        return binomial_draw(words, T.cast(trials, "float64"), T.cast(chance, "float64"), dtype="int64")

    @public
    def geometric(self, *, p: Any, size: Any = None, dtype: Any = "int64", site: Site = None) -> Node:
        """Trials of probability p up to and with the first success: 1, 2, 3, ...

        Args:
            p: the probability of success, above 0; a number, array or variable.
            size, site: see ``RandomStream``.
            dtype: dtype of the counts.

        Returns:
            A node of shape ``size``; nothing beyond 2**62 is drawn.

        Raises:
            ArgumentError: if p is outside (0, 1]; for a symbolic one when the function is called.

        Example:
            >>> import symdrop as sd
            >>> x = sd.RandomStream(seed=1).geometric(p=0.5, size=(1000,)).eval()
            >>> int(x.min()), bool(abs(x.mean() - 2) < 0.2)
            (1, True)
        """
        chance = positive(probability(p), "the probability")
        _, place, (chance,) = self._place(size, "float64", site, chance)
        waited = T.ceil(place.log_above() / T.log1p(-T.cast(chance, "float64")))
        return T.cast(T.cast(T.clip(waited, 1, LARGEST_COUNT), "int64"), dtype_or_default(dtype))

    @public
    def negative_binomial(self, *, n: Any, p: Any, size: Any = None, dtype: Any = "int64", site: Site = None) -> Node:
        """Failures before n successes, when a success has probability p: Poisson counts of gamma-distributed means.

        Args:
            n: how many successes, above 0, not necessarily whole; a number, array or variable.
            p: the probability of success, above 0.
            size, site: see ``RandomStream``.
            dtype: dtype of the counts.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if n is not positive or p outside (0, 1]; for symbolic ones when the function is called.

        Example:
            >>> import symdrop as sd
            >>> x = sd.RandomStream(seed=1).negative_binomial(n=3, p=0.5, size=(1000,)).eval()
            >>> bool(abs(x.mean() - 3) < 0.3)
            True
        """
        sizes, (wanted, chance) = fit(size, n, positive(probability(p), "the probability"))
        mixed, words = self._words(2, sizes, site)
        odds = (1 - T.cast(chance, "float64")) / T.cast(chance, "float64")
        means = T.minimum(T.exp(log_gamma(mixed, positive(wanted, "the number of successes"))) * odds, LARGEST_COUNT)
        return T.cast(poisson_draw(words, means, dtype="int64"), dtype_or_default(dtype))

    @public
    def hypergeometric(
        self,
        *,
        ngood: Any,
        nbad: Any,
        nsample: Any,
        size: Any = None,
        dtype: Any = "int64",
        site: Site = None,
    ) -> Node:
        """Good ones among nsample taken from ngood and nbad without putting any back.

        Args:
            ngood, nbad: how many there are of each kind; integers, arrays or variables.
            nsample: how many are taken, at most all.
            size, site: see ``RandomStream``.
            dtype: dtype of the counts.

        Returns:
            A node of shape ``size``.

        Raises:
            ArgumentError: if a number is negative, more are taken than there are, or there are more than 2**52; for
                symbolic ones when the function is called.
            GraphTypeError: if a number is not an integer.

        Source: Stadlober, "The ratio of uniforms approach for generating discrete random variates", 1990.

        Example:
            >>> import symdrop as sd
            >>> sd.RandomStream(seed=1).hypergeometric(ngood=4, nbad=0, nsample=3, size=(2,)).eval().tolist()
            [3, 3]
        """
        for number in map(as_node, (ngood, nbad, nsample)):
            if not is_integer(number.dtype):
                raise GraphTypeError(f"the numbers of an urn are integers, not {describe(number)}{here()}")
        sizes, counts = fit(size, ngood, nbad, nsample)
        good, bad, taken = (T.cast(count, "float64") for count in counts)
        good, bad = at_most(good, "ngood", 2.0**51), at_most(bad, "nbad", 2.0**51)
        holds = ge(taken, 0) & le(taken, good + bad) & isfinite(taken)
        taken = required(taken, holds, "nsample", "from 0 to ngood + nbad")
        (words,) = self._words(1, sizes, site)
        return T.cast(hypergeometric_draw(words, good, bad, taken, dtype="int64"), dtype_or_default(dtype))

    @public
    def zipf(self, *, a: Any, size: Any = None, dtype: Any = "int64", site: Site = None) -> Node:
        """Ranks by Zipf's law: the probability of k = 1, 2, 3, ... is proportional to k**-a.

        Args:
            a: the exponent, above 1; a number, array or variable.
            size, site: see ``RandomStream``.
            dtype: dtype of the ranks.

        Returns:
            A node of shape ``size``, of ranks up to 2**62.

        Raises:
            ArgumentError: if a is not above 1; for a symbolic one when the function is called.

        Source: Devroye, "Non-uniform random variate generation", 1986, chapter X.6.

        Example:
            >>> import symdrop as sd
            >>> int(sd.RandomStream(seed=1).zipf(a=2.0, size=(100,)).eval().min())
            1
        """
        sizes, (exponent,) = fit(size, a)
        exponent = 1 + positive(exponent - 1, "a - 1, of the exponent a,")
        (words,) = self._words(1, sizes, site)
        return T.cast(zipf_draw(words, T.cast(exponent, "float64"), dtype="int64"), dtype_or_default(dtype))

    @public
    def rademacher(self, *, size: Any = (), dtype: Any = None, site: Site = None) -> Node:
        """Signs, 1 and -1, which are equally likely.

        Args:
            size, site: see ``RandomStream``.
            dtype: by default ``config.floatX``, since signs multiply.

        Returns:
            A node of shape ``size``: 1 where ``bernoulli(p=0.5)`` is.

        Example:
            >>> import symdrop as sd
            >>> sorted(set(sd.RandomStream(seed=1).rademacher(size=(100,)).eval().tolist()))
            [-1.0, 1.0]
        """
        events = self.bernoulli(p=0.5, size=size, dtype="bool", site=site)
        return T.cast(T.where(events, 1, -1), dtype_or_default(dtype))
