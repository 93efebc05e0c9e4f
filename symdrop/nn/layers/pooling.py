"""Layers without parameters for images: pooling of windows and of whole channels, and joined axes.

Read next: attention.py
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

from ...binding import public
from ...errors import ArgumentError, here, shown
from ...graph import Node
from ...op import as_node
from ...tensor.convolution import steps
from ...tensor.pooling import MODES, global_pool, pool
from ...tensor.shaping import flatten
from .layer import Layer, check_layout, checked_sizes


@public
@dataclass(frozen=True, eq=False, repr=False)
class Pool(Layer):
    """The largest element, the sum or the average of every window: ``T.nnet.pool`` with these options.

    Args:
        window: its size, an integer or one for every axis that windows slide along.
        mode, stride, padding, ignore_border, layout: as of ``T.nnet.pool``.

    Raises:
        ArgumentError: for a window or stride that is not positive, and for another mode or layout.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> sd.nn.Pool(2)(T.tensor("float32", (None, 8, 28, 28), name="x")).type.shape
        (None, 8, 14, 14)
    """

    window: Any
    _: KW_ONLY
    mode: str = "max"
    stride: Any = None
    padding: Any = 0
    ignore_border: bool = True
    layout: str = "channels_first"

    def __post_init__(self) -> None:
        rank = len(self.window) if isinstance(self.window, tuple | list) else 1
        steps(self.window, rank, "window")
        if self.stride is not None:
            steps(self.stride, len(self.stride) if isinstance(self.stride, tuple | list) else 1, "stride")
        _check_mode("Pool", self.mode)
        check_layout("Pool", self.layout)

    @public
    def __call__(self, x: Any) -> Node:
        """The values of the windows of x.

        Args:
            x: of shape (batch, channels, *sizes), or (batch, *sizes, channels) with layout "channels_last".
        """
        return pool(x, self.window, self.mode, self.stride, self.padding, self.ignore_border, self.layout)


@public
@dataclass(frozen=True, eq=False, repr=False)
class GlobalPool(Layer):
    """The largest element, the sum or the average of every channel: ``T.nnet.global_pool`` with these options.

    Args:
        mode: "max", "sum" or "average".
        layout: "channels_first" or "channels_last".

    Raises:
        ArgumentError: for another mode or layout.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> sd.nn.GlobalPool("average")(T.tensor("float32", (None, 8, 28, 28), name="x")).type.shape
        (None, 8)
    """

    mode: str = "max"
    _: KW_ONLY
    layout: str = "channels_first"

    def __post_init__(self) -> None:
        _check_mode("GlobalPool", self.mode)
        check_layout("GlobalPool", self.layout)

    @public
    def __call__(self, x: Any) -> Node:
        """One value for every channel of x.

        Args:
            x: of shape (batch, channels, *sizes), or (batch, *sizes, channels) with layout "channels_last".
        """
        return global_pool(x, self.mode, self.layout)


@public
@dataclass(frozen=True, eq=False, repr=False)
class Flatten(Layer):
    """All axes of an example as one: (batch, ...) becomes (batch, features).

    Args:
        kept: how many axes in front stay as they are.

    Raises:
        ArgumentError: if it is not a positive integer.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> sd.nn.Flatten()(T.tensor("float32", (None, 8, 4, 4), name="x")).type.shape
        (None, 128)
    """

    kept: int = 1

    def __post_init__(self) -> None:
        checked_sizes("Flatten", kept=self.kept)

    @public
    def __call__(self, x: Any) -> Node:
        """x with its last axes joined.

        Args:
            x: of any dtype and shape.

        Raises:
            ShapeError: if x has no axes to join.
        """
        return flatten(as_node(x), self.kept + 1)


def _check_mode(layer: str, mode: Any) -> None:
    if mode not in MODES:
        raise ArgumentError(f"{layer}: mode={shown(mode)}; expected {', '.join(MODES)}{here()}")
