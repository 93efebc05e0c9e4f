"""``theano.tensor.signal``: pooling.

Read next: shared_randomstreams.py
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from ...binding import public
from ...errors import ArgumentError, ShapeError, here
from ...graph import Node, describe
from ...op import as_node
from ...tensor.arguments import product
from ...tensor.pooling import MODES, every_max, pooled
from ..missing import no_name

# Of equal largest elements each receives the whole gradient.
_MODES = {**{name: MODES[name] for name in ("sum", "average_inc_pad", "average_exc_pad")}, "max": every_max}


@public
def pool_2d(
    input: Any,
    ws: Any = None,
    ignore_border: bool | None = None,
    stride: Any = None,
    pad: Any = (0, 0),
    mode: str = "max",
    ds: Any = None,
    st: Any = None,
    padding: Any = None,
) -> Node:
    """Pooling of the last two axes: the largest element, the sum or the average of every window.

    Args:
        input: a tensor of at least two axes; windows slide along the last two.
        ws: the window's rows and columns.
        ignore_border: True leaves out windows that reach beyond the end; by default, or for False, what is there of
            them is taken, if they begin inside.
        stride: from window to window, rows and columns; by default ``ws``.
        pad: how many rows and columns of zeros stand before and after input; nothing stands there for "max".
        mode: "max", "sum", "average_inc_pad", which counts these zeros as elements, or "average_exc_pad". Each of equal
            largest elements receives the whole gradient, as it did in Theano.
        ds, st, padding: earlier names of ws, stride and pad.

    Returns:
        A tensor of as many axes. Averages of integers are floats, sums of small integers are of 64 bits.

    Raises:
        ShapeError: for fewer axes, and as ``sd.tensor.nnet.pool``.
        ArgumentError: if no window is given, or one is given by both names, and as ``sd.tensor.nnet.pool``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> from symdrop.theano.tensor.signal import pool
        >>> x = T.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        >>> pool.pool_2d(x, (2, 2), ignore_border=True).eval().tolist()
        [[5.0]]
        >>> pool.pool_2d(x, (2, 2)).eval().tolist()
        [[5.0, 6.0]]
    """
    named = _window(ws, ds), ignore_border, _one("stride", stride, "st", st), _one("pad", pad, "padding", padding)
    return _pool(as_node(input), 2, *named, mode)


@public
def pool_3d(
    input: Any,
    ws: Any = None,
    ignore_border: bool | None = None,
    stride: Any = None,
    pad: Any = (0, 0, 0),
    mode: str = "max",
    ds: Any = None,
    st: Any = None,
    padding: Any = None,
) -> Node:
    """Pooling of the last three axes.

    Args:
        input: a tensor of at least three axes.
        ws, ignore_border, stride, pad, mode, ds, st, padding: as of ``pool_2d``, with a number for each of three axes.

    Returns:
        A tensor of as many axes.

    Raises:
        ShapeError: as ``pool_2d``.
        ArgumentError: as ``pool_2d``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.signal.pool_3d(T.ones((2, 2, 2)), (2, 2, 2), mode="sum").eval().tolist()
        [[[8.0]]]
    """
    named = _window(ws, ds), ignore_border, _one("stride", stride, "st", st), _one("pad", pad, "padding", padding)
    return _pool(as_node(input), 3, *named, mode)


# The older name, when nothing else was pooled.
max_pool_2d = pool_2d


def _window(ws: Any, ds: Any) -> Any:
    found = _one("ws", ws, "ds", ds)
    if found is None:
        raise ArgumentError(f"no window is given: pass ws=(rows, columns){here()}")
    return found


def _one(name: str, value: Any, earlier: str, other: Any) -> Any:
    """The value of a parameter that has an earlier name, too."""
    is_given = value is not None and not (isinstance(value, Sequence) and not any(value))
    if is_given and other is not None:
        raise ArgumentError(f"{earlier}= is the earlier name of {name}=: give one of them{here()}")
    return value if other is None else other


def _pool(x: Node, rank: int, window: Any, ignore_border: bool | None, stride: Any, pad: Any, mode: str) -> Node:
    lead = x.ndim - rank
    if lead < 0:
        raise ShapeError(f"pooling of {describe(x)}: expected at least {rank} axes{here()}")
    sizes = [x.shape[axis] for axis in range(x.ndim)]
    # (batch, channels, *sizes)
    batch = x.reshape((product(sizes[: lead - 1]), *sizes[lead - 1 :])) if lead > 2 else x
    if lead < 2:
        batch = x.dimshuffle(*["x"] * (2 - lead), *range(x.ndim))
    made = pooled(batch, window, mode, stride, pad, bool(ignore_border), "channels_first", _MODES)
    if lead < 2:
        return made.dimshuffle(*range(2 - lead, made.ndim))
    return made.reshape((*sizes[:lead], *(made.shape[axis] for axis in range(2, made.ndim)))) if lead > 2 else made


# Theano spread these names over files.
__path__: list[str] = []
downsample = pool = sys.modules[__name__]

__all__ = ["downsample", "max_pool_2d", "pool", "pool_2d", "pool_3d"]


def __getattr__(name: str) -> Any:
    """Refuse what is not there with a sentence."""
    no_name("theano.tensor.signal", name, __all__)
