"""Alpha dropout: dropout that keeps the mean 0 and variance 1 of activations by ``selu``.

    training:  a * where(drop, s, x) + b        testing:  x

What is dropped becomes s = -1.758, the value that selu approaches at minus infinity, not 0.
With q = 1 - p, the affine map that gives mean 0 and variance 1 back is

    a = (q + s^2 q (1 - q))^(-1/2),        b = -a (1 - q) s

Source: Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", NeurIPS
2017, section 2.

Read next: spatial.py
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

# -lambda * alpha of selu, with the digits of the paper's appendix.
SATURATED = -1.0507009873554804934193349852946 * 1.6732632423543772848170429916717


@public
def alpha_dropout(
    x: Any,
    p: Any = 0.1,
    *,
    stream: RandomStream | None = None,
    training: Any = TRAINING,
    shared_axes: int | Iterable[int] | None = None,
    site: Site = None,
    name: str | None = None,
) -> Node:
    """Alpha dropout: dropped elements take selu's least value, and an affine map restores mean 0 and variance 1.

    Args:
        x: activations by ``T.nnet.selu``, whose mean is about 0 and variance about 1.
        p: the probability of dropping, below 1; a float or a symbolic scalar.
        stream: where the mask comes from.
        training: as for ``sd.dropout``; in testing the result is x.
        shared_axes: axes along which one mask is shared; all but the batch's and the channels' in feature-wise
            alpha dropout.
        site: see ``RandomStream``.
        name: the name of the result.

    Returns:
        A node of x's shape and dtype.

    Raises:
        GraphTypeError: if x holds no floats or p is no scalar.
        ArgumentError: without a stream; for p outside [0, 1).

    Source: Klambauer et al., "Self-normalizing neural networks", 2017.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> h = sd.nn.alpha_dropout(x, 0.3, stream=sd.RandomStream(seed=1))
        >>> y = sd.function([x], h, training=True)(np.random.default_rng(0).normal(size=100_000))
        >>> bool(abs(y.mean()) < 0.02), bool(abs(y.var() - 1) < 0.02)
        (True, True)
    """
    value, rate = floats(x, "alpha_dropout"), rate_below_one(p)
    training, size = checked_training(training), mask_size(value, shared_axes)
    drop = random_stream(stream, "alpha_dropout").bernoulli(p=rate, size=size, dtype="bool", site=site)
    keep = 1 - rate
    scale = 1 / T.sqrt(keep + SATURATED**2 * keep * rate)
    shift = -scale * rate * SATURATED
    scale, shift = T.cast(scale, value.dtype), T.cast(shift, value.dtype)
    return finished(choose(training, T.where(drop, SATURATED, value) * scale + shift, value), value, name)
