"""The convolutional layer: filters that slide over a batch of sequences, images or volumes.

Read next: transposed_convolution.py
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import Any, ClassVar

from ...binding import public
from ...errors import ArgumentError, here, shown
from ...graph import Node
from ...op import SharedVariable
from ...ops.join import refine_shape
from ...tensor.convolution import LAYOUTS, PADDINGS, conv, steps
from ..initializers import Initializer, Seed, generator, glorot_uniform, zeros
from .layer import Layer, check_activation, check_layout, checked_input, checked_sizes, weights


@public
@dataclass(frozen=True, eq=False, repr=False)
class Conv(Layer):
    """A convolution with a bias for every filter, and an activation behind it; see ``T.nnet.conv``.

    Args:
        channels: of x.
        filters: how many there are, which are the channels of the result.
        taps: the size of a filter: (5,) for sequences, (3, 3) for images, (3, 3, 3) for volumes.
        activation: a function such as ``T.nnet.relu``, or None.
        bias: whether there is one.
        padding, stride, dilation, groups, layout: as of ``T.nnet.conv``.
        initializer: the law of the initial filters; see ``sd.nn.initializers``. Biases begin at 0.
        seed: of the initial filters: an integer, a NumPy generator, a ``RandomStream``, or None for others each time.
        dtype: of the parameters; ``config.floatX`` if None.

    Attributes:
        W: the filters, shape (filters, channels // groups, *taps), in both layouts.
        b: the biases, shape (filters,), or None.

    Raises:
        ArgumentError: if a size is not a positive integer, groups do not divide channels and filters, or there is no
            such padding or layout.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> layer = sd.nn.Conv(3, 8, (5, 5), padding="same", activation=T.nnet.relu)
        >>> layer, layer(T.ftensor4("images")).type.shape
        (Conv(3, 8, (5, 5), activation=relu, padding='same'), (None, 8, None, None))
    """

    channels: int
    filters: int
    taps: tuple[int, ...]
    _: KW_ONLY
    activation: Callable[[Any], Any] | None = None
    bias: bool = True
    padding: Any = "valid"
    stride: Any = 1
    dilation: Any = 1
    groups: int = 1
    layout: str = "channels_first"
    initializer: Initializer = field(default=glorot_uniform, repr=False)
    seed: InitVar[Seed] = None
    dtype: InitVar[str | None] = None
    W: SharedVariable = field(init=False)
    b: SharedVariable | None = field(init=False)
    units_axis: ClassVar[int] = 0

    def __post_init__(self, seed: Seed, dtype: str | None) -> None:
        sizes = checked_sizes("Conv", channels=self.channels, filters=self.filters, groups=self.groups)
        taps = checked_taps("Conv", self.taps)
        check_windows("Conv", self.padding, self.layout, len(taps), stride=self.stride, dilation=self.dilation)
        check_activation("Conv", self.activation)
        check_groups("Conv", *sizes)
        shape = (self.filters, self.channels // self.groups, *taps)
        W = weights("Conv", shape, self.initializer, generator(seed), dtype)
        b = weights("Conv", (self.filters,), zeros, None, dtype) if self.bias else None
        self._keep(taps=taps, W=W, b=b)

    @public
    def __call__(self, x: Any) -> Node:
        """The layer's values for x.

        Args:
            x: floats of shape (batch, channels, *sizes), or (batch, *sizes, channels) with layout "channels_last".

        Returns:
            A tensor of shape (batch, filters, *counts), or (batch, *counts, filters).

        Raises:
            GraphTypeError: if x holds no floats, or has another number of axes.
            ShapeError: if x has other channels, or is smaller than a filter; when running, if it turns out to be.
        """
        rank, axis = len(self.taps), 1 if self.layout == LAYOUTS[0] else -1
        shape = (self.filters, self.channels // self.groups, *self.taps)
        y = conv(
            checked_input(self, x, self.channels, axis, rank + 2, rank + 2),
            refine_shape(self.W, shape, label=f"the filters of {self!r}"),
            self.padding, self.stride, self.dilation, self.groups, layout=self.layout,
        )  # fmt: skip
        return biased(self, y, self.b, axis, self.activation)


def biased(layer: Layer, y: Node, b: SharedVariable | None, axis: int, activation: Any) -> Node:
    """The value of a convolution with the biases of its filters along an axis, and the activation behind it."""
    if b is not None:
        biases: Node = refine_shape(b, (y.type.shape[axis],), label=f"the biases of {layer!r}")
        y = y + biases.dimshuffle(*(0 if place == axis % y.ndim else "x" for place in range(y.ndim)))
    made: Node = y if activation is None else activation(y)
    return made


def checked_taps(layer: str, taps: Any) -> tuple[int, ...]:
    """The size of a filter.

    Raises:
        ArgumentError: if it is not one to three positive integers.
    """
    if not isinstance(taps, tuple | list) or len(taps) not in (1, 2, 3):
        raise ArgumentError(
            f"{layer}: taps={shown(taps)}; expected one to three sizes of a filter: (5,) for sequences, (5, 5) for "
            f"images{here()}"
        )
    return checked_sizes(layer, **{f"taps[{place}]": size for place, size in enumerate(taps)})


def check_windows(layer: str, padding: Any, layout: Any, rank: int, **counts: Any) -> None:
    """Refuse a padding, a layout or steps of windows that there are not.

    Raises:
        ArgumentError: if something is none.
    """
    for what, value in counts.items():
        steps(value, rank, what)
    if isinstance(padding, str) and padding not in PADDINGS:
        raise ArgumentError(f"{layer}: padding={shown(padding)}; expected {', '.join(PADDINGS)}, or numbers{here()}")
    check_layout(layer, layout)


def check_groups(layer: str, channels: int, filters: int, groups: int) -> None:
    """Refuse groups that do not divide channels and filters.

    Raises:
        ArgumentError: if they do not.
    """
    if channels % groups or filters % groups:
        raise ArgumentError(
            f"{layer}: {channels} channels and {filters} filters cannot be cut into {groups} groups{here()}"
        )
