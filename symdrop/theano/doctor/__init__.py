"""A doctor for old scripts: which names of Theano they use, what must change in them, and corrected copies.

Read next: sources.py
"""

from __future__ import annotations

from . import sources
from .command import check
from .repairs import corrected
from .reports import report

__all__ = ["check", "corrected", "report", "sources"]
