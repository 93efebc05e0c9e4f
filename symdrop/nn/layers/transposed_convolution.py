"""The transposed convolutional layer: every element of x adds a filter to the window that it stands for.

It makes large images of small ones, as decoders and generators do; other libraries call it a deconvolution.

Source: M. Zeiler, D. Krishnan, G. Taylor and R. Fergus, "Deconvolutional networks", CVPR 2010.

Read next: pooling.py
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import Any, ClassVar

from ...binding import public
from ...graph import Node
from ...op import SharedVariable
from ...ops.join import refine_shape
from ...tensor.convolution import LAYOUTS, conv_transpose, steps
from ..initializers import Initializer, Seed, generator, glorot_uniform, zeros
from .convolution import biased, check_groups, check_windows, checked_taps
from .layer import Layer, check_activation, checked_input, checked_sizes, weights


@public
@dataclass(frozen=True, eq=False, repr=False)
class ConvTranspose(Layer):
    """``T.nnet.conv_transpose`` with a bias for every filter, and an activation behind it.

    With the options of a ``Conv`` that takes ``filters`` channels to ``channels``, it goes back to the size that this
    was called on.

    Args:
        channels: of x.
        filters: how many there are, which are the channels of the result.
        taps: the size of a filter: (5,) for sequences, (3, 3) for images, (3, 3, 3) for volumes.
        activation: a function such as ``T.nnet.relu``, or None.
        bias: whether there is one.
        padding, stride, dilation, groups, layout, output_padding: as of ``T.nnet.conv_transpose``.
        initializer: the law of the initial filters; see ``sd.nn.initializers``. Biases begin at 0.
        seed: of the initial filters: an integer, a NumPy generator, a ``RandomStream``, or None for others each time.
        dtype: of the parameters; ``config.floatX`` if None.

    Attributes:
        W: the filters, shape (channels, filters // groups, *taps), in both layouts.
        b: the biases, shape (filters,), or None.

    Raises:
        ArgumentError: if a size is not a positive integer, groups do not divide channels and filters, or there is no
            such padding or layout.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> layer = sd.nn.ConvTranspose(8, 3, (4, 4), stride=2, padding=1)
        >>> layer, layer(T.tensor("float32", (None, 8, 7, 7), name="x")).type.shape
        (ConvTranspose(8, 3, (4, 4), padding=1, stride=2), (None, 3, 14, 14))
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
    output_padding: Any = 0
    initializer: Initializer = field(default=glorot_uniform, repr=False)
    seed: InitVar[Seed] = None
    dtype: InitVar[str | None] = None
    W: SharedVariable = field(init=False)
    b: SharedVariable | None = field(init=False)
    units_axis: ClassVar[int] = 1

    def __post_init__(self, seed: Seed, dtype: str | None) -> None:
        name = "ConvTranspose"
        sizes = checked_sizes(name, channels=self.channels, filters=self.filters, groups=self.groups)
        taps = checked_taps(name, self.taps)
        check_windows(name, self.padding, self.layout, len(taps), stride=self.stride, dilation=self.dilation)
        steps(self.output_padding, len(taps), "output_padding", least=0)
        check_activation(name, self.activation)
        check_groups(name, *sizes)
        shape = (self.channels, self.filters // self.groups, *taps)
        W = weights(name, shape, self.initializer, generator(seed), dtype)
        self._keep(taps=taps, W=W, b=weights(name, (self.filters,), zeros, None, dtype) if self.bias else None)

    @public
    def __call__(self, x: Any) -> Node:
        """The layer's values for x.

        Args:
            x: floats of shape (batch, channels, *counts), or (batch, *counts, channels) with layout "channels_last".

        Returns:
            A tensor of shape (batch, filters, *sizes), or (batch, *sizes, filters).

        Raises:
            GraphTypeError: if x holds no floats, or has another number of axes.
            ShapeError: if x has other channels; when running, if it turns out to have.
        """
        rank, axis = len(self.taps), 1 if self.layout == LAYOUTS[0] else -1
        shape = (self.channels, self.filters // self.groups, *self.taps)
        y = conv_transpose(
            checked_input(self, x, self.channels, axis, rank + 2, rank + 2),
            refine_shape(self.W, shape, label=f"the filters of {self!r}"), self.padding, self.stride, self.dilation,
            self.groups, layout=self.layout, output_padding=self.output_padding,
        )  # fmt: skip
        return biased(self, y, self.b, axis, self.activation)
