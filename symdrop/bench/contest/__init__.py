"""The contest: works, how each library does them, and the process in which one of them does one.

These files run in any interpreter that has NumPy, symdrop's own or the one in which its
peers are installed.

Read next: entry.py
"""

from .elementwise import ELEMWISE
from .entry import LIBRARY, Work
from .mask import MASK
from .mlp import MLP
from .tiny import TINY

WORKS = {work.name: work for work in (TINY, MLP, MASK, ELEMWISE)}

__all__ = ["LIBRARY", "WORKS", "Work"]
