"""DropConnect: weights are dropped instead of activations.

With P(M = 0) = p, keep q = 1 - p, and s = 1 / q in mode "inverted", 1 in mode "scale":

    training:  a(x (s M * W) + s m * b)
    testing "mean":      a(s q (x W + b))                               weight scaling
    testing "moments":   mean over samples of a(u),  u ~ N(s q (x W + b), s^2 q p (x^2 W^2 + b^2))

A sum of many independent terms is nearly Gaussian, so "moments" matches mean and variance of what
comes before the activation and averages what comes behind it, with no pass for every mask.

Source: Wan, Zeiler, Zhang, LeCun and Fergus, "Regularization of neural networks using DropConnect",
ICML 2013, sections 3 and 4, where p is the probability of keeping.

Read next: ../bake.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import tensor as T
from ...binding import public
from ...errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ...graph import Node, describe
from ...random import RandomStream
from ...tensor.training import TRAINING, checked_mode, checked_training, choose, keep_and_scale
from .arguments import finished, floats, one_of, random_stream, rate


@public
def drop_connect(
    x: Any,
    W: Any,
    b: Any = None,
    p: Any = 0.5,
    *,
    stream: RandomStream | None = None,
    activation: Callable[[Any], Any] | None = None,
    per: str = "batch",
    mode: str = "inverted",
    testing: str = "mean",
    samples: int = 100,
    training: Any = TRAINING,
    name: str | None = None,
) -> Node:
    """DropConnect: a dense layer whose weights and biases are dropped with probability p.

    Args:
        x: the layer's input, shape (..., inputs).
        W: weights, shape (inputs, units).
        b: biases, shape (units,), dropped like weights.
        p: the probability of dropping, a float or a symbolic scalar.
        stream: where the masks come from: one site for weights, one for biases, one for testing by moments.
        activation: a function that follows; testing by moments averages its values.
        per: "batch" draws one mask; "example" one of shape (inputs, units) for each example, as the paper does.
        mode: "inverted" divides what is kept by 1 - p in training; "scale" multiplies by it in testing.
        testing: "mean" for the mean of the weights, "moments" for Gaussian samples before the activation.
        samples: how many of these; there are draws in testing then.
        training: as for ``sd.dropout``.
        name: the name of the result.

    Returns:
        Shape (..., units).

    Raises:
        GraphTypeError: if an array holds no floats, p is no scalar, or ``activation`` no function.
        ShapeError: if W is no matrix, b no vector, or x has no axis of inputs.
        ArgumentError: without a stream; for p outside [0, 1], other words, or samples that are no number from 1.

    Source: Wan et al., "Regularization of neural networks using DropConnect", 2013.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, W = T.matrix("x"), sd.shared(np.ones((4, 2), "float32"), name="W")
        >>> y = sd.nn.drop_connect(x, W, p=0.5, stream=sd.RandomStream(seed=1), mode="scale")
        >>> sd.function([x], y, training=False)(np.ones((1, 4))).tolist()
        [[2.0, 2.0]]
    """
    value, weights, biases = _layer(x, W, b)
    p, mode, training = rate(p), checked_mode(mode), checked_training(training)
    check_options(per, testing, samples)
    if activation is not None and (isinstance(activation, Node) or not callable(activation)):
        raise GraphTypeError(f"drop_connect: activation is a function, not {shown(activation)}{here()}")
    source = random_stream(stream, "drop_connect")
    keep, inverse = keep_and_scale(p, value.dtype)
    scale: Any = inverse if mode == "inverted" else 1

    def dropped(array: Node) -> Node:
        examples = value.shape[:-1] if per == "example" else ()
        drop = source.bernoulli(p=p, size=(*examples, *array.shape), dtype="bool")
        return T.where(drop, 0, array * scale)

    after = activation or (lambda a: a)
    M = dropped(weights)
    # A mask for every example is multiplied and summed as it is drawn, and never stored.
    trained = T.sum(T.expand_dims(value, -1) * M, axis=-2) if per == "example" and value.ndim > 1 else value @ M
    mean = value @ weights
    if biases is not None:
        trained, mean = trained + dropped(biases), mean + biases
    mean = mean * (keep * scale)
    if testing == "mean":
        return finished(choose(training, after(trained), after(mean)), value, name)
    spread = value**2 @ weights**2 + (0 if biases is None else biases**2)
    tested = _mean_of_samples(source, mean, spread * (keep * (1 - keep) * scale * scale), after, samples)
    return finished(choose(training, after(trained), tested), value, name)


def check_options(per: Any, testing: Any, samples: Any) -> None:
    """Refuse options that DropConnect does not have.

    Raises:
        ArgumentError: for other words, or samples that are no number from 1.
    """
    one_of(per, ("batch", "example"), "drop_connect: per")
    one_of(testing, ("mean", "moments"), "drop_connect: testing")
    if isinstance(samples, bool) or not isinstance(samples, int | np.integer) or samples < 1:
        raise ArgumentError(f"drop_connect: samples is an integer of at least 1, not {shown(samples)}{here()}")


def _mean_of_samples(
    source: RandomStream, mean: Node, variance: Node, after: Callable[[Any], Any], samples: int
) -> Node:
    """The mean of a function of Gaussian numbers, over a number of samples."""
    # A root's slope is infinite at 0, where no noise is.
    noisy = T.gt(variance, 0)
    std = T.where(noisy, T.sqrt(T.where(noisy, variance, 1)), 0)
    noise = source.normal(size=(samples, *mean.shape), dtype=mean.dtype)
    return T.mean(after(mean + std * noise), axis=0)


def _layer(x: Any, W: Any, b: Any) -> tuple[Node, Node, Node | None]:
    value, weights = floats(x, "drop_connect"), floats(W, "drop_connect", "W")
    biases = None if b is None else floats(b, "drop_connect", "b")
    if weights.ndim != 2 or not value.ndim or (biases is not None and biases.ndim != 1):
        raise ShapeError(
            f"drop_connect: x has the axes (..., inputs), W (inputs, units), b (units,), not {describe(value)}, "
            f"{describe(weights)}{'' if biases is None else f', {describe(biases)}'}{here()}"
        )
    return value, weights, biases
