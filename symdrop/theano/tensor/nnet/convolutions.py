"""Convolutions with Theano's arguments, and their gradients by images and by filters.

A convolution is linear in both, so each gradient is that of a convolution of zeros: one rule serves all three.

Read next: separable.py
"""

from __future__ import annotations

from typing import Any

from ....autodiff import Lop
from ....binding import public
from ....errors import ArgumentError, ShapeError, here, shown
from ....graph import Node, describe
from ....op import as_node
from ....ops.join import specify_shape
from ....tensor import creation
from ....tensor import nnet as engine
from ...variable import spoken
from .shape_checks import assert_shape, checked_hint, checked_with


class BaseAbstractConv:
    """A convolution and its gradients: everything about them but their operands.

    Args:
        convdim: along how many axes windows slide, 2 or 3.
        imshp, kshp: shapes of images and filters, of None where they are not known; looked at where
            ``theano.config.conv.assert_shape`` is set.
        border_mode: "valid", "full", "half", a number of zeros, or for every axis one or a pair.
        subsample: the strides; 1 by default.
        filter_flip: whether filters are turned around.
        filter_dilation: from element to element of a window; 1 by default.
        num_groups: how many groups the channels are cut into.
        unshared: refused: filters of their own for every place.

    Raises:
        ArgumentError: for another border, for shapes that are variables, or if ``unshared``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.abstract_conv.BaseAbstractConv(2, subsample=(1, 2)).subsample
        (1, 2)
    """

    @public
    def __init__(
        self,
        convdim: int,
        imshp: Any = None,
        kshp: Any = None,
        border_mode: Any = "valid",
        subsample: Any = None,
        filter_flip: bool = True,
        filter_dilation: Any = None,
        num_groups: int = 1,
        unshared: bool = False,
    ) -> None:
        if unshared:
            raise ArgumentError(f"unshared filters, one for every place, are not there; use T.batched_dot{here()}")
        if isinstance(border_mode, str) and border_mode not in ("valid", "full", "half"):
            raise ArgumentError(f"border_mode={shown(border_mode)}: expected valid, full, half or numbers{here()}")
        self.convdim = convdim
        self.imshp, self.kshp = checked_hint(imshp, "imshp"), checked_hint(kshp, "kshp")
        self.border_mode = border_mode
        self.subsample = (1,) * convdim if subsample is None else tuple(subsample)
        self.filter_flip = filter_flip
        self.filter_dilation = (1,) * convdim if filter_dilation is None else tuple(filter_dilation)
        self.num_groups = num_groups

    def convolved(self, img: Any, kern: Any) -> Node:
        """Images convolved with filters."""
        images, filters = self.operand(img, "images"), self.operand(kern, "filters")
        made: Node = engine.conv(
            images, filters, self.border_mode, self.subsample, self.filter_dilation, self.num_groups, self.filter_flip
        )
        return made

    def pulled(self, value: Node, wrt: Node, top: Node) -> Node:
        """The gradient by one operand, from that by the convolution's value, which must have its shape."""
        sizes = [value.shape[axis] for axis in range(1, value.ndim)]
        label = "the gradient does not have the shape of a convolution of these sizes"
        fitting = specify_shape(top, *sizes, axes=tuple(range(1, value.ndim)), label=label)
        made: Node = spoken(Lop(value, wrt, fitting))
        return made

    def operand(self, x: Any, what: str) -> Node:
        """A node of the axes that images and filters have."""
        node = as_node(x)
        if node.ndim != self.convdim + 2:
            raise ShapeError(f"a convolution of {what} {describe(node)}: expected {self.convdim + 2} axes{here()}")
        return node

    def sizes(self, shape: Any) -> list[Any]:
        """The sizes that a gradient has along the windows' axes."""
        return [shape[axis] for axis in range(self.convdim)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}{{border_mode={self.border_mode!r}, subsample={self.subsample}}}"


class AbstractConv(BaseAbstractConv):
    """A convolution: called with images and filters."""

    @public
    def __call__(self, img: Any, kern: Any) -> Node:
        """Images convolved with filters."""
        images = assert_shape(img, self.imshp, "images do not have the shape that was given")
        filters = assert_shape(kern, self.kshp, "filters do not have the shape that was given")
        made: Node = spoken(self.convolved(images, filters))
        return made


