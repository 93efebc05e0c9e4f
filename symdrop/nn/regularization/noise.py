"""Gaussian noise that is added while training, as a function and as a layer.

Source: C. M. Bishop, "Training with noise is equivalent to Tikhonov regularization", Neural Computation 7(1), 1995.

Read next: mixup.py
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from ...binding import public
from ...errors import ArgumentError, here, shown
from ...graph import Node
from ...op import as_node, constant_scalar
from ...random import RandomStream
from ...random.arguments import Site
from ...tensor.arguments import as_float
from ...tensor.training import TRAINING, checked_stream, checked_training, choose
from ..layers.layer import Layer


@public
def gaussian_noise(
    x: Any, deviation: Any, *, stream: RandomStream | None = None, training: Any = TRAINING, site: Site = None
) -> Node:
    """x with normal noise added to every element while training; x itself in testing.

    Args:
        x: floats of any shape.
        deviation: the standard deviation, 0 or more; a number, an array or a variable.
        stream: where the noise comes from.
        training: the flag ``sd.training``, another flag, a symbolic scalar, or a Python bool.
        site: see ``RandomStream``.

    Returns:
        A tensor of the shape of x.

    Raises:
        ArgumentError: without a stream; for a negative deviation (symbolic: in the call).
        GraphTypeError: if the stream is no ``RandomStream``.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> noisy = sd.nn.gaussian_noise(x, 0.1, stream=sd.RandomStream(seed=1))
        >>> sd.function([x], noisy, training=False)([1.0, 2.0]).tolist()
        [1.0, 2.0]
    """
    node, training = as_float(x), checked_training(training)
    source = _stream(stream)
    noise = source.normal(std=_deviation(deviation), size=node.shape, dtype=node.dtype, site=site)
    made: Node = choose(training, node + noise, node)
    return made


def _stream(stream: Any) -> RandomStream:
    found = checked_stream(stream, "gaussian_noise")
    assert isinstance(found, RandomStream)
    return found


def _deviation(deviation: Any) -> Any:
    number = constant_scalar(as_node(deviation))
    if number is not None and not number >= 0:
        raise ArgumentError(f"a standard deviation of noise is 0 or more, not {shown(deviation)}{here()}")
    return deviation


@public
@dataclass(frozen=True, eq=False, repr=False)
class GaussianNoise(Layer):
    """Normal noise added while training: ``sd.nn.gaussian_noise`` with these options.

    Args:
        deviation: the standard deviation, 0 or more; a number or a variable.
        stream: where the noise comes from; every call takes one site of it.
        training: the flag ``sd.training``, another flag, a symbolic scalar, or a Python bool.
        site: see ``RandomStream``.

    Raises:
        ArgumentError: without a stream; for a negative deviation.
        GraphTypeError: if the stream is no ``RandomStream``.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> layer, x = sd.nn.GaussianNoise(0.1, stream=sd.RandomStream(seed=1)), T.vector("x")
        >>> sd.function([x], layer(x), training=False)([1.0, 2.0]).tolist()
        [1.0, 2.0]
    """

    deviation: Any
    _: KW_ONLY
    stream: RandomStream | None = field(default=None, repr=False)
    training: Any = field(default=TRAINING, repr=False)
    site: Site = None

    def __post_init__(self) -> None:
        _stream(self.stream)
        _deviation(self.deviation)
        checked_training(self.training)

    @public
    def __call__(self, x: Any) -> Node:
        """x with noise.

        Args:
            x: floats of any shape.
        """
        return gaussian_noise(x, self.deviation, stream=self.stream, training=self.training, site=self.site)


__all__ = ["GaussianNoise", "gaussian_noise"]
