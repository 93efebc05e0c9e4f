"""Layers whose parameters belong to a law of the dropout family: weights that drop, and a rate that is learned.

Relatives without parameters are functions, which a chain takes as they are:
``functools.partial(sd.nn.gaussian_dropout, p=0.5, stream=stream)``.

Read next: sequential.py
"""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import Any

import numpy as np

from ...binding import public
from ...errors import ArgumentError, here, shown
from ...graph import Node
from ...op import SharedVariable, shared
from ...random import RandomStream
from ...tensor.arguments import dtype_or_default
from ...tensor.training import TRAINING, checked_mode, checked_training
from ..dropout_family.arguments import positive_number, random_stream, rate
from ..dropout_family.concrete import concrete_dropout, concrete_regularizer
from ..dropout_family.connect import check_options, drop_connect
from ..initializers import Seed
from .dense import Dense
from .layer import Layer, checked_input


@public
@dataclass(frozen=True, eq=False, repr=False)
class DropConnect(Dense):
    """A dense layer whose weights and biases are dropped: ``sd.nn.drop_connect`` with parameters of its own.

    Args:
        inputs, units, activation, bias, initializer, seed, dtype: as of ``Dense``.
        p, stream, per, mode, testing, samples, training: as of ``sd.nn.drop_connect``.

    Raises:
        ArgumentError: if a size is not a positive integer, or without a stream; and as ``drop_connect``.
        GraphTypeError: if p is no scalar, the stream no ``RandomStream`` or the flag none.

    Source: Wan et al., "Regularization of neural networks using DropConnect", 2013.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> layer, x = sd.nn.DropConnect(3, 2, p=0.5, stream=sd.RandomStream(seed=1), seed=0), T.fmatrix("x")
        >>> value, whole = np.ones((4, 3), "float32"), layer.W.get_value().sum(axis=0)
        >>> bool(np.allclose(sd.function([x], layer(x), training=False)(value), whole, atol=1e-6))
        True
    """

    _: KW_ONLY
    p: Any = 0.5
    stream: RandomStream | None = field(default=None, repr=False)
    per: str = "batch"
    mode: str = "inverted"
    testing: str = "mean"
    samples: int = 100
    training: Any = field(default=TRAINING, repr=False)

    def __post_init__(self, seed: Seed, dtype: str | None) -> None:
        # What is wrong is said where the layer is made.
        random_stream(self.stream, "DropConnect")
        rate(self.p)
        checked_mode(self.mode)
        checked_training(self.training)
        check_options(self.per, self.testing, self.samples)
        super().__post_init__(seed, dtype)

    @public
    def __call__(self, x: Any) -> Node:
        """The layer's values for x, shape (..., units).

        Args:
            x: floats of shape (..., inputs).
        """
        return drop_connect(
            checked_input(self, x, self.inputs), self.W, self.b, self.p, stream=self.stream, activation=self.activation,
            per=self.per, mode=self.mode, testing=self.testing, samples=self.samples, training=self.training,
        )  # fmt: skip


@public
@dataclass(frozen=True, eq=False, repr=False)
class ConcreteDropout(Layer):
    """Dropout whose rate is a parameter: ``sd.nn.concrete_dropout`` with a logit of its own.

    Args:
        p: the first rate, above 0 and below 1.
        stream: where the masks come from.
        temperature: of the relaxation.
        training: as for ``sd.dropout``.
        dtype: of the parameter; ``config.floatX`` if None.

    Attributes:
        logit: log(p / (1 - p)), which is trained.

    Raises:
        ArgumentError: for a rate outside (0, 1), a temperature that is not above 0, or without a stream.
        GraphTypeError: if the stream is no ``RandomStream`` or the flag none.

    Source: Gal et al., "Concrete dropout", 2017.

    Example:
        >>> import symdrop as sd
        >>> layer = sd.nn.ConcreteDropout(0.5, stream=sd.RandomStream(seed=1))
        >>> list(sd.nn.parameters(layer)), float(layer.logit.get_value())
        (['logit'], 0.0)
    """

    p: float = 0.1
    _: KW_ONLY
    stream: RandomStream | None = field(default=None, repr=False)
    temperature: float = 0.1
    training: Any = field(default=TRAINING, repr=False)
    dtype: InitVar[str | None] = None
    logit: SharedVariable = field(init=False)

    def __post_init__(self, dtype: str | None) -> None:
        if isinstance(self.p, bool) or not isinstance(self.p, int | float | np.number) or not 0 < self.p < 1:
            raise ArgumentError(f"ConcreteDropout: the first rate is above 0 and below 1, not {shown(self.p)}{here()}")
        random_stream(self.stream, "ConcreteDropout")
        positive_number(self.temperature, "ConcreteDropout: temperature")
        checked_training(self.training)
        first = math.log(self.p) - math.log1p(-self.p)
        self._keep(logit=shared(np.asarray(first, dtype_or_default(dtype, "floatX"))))

    @public
    def __call__(self, x: Any) -> Node:
        """x under a mask of the learned rate.

        Args:
            x: floats of any shape.
        """
        return concrete_dropout(x, self.logit, stream=self.stream, temperature=self.temperature, training=self.training)

    @public
    def regularizer(self, W: Any, *, weight: Any, rate: Any, inputs: Any = None) -> Node:
        """The divergence to be added to the cost, of the weights that follow: ``sd.nn.concrete_regularizer``.

        Args:
            W, weight, rate, inputs: as of ``concrete_regularizer``.
        """
        return concrete_regularizer(self.logit, W, weight=weight, rate=rate, inputs=inputs)
