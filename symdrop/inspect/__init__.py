"""Looking at graphs and checking them.

Read next: text.py
"""

from .check import GradientError, verify_grad
from .debug import BadValueError, Debug
from .text import graph_to_text, to_text
from .trace import Step, trace

__all__ = ["BadValueError", "Debug", "GradientError", "Step", "graph_to_text", "to_text", "trace", "verify_grad"]
