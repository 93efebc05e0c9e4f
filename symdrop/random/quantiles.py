"""Inverse transform sampling: one uniform number for each element, read as the place in a distribution.

All distributions drawn this way have, at one site and step, their elements at the same
quantiles: where the distribution function is ``(k + 1/2) * 2**-24`` (float32) or
``2**-53`` (float64), k being the top bits of the element's word.

Read next: location_scale.py
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import tensor as T
from ..graph import Node
from ..ops import random as draws
from .arguments import Site, fit, float_dtypes
from .distributions import Distributions


@dataclass(frozen=True)
class Place:
    """Place of elements in a distribution: which half, and the probability q of what lies further out.

    The distribution function is q in the lower half and 1 - q in the upper one. q is at most 1/2 and exact, so that
    both tails are as long as the digits allow.
    """

    lower: Node
    q: Node

    def below(self) -> Node:
        """The distribution function F."""
        return T.where(self.lower, self.q, 1 - self.q)

    def log_below(self) -> Node:
        """log F."""
        return T.where(self.lower, T.log(self.q), T.log1p(-self.q))

    def log_above(self) -> Node:
        """log(1 - F)."""
        return T.where(self.lower, T.log1p(-self.q), T.log(self.q))

    def normal(self) -> Node:
        """The standard normal value there."""
        z = T.ndtri(self.q)
        return T.where(self.lower, z, -z)


class Quantiles(Distributions):
    """Draws made by inverting a distribution function."""

    def _place(self, size: Any, dtype: Any, site: Site, *parameters: Any) -> tuple[str, Place, list[Node]]:
        """The dtype of the result, the place of every element, and the parameters as they fit the draw."""
        dtype, drawn = float_dtypes(dtype, *parameters)
        sizes, nodes = fit(size, *parameters)
        return dtype, _place(self._draw(draws.uniform, sizes, dtype=drawn, site=site)), nodes


def place_of(words: Node) -> Place:
    """The place that 64-bit words say."""
    return _place(T.cast(T.right_shift(words, 11), "float64") * 2.0**-53)


def _place(u: Node) -> Place:
    digits = 24 if u.dtype == "float32" else 53
    lower = T.lt(u, 0.5)
    # Both differences are exact: the half step more needs one digit more than numbers from 1/2 on have.
    return Place(lower, T.where(lower, u, (1 - 2.0**-digits) - u) + 2.0 ** -(digits + 1))
