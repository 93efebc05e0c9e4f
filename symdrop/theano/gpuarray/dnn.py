"""``theano.gpuarray.dnn`` and ``theano.sandbox.cuda.dnn``: the card's library, which is not there, by what is.

Read next: ../sandbox/cuda.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import ArgumentError, here, shown
from ...graph import Node
from ...op import as_node
from ..missing import missing_name
from ..tensor.nnet import bn
from ..tensor.nnet.convolutions import (
    AbstractConv2d,
    AbstractConv2d_gradInputs,
    AbstractConv2d_gradWeights,
    AbstractConv3d,
)
from ..tensor.signal.pool import pool_2d, pool_3d


class Probe:
    """A question whether the card's library is there: no.

    Attributes:
        msg: the reason.

    Example:
        >>> dnn_available(), dnn_available.msg
        (False, 'there is no graphics card')
    """

    msg = "there is no graphics card"

    @public
    def __call__(self, context_name: Any = None) -> bool:
        """False."""
        return False


dnn_available, dnn_present = Probe(), Probe()


@public
def dnn_conv(
    img: Any,
    kerns: Any,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    dilation: Any = (1, 1),
    conv_mode: str = "conv",
    direction_hint: Any = None,
    workmem: Any = None,
    algo: Any = None,
    precision: Any = None,
    num_groups: int = 1,
) -> Node:
    """``conv2d`` with the card's arguments.

    Args:
        img, kerns: images and filters, as of ``conv2d``.
        border_mode, subsample, dilation, num_groups: as of ``conv2d``.
        conv_mode: "conv" turns filters around, "cross" does not.
        direction_hint, workmem, algo, precision: accepted; they change nothing.

    Returns:
        Of shape (batch, filters, rows, columns).

    Raises:
        ShapeError, ArgumentError: as ``conv2d``; for another ``conv_mode``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, w = T.constant([[[[1.0, 2.0, 3.0]]]]), T.constant([[[[1.0, 10.0]]]])
        >>> dnn_conv(x, w, conv_mode="cross").eval().tolist()
        [[[[21.0, 32.0]]]]
    """
    settings = border_mode, subsample, _flips(conv_mode), dilation, num_groups
    return AbstractConv2d(None, None, *settings)(img, kerns)


@public
def dnn_conv3d(
    img: Any,
    kerns: Any,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    dilation: Any = (1, 1, 1),
    conv_mode: str = "conv",
    direction_hint: Any = None,
    algo: Any = None,
    precision: Any = None,
    num_groups: int = 1,
) -> Node:
    """``conv3d`` with the card's arguments, which are those of ``dnn_conv``."""
    settings = border_mode, subsample, _flips(conv_mode), dilation, num_groups
    return AbstractConv3d(None, None, *settings)(img, kerns)


@public
def dnn_gradweight(
    img: Any,
    topgrad: Any,
    kerns_shp: Any,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    dilation: Any = (1, 1),
    conv_mode: str = "conv",
    precision: Any = None,
    algo: Any = None,
    num_groups: int = 1,
) -> Node:
    """The gradient of ``dnn_conv`` by filters.

    Args:
        img: images.
        topgrad: the gradient by the value.
        kerns_shp: the shape of the filters.
        border_mode, subsample, dilation, conv_mode, precision, algo, num_groups: as of ``dnn_conv``.

    Returns:
        Of shape ``kerns_shp``.
    """
    settings = border_mode, subsample, _flips(conv_mode), dilation, num_groups
    return AbstractConv2d_gradWeights(None, None, *settings)(img, topgrad, [kerns_shp[2], kerns_shp[3]])


@public
def dnn_gradinput(
    kerns: Any,
    topgrad: Any,
    img_shp: Any,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    dilation: Any = (1, 1),
    conv_mode: str = "conv",
    precision: Any = None,
    algo: Any = None,
    num_groups: int = 1,
) -> Node:
    """The gradient of ``dnn_conv`` by images.

    Args:
        kerns: filters.
        topgrad: the gradient by the value.
        img_shp: the shape of the images.
        border_mode, subsample, dilation, conv_mode, precision, algo, num_groups: as of ``dnn_conv``.

    Returns:
        Of shape ``img_shp``.
    """
    settings = border_mode, subsample, _flips(conv_mode), dilation, num_groups
    return AbstractConv2d_gradInputs(None, None, *settings)(kerns, topgrad, [img_shp[2], img_shp[3]])


def _flips(conv_mode: str) -> bool:
    if conv_mode not in ("conv", "cross"):
        raise ArgumentError(f"conv_mode={shown(conv_mode)}: expected conv or cross{here()}")
    return conv_mode == "conv"


@public
def dnn_pool(img: Any, ws: Any, stride: Any = None, mode: str = "max", pad: Any = None) -> Node:
    """``pool_2d``, or ``pool_3d`` of five axes, without the border.

    Args:
        img: images or volumes.
        ws: the window.
        stride: from window to window; by default ``ws``.
        mode: as of ``pool_2d``; "max_deterministic" is "max".
        pad: zeros around, as of ``pool_2d``.

    Returns:
        A tensor of as many axes.

    Raises:
        ShapeError, ArgumentError: as ``pool_2d``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> dnn_pool(T.constant([[[[1.0, 3.0], [2.0, 4.0]]]]), (2, 2)).eval().tolist()
        [[[[4.0]]]]
    """
    node = as_node(img)
    rank = max(node.ndim - 2, 2)
    pool = pool_2d if rank == 2 else pool_3d
    return pool(node, ws, True, stride, (0,) * rank if pad is None else pad, mode.removesuffix("_deterministic"))


# Batch normalisation has the same arguments in the same order; the card called the axes its mode.


@public
def dnn_batch_normalization_train(
    inputs: Any,
    gamma: Any,
    beta: Any,
    mode: Any = "per-activation",
    epsilon: Any = 1e-4,
    running_average_factor: Any = 0.1,
    running_mean: Any = None,
    running_var: Any = None,
) -> Any:
    """``bn.batch_normalization_train``, whose axes are called mode."""
    running = running_average_factor, running_mean, running_var
    return bn.batch_normalization_train(inputs, gamma, beta, mode, epsilon, *running)


@public
def dnn_batch_normalization_test(
    inputs: Any, gamma: Any, beta: Any, mean: Any, var: Any, mode: Any = "per-activation", epsilon: Any = 1e-4
) -> Node:
    """``bn.batch_normalization_test``, whose axes are called mode."""
    return bn.batch_normalization_test(inputs, gamma, beta, mean, var, mode, epsilon)


# Modules beside these are found missing when they are used.
__path__: list[str] = []

__all__ = [
    "dnn_available", "dnn_batch_normalization_test", "dnn_batch_normalization_train", "dnn_conv", "dnn_conv3d",
    "dnn_gradinput", "dnn_gradweight", "dnn_pool", "dnn_present",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.gpuarray.dnn", name, __all__)