class AbstractConv_gradWeights(BaseAbstractConv):
    """The gradient of a convolution by its filters: called with images, the result's gradient and sizes of filters."""

    @public
    def __call__(self, img: Any, topgrad: Any, shape: Any, add_assert_shape: bool = True) -> Node:
        """The gradient by filters whose rows and columns are ``shape``."""
        given = assert_shape(img, self.imshp, "images do not have the shape that was given")
        images, top = self.operand(given, "images"), self.operand(topgrad, "gradients")
        channels = images.shape[1] // self.num_groups
        filters = creation.zeros((top.shape[1], channels, *self.sizes(shape)), images.dtype)
        return self.pulled(self.convolved(images, filters), filters, top)


class AbstractConv_gradInputs(BaseAbstractConv):
    """The gradient of a convolution by its images: called with filters, the result's gradient and sizes of images."""

    @public
    def __call__(self, kern: Any, topgrad: Any, shape: Any, add_assert_shape: bool = True) -> Node:
        """The gradient by images whose rows and columns are ``shape``."""
        # What was said of the filters is looked at before what follows from them for the gradient.
        checked = checked_with(topgrad, kern, self.kshp, "filters do not have the shape that was given")
        filters, top = self.operand(kern, "filters"), self.operand(checked, "gradients")
        channels = filters.shape[1] * self.num_groups
        images = creation.zeros((top.shape[0], channels, *self.sizes(shape)), filters.dtype)
        return self.pulled(self.convolved(images, filters), images, top)


class _Along2:
    """A convolution along rows and columns."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(2, *arguments, **named)  # type: ignore[call-arg]


class _Along3:
    """A convolution along three axes."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(3, *arguments, **named)  # type: ignore[call-arg]


class AbstractConv2d(_Along2, AbstractConv):
    """A convolution of images; called with images and filters."""


class AbstractConv2d_gradWeights(_Along2, AbstractConv_gradWeights):
    """The gradient by filters of a convolution of images."""


class AbstractConv2d_gradInputs(_Along2, AbstractConv_gradInputs):
    """The gradient by images of a convolution of images."""


class AbstractConv3d(_Along3, AbstractConv):
    """A convolution of volumes; called with volumes and filters."""


class AbstractConv3d_gradWeights(_Along3, AbstractConv_gradWeights):
    """The gradient by filters of a convolution of volumes."""


class AbstractConv3d_gradInputs(_Along3, AbstractConv_gradInputs):
    """The gradient by volumes of a convolution of volumes."""


@public
def conv2d(
    input: Any,
    filters: Any,
    input_shape: Any = None,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
) -> Node:
    """Convolution of a batch of images with filters, which are turned around.

    Args:
        input: of shape (batch, channels, rows, columns).
        filters: of shape (filters, channels // num_groups, rows, columns).
        input_shape, filter_shape: what Theano chose its code by; nothing depends on them.
        border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared: as of ``BaseAbstractConv``.

    Returns:
        Of shape (batch, filters, rows, columns).

    Raises:
        ShapeError, ArgumentError: as ``sd.tensor.nnet.conv``; for another number of axes; if ``unshared``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, w = T.constant([[[[1.0, 2.0, 3.0]]]]), T.constant([[[[1.0, 10.0]]]])
        >>> T.nnet.abstract_conv.conv2d(x, w).eval().tolist()
        [[[[12.0, 23.0]]]]
    """
    settings = border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared
    return AbstractConv2d(input_shape, filter_shape, *settings)(input, filters)


@public
def conv3d(
    input: Any,
    filters: Any,
    input_shape: Any = None,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1, 1),
    num_groups: int = 1,
) -> Node:
    """Convolution of a batch of volumes with filters.

    Args:
        input: of shape (batch, channels, depth, rows, columns).
        filters: of shape (filters, channels // num_groups, depth, rows, columns).
        input_shape, filter_shape, border_mode, subsample, filter_flip, filter_dilation, num_groups: as of ``conv2d``.

    Returns:
        Of shape (batch, filters, depth, rows, columns).

    Raises:
        ShapeError, ArgumentError: as ``conv2d``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.conv3d(T.ones((1, 1, 2, 2, 2)), T.ones((1, 1, 2, 2, 2))).eval().ravel().tolist()
        [8.0]
    """
    settings = border_mode, subsample, filter_flip, filter_dilation, num_groups
    return AbstractConv3d(input_shape, filter_shape, *settings)(input, filters)


