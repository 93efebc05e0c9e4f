"""``theano.tensor.signal.conv``: convolutions of images without channels.

Read next: ../../sizes.py
"""

from __future__ import annotations

from typing import Any

from ....binding import public
from ....errors import ShapeError, here
from ....graph import Node, describe
from ....op import as_node
from ...missing import missing_name
from ..nnet.conv import ConvOp


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
    """Convolution of an image or several with a filter or several, each with each.

    Args:
        input: of shape (rows, columns), or (images, rows, columns).
        filters: of shape (rows, columns), or (filters, rows, columns).
        image_shape, filter_shape: what Theano chose its code by; nothing depends on them.
        border_mode: "valid" or "full".
        subsample: the strides.
        **kargs: how Theano's code was to be written; they change nothing.

    Returns:
        Of two axes, and one more for each of the operands that has one.

    Raises:
        ArgumentError: for another border.
        ShapeError: for another number of axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.signal.conv.conv2d(T.ones((3, 2, 2)), T.ones((2, 2))).eval().ravel().tolist()
        [4.0, 4.0, 4.0]
    """
    images, kernels = as_node(input), as_node(filters)
    for node in (images, kernels):
        if node.ndim not in (2, 3):
            raise ShapeError(f"signal.conv.conv2d of {describe(node)}: expected 2 axes or 3{here()}")
    # (images, 1, rows, columns) and (filters, 1, rows, columns).
    x, w = (
        node.dimshuffle("x" if node.ndim == 2 else 0, "x", node.ndim - 2, node.ndim - 1) for node in (images, kernels)
    )
    made = ConvOp(dx=subsample[0], dy=subsample[1], output_mode=border_mode)(x, w)
    kept = [axis for axis, node in enumerate((images, kernels)) if node.ndim == 3]
    return made.dimshuffle(*kept, 2, 3)


# Modules beside these are found missing when they are used.
__path__: list[str] = []

__all__ = ["conv2d"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.signal.conv", name, __all__)
