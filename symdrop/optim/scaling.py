"""Scalings of gradients by what was seen of them before: momentum, root mean squares, signs.

Every function gives a transformation; its formula is the one of the paper it names, and of PyTorch's optimizer of that
name where papers leave something open.

Read next: optimizers.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import tensor as T
from ..binding import public
from ..errors import ArgumentError, here
from ..graph import Node
from ..op import shared
from .hyperparameters import FACTOR, GROWTH, NOT_NEGATIVE, POSITIVE, SHARE, numbers
from .transformations import States, Transformation


@public
def trace(decay: float = 0.9, nesterov: bool = False) -> Transformation:
    """Momentum: gradients are added to what is left of those before.

    Args:
        decay: the share that is left.
        nesterov: True looks a step ahead.

    Source: I. Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.
    """
    numbers("trace", decay=(decay, SHARE))

    def traced(gradients: list[Node], states: States) -> list[Node]:
        old = states.zeros("momentum")
        new = states.become(old, [decay * v + g for v, g in zip(old, gradients, strict=True)])
        return [g + decay * v for g, v in zip(gradients, new, strict=True)] if nesterov else new

    return traced


@public
def scale_by_sum_of_squares(epsilon: float = 1e-10) -> Transformation:
    """Divide by the root of the sum of all squares so far (Adagrad).

    Source: J. Duchi, E. Hazan and Y. Singer, "Adaptive subgradient methods", JMLR 12, 2011.
    """
    numbers("scale_by_sum_of_squares", epsilon=(epsilon, NOT_NEGATIVE))

    def scaled(gradients: list[Node], states: States) -> list[Node]:
        old = states.zeros("squares")
        new = states.become(old, [s + g**2 for s, g in zip(old, gradients, strict=True)])
        return [g / (T.sqrt(s) + epsilon) for g, s in zip(gradients, new, strict=True)]

    return scaled


@public
def scale_by_rms(decay: float = 0.99, epsilon: float = 1e-8, centered: bool = False) -> Transformation:
    """Divide by the root of a moving mean of squares; centered, by the standard deviation (RMSProp).

    Source: T. Tieleman and G. Hinton, "Lecture 6.5: RMSProp", COURSERA, 2012; A. Graves, "Generating sequences with
    recurrent neural networks", arXiv:1308.0850, 2013.
    """
    numbers("scale_by_rms", decay=(decay, SHARE), epsilon=(epsilon, NOT_NEGATIVE))

    def scaled(gradients: list[Node], states: States) -> list[Node]:
        squares = _moving_mean(states, "squares", [g**2 for g in gradients], decay)
        if centered:
            means = _moving_mean(states, "mean", gradients, decay)
            # Of a gradient that hardly changes, rounding could make it negative.
            squares = [T.maximum(s - m**2, 0) for s, m in zip(squares, means, strict=True)]
        return [g / (T.sqrt(s) + epsilon) for g, s in zip(gradients, squares, strict=True)]

    return scaled


@public
def scale_by_adadelta(decay: float = 0.9, epsilon: float = 1e-6) -> Transformation:
    """Divide by the root of the mean square of gradients, multiply by that of the steps before (Adadelta).

    Source: M. D. Zeiler, "ADADELTA: an adaptive learning rate method", arXiv:1212.5701, 2012.
    """
    numbers("scale_by_adadelta", decay=(decay, SHARE), epsilon=(epsilon, POSITIVE))

    def scaled(gradients: list[Node], states: States) -> list[Node]:
        squares = _moving_mean(states, "squares", [g**2 for g in gradients], decay)
        moved = states.zeros("steps")
        steps = [
            T.sqrt(u + epsilon) / T.sqrt(s + epsilon) * g for u, s, g in zip(moved, squares, gradients, strict=True)
        ]
        states.become(moved, [decay * u + (1 - decay) * d**2 for u, d in zip(moved, steps, strict=True)])
        return steps

    return scaled


@public
def scale_by_adam(
    beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8, amsgrad: bool = False
) -> Transformation:
    """Moving mean of gradients over the root of that of their squares, both corrected for beginning at 0 (Adam).

    Args:
        beta1, beta2: the shares of the old means that stay.
        epsilon: is added to the root.
        amsgrad: True divides by the largest mean square so far.

    Source: D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015; S. Reddi, S. Kale and S.
    Kumar, "On the convergence of Adam and beyond", ICLR 2018.
    """
    _check("scale_by_adam", beta1, beta2, epsilon)

    def scaled(gradients: list[Node], states: States) -> list[Node]:
        means = _moving_mean(states, "mean", gradients, beta1)
        squares = _moving_mean(states, "squares", [g**2 for g in gradients], beta2)
        if amsgrad:
            old = states.zeros("largest")
            squares = states.become(old, [T.maximum(a, b) for a, b in zip(old, squares, strict=True)])
        return [
            _unbiased(m, states, beta1) / (T.sqrt(_unbiased(s, states, beta2)) + epsilon)
            for m, s in zip(means, squares, strict=True)
        ]

    return scaled


@public
def scale_by_adamax(beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Transformation:
    """Moving mean of gradients over a fading maximum of their absolute values (AdaMax).

    Source: D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, section 7.
    """
    _check("scale_by_adamax", beta1, beta2, epsilon)

    def scaled(gradients: list[Node], states: States) -> list[Node]:
        means = _moving_mean(states, "mean", gradients, beta1)
        old = states.zeros("largest")
        largest = states.become(
            old, [T.maximum(beta2 * u, abs(g) + epsilon) for u, g in zip(old, gradients, strict=True)]
        )
        return [_unbiased(m, states, beta1) / u for m, u in zip(means, largest, strict=True)]

    return scaled


@public
def scale_by_nadam(beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Transformation:
    """Adam whose momentum looks a step ahead (NAdam), with the schedule of momentum of the paper.

    Source: T. Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016.
    """
    _check("scale_by_nadam", beta1, beta2, epsilon)

    def scaled(gradients: list[Node], states: States) -> list[Node]:
        means = _moving_mean(states, "mean", gradients, beta1)
        squares = _moving_mean(states, "squares", [g**2 for g in gradients], beta2)
        before = shared(1.0, name=states.own("product of momenta"))
        number = T.cast(states.count + 1, before.dtype)
        now, ahead = (beta1 * (1 - 0.5 * 0.96 ** (n * 0.004)) for n in (number, number + 1))
        product = before * now
        states.updates[before] = product
        return [
            (T.cast((1 - now) / (1 - product), g.dtype) * g + T.cast(ahead / (1 - product * ahead), g.dtype) * m)
            / (T.sqrt(_unbiased(s, states, beta2)) + epsilon)
            for g, m, s in zip(gradients, means, squares, strict=True)
        ]

    return scaled


@public
def scale_by_radam(beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Transformation:
    """Adam that divides by mean squares only when enough of them were seen, and by as much as these are worth (RAdam).

    Source: L. Liu et al., "On the variance of the adaptive learning rate and beyond", ICLR 2020.
    """
    _check("scale_by_radam", beta1, beta2, epsilon)
    most = 2 / (1 - beta2) - 1

    def scaled(gradients: list[Node], states: States) -> list[Node]:
        means = _moving_mean(states, "mean", gradients, beta1)
        squares = _moving_mean(states, "squares", [g**2 for g in gradients], beta2)
        number = T.cast(states.count + 1, "float64")
        left = beta2**number
        seen = most - 2 * number * left / (1 - left)
        enough = T.gt(seen, 5)
        held = T.where(enough, seen, 6.0)
        worth = T.sqrt((held - 4) * (held - 2) * most / ((most - 4) * (most - 2) * held))
        factor = worth * T.sqrt(1 - left)
        made = []
        for m, s in zip(means, squares, strict=True):
            mean = _unbiased(m, states, beta1)
            made.append(T.where(enough, mean * T.cast(factor, m.dtype) / (T.sqrt(s) + epsilon), mean))
        return made

    return scaled


@public
def scale_by_lion(beta1: float = 0.9, beta2: float = 0.99) -> Transformation:
    """Signs of a mean between the gradient and its moving mean (Lion).

    Source: X. Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023.
    """
    _check("scale_by_lion", beta1, beta2)

    def scaled(gradients: list[Node], states: States) -> list[Node]:
        old = states.zeros("mean")
        states.become(old, [beta2 * m + (1 - beta2) * g for m, g in zip(old, gradients, strict=True)])
        return [T.sign(beta1 * m + (1 - beta1) * g) for m, g in zip(old, gradients, strict=True)]

    return scaled


@public
def scale_by_trust_ratio() -> Transformation:
    """Give each parameter's step the parameter's own length, where both are not 0 (LAMB's layer-wise adaptation).

    Source: Y. You et al., "Large batch optimization for deep learning", ICLR 2020.
    """

    def scaled(gradients: list[Node], states: States) -> list[Node]:
        made = []
        for gradient, parameter in zip(gradients, states.parameters, strict=True):
            length, own = T.sqrt(T.sum(gradient**2)), T.sqrt(T.sum(parameter**2))
            both = T.gt(length, 0) & T.gt(own, 0)
            made.append(gradient * T.where(both, own / T.where(both, length, 1), 1))
        return made

    return scaled


@public
def scale_by_rprop(
    rate: float = 0.01, shrink: float = 0.5, grow: float = 1.2, least: float = 1e-6, most: float = 50.0
) -> Transformation:
    """Signs of the gradients times a width for every element, which grows while the sign stays (Rprop).

    Args:
        rate: the first widths.
        shrink, grow: factors of a width where the sign changes, and where it stays.
        least, most: bounds of the widths.

    Source: M. Riedmiller and H. Braun, "A direct adaptive method for faster backpropagation learning", ICNN 1993.
    """
    numbers(
        "scale_by_rprop", rate=(rate, POSITIVE), shrink=(shrink, FACTOR), grow=(grow, GROWTH),
        least=(least, NOT_NEGATIVE), most=(most, POSITIVE),
    )  # fmt: skip
    if not least <= most:
        raise ArgumentError(f"scale_by_rprop: least={least} is at most most={most}{here()}")

    def scaled(gradients: list[Node], states: States) -> list[Node]:
        before, changes = states.zeros("gradient"), states.zeros("width")
        made = []
        for gradient, old, change in zip(gradients, before, changes, strict=True):
            agree = gradient * old
            # A state of zeros stands for the first widths.
            width = T.clip(
                (rate + change) * T.where(T.gt(agree, 0), grow, T.where(T.lt(agree, 0), shrink, 1.0)), least, most
            )
            kept = T.where(T.lt(agree, 0), 0, gradient)
            states.become([old, change], [kept, width - rate])
            made.append(T.sign(kept) * width)
        return made

    return scaled


def _moving_mean(states: States, name: str, values: Sequence[Node], decay: float) -> list[Node]:
    """The exponential moving mean of values, from 0 on."""
    old = states.zeros(name)
    return states.become(old, [decay * m + (1 - decay) * v for m, v in zip(old, values, strict=True)])


def _unbiased(mean: Node, states: States, decay: float) -> Node:
    """A moving mean corrected for its beginning at 0.

    The divisor is a small difference of numbers near 1, so it is computed in float64 whatever the mean is.
    """
    return mean / T.cast(1 - decay ** T.cast(states.count + 1, "float64"), mean.dtype)


def _check(caller: str, beta1: Any, beta2: Any, epsilon: Any = 0.0) -> None:
    numbers(caller, beta1=(beta1, SHARE), beta2=(beta2, SHARE), epsilon=(epsilon, NOT_NEGATIVE))


__all__ = [
    "scale_by_adadelta", "scale_by_adam", "scale_by_adamax", "scale_by_lion", "scale_by_nadam", "scale_by_radam",
    "scale_by_rms", "scale_by_rprop", "scale_by_sum_of_squares", "scale_by_trust_ratio", "trace",
]  # fmt: skip
