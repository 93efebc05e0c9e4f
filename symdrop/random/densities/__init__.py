"""Densities: for every distribution the logarithm of its density or probability, as an expression.

Parameters have the names that they have in the draw. Constants outside of their domain are refused; where symbolic
ones are, the logarithm is NaN.

Read next: operands.py
"""

from __future__ import annotations

from .continuous import CONTINUOUS
from .counts import COUNTS
from .positive import POSITIVE
from .vectors import VECTORS

DENSITIES = {density.__name__: density for density in (*CONTINUOUS, *POSITIVE, *COUNTS, *VECTORS)}

__all__ = ["DENSITIES"]
