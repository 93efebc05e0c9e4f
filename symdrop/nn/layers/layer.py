"""The base of layers: how one is written, and the checks that all share.

A layer is a frozen dataclass: sizes first, then options, then its parameters, which its ``__post_init__`` makes. It has
no state beside these fields, and is called on symbolic values as often as you like.

Read next: dense.py
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from ...errors import ArgumentError, GraphTypeError, IndexingError, ShapeError, here, shown
from ...graph import Node, describe
from ...op import SharedVariable, as_node, shared
from ...ops.join import refine_shape
from ...tensor.arguments import dtype_or_default
from ...tensor.convolution import LAYOUTS
from ...tensor.foreign_objects import LAYER, ForeignNames
from ...types import MOST_AXES, is_float
from ..initializers import Initializer


@dataclass(frozen=True, eq=False, repr=False)
class Layer(ForeignNames, ABC):
    """A function from symbolic values to a symbolic value, with parameters as its fields."""

    elsewhere = LAYER
    # The axis of the units in its weights W.
    units_axis: ClassVar[int] = -1

    @abstractmethod
    def __call__(self, x: Any) -> Any:
        """Lay the layer's nodes on top of x into the graph."""

    def __repr__(self) -> str:
        """The call that makes it: sizes, and the options that are not the default ones."""
        words = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.init and field.repr and not field.kw_only:
                words.append(_word(value))
            elif field.init and field.repr and value is not field.default:
                words.append(f"{field.name}={_word(value)}")
        return f"{type(self).__name__}({', '.join(words)})"

    def _keep(self, **made: Any) -> None:
        """Set fields that are made of the others; only while the layer is constructed."""
        for name, value in made.items():
            object.__setattr__(self, name, value)


def _word(value: Any) -> str:
    return str(getattr(value, "__name__", "") or shown(value)) if callable(value) else shown(value)


def checked_sizes(layer: str, **sizes: Any) -> tuple[int, ...]:
    """Positive integers.

    Raises:
        ArgumentError: for anything else, naming the layer and the size.
    """
    for name, size in sizes.items():
        if not isinstance(size, int | np.integer) or isinstance(size, bool) or size < 1:
            raise ArgumentError(f"{layer}: {name}={shown(size)}; expected an integer, at least 1{here()}")
    return tuple(int(size) for size in sizes.values())


def weights(
    layer: str, shape: tuple[int, ...], initializer: Initializer, seed: Any, dtype: str | None
) -> SharedVariable:
    """A shared variable of the values that an initializer gives.

    Raises:
        GraphTypeError: if it is no function, or gives no floats.
        ShapeError: if it gives values of another shape.
    """
    if not callable(initializer) or isinstance(initializer, Node):
        raise GraphTypeError(
            f"{layer}: an initializer is a function (shape, seed, dtype), such as sd.nn.initializers.he_normal, not "
            f"{shown(initializer)}{here()}"
        )
    name = dtype_or_default(dtype)
    if not is_float(name):
        raise GraphTypeError(f"{layer}: parameters have a dtype of floats, not {name}{here()}")
    values = np.asarray(initializer(shape, seed=seed, dtype=name))
    if values.shape != shape or values.dtype.kind != "f":
        raise ShapeError(
            f"{layer}: the initializer was asked for {name}{list(shape)}, "
            f"and gave {values.dtype}{list(values.shape)}{here()}"
        )
    return shared(values.astype(name))


def check_activation(layer: str, activation: Any) -> None:
    """Refuse what is neither a function of a symbolic value nor None.

    Raises:
        GraphTypeError: if that is what is given.
    """
    if activation is not None and (not callable(activation) or isinstance(activation, Node)):
        raise GraphTypeError(
            f"{layer}: an activation is a function of a symbolic value, such as T.nnet.relu, not "
            f"{shown(activation)}{here()}"
        )


def check_layout(layer: str, layout: Any) -> None:
    """Refuse a layout that is none.

    Raises:
        ArgumentError: if that is what is given.
    """
    if layout not in LAYOUTS:
        raise ArgumentError(f"{layer}: layout={shown(layout)}; expected {' or '.join(LAYOUTS)}{here()}")


def checked_input(layer: Layer, x: Any, size: int, axis: int = -1, least: int = 1, most: int = MOST_AXES) -> Node:
    """A value of floats that has a size along an axis.

    Args:
        layer: on which it is called.
        x: the value.
        size: the size, checked when running where it is not known.
        axis: the axis.
        least, most: the number of axes.

    Raises:
        GraphTypeError: if it holds no floats, or has another number of axes.
        IndexingError: if it has no such axis.
        ShapeError: if the size is known to be another.
    """
    if isinstance(x, tuple | list) and any(isinstance(one, Node) for one in x):
        raise GraphTypeError(f"{layer!r} is called on one value, not on {len(x)}: {shown(x)}{here()}")
    node = as_node(x)
    if not is_float(node.dtype) or not least <= node.ndim <= most:
        axes = f"{least} axes" if least == most else f"{least} or more axes"
        raise GraphTypeError(f"{layer!r}: x holds floats and has {axes}, not {describe(node)}{here()}")
    if not -node.ndim <= axis < node.ndim:
        raise IndexingError(f"{layer!r}: x has an axis {axis}, which {describe(node)} has not{here()}")
    known = node.type.shape[axis]
    if known not in (None, size):
        raise ShapeError(f"{layer!r}: x has size {size} along axis {axis}, and {describe(node)} has {known}{here()}")
    shape = tuple(size if place == axis % node.ndim else None for place in range(node.ndim))
    return refine_shape(node, shape, label=f"what {layer!r} is called on")


__all__ = ["Layer", "check_activation", "check_layout", "checked_input", "checked_sizes", "weights"]
