"""The contest: works, how each library does them, and the process in which one of them does one.

These files run in any interpreter that has NumPy, symdrop's own or the one in which its
peers are installed.

Read next: entry.py
"""

from .convolutions import CONVOLUTIONS
from .elementwise import ELEMWISE
from .entry import LIBRARY, Work
from .epoch import EPOCH
from .gru import GRU
from .lenet import LENET
from .lengths import LENGTHS
from .mask import MASK
from .mlp import MLP
from .products import ALONE
from .recurrence import SCAN, SCAN_GRADIENT
from .tiny import TINY
from .transformer import TRANSFORMER

# What is run over and over, in turns; and what is run once in a fresh process.
IN_TURNS = (TINY, MLP, EPOCH, MASK, ELEMWISE, GRU, SCAN, SCAN_GRADIENT, LENET, TRANSFORMER, *CONVOLUTIONS, *ALONE)
WORKS = {work.name: work for work in IN_TURNS}
ONCE = {work.name: work for work in (MLP, TRANSFORMER, LENGTHS)}

__all__ = ["LIBRARY", "ONCE", "WORKS", "Work"]
