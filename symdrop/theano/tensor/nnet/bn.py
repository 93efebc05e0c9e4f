"""``theano.tensor.nnet.bn``: batch normalisation.

Read next: places.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....binding import public
from ....errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ....graph import Node
from ....op import as_node
from ....tensor import addbroadcast, cast, mean, sqr, sqrt, where
from ....tensor.arguments import product
from ...missing import missing_name
from ...variable import spoken


@public
def batch_normalization(inputs: Any, gamma: Any, beta: Any, mean: Any, std: Any, mode: str = "low_mem") -> Node:
    """(inputs - mean) * (gamma / std) + beta.

    Args:
        inputs: a tensor.
        gamma, beta: a factor and a summand, which broadcast with inputs.
        mean, std: the mean and the standard deviation of the inputs, likewise.
        mode: "low_mem" or "high_mem", which meant how much memory it took.

    Returns:
        A tensor of the inputs' shape.

    Raises:
        ArgumentError: for another mode.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.bn.batch_normalization(T.constant([1.0, 3.0]), 2.0, 1.0, 2.0, 0.5).eval().tolist()
        [-3.0, 5.0]
    """
    if mode not in ("low_mem", "high_mem"):
        raise ArgumentError(f"mode={shown(mode)}: expected low_mem or high_mem{here()}")
    made: Node = spoken((as_node(inputs) - mean) * (as_node(gamma) / std) + beta)
    return made


@public
def batch_normalization_train(
    inputs: Any,
    gamma: Any,
    beta: Any,
    axes: Any = "per-activation",
    epsilon: Any = 1e-4,
    running_average_factor: Any = 0.1,
    running_mean: Any = None,
    running_var: Any = None,
) -> Any:
    """Inputs brought to mean 0 and spread 1 over a batch, then scaled and shifted.

    Args:
        inputs: of shape (batch, ...).
        gamma, beta: factors and summands, of the axes that are kept, or of as many axes as inputs.
        axes: over which axes: "per-activation" for the first, "spatial" for all but the second, or their numbers.
        epsilon: is added to the variance; at least 1e-5.
        running_average_factor: how much of its new value a running average takes on.
        running_mean, running_var: running averages of mean and variance, both or neither, shaped like gamma.

    Returns:
        A tuple: the normalised inputs; the mean and 1 / sqrt(variance + epsilon), shaped like gamma; and where running
        averages are given, their new values: of the variance that of the population, m / (m - 1) times the batch's.

    Raises:
        ArgumentError: for a smaller epsilon, other axes, or one running average alone.
        ShapeError: for gamma or beta of another number of axes.

    Source: Ioffe and Szegedy, "Batch normalization", ICML 2015.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> out, mean, invstd = T.nnet.bn.batch_normalization_train(T.constant([[1.0], [3.0]]), T.ones(1), T.zeros(1))
        >>> mean.eval().tolist(), invstd.eval().round(3).tolist()
        ([2.0], [1.0])
    """
    x = as_node(inputs)
    if (running_mean is None) != (running_var is None):
        raise ArgumentError(f"running_mean and running_var: give both or neither{here()}")
    over = _checked(axes, x.ndim, epsilon)
    scale, shift = (_shaped(one, over, x.ndim) for one in (gamma, beta))
    center = mean(x, over, keepdims=True)
    spread = mean(sqr(x - center), over, keepdims=True)
    inverse = 1 / sqrt(spread + epsilon)
    made = [(x - center) * (scale * inverse) + shift, _like(center, gamma, over), _like(inverse, gamma, over)]
    if running_mean is not None:
        old_mean, old_spread = (_shaped(one, over, x.ndim) for one in (running_mean, running_var))
        count = product([x.shape[axis] for axis in over])
        of_all = spread * cast(as_node(count), x.dtype) / cast(as_node(count - 1), x.dtype)
        rest = 1 - as_node(running_average_factor)
        new_mean = old_mean * rest + center * running_average_factor
        # One value alone has no variance of a population.
        new_spread = where(as_node(count) > 1, old_spread * rest + of_all * running_average_factor, old_spread)
        made += [_like(new_mean, running_mean, over), _like(new_spread, running_var, over)]
    return tuple(spoken(made))


@public
def batch_normalization_test(
    inputs: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    axes: Any = "per-activation",
    epsilon: Any = 1e-4,
) -> Node:
    """Inputs normalised by a mean and a variance that are given.

    Args:
        inputs, gamma, beta, axes, epsilon: as of ``batch_normalization_train``.
        mean, var: shaped like gamma.

    Returns:
        A tensor of the inputs' shape.

    Raises:
        ArgumentError, ShapeError: as ``batch_normalization_train``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, one = T.constant([[1.0], [3.0]]), T.ones(1)
        >>> T.nnet.bn.batch_normalization_test(x, one, one, one, 4 * one).eval().round(3).tolist()
        [[1.0], [2.0]]
    """
    x = as_node(inputs)
    over = _checked(axes, x.ndim, epsilon)
    scale, shift, center, spread = (_shaped(one, over, x.ndim) for one in (gamma, beta, mean, var))
    made: Node = spoken((x - center) * (scale / sqrt(spread + epsilon)) + shift)
    return made


def _checked(axes: Any, ndim: int, epsilon: Any) -> tuple[int, ...]:
    """The numbers of the axes."""
    if isinstance(epsilon, int | float) and epsilon < 1e-5:
        raise ArgumentError(f"epsilon={shown(epsilon)}: expected at least 1e-5{here()}")
    known = {"per-activation": (0,), "spatial": (0, *range(2, ndim))}
    if isinstance(axes, str) and axes in known:
        return known[axes]
    given = tuple(axes) if isinstance(axes, Sequence) and not isinstance(axes, str) else (axes,)
    if not given or not all(isinstance(axis, int) and 0 <= axis < ndim for axis in given):
        raise ArgumentError(f"axes={shown(axes)}: expected per-activation, spatial or numbers of axes{here()}")
    return tuple(sorted(given))


def _shaped(one: Any, over: Sequence[int], ndim: int) -> Node:
    """A parameter whose axes stand where those of the inputs do."""
    node = as_node(one)
    if node.dtype[0] not in "f":
        raise GraphTypeError(f"batch normalisation takes floats, not {node.type}{here()}")
    if node.ndim == ndim:
        made: Node = addbroadcast(node, *over)
        return made
    kept = [axis for axis in range(ndim) if axis not in over]
    if node.ndim != len(kept):
        raise ShapeError(
            f"gamma, beta, means and variances have {len(kept)} axes, those kept, or {ndim} as the inputs, not "
            f"{node.ndim}{here()}"
        )
    return node.dimshuffle(*("x" if axis in over else kept.index(axis) for axis in range(ndim)))


def _like(node: Node, given: Any, over: Sequence[int]) -> Node:
    """A statistic with the axes that a parameter was given with."""
    if as_node(given).ndim == node.ndim:
        return node
    return node.dimshuffle(*(axis for axis in range(node.ndim) if axis not in over))


# Modules beside these are found missing when they are used.
__path__: list[str] = []

__all__ = ["batch_normalization", "batch_normalization_test", "batch_normalization_train"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.nnet.bn", name, __all__)
