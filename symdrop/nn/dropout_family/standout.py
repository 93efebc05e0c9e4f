"""Standout: each unit is kept with a probability that a second network computes from the layer's input.

    q = sigmoid(alpha * (x W) + beta)
    training:  where(kept, h, 0),  P(kept) = q        testing:  q * h

The second network shares the weights of the layer, scaled by alpha and shifted by beta, which the
paper found to do as well as weights of its own. A choice has no derivative, so in training nothing
flows back into q; in testing it does.

Source: Ba and Frey, "Adaptive dropout for training deep neural networks", NeurIPS 2013.

Read next: concrete.py
"""

from __future__ import annotations

from typing import Any

from ... import tensor as T
from ...binding import public
from ...errors import ShapeError, here
from ...graph import Node, describe
from ...random import RandomStream
from ...random.arguments import Site
from ...tensor.training import TRAINING, checked_training, choose
from .arguments import finished, floats, random_stream


@public
def standout(
    h: Any,
    x: Any,
    W: Any,
    *,
    stream: RandomStream | None = None,
    alpha: Any = 1.0,
    beta: Any = 0.0,
    training: Any = TRAINING,
    site: Site = None,
    name: str | None = None,
) -> Node:
    """Standout, adaptive dropout: units are kept with probability sigmoid(alpha * (x W) + beta).

    Args:
        h: the activations of a layer, shape (..., units).
        x: the layer's input, shape (..., inputs).
        W: the layer's weights or those of a second network, shape (inputs, units).
        stream: where the mask comes from.
        alpha: the scale of the second network's weights; 0 is dropout with p = 1 - sigmoid(beta).
        beta: its bias.
        training: as for ``sd.dropout``; in testing h is multiplied by the probability.
        site: see ``RandomStream``.
        name: the name of the result.

    Returns:
        A node of h's shape and dtype.

    Raises:
        GraphTypeError: if an array holds no floats.
        ShapeError: if ``x @ W`` has not as many axes as h.
        ArgumentError: without a stream.

    Source: Ba and Frey, "Adaptive dropout for training deep neural networks", 2013.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, W = T.matrix("x"), sd.shared(np.eye(2, dtype="float32"), name="W")
        >>> h = sd.nn.standout(T.nnet.relu(x @ W), x, W, stream=sd.RandomStream(seed=1))
        >>> sd.function([x], h, training=False)([[0.0, 20.0]]).tolist()
        [[0.0, 20.0]]
    """
    value, scores = floats(h, "standout", "h"), floats(x, "standout") @ floats(W, "standout", "W")
    if scores.ndim != value.ndim:
        raise ShapeError(f"standout: h has the shape of x @ W, {describe(scores)}, not {describe(value)}{here()}")
    training = checked_training(training)
    kept_rate = T.nnet.sigmoid(scores * alpha + beta)
    keep = random_stream(stream, "standout").bernoulli(p=kept_rate, size=value.shape, dtype="bool", site=site)
    return finished(choose(training, T.where(keep, value, 0), value * kept_rate), value, name)
