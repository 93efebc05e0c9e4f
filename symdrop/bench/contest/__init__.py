"""The contest: works, how each library does them, and the process in which one of them does one.

These files run in any interpreter that has NumPy, symdrop's own or the one in which its
peers are installed.

Read next: entry.py
"""

from .elementwise import ELEMWISE
from .entry import LIBRARY, Work
from .gru import GRU
from .lengths import LENGTHS
from .mask import MASK
from .mlp import MLP
from .recurrence import SCAN, SCAN_GRADIENT
from .tiny import TINY

# What is run over and over, in turns; and what is run once in a fresh process.
WORKS = {work.name: work for work in (TINY, MLP, MASK, ELEMWISE, GRU, SCAN, SCAN_GRADIENT)}
ONCE = {work.name: work for work in (MLP, LENGTHS)}

__all__ = ["LIBRARY", "ONCE", "WORKS", "Work"]
