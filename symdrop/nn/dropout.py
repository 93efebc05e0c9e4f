"""Dropout: a formula over a mask, and a flag that chooses between training and testing.

    training:  where(drop, 0, x / (1 - p))      testing:  x              mode "inverted"
    training:  where(drop, 0, x)                testing:  x * (1 - p)    mode "scale"

Both lines of a mode stand in the one graph; ``where(training, ...)`` chooses, and
compiling with ``training=False`` leaves only the right-hand one.

Sources: Hinton, Srivastava, Krizhevsky, Sutskever and Salakhutdinov, "Improving neural
networks by preventing co-adaptation of feature detectors", 2012; Srivastava, Hinton,
Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to prevent neural networks
from overfitting", JMLR 15, 2014.

Read next: dropout_family/__init__.py
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import tensor as T
from ..binding import public
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node, describe
from ..op import as_node, constant_scalar
from ..random import RandomStream
from ..random.arguments import Site, probability
from ..tensor.training import TRAINING, checked_mode, checked_stream, checked_training, choose, keep_and_scale
from ..types import is_float


@public
def dropout(
    x: Any,
    p: Any = 0.5,
    *,
    stream: RandomStream | None = None,
    mode: str = "inverted",
    training: Any = TRAINING,
    shared_axes: int | Iterable[int] | None = None,
    site: Site = None,
    name: str | None = None,
) -> Node:
    """Set each element to zero with probability p while training, and keep the expected value in testing.

    Args:
        x: activations or weights: a float variable or array of any shape.
        p: the probability of dropping, a float or a symbolic scalar. 1 gives zeros with zero gradient.
        stream: where the mask comes from; every dropout takes one site of it, also with p = 0.
        mode: "inverted" divides what is kept by 1 - p in training; "scale" multiplies by 1 - p in testing.
        training: the flag ``sd.training``, another flag, a symbolic scalar, or a Python bool.
        shared_axes: axes along which one mask is shared: 0 for one mask for all rows of a batch.
        site: see ``RandomStream``.
        name: the name of the result.

    Returns:
        A node of x's shape and dtype.

    Raises:
        GraphTypeError: if x holds integers, p is not a scalar, or the stream is not a ``RandomStream``.
        ArgumentError: without a stream; for p outside [0, 1] or NaN (symbolic p: when the function is called).

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> h = sd.dropout(x, p=0.5, stream=sd.RandomStream(seed=1))
        >>> test = sd.function([x], h, training=False)
        >>> test([1.0, 2.0]).tolist()
        [1.0, 2.0]
    """
    value = _checked_floats(x)
    p = probability(p, "the probability of dropping")
    if p.ndim:
        raise GraphTypeError(f"the probability of dropping is one number, not {describe(p)}{here()}")
    checked_mode(mode)
    training = checked_training(training)
    size = mask_size(value, shared_axes)
    drop = checked_stream(stream, "dropout").bernoulli(p=p, size=size, dtype="bool", site=site)
    if constant_scalar(p) == 0:
        return value
    keep, scale = keep_and_scale(p, value.dtype)
    if mode == "inverted":
        result = choose(training, T.where(drop, 0, value * scale), value)
    else:
        result = choose(training, T.where(drop, 0, value), value * keep)
    # What multiplies float16 makes it float32.
    result = T.cast(result, value.dtype)
    if name is not None and result is not value:
        result.name = name
    return result


def _checked_floats(x: Any) -> Node:
    node = as_node(x)
    if not is_float(node.dtype):
        raise GraphTypeError(f"dropout scales what it keeps, so it needs floats, not {describe(node)}; cast it{here()}")
    return node


def mask_size(x: Node, shared_axes: int | Iterable[int] | None) -> tuple[Any, ...]:
    """The shape of a mask that is shared along some axes.

    Raises:
        GraphTypeError: if an axis is no integer; ``ArgumentError`` if x has no such axis.
    """
    axes = () if shared_axes is None else tuple(shared_axes) if isinstance(shared_axes, Iterable) else (shared_axes,)
    if not all(isinstance(axis, int | np.integer) and not isinstance(axis, bool) for axis in axes):
        raise GraphTypeError(f"shared_axes holds integers, not {shown(shared_axes)}{here()}")
    if any(not -x.ndim <= axis < x.ndim for axis in axes):
        raise ArgumentError(f"shared_axes={shared_axes} names an axis that {describe(x)} does not have{here()}")
    shared = {axis % x.ndim for axis in axes}
    return tuple(1 if axis in shared else size for axis, size in enumerate(x.shape))
