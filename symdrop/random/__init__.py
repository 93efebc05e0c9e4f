"""Seeded random streams; the draws themselves are declared in ops/random.py.

Read next: arguments.py
"""

from .stream import RandomStream

__all__ = ["RandomStream"]
