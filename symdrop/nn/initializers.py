"""Initial values of weights: laws whose variance follows the number of inputs and outputs of a unit, and others.

Every initializer is a function ``(shape, seed, dtype) -> array``. Its options are fixed by ``functools.partial``:
``partial(orthogonal, gain=2)``. Of a matrix the rows are the inputs of a unit and the columns its units, y = x @ W; of
filters (filters, channels, ...) the inputs are the channels at all taps.

Read next: metrics.py
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ..random import RandomStream
from ..tensor.arguments import dtype_or_default, python_integer
from ..types import is_float

Seed = int | np.random.Generator | RandomStream | None
Array = np.ndarray[Any, Any]
# A function (shape, seed=, dtype=) -> array.
Initializer = Callable[..., Any]

# The standard deviation of a standard normal law that is cut off at 2 standard deviations.
_CUT_OFF = 0.87962566103423978


def generator(seed: Any) -> np.random.Generator:
    """The NumPy generator that a seed stands for.

    Args:
        seed: an integer; a generator, which goes on from where it is; a ``RandomStream``, of which one site is taken;
            or None for another one each time.

    Raises:
        GraphTypeError: for anything else.
    """
    if isinstance(seed, RandomStream):
        return np.random.default_rng(seed.integers(low=0, high=2**31 - 1, size=(8,)).eval().tolist())
    if seed is None or isinstance(seed, np.random.Generator):
        return np.random.default_rng(seed)
    number = python_integer(seed, "a seed that is no NumPy generator and no RandomStream")
    if number < 0:
        raise ArgumentError(f"a seed is 0 or more, not {number}{here()}")
    return np.random.default_rng(number)


@public
def zeros(shape: Sequence[int], seed: Seed = None, dtype: str | None = None) -> Array:
    """Zeros: biases, and weights of a layer that is to begin as nothing.

    Args:
        shape: a tuple of integers.
        seed: not used.
        dtype: of floats; ``config.floatX`` if None.
    """
    return np.zeros(_shape(shape), _dtype(dtype))


@public
def normal(shape: Sequence[int], seed: Seed = None, dtype: str | None = None, *, std: float = 0.01) -> Array:
    """Normal numbers of mean 0 and a given standard deviation.

    Args:
        shape: a tuple of integers.
        seed: an integer, a NumPy generator, a ``RandomStream`` or None.
        dtype: of floats; ``config.floatX`` if None.
        std: the standard deviation.
    """
    return _in_dtype(generator(seed).normal(0, _positive(std, "std"), _shape(shape)), dtype)


@public
def uniform(shape: Sequence[int], seed: Seed = None, dtype: str | None = None, *, limit: float = 0.05) -> Array:
    """Uniform numbers between -limit and limit.

    Args:
        shape: a tuple of integers.
        seed: an integer, a NumPy generator, a ``RandomStream`` or None.
        dtype: of floats; ``config.floatX`` if None.
        limit: half the width.
    """
    _positive(limit, "limit")
    return _in_dtype(generator(seed).uniform(-limit, limit, _shape(shape)), dtype)


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """The number of values that a unit reads, and the number of units that read a value.

    Raises:
        ShapeError: if the weights have fewer than two axes.

    Example:
        >>> fans((784, 100)), fans((8, 3, 5, 5))
        ((784, 100), (75, 200))
    """
    if len(shape) < 2:
        raise ShapeError(
            f"weights of shape {tuple(shape)} have no inputs and units; two axes at least are needed{here()}"
        )
    if len(shape) == 2:
        return shape[0], shape[1]
    taps = math.prod(shape[2:])
    return shape[1] * taps, shape[0] * taps


def _scaled(law: str, shape: Sequence[int], seed: Seed, dtype: str | None, variance: float) -> Array:
    """Numbers of mean 0 and a given variance."""
    rng, deviation = generator(seed), math.sqrt(variance)
    if law == "uniform":
        return _in_dtype(rng.uniform(-math.sqrt(3) * deviation, math.sqrt(3) * deviation, tuple(shape)), dtype)
    # Far values, which would saturate a unit from the start, are drawn again.
    made = rng.standard_normal(tuple(shape))
    while (far := np.abs(made) > 2).any():
        made[far] = rng.standard_normal(int(far.sum()))
    return _in_dtype(made * (deviation / _CUT_OFF), dtype)


@public
def glorot_uniform(shape: Sequence[int], seed: Seed = None, dtype: str | None = None, *, gain: float = 1.0) -> Array:
    """Glorot's law for units such as tanh: uniform, of variance gain**2 * 2 / (inputs + units).

    Args:
        shape: of a matrix (inputs, units), or of filters (filters, channels, ...).
        seed: an integer, a NumPy generator, a ``RandomStream`` or None.
        dtype: of floats; ``config.floatX`` if None.
        gain: by what the numbers are multiplied.

    Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010.

    Example:
        >>> import symdrop as sd
        >>> W = sd.nn.initializers.glorot_uniform((100, 50), seed=0)
        >>> W.shape, bool(abs(W.std() - (2 / 150) ** 0.5) < 0.003)
        ((100, 50), True)
    """
    inputs, units = fans(_shape(shape))
    return _scaled("uniform", shape, seed, dtype, 2 * _positive(gain, "gain") ** 2 / (inputs + units))


@public
def glorot_normal(shape: Sequence[int], seed: Seed = None, dtype: str | None = None, *, gain: float = 1.0) -> Array:
    """Glorot's law for units such as tanh: normal, cut off at 2 deviations, of variance gain**2 * 2 / (inputs + units).

    Args:
        shape, seed, dtype, gain: as of ``glorot_uniform``.

    Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010.
    """
    inputs, units = fans(_shape(shape))
    return _scaled("normal", shape, seed, dtype, 2 * _positive(gain, "gain") ** 2 / (inputs + units))


@public
def he_uniform(shape: Sequence[int], seed: Seed = None, dtype: str | None = None, *, gain: float = 1.0) -> Array:
    """He's law for rectifiers: uniform, of variance gain**2 * 2 / inputs.

    Args:
        shape, seed, dtype, gain: as of ``glorot_uniform``.

    Source: K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers: surpassing human-level performance on
    ImageNet classification", ICCV 2015.
    """
    return _scaled("uniform", shape, seed, dtype, 2 * _positive(gain, "gain") ** 2 / fans(_shape(shape))[0])


@public
def he_normal(shape: Sequence[int], seed: Seed = None, dtype: str | None = None, *, gain: float = 1.0) -> Array:
    """He's law for rectifiers: normal, cut off at 2 deviations, of variance gain**2 * 2 / inputs.

    Args:
        shape, seed, dtype, gain: as of ``glorot_uniform``.

    Source: K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers: surpassing human-level performance on
    ImageNet classification", ICCV 2015.
    """
    return _scaled("normal", shape, seed, dtype, 2 * _positive(gain, "gain") ** 2 / fans(_shape(shape))[0])


@public
def lecun_uniform(shape: Sequence[int], seed: Seed = None, dtype: str | None = None, *, gain: float = 1.0) -> Array:
    """LeCun's law, which selu needs: uniform, of variance gain**2 / inputs.

    Args:
        shape, seed, dtype, gain: as of ``glorot_uniform``.

    Source: Y. LeCun, L. Bottou, G. Orr and K.-R. Müller, "Efficient backprop", 1998.
    """
    return _scaled("uniform", shape, seed, dtype, _positive(gain, "gain") ** 2 / fans(_shape(shape))[0])


@public
def lecun_normal(shape: Sequence[int], seed: Seed = None, dtype: str | None = None, *, gain: float = 1.0) -> Array:
    """LeCun's law, which selu needs: normal, cut off at 2 deviations, of variance gain**2 / inputs.

    Args:
        shape, seed, dtype, gain: as of ``glorot_uniform``.

    Source: Y. LeCun, L. Bottou, G. Orr and K.-R. Müller, "Efficient backprop", 1998.
    """
    return _scaled("normal", shape, seed, dtype, _positive(gain, "gain") ** 2 / fans(_shape(shape))[0])


@public
def orthogonal(shape: Sequence[int], seed: Seed = None, dtype: str | None = None, *, gain: float = 1.0) -> Array:
    """A random orthogonal matrix, times gain: columns, or rows where there are fewer, of length 1 and perpendicular.

    Filters are the matrix of (filters, channels * taps).

    Args:
        shape: two axes or more.
        seed: an integer, a NumPy generator, a ``RandomStream`` or None.
        dtype: of floats; ``config.floatX`` if None.
        gain: by what the matrix is multiplied.

    Source: A. Saxe, J. McClelland and S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks", ICLR 2014.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> Q = sd.nn.initializers.orthogonal((5, 3), seed=0, dtype="float64")
        >>> bool(np.allclose(Q.T @ Q, np.eye(3)))
        True
    """
    fans(sizes := _shape(shape))
    rows, columns = sizes[0], math.prod(sizes[1:])
    long, short = max(rows, columns), min(rows, columns)
    Q, R = np.linalg.qr(generator(seed).standard_normal((long, short)))
    # Without the signs of R the distribution would not be uniform.
    Q = Q * np.sign(np.diagonal(R))
    return _in_dtype(_positive(gain, "gain") * (Q if rows >= columns else Q.T).reshape(sizes), dtype)


@public
def sparse(
    shape: Sequence[int], seed: Seed = None, dtype: str | None = None, *, connections: int = 15, std: float = 1.0
) -> Array:
    """Units that read few inputs: in every column as many normal numbers, at random rows, and zeros elsewhere.

    Args:
        shape: of a matrix (inputs, units).
        seed: an integer, a NumPy generator, a ``RandomStream`` or None.
        dtype: of floats; ``config.floatX`` if None.
        connections: of every unit; all its inputs if there are fewer.
        std: the standard deviation of the numbers.

    Source: J. Martens, "Deep learning via Hessian-free optimization", ICML 2010.

    Example:
        >>> import symdrop as sd
        >>> W = sd.nn.initializers.sparse((20, 4), seed=0, connections=3)
        >>> (W != 0).sum(axis=0).tolist()
        [3, 3, 3, 3]
    """
    sizes = _shape(shape)
    if len(sizes) != 2:
        raise ShapeError(f"sparse weights are a matrix (inputs, units), not of shape {sizes}{here()}")
    if python_integer(connections, "a number of connections") < 1:
        raise ArgumentError(f"a unit has at least 1 connection, not {connections}{here()}")
    rng, kept = generator(seed), min(connections, sizes[0])
    made = np.zeros(sizes)
    rows = rng.permuted(np.tile(np.arange(sizes[0])[:, None], (1, sizes[1])), axis=0)[:kept]
    np.put_along_axis(made, rows, rng.normal(0, _positive(std, "std"), rows.shape), axis=0)
    return _in_dtype(made, dtype)


def _shape(shape: Any) -> tuple[int, ...]:
    sizes = tuple(shape) if isinstance(shape, Sequence) and not isinstance(shape, str) else (shape,)
    checked = tuple(python_integer(size, "a size of weights") for size in sizes)
    if any(size < 1 for size in checked):
        raise ShapeError(f"sizes of weights are at least 1, not {checked}{here()}")
    return checked


def _positive(number: Any, what: str) -> float:
    if isinstance(number, bool) or not isinstance(number, int | float | np.number):
        raise GraphTypeError(f"{what} is a number, not {shown(number)}{here()}")
    if not 0 < number < math.inf:
        raise ArgumentError(f"{what} is a positive number, not {shown(number)}{here()}")
    return float(number)


def _dtype(dtype: Any) -> str:
    name = dtype_or_default(dtype)
    if not is_float(name):
        raise GraphTypeError(f"weights have a dtype of floats, not {name}{here()}")
    return name


def _in_dtype(values: Array, dtype: str | None) -> Array:
    return values.astype(_dtype(dtype))
