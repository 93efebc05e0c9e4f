"""Functions of neural networks: activations, softmax and costs.

The costs are written as the book has them, ``log`` and all. The stability rules know what
is meant by the logarithm of a softmax or sigmoid, so values and gradients stay finite
where a probability rounds to 0.

Read next: activations.py
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..binding import public
from ..graph import Node
from ..lazy_loading import LazyNames
from ..op import as_node, constant_scalar
from ..ops.functions import relu as relu_op
from ..ops.functions import sigmoid, softplus
from ..ops.nnet import log_softmax as log_softmax_op
from ..ops.nnet import softmax as softmax_op
from .arguments import one_axis
from .axes import moveaxis
from .costs import binary_crossentropy, categorical_crossentropy, softmax_crossentropy
from .elementwise import abs_, clip, erf, expm1, minimum, tanh, where
from .foreign import OPERATIONS, no_name

if TYPE_CHECKING:
    # What is loaded when it is first used, for type checkers; a test compares it with the table below.
    from .activations import (
        celu,
        glu,
        hard_shrink,
        hard_silu,
        hard_swish,
        hard_tanh,
        hardshrink,
        log_sigmoid,
        maxout,
        mish,
        prelu,
        relu6,
        soft_shrink,
        softshrink,
        sparse_plus,
        sparse_sigmoid,
        squareplus,
        tanh_shrink,
        tanhshrink,
        threshold,
    )
    from .alignment import ctc_loss
    from .attention import attention, dot_product_attention
    from .convolution import conv, conv_transpose
    from .losses import (
        absolute_error,
        binary_crossentropy_with_logits,
        cosine,
        cosine_similarity,
        focal,
        gaussian_nll,
        hinge,
        huber,
        kl_div,
        kl_divergence,
        l1,
        log_cosh,
        mse,
        multi_margin,
        poisson_nll,
        smooth_l1,
        squared_error,
        triplet,
    )
    from .normalization import (
        group_norm,
        instance_norm,
        layer_norm,
        normalize,
        rms_norm,
        standardize,
    )
    from .pooling import fold, global_pool, pool, unfold
    from .probabilities import gumbel_softmax, label_smoothing, logmeanexp, softmin, sparsemax
    from .resizing import resize

_LAZY = LazyNames(globals(), {
    "alignment": ("ctc_loss",),
    "activations": (
        "celu", "glu", "hard_shrink", "hard_silu", "hard_swish", "hard_tanh", "hardshrink", "log_sigmoid", "maxout",
        "mish", "prelu", "relu6", "soft_shrink", "softshrink", "sparse_plus", "sparse_sigmoid", "squareplus",
        "tanh_shrink", "tanhshrink", "threshold",
    ),
    "attention": ("attention", "dot_product_attention"),
    "convolution": ("conv", "conv_transpose"),
    "losses": (
        "absolute_error", "binary_crossentropy_with_logits", "cosine", "cosine_similarity", "focal", "gaussian_nll",
        "hinge", "huber", "kl_div", "kl_divergence", "l1", "log_cosh", "mse", "multi_margin",
        "poisson_nll", "smooth_l1", "squared_error", "triplet",
    ),
    "normalization": (
        "group_norm", "instance_norm", "layer_norm", "normalize", "rms_norm", "standardize",
    ),
    "probabilities": ("gumbel_softmax", "label_smoothing", "logmeanexp", "softmin", "sparsemax"),
    "pooling": ("fold", "global_pool", "pool", "unfold"),
    "resizing": ("resize",),
})  # fmt: skip


@public
def softmax(x: Any, axis: int = -1) -> Node:
    """Numbers as probabilities: exp(x) / sum(exp(x)) along an axis.

    Args:
        x: a tensor of any dtype with at least one axis.
        axis: the axis along which the probabilities sum to 1.

    Returns:
        A float tensor of the shape of x.

    Raises:
        IndexingError: if there is no such axis.

    Source: Bridle, "Training stochastic model recognition algorithms as networks can lead to maximum mutual
    information estimation of parameters", NIPS 1989.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.softmax(T.constant([1000.0, 1000.0])).eval().tolist()
        [0.5, 0.5]
    """
    return _over_axis(softmax_op, as_node(x), axis)


@public
def log_softmax(x: Any, axis: int = -1) -> Node:
    """The logarithm of softmax: x - logsumexp(x) along an axis, finite for every finite x.

    Args:
        x: a tensor of any dtype with at least one axis.
        axis: the axis along which the probabilities sum to 1.

    Returns:
        A float tensor of the shape of x.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.log_softmax(T.constant([1000.0, 0.0])).eval().tolist()
        [0.0, -1000.0]
    """
    return _over_axis(log_softmax_op, as_node(x), axis)


logsoftmax = log_softmax


def _over_axis(op: Any, x: Node, axis: int) -> Node:
    place = one_axis(axis, x.ndim)
    if place == x.ndim - 1:
        result: Node = op(x)
        return result
    return moveaxis(op(moveaxis(x, place, -1)), -1, place)


@public
def relu(x: Any, alpha: Any = 0) -> Node:
    """Rectifier: x where it is positive, else alpha * x; the derivative at 0 is alpha.

    Args:
        x: a tensor of any dtype and shape.
        alpha: the slope for negative x, a number or tensor.

    Returns:
        A tensor of the shape of x.

    Source: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.relu(T.constant([-2.0, 3.0]), 0.5).eval().tolist()
        [-1.0, 3.0]
    """
    if constant_scalar(as_node(alpha)) == 0:
        made = relu_op(x)
    else:
        node = as_node(x)
        made = where(node > 0, node, alpha * node)
    return made


@public
def leaky_relu(x: Any, alpha: Any = 0.01) -> Node:
    """x where it is positive, else alpha * x.

    Args:
        x: a tensor of any dtype and shape.
        alpha: the slope for negative x, a number or tensor.

    Returns:
        A tensor of the shape of x.

    Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.leaky_relu(T.constant([-100.0, 3.0])).eval().tolist()
        [-1.0, 3.0]
    """
    return relu(x, alpha)


@public
def elu(x: Any, alpha: Any = 1) -> Node:
    """Exponential linear unit: x where it is positive, else alpha * (exp(x) - 1).

    Args:
        x: a tensor of any dtype and shape.
        alpha: minus the limit for very negative x, a number or tensor.

    Returns:
        A float tensor of the shape of x.

    Source: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units",
    ICLR 2016.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.elu(T.constant([-1000.0, 3.0])).eval().tolist()
        [-1.0, 3.0]
    """
    node = as_node(x)
    # What is not chosen must not overflow either: its gradient would be 0 * inf.
    return where(node > 0, node, alpha * expm1(minimum(node, 0)))


@public
def selu(x: Any) -> Node:
    """Scaled elu that keeps mean 0 and variance 1 from layer to layer.

    Args:
        x: a tensor of any dtype and shape; integers are converted to floats.

    Returns:
        A float tensor of the shape of x.

    Source: Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", NIPS 2017.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.selu(T.constant([-1000.0, 1.0])).eval().round(4).tolist()
        [-1.7581, 1.0507]
    """
    return 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717)


@public
def gelu(x: Any, approximate: bool = False) -> Node:
    """Gaussian error linear unit: x times the probability that a standard normal number is below x.

    Args:
        x: a tensor of any dtype and shape; integers are converted to floats.
        approximate: True for 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))), which is within 0.0005 of it.

    Returns:
        A float tensor of the shape of x.

    Source: Hendrycks and Gimpel, "Gaussian error linear units", arXiv:1606.08415, 2016.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.gelu(T.constant([-100.0, 1.0])).eval().round(4).tolist()
        [-0.0, 0.8413]
    """
    node = as_node(x)
    if approximate:
        return node * (0.5 * (1 + tanh(math.sqrt(2 / math.pi) * (node + 0.044715 * node**3))))
    return node * (0.5 * (1 + erf(node * math.sqrt(0.5))))


@public
def silu(x: Any) -> Node:
    """Sigmoid linear unit x * sigmoid(x), also known as swish.

    Args:
        x: a tensor of any dtype and shape; integers are converted to floats.

    Returns:
        A float tensor of the shape of x.

    Source: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning", Neural Networks 107, 2018.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.silu(T.constant([0.0, 100.0])).eval().tolist()
        [0.0, 100.0]
    """
    node = as_node(x)
    return node * sigmoid(node)


swish = silu


@public
def hard_sigmoid(x: Any) -> Node:
    """A straight line in place of the sigmoid: 0.2 * x + 0.5, limited to [0, 1].

    Args:
        x: a tensor of any dtype and shape; integers are converted to floats.

    Returns:
        A float tensor of the shape of x.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.hard_sigmoid(T.constant([-9.0, 0.0, 9.0])).eval().tolist()
        [0.0, 0.5, 1.0]
    """
    return clip(0.2 * as_node(x) + 0.5, 0, 1)


@public
def softsign(x: Any) -> Node:
    """x / (1 + |x|).

    Args:
        x: a tensor of any dtype and shape; integers are converted to floats.

    Returns:
        A float tensor of the shape of x.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.softsign(T.constant([-1.0, 3.0])).eval().tolist()
        [-0.5, 0.75]
    """
    node = as_node(x)
    return node / (1 + abs_(node))


soft_sign = softsign


if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> Any:
        """A function that is loaded when it is first used."""
        if name in _LAZY:
            return _LAZY.load(name)
        no_name("symdrop.tensor.nnet", name, __all__, OPERATIONS)


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = [
    "absolute_error", "attention", "binary_crossentropy", "binary_crossentropy_with_logits", "categorical_crossentropy",
    "celu", "conv", "conv_transpose", "cosine", "cosine_similarity", "ctc_loss", "dot_product_attention", "elu",
    "focal", "fold", "gaussian_nll", "gelu", "global_pool", "glu", "group_norm", "gumbel_softmax", "hard_shrink",
    "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "hardshrink", "hinge", "huber", "instance_norm", "kl_div",
    "kl_divergence", "l1", "label_smoothing", "layer_norm", "leaky_relu", "log_cosh", "log_sigmoid", "log_softmax",
    "logmeanexp", "logsoftmax", "maxout", "mish", "mse", "multi_margin", "normalize", "poisson_nll", "pool", "prelu",
    "relu", "relu6", "resize", "rms_norm", "selu", "sigmoid", "silu", "smooth_l1", "soft_shrink", "soft_sign",
    "softmax", "softmax_crossentropy", "softmin", "softplus", "softshrink", "softsign", "sparse_plus", "sparse_sigmoid",
    "sparsemax", "squared_error", "squareplus", "standardize", "swish", "tanh", "tanh_shrink", "tanhshrink",
    "threshold", "triplet", "unfold",
]  # fmt: skip
