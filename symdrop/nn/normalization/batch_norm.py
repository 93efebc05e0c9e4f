"""Batch normalisation: channels brought to mean 0 and spread 1 over a batch, by running statistics in testing.

    training:  (x - m) / sqrt(v + epsilon) * scale + shift      m, v: of the batch, all axes but that of channels
    testing:   the same with running mean and running variance

    running mean      <- (1 - momentum) * running mean + momentum * m
    running variance  <- (1 - momentum) * running variance + momentum * v * n / (n - 1)

The last two lines are updates, which ``sd.nn.statistics_updates(loss)`` reads off the graph.

Source: S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
shift", ICML 2015; the running variance is unbiased, as PyTorch has it.

Read next: layer_norms.py
"""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import Any

import numpy as np

from ... import tensor as T
from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...op import SharedVariable, as_node, constant_scalar, shared
from ...ops.checks import require
from ...tensor.arguments import as_float, one_axis, python_integer
from ...tensor.training import TRAINING, checked_training, choose
from ...types import is_integer
from ..initializers import zeros
from ..layers.layer import Layer, checked_input, checked_sizes, weights
from .statistics import tracked


@public
def batch_norm(
    x: Any,
    mean: Any,
    variance: Any,
    scale: Any = None,
    shift: Any = None,
    *,
    axis: int = 1,
    momentum: Any = 0.1,
    epsilon: float = 1e-5,
    training: Any = TRAINING,
    count: Any = None,
) -> Node:
    """Batch normalisation: by the statistics of the batch while training, by running statistics in testing.

    Args:
        x: floats of any shape with an axis of channels and others, such as (batch, channels, height, width).
        mean: the running mean, a shared variable of shape (channels,).
        variance: the running variance, likewise.
        scale: factors (channels,); by default 1.
        shift: summands (channels,); by default 0.
        axis: the axis of the channels.
        momentum: the share of the batch in new running statistics, between 0 and 1; a number or a scalar. None for
            the means of all batches so far, of which ``count`` has the number.
        epsilon: is added to the variance.
        training: the flag ``sd.training``, another flag, a symbolic scalar, or a Python bool. Where it is false the
            statistics are left as they are.
        count: with ``momentum=None`` a shared integer, 0 at first: how many batches the running statistics have seen.

    Returns:
        A tensor of the shape of x, in which ``statistics_updates`` finds the running statistics.

    Raises:
        GraphTypeError: if x has fewer than two axes, or the running statistics are no shared vectors, or the
            count is no shared integer.
        IndexingError: if there is no such axis.
        ArgumentError: for a momentum outside [0, 1]; while training, for a batch with one value per channel.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> mean, variance = (sd.shared(np.full(1, start)) for start in (0.0, 1.0))
        >>> x = T.dmatrix("x")
        >>> y = sd.nn.batch_norm(x, mean, variance, epsilon=0.0)
        >>> train = sd.function([x], y, updates=sd.nn.statistics_updates(y), training=True)
        >>> train([[1.0], [3.0]]).tolist(), mean.get_value().tolist()
        ([[-1.0], [1.0]], [0.2])
    """
    node, training = as_float(x), checked_training(training)
    share = _checked_share(momentum, count)
    if node.ndim < 2:
        raise GraphTypeError(f"batch_norm: x has an axis of channels and others, not {describe(node)}{here()}")
    for what, state in (("mean", mean), ("variance", variance)):
        if not isinstance(state, SharedVariable) or state.ndim != 1:
            raise GraphTypeError(f"batch_norm: the running {what} is a shared vector, not {shown(state)}{here()}")
    channels = one_axis(axis, node.ndim)
    others = tuple(one for one in range(node.ndim) if one != channels)
    along = ["x" if one != channels else 0 for one in range(node.ndim)]
    values = math.prod(node.shape[one] for one in others)
    m = T.mean(node, others)
    v = _of_several(T.mean(T.sqr(node - m.dimshuffle(*along)), others), as_node(values), training)
    unbiased = v * T.cast(values / T.maximum(values - 1, 1), v.dtype)
    now_m, now_v = (
        choose(training, tracked(value, state, _moved(training, state, new, share)), state)
        for value, state, new in ((m, mean, m), (v, variance, unbiased))
    )
    # One division for every channel, and not one for every element.
    factor = 1 / T.sqrt(now_v + epsilon)
    factor = factor if scale is None else factor * as_node(scale)
    made: Node = (node - now_m.dimshuffle(*along)) * factor.dimshuffle(*along)
    made = made if shift is None else made + as_node(shift).dimshuffle(*along)
    # Behind the statistics, whose next values are of the number before.
    if momentum is None:
        made = choose(training, tracked(made, count, choose(training, count + 1, count)), made)
    return made


def _checked_share(momentum: Any, count: Any) -> Any:
    """The share of a batch in new running statistics: a number, or of means of all batches 1 / their number.

    Raises:
        GraphTypeError: if there is a number of batches where it is not needed, or none where it is.
    """
    if momentum is not None and count is None:
        return _share(momentum)
    if momentum is not None or not isinstance(count, SharedVariable) or count.ndim or not is_integer(count.dtype):
        raise GraphTypeError(
            "batch_norm: count is a shared integer, the number of batches so far, for momentum=None alone, not "
            f"{shown(count)}{here()}"
        )
    return 1 / T.cast(count + 1, "float64")


