"""``theano.tensor.nnet.conv``: the convolution of Theano's first years.

Read next: conv3d2d.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....binding import public
from ....errors import ArgumentError, here, shown
from ....graph import Node
from ...missing import missing_name
from .convolutions import AbstractConv2d
from .shapes import get_conv_output_shape, get_conv_shape_1axis


@public
def conv2d(
    input: Any,
    filters: Any,
    image_shape: Any = None,
    filter_shape: Any = None,
    border_mode: str = "valid",
    subsample: Any = (1, 1),
    **kargs: Any,
) -> Node:
    """Convolution of a batch of images with filters, which are turned around; the border is "valid" or "full".

    Args:
        input: of shape (batch, channels, rows, columns).
        filters: of shape (filters, channels, rows, columns).
        image_shape, filter_shape: what Theano chose its code by; nothing depends on them.
        border_mode: "valid" or "full".
        subsample: the strides.
        **kargs: how Theano's code was to be written (``unroll_batch``, ``version``, ...); they change nothing.

    Returns:
        Of shape (batch, filters, rows, columns).

    Raises:
        ArgumentError: for another border.
        ShapeError: as ``sd.tensor.nnet.conv``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.conv.conv2d(T.ones((1, 1, 2, 2)), T.ones((1, 1, 2, 2)), border_mode="full").eval().tolist()
        [[[[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]]]
    """
    return ConvOp(dx=subsample[0], dy=subsample[1], output_mode=border_mode)(input, filters)


class ConvOp:
    """The convolution of ``conv2d`` as an object: called with images and filters.

    Args:
        imshp, kshp, nkern, bsize, imshp_logical, kshp_logical, kshp_logical_top_aligned: shapes; nothing depends on
            them.
        dx, dy: the strides of rows and columns.
        output_mode: "valid" or "full".
        unroll_batch, unroll_kern, unroll_patch, verbose, version, direction_hint, openmp: accepted; they change
            nothing.

    Raises:
        ArgumentError: for another mode.

    Example:
        >>> from symdrop.theano.tensor.nnet.conv import ConvOp
        >>> ConvOp.getOutputShape((7, 8), (3, 2), (1, 1), "full")
        (9, 9)
    """

    @public
    def __init__(
        self,
        imshp: Any = None,
        kshp: Any = None,
        nkern: Any = None,
        bsize: Any = None,
        dx: int = 1,
        dy: int = 1,
        output_mode: str = "valid",
        unroll_batch: Any = None,
        unroll_kern: Any = None,
        unroll_patch: Any = None,
        imshp_logical: Any = None,
        kshp_logical: Any = None,
        kshp_logical_top_aligned: bool = True,
        verbose: int = 0,
        version: int = -1,
        direction_hint: str = "forward",
        openmp: Any = None,
    ) -> None:
        if output_mode not in ("valid", "full"):
            raise ArgumentError(
                f"border_mode={shown(output_mode)}: conv.conv2d knows valid and full; T.nnet.conv2d others{here()}"
            )
        self.dx, self.dy, self.out_mode = dx, dy, output_mode

    @public
    def __call__(self, inputs: Any, kerns: Any) -> Node:
        """Images convolved with filters."""
        return AbstractConv2d(border_mode=self.out_mode, subsample=(self.dx, self.dy))(inputs, kerns)

    @staticmethod
    @public
    def getOutputShape(
        inshp: Sequence[int], kshp: Sequence[int], stride: Sequence[int] = (1, 1), mode: str = "valid"
    ) -> tuple[Any, ...]:
        """The rows and columns of a convolution, from those of an image and a filter."""
        sizes = zip(inshp, kshp, (mode,) * 2, stride, strict=True)
        return tuple(get_conv_shape_1axis(*one) for one in sizes)


# Modules beside these are found missing when they are used.
__path__: list[str] = []

__all__ = ["ConvOp", "conv2d", "get_conv_output_shape", "get_conv_shape_1axis"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.nnet.conv", name, __all__)
