"""``theano.tensor.signal``: pooling and convolutions of images without channels.

Read next: pool.py
"""

from __future__ import annotations

from typing import Any

from ...missing import no_name
from . import conv, pool
from .pool import DownsampleFactorMax, Pool, max_pool_2d, max_pool_2d_same_size, pool_2d, pool_3d

# Its name before.
downsample = pool

__all__ = [
    "DownsampleFactorMax", "Pool", "conv", "downsample", "max_pool_2d", "max_pool_2d_same_size", "pool", "pool_2d",
    "pool_3d",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Refuse what is not there with a sentence."""
    no_name("theano.tensor.signal", name, __all__)
