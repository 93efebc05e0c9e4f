"""Variational dropout: Gaussian noise of a variance that is learned, with the prior that fits it.

Multiplicative noise N(1, a) on activations, or on weights, is a Gaussian posterior whose mean is the
weight; its divergence from a log-uniform prior depends on a alone and has no closed form:

    -KL(a) = 0.5 log a + c1 a + c2 a^2 + c3 a^3 + C               for a <= 1
    -KL(a) = k1 sigmoid(k2 + k3 log a) - 0.5 log(1 + 1 / a) - k1   for every a

The first is Kingma's, the second Molchanov's. With weights of their own variance s^2, a = s^2 / w^2,
the product's mean and variance are sampled instead of the weights (local reparameterization):

    training:  x W + sqrt(x^2 s^2) e,  e ~ N(0, 1)        testing:  x where(log a > threshold, 0, W)

Weights whose a has grown large are noise, and left out: the network becomes sparse.

Sources: Kingma, Salimans and Welling, "Variational dropout and the local reparameterization trick",
NeurIPS 2015. Molchanov, Ashukha and Vetrov, "Variational dropout sparsifies deep neural networks",
ICML 2017.

Read next: connect.py
"""

from __future__ import annotations

from typing import Any

from ... import tensor as T
from ...binding import public
from ...graph import Node
from ...random import RandomStream
from ...random.arguments import Site
from ...tensor.training import TRAINING, checked_training, choose
from .arguments import finished, floats, random_stream

# Kingma et al., appendix C; Molchanov et al., equation 14.
CUBIC = (1.16145124, -1.50204118, 0.58629921)
K1, K2, K3 = 0.63576, 1.87320, 1.48695
# Weights may be 0, whose a is infinite.
LEAST_SQUARE = 1e-16


@public
def variational_dropout(
    x: Any,
    log_alpha: Any,
    *,
    stream: RandomStream | None = None,
    training: Any = TRAINING,
    site: Site = None,
    name: str | None = None,
) -> Node:
    """Variational dropout: x times noise N(1, alpha) whose variance is a parameter.

    Args:
        x: activations, floats of any shape.
        log_alpha: the logarithm of the variance, of one number for all, or one a unit; Kingma et al. keep it at 0 or
            less. The rate of a dropout with that variance is alpha / (1 + alpha).
        stream: where the noise comes from.
        training: as for ``sd.dropout``; in testing the result is x.
        site: see ``RandomStream``.
        name: the name of the result.

    Returns:
        A node of x's shape and dtype.

    Raises:
        GraphTypeError: if an array holds no floats.
        ArgumentError: without a stream.

    Source: Kingma et al., "Variational dropout and the local reparameterization trick", 2015.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, log_alpha = T.vector("x"), sd.shared(np.float32(-1.0), name="log_alpha")
        >>> h = sd.nn.variational_dropout(x, log_alpha, stream=sd.RandomStream(seed=1))
        >>> y = sd.function([x], h, training=True)(np.ones(100_000))
        >>> bool(abs(y.var() - np.exp(-1)) < 0.01)
        True
    """
    value, spread = floats(x, "variational_dropout"), floats(log_alpha, "variational_dropout", "log_alpha")
    training = checked_training(training)
    source = random_stream(stream, "variational_dropout")
    noise = source.normal(size=value.shape, dtype=value.dtype, site=site)
    return finished(choose(training, value * (1 + T.exp(0.5 * spread) * noise), value), value, name)


@public
def variational_kl(log_alpha: Any) -> Node:
    """Divergence of noise N(1, alpha) from the log-uniform prior, up to a constant, summed; for alpha of at most 1.

    Args:
        log_alpha: logarithms of variances, one for each weight, or one that many share: multiply by their number.

    Source: Kingma et al., "Variational dropout and the local reparameterization trick", 2015, appendix C.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> round(float(sd.nn.variational_kl(T.constant([0.0, 0.0])).eval()), 3)
        -0.491
    """
    spread = floats(log_alpha, "variational_kl", "log_alpha")
    alpha = T.exp(spread)
    c1, c2, c3 = CUBIC
    return -T.sum(0.5 * spread + alpha * (c1 + alpha * (c2 + alpha * c3)))


@public
def sparse_variational_dense(
    x: Any,
    W: Any,
    log_variance: Any,
    b: Any = None,
    *,
    stream: RandomStream | None = None,
    threshold: float = 3.0,
    training: Any = TRAINING,
    site: Site = None,
    name: str | None = None,
) -> Node:
    """Sparse variational dropout of a dense layer: its outputs sampled in training, its noisy weights cut in testing.

    Args:
        x: the layer's input, shape (..., inputs).
        W: the means of the weights, shape (inputs, units).
        log_variance: the logarithms of their variances, of the same shape.
        b: biases, shape (units,).
        stream: where the noise comes from.
        threshold: weights whose log alpha exceeds it are 0 in testing; 3 is a rate of 0.95.
        training: as for ``sd.dropout``.
        site: see ``RandomStream``.
        name: the name of the result.

    Returns:
        What comes before the activation, shape (..., units).

    Raises:
        GraphTypeError: if an array holds no floats.
        ArgumentError: without a stream.

    Source: Molchanov et al., "Variational dropout sparsifies deep neural networks", 2017.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, W, s = T.matrix("x"), T.constant([[1.0], [1.0]]), T.constant([[-5.0], [4.0]])
        >>> y = sd.nn.sparse_variational_dense(x, W, s, stream=sd.RandomStream(seed=1))
        >>> sd.function([x], y, training=False)([[2.0, 7.0]]).tolist()
        [[2.0]]
    """
    value, mean = floats(x, "sparse_variational_dense"), floats(W, "sparse_variational_dense", "W")
    spread, training = floats(log_variance, "sparse_variational_dense", "log_variance"), checked_training(training)
    centre, variance = value @ mean, value**2 @ T.exp(spread)
    source = random_stream(stream, "sparse_variational_dense")
    noise = source.normal(size=centre.shape, dtype=centre.dtype, site=site)
    sampled = centre + T.sqrt(variance + LEAST_SQUARE) * noise
    cut = T.where(T.gt(variational_log_alpha(mean, spread), threshold), 0, mean)
    result = choose(training, sampled, value @ cut)
    return finished(result if b is None else result + b, centre, name)


@public
def sparse_variational_kl(W: Any, log_variance: Any) -> Node:
    """Divergence of Gaussian weights from the log-uniform prior, summed, by an approximation for every variance.

    Args:
        W: the means.
        log_variance: the logarithms of the variances.

    Source: Molchanov et al., "Variational dropout sparsifies deep neural networks", 2017, equation 14.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> round(float(sd.nn.sparse_variational_kl(T.constant([1.0]), T.constant([9.0])).eval()), 4)
        0.0001
    """
    spread = variational_log_alpha(W, log_variance)
    return -T.sum(K1 * T.nnet.sigmoid(K2 + K3 * spread) - 0.5 * T.nnet.softplus(-spread) - K1)


@public
def variational_log_alpha(W: Any, log_variance: Any) -> Node:
    """Logarithm of alpha, a weight's variance over its squared mean: the larger, the more the weight is noise.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> float(sd.nn.variational_log_alpha(T.constant(1.0), T.constant(-2.0)).eval())
        -2.0
    """
    mean = floats(W, "variational_log_alpha", "W")
    return floats(log_variance, "variational_log_alpha", "log_variance") - T.log(mean**2 + LEAST_SQUARE)
