"""The dense layer: every unit reads every input.

    y = activation(x @ W + b)

Read next: embedding.py
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import Any

from ...binding import public
from ...graph import Node
from ...op import SharedVariable
from ...ops.join import refine_shape
from ..initializers import Initializer, Seed, generator, glorot_uniform, zeros
from .layer import Layer, check_activation, checked_input, checked_sizes, weights


@public
@dataclass(frozen=True, eq=False, repr=False)
class Dense(Layer):
    """A linear map with a bias, and an activation behind it: ``activation(x @ W + b)``.

    Args:
        inputs: the size of the last axis of x.
        units: the size of the last axis of the result.
        activation: a function such as ``T.nnet.relu``, or None.
        bias: whether there is one.
        initializer: the law of the initial weights; see ``sd.nn.initializers``. Biases begin at 0.
        seed: of the initial weights: an integer, a NumPy generator, a ``RandomStream``, or None for others each time.
        dtype: of the parameters; ``config.floatX`` if None.

    Attributes:
        W: the weights, shape (inputs, units).
        b: the biases, shape (units,), or None.

    Raises:
        ArgumentError: if a size is not a positive integer.
        GraphTypeError: if the activation or the initializer is no function.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> layer, x = sd.nn.Dense(3, 2, activation=T.nnet.relu, seed=0), T.fmatrix("x")
        >>> layer
        Dense(3, 2, activation=relu)
        >>> sd.function([x], layer(x))(np.zeros((5, 3), "float32")).shape
        (5, 2)
    """

    inputs: int
    units: int
    _: KW_ONLY
    activation: Callable[[Any], Any] | None = None
    bias: bool = True
    initializer: Initializer = field(default=glorot_uniform, repr=False)
    seed: InitVar[Seed] = None
    dtype: InitVar[str | None] = None
    W: SharedVariable = field(init=False)
    b: SharedVariable | None = field(init=False)

    def __post_init__(self, seed: Seed, dtype: str | None) -> None:
        inputs, units = checked_sizes("Dense", inputs=self.inputs, units=self.units)
        check_activation("Dense", self.activation)
        W = weights("Dense", (inputs, units), self.initializer, generator(seed), dtype)
        self._keep(W=W, b=weights("Dense", (units,), zeros, None, dtype) if self.bias else None)

    @public
    def __call__(self, x: Any) -> Node:
        """The layer's values for x.

        Args:
            x: floats of shape (..., inputs).

        Returns:
            A tensor of shape (..., units).

        Raises:
            GraphTypeError: if x holds no floats.
            ShapeError: if x has another number of features; when running, if it turns out to have.
        """
        W = refine_shape(self.W, (self.inputs, self.units), label=f"the weights of {self!r}")
        y = checked_input(self, x, self.inputs) @ W
        if self.b is not None:
            y = y + refine_shape(self.b, (self.units,), label=f"the biases of {self!r}")
        return y if self.activation is None else self.activation(y)
