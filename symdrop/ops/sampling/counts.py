"""Counts: Poisson, binomial and Zipf draws.

Where a mean is below 10 a count is found by inversion of one uniform number, adding
probabilities from 0 on; above by transformed rejection, whose cost does not grow with the
mean. Zipf's law is drawn by rejection from a Pareto law.

Sources: Hörmann, "The transformed rejection method for generating Poisson random variables" (PTRS), Insurance:
Mathematics and Economics 1993; Hörmann, "The generation of binomial random variates" (BTRS), J. Stat. Comput. Simul.
1993; Devroye, "Non-uniform random variate generation", 1986, chapter X.6.

Read next: urns.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...op import elementwise
from .rounds import Array, Rounds, in_rounds

# The mean from which on rejection takes less time than a search, and the counts a search may reach below it.
SEARCHED = 10.0
MOST_SEARCHED = 200

LARGEST_COUNT = 2.0**62


@elementwise(returns="param", domain=(0.3, 4.0))
def poisson_draw(m: Any, words: Any, mean: Any, *, dtype: str) -> Any:
    """Poisson counts of a mean, each from 64 random bits, the key of its own rounds; not differentiable."""
    return m.cast(m.apply(_poissons, m.cast(words, "uint64"), m.cast(mean, "float64")), dtype)


@poisson_draw.samples
def poisson_draw_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (np.arange(3, dtype=np.uint64), rng.uniform(0.3, 40, 3)), {"dtype": "int64"}


def _poissons(words: Array, lam: Array) -> Array:
    return in_rounds(words, (lam,), (lam >= 0) & (lam <= LARGEST_COUNT), _poisson, "int64")


def _poisson(rounds: Rounds, which: Array, number: int, parameters: list[Array]) -> tuple[Array, Array]:
    (lam,) = parameters

    def search(part: Array, u: Array) -> Array:
        mean = lam[part]
        return searched(u, np.exp(-mean), lambda k, p: p * mean / (k + 1))

    return _either(
        rounds, which, number, lam < SEARCHED, search, lambda part, u, v: _poisson_by_rejection(part, u, v, lam)
    )


def _poisson_by_rejection(part: Array, u: Array, v: Array, lam: Array) -> tuple[Array, Array]:
    from scipy.special import gammaln

    mean = lam[part]
    b = 0.931 + 2.53 * np.sqrt(mean)
    a = -0.059 + 0.02483 * b
    k, edge, clear = _transformed(u, v, a, b, mean + 0.43, 0.9277 - 3.6224 / (b - 2))
    hat = np.log(v * (1.1239 + 1.1328 / (b - 3.4)) / (a / edge**2 + b))
    inside = k >= 0
    at = np.where(inside, k, 0)
    return k, inside & (clear | (hat <= at * np.log(mean) - mean - gammaln(at + 1)))


@elementwise(returns="param", domain=(0.3, 0.9))
def binomial_draw(m: Any, words: Any, trials: Any, p: Any, *, dtype: str) -> Any:
    """Binomial counts of trials and p, each from 64 random bits, the key of its own rounds; not differentiable."""
    operands = (m.cast(words, "uint64"), m.cast(trials, "float64"), m.cast(p, "float64"))
    return m.cast(m.apply(_binomials, *operands), dtype)


@binomial_draw.samples
def binomial_draw_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (np.arange(3, dtype=np.uint64), np.array([5, 50, 500.0]), rng.uniform(0.1, 0.9, 3)), {"dtype": "int64"}


def _binomials(words: Array, trials: Array, p: Array) -> Array:
    n = np.floor(trials)
    return in_rounds(words, (n, p), (n >= 0) & (n <= LARGEST_COUNT) & (p >= 0) & (p <= 1), _binomial, "int64")


def _binomial(rounds: Rounds, which: Array, number: int, parameters: list[Array]) -> tuple[Array, Array]:
    n, chance = parameters
    p = np.minimum(chance, 1 - chance)

    def search(part: Array, u: Array) -> Array:
        trials, odds = n[part], p[part] / (1 - p[part])
        none = np.exp(trials * np.log1p(-p[part]))
        return searched(u, none, lambda k, share: share * odds * np.maximum(trials - k, 0) / (k + 1))

    k, accepted = _either(
        rounds, which, number, n * p < SEARCHED, search, lambda part, u, v: _binomial_by_rejection(part, u, v, n, p)
    )
    return np.where(chance > 0.5, n - k, k), accepted


def _binomial_by_rejection(part: Array, u: Array, v: Array, trials: Array, p: Array) -> tuple[Array, Array]:
    from scipy.special import gammaln

    n, chance = trials[part], p[part]
    deviation = np.sqrt(n * chance * (1 - chance))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * chance
    k, edge, clear = _transformed(u, v, a, b, n * chance + 0.5, 0.92 - 4.2 / b)
    hat = np.log(v * (2.83 + 5.1 / b) * deviation / (a / edge**2 + b))
    mode = np.floor((n + 1) * chance)
    inside = (k >= 0) & (k <= n)
    at = np.where(inside, k, mode)
    ratio = gammaln(mode + 1) + gammaln(n - mode + 1) - gammaln(at + 1) - gammaln(n - at + 1)
    return k, inside & (clear | (hat <= ratio + (at - mode) * np.log(chance / (1 - chance))))


def _transformed(u: Array, v: Array, a: Array, b: Array, centre: Array, quick: Array) -> tuple[Array, ...]:
    """A proposal of transformed rejection, how far u is from the nearer end, and whether the proposal is clear."""
    middle = u - 0.5
    edge = 0.5 - np.abs(middle)
    return np.floor((2 * a / edge + b) * middle + centre), edge, (edge >= 0.07) & (v <= quick)


Search = Callable[[Array, Array], Array]
Reject = Callable[[Array, Array, Array], tuple[Array, Array]]


def _either(
    rounds: Rounds, which: Array, number: int, small: Array, search: Search, reject: Reject
) -> tuple[Array, Array]:
    """Counts by search where the mean is small, which are always accepted, and by rejection elsewhere."""
    values, accepted = np.zeros(len(which)), np.ones(len(which), bool)
    u = rounds.uniform(which, number, 0)
    few, many = np.flatnonzero(small), np.flatnonzero(~small)
    if len(few):
        values[few] = search(few, u[few])
    if len(many):
        values[many], accepted[many] = reject(many, u[many], rounds.uniform(which[many], number, 1))
    return values, accepted


def searched(u: Array, first: Array, following: Callable[[Array, Array], Array], start: Any = 0.0) -> Array:
    """The first count k at which u is not above the sum of the probabilities up to it.

    Args:
        u: uniform numbers.
        first: the probability of the first count.
        following: the probability of k + 1, given k and that of k.
        start: the first count.
    """
    k, share, total = np.zeros(len(u)) + start, first, first.copy()
    for _ in range(MOST_SEARCHED):
        above = u > total
        if not above.any():
            break
        share = following(k, share)
        k, total = np.where(above, k + 1, k), np.where(above, total + share, total)
        # What rounding leaves of the whole is nobody's: a search ends where nothing is added.
        if not (share[above] > 0).any():
            break
    return np.asarray(k)


@elementwise(returns="param", domain=(1.3, 4.0))
def zipf_draw(m: Any, words: Any, exponent: Any, *, dtype: str) -> Any:
    """Ranks by Zipf's law of an exponent, each from 64 random bits, the key of its own rounds; not differentiable."""
    return m.cast(m.apply(_zipfs, m.cast(words, "uint64"), m.cast(exponent, "float64")), dtype)


@zipf_draw.samples
def zipf_draw_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (np.arange(3, dtype=np.uint64), rng.uniform(1.5, 4, 3)), {"dtype": "int64"}


def _zipfs(words: Array, a: Array) -> Array:
    return in_rounds(words, (a,), (a > 1) & np.isfinite(a), _zipf, "int64")


def _zipf(rounds: Rounds, which: Array, number: int, parameters: list[Array]) -> tuple[Array, Array]:
    over = parameters[0] - 1
    accepted: Array
    with np.errstate(over="ignore"):
        x = np.floor(np.exp(-np.log(rounds.uniform(which, number, 0)) / over))
        inside = x <= LARGEST_COUNT
        at = np.where(inside, x, 1)
        log_t = over * np.log1p(1 / at)
        growth = at * np.expm1(log_t) / np.expm1(over * np.log(2.0))
        log_v = np.log(rounds.uniform(which, number, 1))
        accepted = np.asarray(inside & (log_v + np.log(growth) <= log_t - over * np.log(2.0)))
    return np.asarray(at), accepted
