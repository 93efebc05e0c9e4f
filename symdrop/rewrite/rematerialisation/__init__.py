"""Rematerialisation under a limit: which values of the forward pass the backward pass computes again, by cost and size.

Read next: liveness.py
"""

from .choice import Recomputation, RecomputedValue, within_memory
from .liveness import bytes_by, peak_bytes

__all__ = ["Recomputation", "RecomputedValue", "bytes_by", "peak_bytes", "within_memory"]
