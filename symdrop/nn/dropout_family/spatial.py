"""Spatial dropout: whole feature maps are dropped, since neighbouring pixels of one carry the same information.

    training:  where(drop, 0, x / (1 - p)),  drop of shape (batch, channel, 1, ...)        testing:  x

Source: Tompson, Goroshin, Jain, LeCun and Bregler, "Efficient object localization using
convolutional networks", CVPR 2015, section 3.2.

Read next: words.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...binding import public
from ...errors import ArgumentError, ShapeError, here, shown
from ...graph import Node, describe
from ..dropout import dropout
from .arguments import floats


@public
def spatial_dropout(x: Any, p: Any = 0.5, *, channel_axis: int = 1, **options: Any) -> Node:
    """Spatial dropout, also channel dropout: one choice for all places of a channel of an example.

    Args:
        x: feature maps, floats of shape (batch, channel, place, ...).
        p: the probability of dropping a channel.
        channel_axis: the axis of channels; -1 for (batch, place, ..., channel).
        **options: ``stream``, ``mode``, ``training``, ``site`` and ``name`` of ``sd.dropout``.

    Returns:
        A node of x's shape and dtype.

    Raises:
        ShapeError: if x has no axis besides those of the batch and the channels.
        ArgumentError: if ``channel_axis`` is none of x's, or that of the batch; and as ``sd.dropout``.

    Source: Tompson et al., "Efficient object localization using convolutional networks", 2015.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.tensor4("x")
        >>> h = sd.nn.spatial_dropout(x, 0.5, stream=sd.RandomStream(seed=1))
        >>> y = sd.function([x], h, training=True)(np.ones((2, 8, 3, 3), "float32"))
        >>> bool((y == y[:, :, :1, :1]).all()), sorted(set(y.ravel().tolist()))
        (True, [0.0, 2.0])
    """
    value = floats(x, "spatial_dropout")
    if value.ndim < 3:
        raise ShapeError(f"spatial_dropout: x has axes (batch, channel, place, ...), not {describe(value)}{here()}")
    axis = channel_axis
    if (
        isinstance(axis, bool)
        or not isinstance(axis, int | np.integer)
        or axis % value.ndim == 0
        or not -value.ndim <= axis < value.ndim
    ):
        raise ArgumentError(
            f"spatial_dropout: channel_axis={shown(axis)} is no axis of channels; axis 0 is the batch{here()}"
        )
    places = [place for place in range(1, value.ndim) if place != axis % value.ndim]
    return dropout(value, p, shared_axes=places, **options)
