"""``theano.tensor.signal``: pooling and convolutions of images without channels.

Read next: pool.py
"""

from __future__ import annotations

from typing import Any

from ...missing import missing_name
from . import conv, pool
from .pool import DownsampleFactorMax, Pool, max_pool_2d, max_pool_2d_same_size, pool_2d, pool_3d

# Its name before.
downsample = pool

__all__ = [
    "DownsampleFactorMax", "Pool", "conv", "downsample", "max_pool_2d", "max_pool_2d_same_size", "pool", "pool_2d",
    "pool_3d",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.signal", name, __all__)
