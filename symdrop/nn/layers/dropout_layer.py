"""Dropout as a layer: the options of ``sd.dropout``, kept until it is called.

Read next: random_layers.py
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from ...binding import public
from ...graph import Node
from ...random import RandomStream
from ...random.arguments import Site, probability
from ...tensor.training import TRAINING, checked_mode, checked_stream, checked_training
from ..dropout import dropout
from .layer import Layer


@public
@dataclass(frozen=True, eq=False, repr=False)
class Dropout(Layer):
    """Set each element to zero with probability p while training: ``sd.dropout`` with these options.

    Args:
        p: the probability of dropping, a float or a symbolic scalar.
        stream: where the masks come from; every call takes one site of it.
        mode: "inverted" divides what is kept by 1 - p in training; "scale" multiplies by 1 - p in testing.
        training: the flag ``sd.training``, another flag, a symbolic scalar, or a Python bool.
        shared_axes: axes along which one mask is shared: (2, 3) drops whole channels of images.
        site: see ``RandomStream``; a layer that is called twice with a site of its own draws the same mask twice.

    Raises:
        ArgumentError: without a stream; for p outside [0, 1].
        GraphTypeError: if p is no scalar, or the stream no ``RandomStream``.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> layer, x = sd.nn.Dropout(0.5, stream=sd.RandomStream(seed=1)), T.vector("x")
        >>> sd.function([x], layer(x), training=True)([1.0, 2.0, 3.0, 4.0]).tolist()
        [2.0, 0.0, 6.0, 8.0]
    """

    p: Any = 0.5
    _: KW_ONLY
    stream: RandomStream | None = field(default=None, repr=False)
    mode: str = "inverted"
    training: Any = field(default=TRAINING, repr=False)
    shared_axes: int | Iterable[int] | None = None
    site: Site = None

    def __post_init__(self) -> None:
        # What is wrong is said where the layer is made.
        probability(self.p, "the probability of dropping")
        checked_stream(self.stream, "Dropout")
        checked_mode(self.mode)
        checked_training(self.training)

    @public
    def __call__(self, x: Any) -> Node:
        """x with dropout.

        Args:
            x: floats of any shape.

        Raises:
            GraphTypeError: if x holds integers.
        """
        return dropout(
            x, self.p, stream=self.stream, mode=self.mode, training=self.training, shared_axes=self.shared_axes,
            site=self.site,
        )  # fmt: skip
