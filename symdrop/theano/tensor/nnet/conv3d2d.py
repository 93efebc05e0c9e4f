"""``theano.tensor.nnet.conv3d2d`` and ``Conv3D``: convolutions of videos, whose time stands before the channels.

Read next: bn.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ....binding import public
from ....errors import ArgumentError, here, shown
from ....graph import Node
from ....op import as_node
from ...missing import missing_name
from .convolutions import conv3d as volumes
from .convolutions import conv3d_grad_wrt_weights


@public
def conv3d(
    signals: Any, filters: Any, signals_shape: Any = None, filters_shape: Any = None, border_mode: Any = "valid"
) -> Node:
    """Convolution of videos with filters, along time, rows and columns.

    Args:
        signals: of shape (batch, times, channels, rows, columns).
        filters: of shape (filters, times, channels, rows, columns).
        signals_shape, filters_shape: nothing depends on them.
        border_mode: "valid", "full" or "half", or one of them for each of three axes.

    Returns:
        Of shape (batch, times, filters, rows, columns).

    Raises:
        ArgumentError: for another border.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> from symdrop.theano.tensor.nnet.conv3d2d import conv3d
        >>> times = T.constant([1.0, 2.0, 3.0]).dimshuffle("x", 0, "x", "x", "x")
        >>> conv3d(times, T.constant([1.0, 10.0]).dimshuffle("x", 0, "x", "x", "x")).eval().ravel().tolist()
        [12.0, 23.0]
    """
    modes = set(border_mode) if isinstance(border_mode, tuple | list) else {border_mode}
    if len(modes) > 1:
        raise ArgumentError(f"border_mode={shown(border_mode)}: expected the same border for all three axes{here()}")
    x, w = (as_node(one).dimshuffle(0, 2, 1, 3, 4) for one in (signals, filters))
    return volumes(x, w, border_mode=modes.pop()).dimshuffle(0, 2, 1, 3, 4)


@public
def conv3D(V: Any, W: Any, b: Any, d: Any) -> Node:
    """Correlation of videos with filters, and a bias: Theano's first one, whose channels stand last.

    Args:
        V: of shape (batch, rows, columns, times, channels).
        W: of shape (filters, rows, columns, times, channels).
        b: a bias for every filter.
        d: the strides along rows, columns and times.

    Returns:
        Of shape (batch, rows, columns, times, filters).

    Example:
        >>> import symdrop.theano.tensor as T
        >>> from symdrop.theano.tensor.nnet.conv3d2d import conv3D
        >>> V = T.constant([1.0, 2.0, 3.0]).dimshuffle("x", 0, "x", "x", "x")
        >>> W = T.constant([1.0, 10.0]).dimshuffle("x", 0, "x", "x", "x")
        >>> conv3D(V, W, T.constant([0.5]), (1, 1, 1)).eval().ravel().tolist()
        [21.5, 32.5]
    """
    x, w = (as_node(one).dimshuffle(0, 4, 1, 2, 3) for one in (V, W))
    made = volumes(x, w, subsample=tuple(d), filter_flip=False)
    return made.dimshuffle(0, 2, 3, 4, 1) + as_node(b)


@public
def convGrad3D(V: Any, d: Any, WShape: Any, dCdH: Any) -> Node:
    """The gradient of ``conv3D`` by its filters.

    Args:
        V, d: as of ``conv3D``.
        WShape: the shape of the filters.
        dCdH: the gradient by the value.

    Returns:
        Of shape WShape.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> from symdrop.theano.tensor.nnet.conv3d2d import convGrad3D
        >>> V = T.constant([1.0, 2.0, 3.0]).dimshuffle("x", 0, "x", "x", "x")
        >>> convGrad3D(V, (1, 1, 1), (1, 2, 1, 1, 1), T.ones((1, 2, 1, 1, 1))).eval().ravel().tolist()
        [3.0, 5.0]
    """
    x, top = (as_node(one).dimshuffle(0, 4, 1, 2, 3) for one in (V, dCdH))
    shape = [WShape[axis] for axis in (0, 4, 1, 2, 3)]
    made = conv3d_grad_wrt_weights(x, top, shape, subsample=tuple(d), filter_flip=False)
    return made.dimshuffle(0, 2, 3, 4, 1)


@public
def get_diagonal_subtensor_view(x: Any, i0: int, i1: int) -> Any:
    """The diagonals of an array along two axes, as a view.

    Args:
        x: an array of NumPy's, at least as long along i0 as along i1.
        i0: the axis along which the diagonals follow each other.
        i1: the axis along which each goes, backwards along i0.

    Returns:
        A view of x of as many axes, ``x.shape[i1] - 1`` shorter along i0.

    Raises:
        ArgumentError: if x is shorter along i0.

    Example:
        >>> import numpy as np
        >>> from symdrop.theano.tensor.nnet.conv3d2d import get_diagonal_subtensor_view
        >>> get_diagonal_subtensor_view(np.arange(6).reshape(3, 2), 0, 1).tolist()
        [[2, 1], [4, 3]]
    """
    array = np.asarray(x)
    rows, columns = array.shape[i0], array.shape[i1]
    if rows < columns:
        raise ArgumentError(f"diagonals of shape {array.shape}: axis {i0} is shorter than axis {i1}{here()}")
    shape, strides = list(array.shape), list(array.strides)
    shape[i0] = rows - columns + 1
    strides[i1] -= strides[i0]
    first = tuple(slice(columns - 1, None) if axis == i0 else slice(None) for axis in range(array.ndim))
    return np.lib.stride_tricks.as_strided(array[first], shape, strides)


# Modules beside these are found missing when they are used.
__path__: list[str] = []

__all__ = ["conv3D", "conv3d", "convGrad3D", "get_diagonal_subtensor_view"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.nnet.conv3d2d", name, __all__)
