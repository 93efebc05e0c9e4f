"""Weight normalisation: weights as directions times lengths, which are learnt apart.

    W = g * V / |V|        |V|: of the weights of every unit

Source: T. Salimans and D. Kingma, "Weight normalization: a simple reparameterization to accelerate training of deep
neural networks", NeurIPS 2016.

Read next: ../models/__init__.py
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import numpy as np

from ... import tensor as T
from ...binding import public
from ...errors import GraphTypeError, MissingNameError, here, shown
from ...graph import Node, substitute
from ...op import INPUT, SharedVariable, as_node, shared
from ...tensor.arguments import as_float, one_axis
from ..layers.layer import Layer


@public
def weight_norm(direction: Any, length: Any, axis: int = -1) -> Node:
    """Weights of given directions and lengths: length * direction / |direction|.

    Args:
        direction: floats of any shape; only their direction matters, for every unit by itself.
        length: a vector with a length for every unit.
        axis: the axis of the units: the last one of (inputs, units), 0 of filters.

    Returns:
        A tensor of the shape of the directions.

    Raises:
        IndexingError: if there is no such axis.
        GraphTypeError: if the lengths are no vector.

    Example:
        >>> import symdrop as sd
        >>> sd.nn.weight_norm([[3.0], [4.0]], [10.0]).eval().tolist()
        [[6.0], [8.0]]
    """
    V, g = as_float(direction), as_node(length)
    units = one_axis(axis, V.ndim)
    if g.ndim != 1:
        raise GraphTypeError(f"weight_norm: lengths are a vector, one for every unit, not {shown(g)}{here()}")
    along = ["x" if one != units else 0 for one in range(V.ndim)]
    squares = T.sum(T.sqr(V), [one for one in range(V.ndim) if one != units])
    return V * (g / T.sqrt(squares)).dimshuffle(*along)


@public
@dataclass(frozen=True, eq=False, repr=False)
class WeightNorm(Layer):
    """A layer whose weights are directions times lengths: ``WeightNorm(Dense(784, 100))``.

    It computes at first what the layer computes. What was the layer's weights are the directions from now on.

    Args:
        layer: the layer.
        parameter: the field with the weights.
        axis: the axis of the units; by default the last one, or that of the filters in the W of a convolution.

    Attributes:
        length: a parameter of shape (units,), the lengths.

    Raises:
        MissingNameError: if the layer has no such field.
        GraphTypeError: if it is not called like a layer, or the field holds no parameter with axes.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> layer = sd.nn.WeightNorm(sd.nn.Dense(3, 2, seed=0))
        >>> list(sd.nn.parameters(layer)), layer(T.fmatrix("x")).type.shape
        (['layer.W', 'layer.b', 'length'], (None, 2))
    """

    layer: Any
    _: KW_ONLY
    parameter: str = "W"
    axis: int | None = None
    length: SharedVariable = field(init=False)

    def __post_init__(self) -> None:
        if not callable(self.layer) or isinstance(self.layer, Node | type):
            raise GraphTypeError(f"WeightNorm takes a layer, which {shown(self.layer)} is not{here()}")
        V = self._weights()
        units = one_axis(self._axis, V.ndim)
        value = V.get_value()
        lengths = np.sqrt((value**2).sum(tuple(one for one in range(V.ndim) if one != units)))
        self._keep(length=shared(lengths.astype(V.dtype)))

    @property
    def _axis(self) -> int:
        if self.axis is not None:
            return self.axis
        return self.layer.units_axis if isinstance(self.layer, Layer) and self.parameter == "W" else -1

    def _weights(self) -> SharedVariable:
        try:
            found = getattr(self.layer, self.parameter)
        except (AttributeError, TypeError):
            raise MissingNameError(f"WeightNorm: {self.layer!r} has no {shown(self.parameter)}{here()}") from None
        if not isinstance(found, SharedVariable) or not found.ndim:
            raise GraphTypeError(f"WeightNorm: weights have axes, which {shown(found)} has not{here()}")
        return found

    @public
    def __call__(self, x: Any) -> Any:
        """The layer's value for x, by the normalised weights.

        Args:
            x: what the layer takes.
        """
        given, V = as_node(x), self._weights()
        # The layer is called on a place for x, so that weights that x was made with stay as they are.
        place = Node(INPUT, (), given.type, None, given.name)
        (made,) = substitute([self.layer(place)], {V: weight_norm(V, self.length, self._axis)})
        return substitute([made], {place: given})[0]


__all__ = ["WeightNorm", "weight_norm"]
