"""Graphs as pictures and pages.

Read next: parts.py
"""

from .explore import explore
from .parts import PARTS, mark, parts

__all__ = ["PARTS", "explore", "mark", "parts"]
