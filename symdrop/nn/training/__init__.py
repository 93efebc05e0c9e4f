"""Training: a loop over a compiled function and batches, with all that a run of hours needs around it.

Read next: history.py
"""

from .fitting import evaluate, fit
from .history import History

__all__ = ["History", "evaluate", "fit"]
