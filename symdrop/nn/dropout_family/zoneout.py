"""Zoneout: units of a recurrent state keep their old value at random, so that nothing is ever set to zero.

    training:  where(keep_old, old, new)        testing:  p * old + (1 - p) * new

P(keep_old) = p. There is no factor 1 / (1 - p): a unit keeps one of two values of its own size. In
testing the state is the expectation of both.

Source: Krueger, Maharaj, Kramar, Pezeshki, Ballas, Ke, Goyal, Bengio, Courville and Pal, "Zoneout:
regularizing RNNs by randomly preserving hidden activations", ICLR 2017.

Read next: depth.py
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
from ...tensor.training import TRAINING, checked_training, choose, keep_and_scale
from .arguments import finished, floats, random_stream, rate


@public
def zoneout(
    new: Any,
    old: Any,
    p: Any = 0.1,
    *,
    stream: RandomStream | None = None,
    training: Any = TRAINING,
    site: Site = None,
    name: str | None = None,
) -> Node:
    """Zoneout: each unit keeps its old value with probability p in training; the expectation in testing.

    Args:
        new: the state that a step computes.
        old: the state before it, of the same shape.
        p: the probability of keeping the old value, a float or a symbolic scalar.
        stream: where the mask comes from. A draw inside a ``scan`` differs in every step.
        training: as for ``sd.dropout``.
        site: see ``RandomStream``.
        name: the name of the result.

    Returns:
        A node of the shape and dtype of ``new``.

    Raises:
        GraphTypeError: if a state holds no floats or p is no scalar.
        ShapeError: if the states have not the same number of axes.
        ArgumentError: without a stream; for p outside [0, 1].

    Source: Krueger et al., "Zoneout: regularizing RNNs by randomly preserving hidden activations", 2017.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> new, old = T.vector("new"), T.vector("old")
        >>> h = sd.nn.zoneout(new, old, 0.25, stream=sd.RandomStream(seed=1))
        >>> sd.function([new, old], h, training=False)([4.0, 8.0], [0.0, 4.0]).tolist()
        [3.0, 7.0]
    """
    now, before = floats(new, "zoneout", "new"), floats(old, "zoneout", "old")
    if now.ndim != before.ndim:
        raise ShapeError(f"zoneout: {describe(now)} and {describe(before)} are states of one shape{here()}")
    p, training = rate(p, "the probability of keeping the old value"), checked_training(training)
    stays = random_stream(stream, "zoneout").bernoulli(p=p, size=now.shape, dtype="bool", site=site)
    if constant_scalar(p) == 0:
        return finished(now, now, name)
    changes, _ = keep_and_scale(p, now.dtype)
    # Of this form, since a difference of the states would lose what is common to them.
    expectation = before * (1 - changes) + now * changes
    return finished(choose(training, T.where(stays, before, now), expectation), now, name)
