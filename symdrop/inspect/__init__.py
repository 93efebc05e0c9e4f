"""Looking at graphs and checking them.

Read next: text.py
"""

from .check import GradientError, verify_grad
from .costs import Cost, Costs, cost
from .derivation import explain
from .difference import diff
from .history import story
from .reasons import why
from .text import graph_to_text, to_text
from .tree import dprint

__all__ = [
    "Cost",
    "Costs",
    "GradientError",
    "cost",
    "diff",
    "dprint",
    "explain",
    "graph_to_text",
    "story",
    "to_text",
    "verify_grad",
    "why",
]
