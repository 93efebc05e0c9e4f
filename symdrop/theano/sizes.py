"""Sizes and dtypes of draws, as scripts of Theano give them.

Read next: streams.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..op import Size, as_node
from ..tensor.arguments import sizes_of_shape
from ..types import is_float, promote
from .settings import config, resolved


def sizes_of(size: Any, ndim: Any) -> tuple[Size, ...]:
    """The sizes of a draw.

    Args:
        size: a tuple, list or integer vector.
        ndim: how many sizes there are; may be None where that is known.

    Raises:
        ShapeError: if ``ndim`` does not fit, or the number of sizes is not known.
        GraphTypeError: for sizes that are no integers.
    """
    return sizes_of_shape(size, ndim)


def count_of(sizes: Sequence[Any]) -> Any:
    """The number of elements: an integer where all sizes are."""
    count: Any = 1
    for size in sizes:
        count = count * size
    return count


def float_type(dtype: Any, *parameters: Any) -> str:
    """The dtype of a draw: by default floatX, or that of its parameters where it is greater."""
    if dtype is not None:
        return resolved(dtype)
    types = [node.type for node in map(as_node, parameters) if not node.type.weak and is_float(node.dtype)]
    return promote([as_node(np.zeros((), config.floatX)).type, *types])
