"""Hypergeometric draws: how many of a sample are good, when it is taken without putting anything back.

Small samples are found by inversion, adding probabilities from the least count on; large ones
by the ratio of uniforms about the mode.

Source: Stadlober, "The ratio of uniforms approach for generating discrete random variates", J. Comput. Appl. Math.
1990 (HRUA).

Read next: circular.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...op import elementwise
from .counts import searched
from .rounds import Array, Rounds, in_rounds

SMALL = 10

# 2 sqrt(2 / e) and 3 - 2 sqrt(3 / e), of the table of the ratio of uniforms.
_WIDTH = 1.7155277699214135
_SHIFT = 0.8989161620588988


@elementwise(returns="param", domain=(3.0, 9.0))
def hypergeometric_draw(m: Any, words: Any, good: Any, bad: Any, sample: Any, *, dtype: str) -> Any:
    """Good ones in samples of an urn, each from 64 random bits, the key of its own rounds; not differentiable."""
    operands = (m.cast(words, "uint64"), *(m.cast(count, "float64") for count in (good, bad, sample)))
    return m.cast(m.apply(_hypergeometrics, *operands), dtype)


@hypergeometric_draw.samples
def hypergeometric_draw_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    urns = (np.array([5, 50.0]), np.array([8, 90.0]), np.array([6, 70.0]))
    yield (np.arange(2, dtype=np.uint64), *urns), {"dtype": "int64"}


def _hypergeometrics(words: Array, *given: Array) -> Array:
    good, bad, sample = counts = tuple(np.floor(count) for count in given)
    # Beyond 2**52 neighbouring counts are not told apart.
    valid = (good >= 0) & (bad >= 0) & (sample >= 0) & (sample <= good + bad) & (good + bad <= 2.0**52)
    return in_rounds(words, counts, valid, _hypergeometric, "int64")


def _hypergeometric(rounds: Rounds, which: Array, number: int, parameters: list[Array]) -> tuple[Array, Array]:
    good, bad, sample = parameters
    # The rarer kind, and the smaller of what is taken and what is left: the other counts follow from theirs.
    rare, common = np.minimum(good, bad), np.maximum(good, bad)
    taken = np.minimum(sample, good + bad - sample)
    u = rounds.uniform(which, number, 0)
    values, accepted = np.zeros(len(which)), np.ones(len(which), bool)
    few, many = np.flatnonzero(taken < SMALL), np.flatnonzero(taken >= SMALL)
    if len(few):
        values[few] = _search(u[few], rare[few], common[few], taken[few])
    if len(many):
        v = rounds.uniform(which[many], number, 1)
        values[many], accepted[many] = _ratio(u[many], v, rare[many], common[many], taken[many])
    values = np.where(good > bad, taken - values, values)
    return np.where(taken < sample, good - values, values), accepted


def _search(u: Array, rare: Array, common: Array, taken: Array) -> Array:
    least = np.maximum(0, taken - common)
    first = np.exp(_log_ways(least, rare, common, taken) - _log_ways_in_all(rare, common, taken))

    def following(k: Array, share: Array) -> Array:
        ways = share * np.maximum(rare - k, 0) * np.maximum(taken - k, 0)
        return np.asarray(ways / ((k + 1) * np.maximum(common - taken + k + 1, 1)))

    return searched(u, first, following, least)


def _ratio(u: Array, v: Array, rare: Array, common: Array, taken: Array) -> tuple[Array, Array]:
    total = rare + common
    share = rare / total
    centre = taken * share + 0.5
    deviation = np.sqrt((total - taken) * taken * share * (1 - share) / (total - 1) + 0.5)
    proposal = centre + (_WIDTH * deviation + _SHIFT) * (v - 0.5) / u
    end = np.minimum(np.minimum(taken, rare) + 1, np.floor(centre + 16 * deviation))
    inside = (proposal >= 0) & (proposal < end)
    mode = np.floor((taken + 1) * (rare + 1) / (total + 2))
    k = np.where(inside, np.floor(proposal), mode)
    log_ratio = _log_ways(k, rare, common, taken) - _log_ways(mode, rare, common, taken)
    return k, inside & (2 * np.log(u) <= log_ratio)


def _log_ways(k: Array, rare: Array, common: Array, taken: Array) -> Array:
    """Logarithm of the number of samples with k of the rarer kind, but for a factor that does not depend on k."""
    from scipy.special import gammaln

    parts = gammaln(k + 1) + gammaln(rare - k + 1) + gammaln(taken - k + 1) + gammaln(common - taken + k + 1)
    return np.asarray(-parts)


def _log_ways_in_all(rare: Array, common: Array, taken: Array) -> Array:
    """Logarithm of the number of all samples, but for the same factor."""
    from scipy.special import gammaln

    total = rare + common
    ways = gammaln(total + 1) - gammaln(taken + 1) - gammaln(total - taken + 1) - gammaln(rare + 1)
    return np.asarray(ways - gammaln(common + 1))
