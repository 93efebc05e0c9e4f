"""Stochastic depth: whole residual blocks are dropped, so that a network is trained at many depths.

    training:  x + b * f(x),  P(b = 0) = p        testing:  x + (1 - p) * f(x)         mode "scale"
    training:  x + b * f(x) / (1 - p)             testing:  x + f(x)                   mode "inverted"

The paper draws one b for a mini-batch and uses mode "scale"; what a dropped block would compute is
then not computed. Its rates grow linearly with the depth: block l of L has p = (l / L) p_L.

Source: Huang, Sun, Liu, Sedra and Weinberger, "Deep networks with stochastic depth", ECCV 2016.

Read next: annealing.py
"""

from __future__ import annotations

from typing import Any

from ... import tensor as T
from ...binding import public
from ...errors import ShapeError, here
from ...graph import Node, describe
from ...op import constant_scalar
from ...random import RandomStream
from ...random.arguments import Site
from ...tensor.branches import ifelse
from ...tensor.training import TRAINING, checked_mode, checked_training, choose, keep_and_scale
from .arguments import finished, floats, one_of, random_stream, rate


@public
def stochastic_depth(
    residual: Any,
    p: Any = 0.5,
    *,
    stream: RandomStream | None = None,
    per: str = "batch",
    mode: str = "scale",
    training: Any = TRAINING,
    site: Site = None,
    name: str | None = None,
) -> Node:
    """Stochastic depth: what a residual block adds, all of it dropped with probability p.

    Args:
        residual: f(x) of ``x + f(x)``, floats.
        p: the probability of dropping, a float or a symbolic scalar.
        stream: where the choice comes from.
        per: "batch" makes one choice, and where it drops, nothing of ``residual`` is computed; "example" makes one
            for each index of axis 0.
        mode: "scale" multiplies by 1 - p in testing; "inverted" divides by it in training.
        training: as for ``sd.dropout``.
        site: see ``RandomStream``.
        name: the name of the result.

    Returns:
        A node of the shape and dtype of ``residual``, to be added to x.

    Raises:
        GraphTypeError: if ``residual`` holds no floats or p is no scalar.
        ShapeError: per example, if there is no axis of examples.
        ArgumentError: without a stream; for p outside [0, 1], another ``per`` or another mode.

    Source: Huang et al., "Deep networks with stochastic depth", 2016.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.matrix("x")
        >>> y = x + sd.nn.stochastic_depth(T.tanh(x), 0.5, stream=sd.RandomStream(seed=1), per="example")
        >>> test = sd.function([x], y, training=False)
        >>> bool(np.allclose(test(np.ones((2, 3))), 1 + 0.5 * np.tanh(1)))
        True
    """
    value, p = floats(residual, "stochastic_depth", "the residual"), rate(p)
    per, mode = one_of(per, ("batch", "example"), "stochastic_depth: per"), checked_mode(mode)
    training = checked_training(training)
    if per == "example" and not value.ndim:
        raise ShapeError(f"stochastic_depth: {describe(value)} has no axis of examples{here()}")
    size = () if per == "batch" else tuple(size if axis == 0 else 1 for axis, size in enumerate(value.shape))
    drop = random_stream(stream, "stochastic_depth").bernoulli(p=p, size=size, dtype="bool", site=site)
    if constant_scalar(p) == 0:
        return finished(value, value, name)
    keep, scale = keep_and_scale(p, value.dtype)
    kept = value * scale if mode == "inverted" else value
    dropped = ifelse(drop, T.zeros_like(kept), kept) if per == "batch" else T.where(drop, 0, kept)
    tested = value if mode == "inverted" else value * keep
    return finished(choose(training, dropped, tested), value, name)
