"""``theano.tensor.nnet``: the names of neural networks, gathered from the modules of this folder.

Read next: sigm.py
"""

from __future__ import annotations

from typing import Any

from ....binding import public
from ....errors import ArgumentError, here
from ....graph import Node
from ...missing import missing_name
from . import abstract_conv, blocksparse, bn, conv, conv3d2d, neighbours, nnet, separable, sigm
from .convolutions import conv2d as abstract_conv2d

_found: dict[str, Any] = {
    name: getattr(module, name) for module in (abstract_conv, nnet, sigm) for name in module.__all__
}
_found.update(
    abstract_conv=abstract_conv, abstract_conv2d=abstract_conv2d, batch_normalization=bn.batch_normalization,
    blocksparse=blocksparse, bn=bn, conv=conv, conv2d_transpose=separable.conv2d_transpose, conv3d2d=conv3d2d,
    Conv3D=conv3d2d, ConvOp=conv.ConvOp, ctc=blocksparse, neighbours=neighbours, nnet=nnet, sigm=sigm,
)  # fmt: skip
globals().update(_found)


@public
def conv2d(
    input: Any,
    filters: Any,
    input_shape: Any = None,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: bool = True,
    image_shape: Any = None,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
    **kwargs: Any,
) -> Node:
    """Convolution of a batch of images with filters, which are turned around.

    Args:
        input, filters, input_shape, filter_shape, border_mode, subsample, filter_flip, filter_dilation, num_groups,
            unshared: as of ``abstract_conv.conv2d``.
        image_shape: the earlier name of ``input_shape``.
        **kwargs: how Theano's code was to be written; they change nothing.

    Returns:
        Of shape (batch, filters, rows, columns).

    Raises:
        ShapeError, ArgumentError: as ``abstract_conv.conv2d``; if a shape is given by both names.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, w = T.constant([[[[1.0, 2.0, 3.0]]]]), T.constant([[[[1.0, 10.0]]]])
        >>> T.nnet.conv2d(x, w).eval().tolist()
        [[[[12.0, 23.0]]]]
    """
    if image_shape is not None and input_shape is not None:
        raise ArgumentError(f"image_shape= is the earlier name of input_shape=: give one of them{here()}")
    settings = border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared
    return abstract_conv2d(input, filters, input_shape or image_shape, filter_shape, *settings)


__all__ = sorted({*_found})


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.nnet", name, __all__)
