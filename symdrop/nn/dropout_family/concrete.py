"""Concrete dropout: a rate that is learned, through a relaxation of the mask that has a derivative.

    z = sigmoid((logit(p) + log u - log(1 - u)) / t),  u ~ U(0, 1),  t a temperature
    training:  x * (1 - z) / (1 - p)        testing:  x

As t goes to 0, z becomes a choice that is 1 with probability p. The rate is kept as its logit, which
may be any number. The cost needs the divergence of the approximate posterior from the prior,

    r_w * sum(W^2) / (1 - p) + r_d * K * (p log p + (1 - p) log(1 - p))

for weights W that follow the dropout of K inputs. For N examples, length scale l and model
precision tau, r_w = l^2 / (2 tau N) and r_d = 1 / (tau N) beside a mean squared error; r_d is 2 / (tau N)
in the authors' code.

Source: Gal, Hron and Kendall, "Concrete dropout", NeurIPS 2017.

Read next: variational.py
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ... import tensor as T
from ...binding import public
from ...errors import GraphTypeError, here
from ...graph import Node, describe
from ...random import RandomStream
from ...random.arguments import Site
from ...tensor.training import TRAINING, checked_training, choose
from ..dropout import mask_size
from .arguments import finished, floats, positive_number, random_stream


@public
def concrete_dropout(
    x: Any,
    logit: Any,
    *,
    stream: RandomStream | None = None,
    temperature: float = 0.1,
    training: Any = TRAINING,
    shared_axes: int | Iterable[int] | None = None,
    site: Site = None,
    name: str | None = None,
) -> Node:
    """Concrete dropout: a soft mask whose rate has a gradient.

    Args:
        x: activations, floats of any shape.
        logit: log(p / (1 - p)), a scalar: usually a shared variable, a parameter like others.
        stream: where the mask comes from.
        temperature: of the relaxation; smaller is nearer to dropout, with a steeper gradient.
        training: as for ``sd.dropout``; in testing the result is x. The paper samples in testing, too: give it a flag.
        shared_axes: axes along which one mask is shared.
        site: see ``RandomStream``.
        name: the name of the result.

    Returns:
        A node of x's shape and dtype.

    Raises:
        GraphTypeError: if x holds no floats or ``logit`` is no float scalar.
        ArgumentError: without a stream; for a temperature that is not above 0.

    Source: Gal et al., "Concrete dropout", 2017.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, logit = T.vector("x"), sd.shared(np.float32(0.0), name="logit")
        >>> h = sd.nn.concrete_dropout(x, logit, stream=sd.RandomStream(seed=1))
        >>> y = sd.function([x], h, training=True)(np.ones(10_000))
        >>> bool(abs((y < 1).mean() - 0.5) < 0.02), bool(abs(y.mean() - 1) < 0.03)
        (True, True)
    """
    value, score, heat = floats(x, "concrete_dropout"), _logit(logit), positive_number(temperature, "temperature")
    training, size = checked_training(training), mask_size(value, shared_axes)
    u = random_stream(stream, "concrete_dropout").uniform(size=size, dtype=value.dtype, site=site)
    # u may be 0: its mask is 0, as is the gradient there. What is kept, 1 - z, is the sigmoid of the negated argument.
    kept = T.nnet.sigmoid((T.log1p(-u) - T.log(u) - score) / heat)
    # Of a score at which everything is dropped, what is kept by chance would be infinite, and 0 times that no number.
    return finished(choose(training, value * kept * (1 + T.exp(T.minimum(score, 80))), value), value, name)


@public
def concrete_regularizer(logit: Any, W: Any, *, weight: Any, rate: Any, inputs: Any = None) -> Node:
    """Concrete dropout's divergence from the prior, to be added to the cost.

    Args:
        logit: that of the dropout.
        W: the weights that follow it, shape (inputs, ...); a list for several arrays, such as weights and biases.
        weight: the factor r_w of the weights.
        rate: the factor r_d of the entropy of the mask.
        inputs: how many elements the mask has; by default the length of the first array.

    Returns:
        A scalar.

    Raises:
        GraphTypeError: if ``logit`` is no float scalar, or weights hold no floats.

    Source: Gal et al., "Concrete dropout", 2017, equations 3 and 4.

    Example:
        >>> import math
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> W = T.constant([[1.0], [2.0]])
        >>> r = sd.nn.concrete_regularizer(T.constant(0.0), W, weight=0.5, rate=1.0).eval()
        >>> math.isclose(r, 0.5 * 5 / 0.5 - 2 * math.log(2), rel_tol=1e-6)
        True
    """
    score = _logit(logit)
    arrays = [floats(one, "concrete_regularizer", "W") for one in (W if isinstance(W, list | tuple) else [W])]
    squares: Any = sum(T.sum(one**2) for one in arrays)
    elements = arrays[0].shape[0] if inputs is None else inputs
    log_p, log_keep = T.nnet.log_sigmoid(score), T.nnet.log_sigmoid(-score)
    negative_entropy = T.exp(log_p) * log_p + T.exp(log_keep) * log_keep
    result: Node = weight * squares * (1 + T.exp(score)) + rate * elements * negative_entropy
    return T.cast(result, score.dtype)


def _logit(logit: Any) -> Node:
    node = floats(logit, "concrete dropout", "logit")
    if node.ndim:
        raise GraphTypeError(f"concrete dropout: logit is one number, not {describe(node)}{here()}")
    return node
