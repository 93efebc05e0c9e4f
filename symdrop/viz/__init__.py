"""Graphs as pictures and pages.

Read next: parts.py
"""

from .parts import PARTS, mark, parts

__all__ = ["PARTS", "mark", "parts"]
