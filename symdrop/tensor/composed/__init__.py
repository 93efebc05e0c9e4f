"""Operations composed of others, and special functions: loaded together, when one of them is first used.

A new file needs a line of each list here.

Read next: special.py
"""

from __future__ import annotations

from . import special
from .special import *

__all__ = [
    *special.__all__,
]