def _share(momentum: Any) -> Any:
    number = constant_scalar(as_node(momentum))
    if as_node(momentum).ndim or (number is not None and not 0 <= number <= 1):
        raise ArgumentError(f"batch_norm: momentum is a share between 0 and 1, not {shown(momentum)}{here()}")
    return momentum


def _of_several(variance: Node, count: Node, training: bool | Node) -> Node:
    """The variance, refused by a call in training where there is one value per channel, of which it says nothing."""
    enough = T.broadcast_to(choose(training, T.ge(count, 2), T.constant(True)), variance.shape)
    label = "batch_norm, training: the variance of one value for each channel"
    domain = "a statistic; it takes two or more"
    checked: Node = require(variance, enough, label=label, domain=domain, error="argument")
    return checked


def _moved(training: Any, state: Node, value: Node, share: Any) -> Node:
    """The running statistic after a step of training, or as it is."""
    new = state + T.cast(T.as_tensor_variable(share), state.dtype) * (T.cast(value, state.dtype) - state)
    moved: Node = choose(training, new, state)
    return moved


@public
@dataclass(frozen=True, eq=False, repr=False)
class BatchNorm(Layer):
    """Batch normalisation with its parameters and running statistics: ``sd.nn.batch_norm``.

    The statistics are updates: ``updates={**sd.optim.adam(...), **sd.nn.statistics_updates(loss)}``.

    Args:
        channels: the size of the axis of channels.
        axis: the axis of channels; 1 for (batch, features), (batch, channels, length) and images.
        momentum: the share of the batch in new running statistics, between 0 and 1; None for the means of all batches
            so far.
        epsilon: is added to the variance.
        affine: whether scale and shift are learnt.
        training: a flag of its own instead of ``sd.training``, a symbolic scalar, or a Python bool.
        dtype: of parameters and statistics; ``config.floatX`` if None.

    Attributes:
        scale, shift: parameters of shape (channels,), 1 and 0 at first; None if not affine.
        mean, variance: the running statistics, 0 and 1 at first; not trained, in ``sd.nn.states``.
        count: with ``momentum=None`` the number of batches so far, likewise; else None.

    Raises:
        ArgumentError: if the size is not a positive integer, or momentum lies outside [0, 1].
        GraphTypeError: if the flag is none.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> layer, x = sd.nn.BatchNorm(3), T.tensor4("x")
        >>> list(sd.nn.parameters(layer)), list(sd.nn.states(layer))
        (['scale', 'shift'], ['scale', 'shift', 'mean', 'variance'])
        >>> [state.name for state in sd.nn.statistics_updates(layer(x))]
        ['mean', 'variance']
    """

    channels: int
    _: KW_ONLY
    axis: int = 1
    momentum: Any = 0.1
    epsilon: float = 1e-5
    affine: bool = True
    training: Any = field(default=TRAINING, repr=False)
    dtype: InitVar[str | None] = None
    scale: SharedVariable | None = field(init=False)
    shift: SharedVariable | None = field(init=False)
    mean: SharedVariable = field(init=False, metadata={"trained": False})
    variance: SharedVariable = field(init=False, metadata={"trained": False})
    count: SharedVariable | None = field(init=False, metadata={"trained": False})

    def __post_init__(self, dtype: str | None) -> None:
        shape = checked_sizes("BatchNorm", channels=self.channels)
        count = shared(np.int64(0)) if self.momentum is None else None
        _checked_share(self.momentum, count)
        python_integer(self.axis, "BatchNorm: axis")
        checked_training(self.training)
        scale, shift = affine_parameters("BatchNorm", shape, self.affine, dtype)
        mean, variance = (weights("BatchNorm", shape, law, None, dtype) for law in (zeros, ones))
        self._keep(scale=scale, shift=shift, mean=mean, variance=variance, count=count)

    @public
    def __call__(self, x: Any) -> Node:
        """x normalised.

        Args:
            x: floats with ``channels`` along the axis of channels, and another axis at least.

        Returns:
            A tensor of the shape of x.

        Raises:
            GraphTypeError: if x holds no floats, or has one axis.
            ShapeError: if it has another number of channels.
        """
        node = checked_input(self, x, self.channels, self.axis, least=2)
        return batch_norm(
            node, self.mean, self.variance, self.scale, self.shift, axis=self.axis, momentum=self.momentum,
            epsilon=self.epsilon, training=self.training, count=self.count,
        )  # fmt: skip


def ones(shape: tuple[int, ...], seed: Any = None, dtype: str | None = None) -> Any:
    """Ones: factors of a layer that begins by changing no scale."""
    return zeros(shape, seed, dtype) + 1


def affine_parameters(
    layer: str, shape: tuple[int, ...], learnt: Any, dtype: str | None
) -> tuple[SharedVariable | None, SharedVariable | None]:
    """Factors of 1 and summands of 0 that are learnt, or none.

    Raises:
        GraphTypeError: if it is not said by a truth value whether they are.
    """
    if not isinstance(learnt, bool):
        raise GraphTypeError(f"{layer}: affine is True or False, not {shown(learnt)}{here()}")
    if not learnt:
        return None, None
    return weights(layer, shape, ones, None, dtype), weights(layer, shape, zeros, None, dtype)


__all__ = ["BatchNorm", "affine_parameters", "batch_norm", "ones"]
