"""Callbacks: Python functions that look at values in the middle of a call, in the order in which they were written.

Read next: ../sampling/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import Cotangent, KnownSizes, Size, Style, Text, structured
from ...types import TupleType


class Observer:
    """A function that looks at values.

    Args:
        function: the function.
        made: when the callback was written, by which callbacks are ordered and told apart.
    """

    def __init__(self, function: Callable[..., object], made: int) -> None:
        self.function = function
        self.made = made
        self.name = getattr(function, "__name__", type(function).__name__)

    def __repr__(self) -> str:
        return self.name


# Not declared linear, though the values are: what looks at a value would look at its tangent too.
@structured(aliases=True)
def callback(m: Any, *values: Any, observer: Observer, count: int) -> Any:
    """Values as they are, after a Python function has looked at them; further inputs are there before."""
    # What is looked at may be kept, longer than the memory of a call.
    observer.function(*(m.array(value) for value in values[:count]))
    return tuple(values[:count])


@callback.infer
def callback_type(*inputs: Node, observer: Observer, count: int) -> TupleType:
    return TupleType(tuple(node.type for node in inputs[:count]))


@callback.sizes
def callback_sizes(sizes: KnownSizes, *inputs: Node, observer: Observer, count: int) -> Sequence[Sequence[Size]]:
    return [sizes(node) for node in inputs[:count]]


@callback.pullback
def callback_pullback(
    g: Sequence[Cotangent], y: Node, *inputs: Node, observer: Observer, count: int
) -> tuple[Cotangent, ...]:
    return tuple(g)


@callback.notation
def callback_notation(style: Style, node: Any, *operands: Text) -> Text:
    """The call, by the name of the function."""
    return style.call("callback", [Text(node.params["observer"].name), *operands[: node.params["count"]]], {})


@callback.item_notation
def callback_item(node: Node, index: int) -> str:
    """The one value, or one of several."""
    return f"[{index}]" if node.params["count"] > 1 else ""


@callback.samples
def callback_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(0.5, 2, (2, 3)).astype(dtype)
    yield (x, x[0]), {"observer": Observer(lambda *values: None, 0), "count": 2}