@public
def conv2d_grad_wrt_inputs(
    output_grad: Any,
    filters: Any,
    input_shape: Any,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
) -> Node:
    """The gradient of ``conv2d`` by its images, also known as a deconvolution.

    Args:
        output_grad: the gradient by the convolution's value, (batch, filters, rows, columns).
        filters: of the convolution.
        input_shape: (batch, channels, rows, columns) of the images; the first two may be None.
        filter_shape, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared: as of ``conv2d``.

    Returns:
        A gradient of the images' shape.

    Raises:
        ShapeError, ArgumentError: as ``conv2d``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> w = T.constant([[[[1.0, 10.0]]]])
        >>> T.nnet.abstract_conv.conv2d_grad_wrt_inputs(T.ones((1, 1, 1, 2)), w, (1, 1, 1, 3)).eval().tolist()
        [[[[10.0, 11.0, 1.0]]]]
    """
    settings = border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared
    return AbstractConv2d_gradInputs(input_shape, filter_shape, *settings)(filters, output_grad, input_shape[2:])


@public
def conv2d_grad_wrt_weights(
    input: Any,
    output_grad: Any,
    filter_shape: Any,
    input_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
) -> Node:
    """The gradient of ``conv2d`` by its filters.

    Args:
        input: the images.
        output_grad: the gradient by the convolution's value, (batch, filters, rows, columns).
        filter_shape: (filters, channels, rows, columns) of the filters; the first two may be None.
        input_shape, border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared: as of ``conv2d``.

    Returns:
        A gradient of the filters' shape.

    Raises:
        ShapeError, ArgumentError: as ``conv2d``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.constant([[[[1.0, 2.0, 3.0]]]])
        >>> T.nnet.abstract_conv.conv2d_grad_wrt_weights(x, T.ones((1, 1, 1, 2)), (1, 1, 1, 2)).eval().tolist()
        [[[[5.0, 3.0]]]]
    """
    settings = border_mode, subsample, filter_flip, filter_dilation, num_groups, unshared
    return AbstractConv2d_gradWeights(input_shape, filter_shape, *settings)(input, output_grad, filter_shape[-2:])


@public
def conv3d_grad_wrt_inputs(
    output_grad: Any,
    filters: Any,
    input_shape: Any,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1, 1),
    num_groups: int = 1,
) -> Node:
    """The gradient of ``conv3d`` by its volumes; the arguments are those of ``conv2d_grad_wrt_inputs``."""
    settings = border_mode, subsample, filter_flip, filter_dilation, num_groups
    return AbstractConv3d_gradInputs(input_shape, filter_shape, *settings)(filters, output_grad, input_shape[2:])


@public
def conv3d_grad_wrt_weights(
    input: Any,
    output_grad: Any,
    filter_shape: Any,
    input_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1, 1),
    num_groups: int = 1,
) -> Node:
    """The gradient of ``conv3d`` by its filters; the arguments are those of ``conv2d_grad_wrt_weights``."""
    settings = border_mode, subsample, filter_flip, filter_dilation, num_groups
    return AbstractConv3d_gradWeights(input_shape, filter_shape, *settings)(input, output_grad, filter_shape[-3:])


__all__ = [
    "AbstractConv", "AbstractConv2d", "AbstractConv2d_gradInputs", "AbstractConv2d_gradWeights", "AbstractConv3d",
    "AbstractConv3d_gradInputs", "AbstractConv3d_gradWeights", "AbstractConv_gradInputs", "AbstractConv_gradWeights",
    "BaseAbstractConv", "conv2d", "conv2d_grad_wrt_inputs", "conv2d_grad_wrt_weights", "conv3d",
    "conv3d_grad_wrt_inputs", "conv3d_grad_wrt_weights",
]  # fmt: skip
