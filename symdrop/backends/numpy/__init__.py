"""The NumPy back end: the reference semantics, one evaluation after the other.

Read next: ufunc_call.py
"""

from .program import NumpyBackend, NumpyProgram

__all__ = ["NumpyBackend", "NumpyProgram"]
