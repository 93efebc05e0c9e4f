"""Looking at graphs and checking them.

Read next: text.py
"""

from .check import GradientError, verify_grad
from .text import graph_to_text, to_text

__all__ = ["GradientError", "graph_to_text", "to_text", "verify_grad"]
