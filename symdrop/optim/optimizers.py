"""Optimizers as functions that return updates: each is a chain of transformations with its usual numbers.

``rate`` is everywhere a number, a scalar, or a schedule; ``before`` are transformations of the gradients, such as
``clip_by_global_norm(1.0)``, ahead of the optimizer's own.

Read next: lbfgs.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..binding import public
from ..graph import Node
from .hyperparameters import SHARE, numbers
from .scaling import (
    scale_by_adadelta,
    scale_by_adam,
    scale_by_adamax,
    scale_by_lion,
    scale_by_nadam,
    scale_by_radam,
    scale_by_rms,
    scale_by_rprop,
    scale_by_sum_of_squares,
    scale_by_trust_ratio,
    trace,
)
from .transformations import Rate, Transformation, add_decayed_weights, minimize, scale_by_rate

Before = Sequence[Transformation]
Updates = dict[Node, Node]


@public
def sgd(loss: Any, parameters: Any, rate: Rate, *, before: Before = ()) -> Updates:
    """Stochastic gradient descent.

    Args:
        loss: a scalar.
        parameters: a shared variable, or a list, tuple or dict of them.
        rate: the learning rate: a number, a scalar, or a function of the number of the step.
        before: transformations of the gradients; ``accumulate`` stands in front of a constant rate alone.

    Returns:
        The updates of one step, for ``sd.function(..., updates=)``.

    Raises:
        GraphTypeError, ArgumentError, DisconnectedError: as of ``minimize``; a number out of its range is an
            ArgumentError.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> W = sd.shared(np.array(1.0))
        >>> step = sd.function([], W**2, updates=sd.optim.sgd(W**2, W, rate=0.25))
        >>> [float(step()) for _ in range(3)]
        [1.0, 0.25, 0.0625]
    """
    return minimize(loss, parameters, *before, scale_by_rate(rate))


@public
def momentum(loss: Any, parameters: Any, rate: Rate, decay: float = 0.9, *, before: Before = ()) -> Updates:
    """Gradient descent with momentum; arguments and returns as of ``sgd``, ``decay`` as of ``trace``."""
    return minimize(loss, parameters, *before, trace(decay), scale_by_rate(rate))


@public
def nesterov(loss: Any, parameters: Any, rate: Rate, decay: float = 0.9, *, before: Before = ()) -> Updates:
    """Gradient descent with Nesterov's momentum; arguments and returns as of ``sgd``, ``decay`` as of ``trace``."""
    return minimize(loss, parameters, *before, trace(decay, nesterov=True), scale_by_rate(rate))


@public
def adagrad(loss: Any, parameters: Any, rate: Rate = 0.01, epsilon: float = 1e-10, *, before: Before = ()) -> Updates:
    """Adagrad; arguments and returns as of ``sgd`` and ``scale_by_sum_of_squares``."""
    return minimize(loss, parameters, *before, scale_by_sum_of_squares(epsilon), scale_by_rate(rate))


@public
def rmsprop(
    loss: Any, parameters: Any, rate: Rate = 0.01, decay: float = 0.99, epsilon: float = 1e-8, centered: bool = False,
    momentum: float = 0.0, *, before: Before = (),
) -> Updates:  # fmt: skip
    """RMSProp; arguments and returns as of ``sgd``, ``scale_by_rms`` and, for ``momentum``, ``trace``."""
    numbers("rmsprop", momentum=(momentum, SHARE))
    after = () if momentum == 0 else (trace(momentum),)
    return minimize(loss, parameters, *before, scale_by_rms(decay, epsilon, centered), *after, scale_by_rate(rate))


@public
def adadelta(
    loss: Any, parameters: Any, rate: Rate = 1.0, decay: float = 0.9, epsilon: float = 1e-6, *, before: Before = ()
) -> Updates:
    """Adadelta; arguments and returns as of ``sgd`` and ``scale_by_adadelta``."""
    return minimize(loss, parameters, *before, scale_by_adadelta(decay, epsilon), scale_by_rate(rate))


