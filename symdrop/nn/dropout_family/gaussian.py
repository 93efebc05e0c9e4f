"""Gaussian dropout: multiplicative noise of mean 1 and the variance of dropout's.

    training:  x * e,  e ~ N(1, p / (1 - p))        testing:  x

Inverted dropout multiplies by a variable that is 0 with probability p, else 1 / (1 - p): its mean
is 1, its variance p / (1 - p). Gaussian dropout keeps these two moments and has the greatest entropy.

Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to
prevent neural networks from overfitting", JMLR 15, 2014, section 10.

Read next: alpha.py
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ... import tensor as T
from ...binding import public
from ...graph import Node
from ...random import RandomStream
from ...random.arguments import Site
from ...tensor.training import TRAINING, checked_training, choose
from ..dropout import mask_size
from .arguments import finished, floats, random_stream, rate_below_one


@public
def gaussian_dropout(
    x: Any,
    p: Any = 0.5,
    *,
    stream: RandomStream | None = None,
    training: Any = TRAINING,
    shared_axes: int | Iterable[int] | None = None,
    site: Site = None,
    name: str | None = None,
) -> Node:
    """Gaussian dropout: x times noise N(1, p / (1 - p)) in training, x in testing.

    Args:
        x: activations, floats of any shape.
        p: the rate of the dropout whose variance the noise has, below 1; a float or a symbolic scalar.
        stream: where the noise comes from.
        training: as for ``sd.dropout``.
        shared_axes: axes along which the noise is shared.
        site: see ``RandomStream``.
        name: the name of the result.

    Returns:
        A node of x's shape and dtype.

    Raises:
        GraphTypeError: if x holds no floats or p is no scalar.
        ArgumentError: without a stream; for p outside [0, 1).

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 15, 2014.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> h = sd.nn.gaussian_dropout(x, 0.2, stream=sd.RandomStream(seed=1))
        >>> noise = sd.function([x], h, training=True)(np.ones(100_000))
        >>> bool(abs(noise.mean() - 1) < 0.01), bool(abs(noise.var() - 0.25) < 0.01)
        (True, True)
    """
    value, rate = floats(x, "gaussian_dropout"), rate_below_one(p)
    training, size = checked_training(training), mask_size(value, shared_axes)
    std = T.cast(T.sqrt(rate / (1 - rate)), value.dtype)
    source = random_stream(stream, "gaussian_dropout")
    noise = source.normal(mean=1.0, std=std, size=size, dtype=value.dtype, site=site)
    return finished(choose(training, value * noise, value), value, name)
