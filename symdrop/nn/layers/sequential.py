"""A chain of layers, each called on the value of the one before.

Read next: ../normalization/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, overload

from ...binding import public
from ...errors import GraphTypeError, IndexingError, here, shown
from ...graph import Node
from ..recurrent import Recurrent
from .layer import Layer


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Sequential(Layer):
    """Layers and functions in a chain: ``Sequential(f, g)(x)`` is ``g(f(x))``.

    It is indexed, cut and walked over as a tuple is; a cut is a chain too. Recurrent cells hand on their states.

    Args:
        *layers: layers, or functions of a symbolic value, such as ``T.nnet.relu``, which hold no parameters.

    Raises:
        GraphTypeError: if one cannot be called.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> model = sd.nn.Sequential(sd.nn.Dense(784, 100), T.nnet.relu, sd.nn.Dense(100, 10))
        >>> list(sd.nn.parameters(model)), model(T.matrix("x")).type.shape
        (['0.W', '0.b', '2.W', '2.b'], (None, 10))
        >>> model[:2]
        Sequential(Dense(784, 100), relu)
    """

    layers: tuple[Callable[[Any], Any], ...] = field(metadata={"in_path": False})

    @public
    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        for place, layer in enumerate(layers):
            if not callable(layer) or isinstance(layer, Node | type):
                raise GraphTypeError(
                    f"Sequential: layer {place} is called on a symbolic value, which {shown(layer)} cannot be; "
                    f"it takes layers and functions one by one, a list of them as *layers{here()}"
                )
        self._keep(layers=layers)

    @public
    def __call__(self, x: Any) -> Any:
        """The value of the last layer.

        Args:
            x: what the first layer takes.
        """
        for layer in self.layers:
            x = layer(x)[0] if isinstance(layer, Recurrent) else layer(x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Callable[[Any], Any]]:
        return iter(self.layers)

    @overload
    def __getitem__(self, place: slice) -> Sequential: ...
    @overload
    def __getitem__(self, place: int) -> Callable[[Any], Any]: ...
    def __getitem__(self, place: Any) -> Any:
        try:
            found = self.layers[place]
        except (IndexError, TypeError):
            raise IndexingError(f"there is no layer {shown(place)} among {len(self)}{here()}") from None
        return Sequential(*found) if isinstance(place, slice) else found

    def __repr__(self) -> str:
        words = [str(getattr(layer, "__name__", "") or shown(layer)) for layer in self.layers]
        return f"Sequential({', '.join(words)})"