@public
def adam(
    loss: Any, parameters: Any, rate: Rate = 1e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
    amsgrad: bool = False, *, before: Before = (),
) -> Updates:  # fmt: skip
    """Adam; arguments and returns as of ``sgd`` and ``scale_by_adam``.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> W = sd.shared(np.array(1.0))
        >>> step = sd.function([], W**2, updates=sd.optim.adam(W**2, W, rate=0.1))
        >>> [round(float(step()), 3) for _ in range(3)]
        [1.0, 0.81, 0.641]
    """
    return minimize(loss, parameters, *before, scale_by_adam(beta1, beta2, epsilon, amsgrad), scale_by_rate(rate))


@public
def adamw(
    loss: Any, parameters: Any, rate: Rate = 1e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
    decay: float = 0.01, *, before: Before = (),
) -> Updates:  # fmt: skip
    """Adam with decoupled weight decay; arguments and returns as of ``adam`` and ``add_decayed_weights``."""
    own = scale_by_adam(beta1, beta2, epsilon), add_decayed_weights(decay)
    return minimize(loss, parameters, *before, *own, scale_by_rate(rate))


@public
def adamax(
    loss: Any, parameters: Any, rate: Rate = 2e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8, *,
    before: Before = (),
) -> Updates:  # fmt: skip
    """AdaMax; arguments and returns as of ``sgd`` and ``scale_by_adamax``."""
    return minimize(loss, parameters, *before, scale_by_adamax(beta1, beta2, epsilon), scale_by_rate(rate))


@public
def nadam(
    loss: Any, parameters: Any, rate: Rate = 2e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8, *,
    before: Before = (),
) -> Updates:  # fmt: skip
    """NAdam; arguments and returns as of ``sgd`` and ``scale_by_nadam``."""
    return minimize(loss, parameters, *before, scale_by_nadam(beta1, beta2, epsilon), scale_by_rate(rate))


@public
def radam(
    loss: Any, parameters: Any, rate: Rate = 1e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8, *,
    before: Before = (),
) -> Updates:  # fmt: skip
    """RAdam; arguments and returns as of ``sgd`` and ``scale_by_radam``."""
    return minimize(loss, parameters, *before, scale_by_radam(beta1, beta2, epsilon), scale_by_rate(rate))


@public
def lion(
    loss: Any, parameters: Any, rate: Rate = 1e-4, beta1: float = 0.9, beta2: float = 0.99, decay: float = 0.0, *,
    before: Before = (),
) -> Updates:  # fmt: skip
    """Lion; arguments and returns as of ``sgd``, ``scale_by_lion`` and ``add_decayed_weights``."""
    own = scale_by_lion(beta1, beta2), add_decayed_weights(decay)
    return minimize(loss, parameters, *before, *own, scale_by_rate(rate))


@public
def lamb(
    loss: Any, parameters: Any, rate: Rate = 1e-3, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-6,
    decay: float = 0.0, *, before: Before = (),
) -> Updates:  # fmt: skip
    """LAMB: Adam and decoupled weight decay with steps of the parameters' own lengths; arguments as of ``adamw``."""
    own = scale_by_adam(beta1, beta2, epsilon), add_decayed_weights(decay), scale_by_trust_ratio()
    return minimize(loss, parameters, *before, *own, scale_by_rate(rate))


@public
def rprop(
    loss: Any, parameters: Any, rate: float = 0.01, shrink: float = 0.5, grow: float = 1.2, least: float = 1e-6,
    most: float = 50.0, *, before: Before = (),
) -> Updates:  # fmt: skip
    """Rprop, for whole batches; arguments and returns as of ``sgd`` and ``scale_by_rprop``."""
    return minimize(loss, parameters, *before, scale_by_rprop(rate, shrink, grow, least, most))


__all__ = [
    "adadelta", "adagrad", "adam", "adamax", "adamw", "lamb", "lion", "momentum", "nadam", "nesterov", "radam",
    "rmsprop", "rprop", "sgd",
]  # fmt: skip
