"""``theano.tensor.signal.pool`` and ``downsample``: pooling.

Read next: conv.py
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from ....autodiff import Lop
from ....binding import public
from ....errors import ArgumentError, ShapeError, here
from ....graph import Node, describe
from ....op import as_node
from ....tensor import maximum
from ....tensor.arguments import product
from ....tensor.pooling import MODES, every_max, pooled
from ...missing import missing_name
from ...variable import spoken
from ..nnet.places import is_variable, pooled_by_places

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
        ws: the window's rows and columns; these, strides and zeros may be variables, or vectors of them.
        ignore_border: True leaves out windows that reach beyond the end; by default, with a warning, or for False, what
            is there of them is taken, if they begin inside.
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
        >>> pool.pool_2d(x, (2, 2), ignore_border=False).eval().tolist()
        [[5.0, 6.0]]
    """
    named = _window(ws, ds), ignore_border, _one("stride", stride, "st", st), _one("pad", pad, "padding", padding)
    made = _pool(as_node(input), 2, *named, mode)
    _warn(ignore_border, "pool_2d")
    return made


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
        >>> T.signal.pool_3d(T.ones((2, 2, 2)), (2, 2, 2), ignore_border=True, mode="sum").eval().tolist()
        [[[8.0]]]
    """
    named = _window(ws, ds), ignore_border, _one("stride", stride, "st", st), _one("pad", pad, "padding", padding)
    made = _pool(as_node(input), 3, *named, mode)
    _warn(ignore_border, "pool_3d")
    return made


# The older name, when nothing else was pooled.
max_pool_2d = pool_2d


@public
def max_pool_2d_same_size(input: Any, patch_size: Any) -> Node:
    """Images in which only the largest element of every window is left, and zeros.

    Args:
        input: of four axes, the last two of which windows slide along without overlap.
        patch_size: the window's rows and columns.

    Returns:
        Of input's shape.

    Raises:
        ShapeError, ArgumentError: as ``pool_2d``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.constant([[[[1.0, 2.0], [3.0, 0.0]]]])
        >>> T.signal.pool.max_pool_2d_same_size(x, (2, 2)).eval().tolist()
        [[[[0.0, 0.0], [3.0, 0.0]]]]
    """
    node = as_node(input)
    found = pool_2d(node, patch_size, True)
    made: Node = spoken(Lop(found, node, found))
    return made


class Pool:
    """Pooling as an object: called with an input, a window, strides and zeros.

    Args:
        ignore_border, mode: as of ``pool_2d``.
        ndim: how many axes windows slide along.
        openmp: accepted; it changes nothing.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> Pool = T.signal.pool.Pool
        >>> Pool.out_shape((7, 8), (2, 3)), Pool(ignore_border=True)(T.ones((2, 2)), (2, 2)).eval().tolist()
        ([4, 3], [[1.0]])
    """

    @public
    def __init__(self, ignore_border: bool = False, mode: str = "max", ndim: int = 2, openmp: Any = None) -> None:
        self.ignore_border, self.mode, self.ndim = ignore_border, mode, ndim

    @public
    def __call__(self, x: Any, ws: Any, stride: Any = None, pad: Any = None) -> Node:
        """The pooled input."""
        zeros = (0,) * self.ndim if pad is None else pad
        return _pool(as_node(x), self.ndim, ws, self.ignore_border, stride, zeros, self.mode)

    @staticmethod
    @public
    def out_shape(
        imgshape: Sequence[Any],
        ws: Any = None,
        ignore_border: bool = False,
        stride: Any = None,
        pad: Any = None,
        ndim: int = 2,
        ds: Any = None,
        st: Any = None,
        padding: Any = None,
    ) -> list[Any]:
        """The shape of a pooled input, from its shape and the arguments of ``pool_2d``."""
        window, step = _window(ws, ds), _one("stride", stride, "st", st)
        zeros = _one("pad", pad, "padding", padding)
        sizes = [*imgshape[len(imgshape) - ndim :]]
        steps, around = step or window, zeros or (0,) * ndim
        counts = [
            _count(size + 2 * p, n, s, ignore_border)
            for size, p, n, s in zip(sizes, around, window, steps, strict=True)
        ]
        return [*imgshape[: len(imgshape) - ndim], *counts]


def _count(size: Any, window: int, step: int, ignore_border: bool) -> Any:
    """How many windows an axis has."""
    if ignore_border:
        return _at_least_none((size - window) // step + 1)
    if step >= window:
        return (size - 1) // step + 1
    return _at_least_none((size - 1 - window + step) // step) + 1


def _at_least_none(count: Any) -> Any:
    return maximum(count, 0) if isinstance(count, Node) else max(count, 0)


class DownsampleFactorMax(Pool):
    """Pooling as an object, as it was called before: everything but the input is given when it is made.

    Args:
        ds: the window's rows and columns.
        ignore_border, mode: as of ``pool_2d``.
        st, padding: strides and zeros, as of ``pool_2d``.
        openmp: accepted; it changes nothing.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.signal.downsample.DownsampleFactorMax((2, 2))(T.ones((3, 3))).eval().shape
        (2, 2)
    """

    @public
    def __init__(
        self,
        ds: Any,
        ignore_border: bool = False,
        st: Any = None,
        padding: Any = (0, 0),
        mode: str = "max",
        openmp: Any = None,
    ) -> None:
        super().__init__(ignore_border, mode)
        self.ds, self.st, self.padding = tuple(ds), st, padding

    @public
    def __call__(self, x: Any, *arguments: Any) -> Node:
        """The pooled input."""
        return super().__call__(x, self.ds, self.st, self.padding)


def _warn(ignore_border: bool | None, name: str) -> None:
    if ignore_border is None:
        warnings.warn(
            f"{name}() counts the border, the windows that reach beyond the end; write ignore_border=False to keep "
            f"that, or ignore_border=True to leave them out{here()}",
            stacklevel=3,
        )


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
    if is_variable(window, stride, pad):
        made = pooled_by_places(batch, window, bool(ignore_border), stride, pad, mode, rank)
    else:
        made = pooled(batch, window, mode, stride, pad, bool(ignore_border), "channels_first", _MODES)
    if lead < 2:
        made = made.dimshuffle(*range(2 - lead, made.ndim))
    elif lead > 2:
        made = made.reshape((*sizes[:lead], *(made.shape[axis] for axis in range(2, made.ndim))))
    said: Node = spoken(made)
    return said


# Modules beside these are found missing when they are used.
__path__: list[str] = []

__all__ = ["DownsampleFactorMax", "Pool", "max_pool_2d", "max_pool_2d_same_size", "pool_2d", "pool_3d"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.signal.pool", name, __all__)
