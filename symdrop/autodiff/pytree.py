"""Pytrees of one level: a node, list or tuple of nodes is answered in the same form.

Read next: linearization.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict, TypeVar

import numpy as np

from ..errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ..graph import Node, Origin, describe
from ..op import LONGEST, KnownSizes, as_node, convert
from ..op.provenance import adopt
from ..ops.join import with_sizes
from ..types import float_dtype, is_float

# How errors speak of what is differentiated, and of what with respect to.
DIFFERENTIATED = "what is differentiated is a symbolic value or a list of them"
# A variable of any class of its own; what lists hold is not converted.
Variable = TypeVar("Variable", bound=Node)


class Options(TypedDict, total=False):
    """Options of everything that takes gradients, said where ``grad`` explains them."""

    consider_constant: Iterable[Node] | None
    known_grads: Mapping[Node, Node] | None
    disconnected_inputs: str


WITH_RESPECT_TO = "a gradient is taken with respect to variables"


def as_list(given: Any, what: str = DIFFERENTIATED) -> list[Node]:
    """The members of what is given: of a node the node itself.

    Args:
        given: a node, or a list, tuple or other iterable of nodes.
        what: what is expected, for an error.

    Raises:
        GraphTypeError: for anything else.
    """
    if isinstance(given, Node):
        return [given]
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping | np.ndarray):
        raise GraphTypeError(f"{what}, not {shown(given)}{here()}")
    found = []
    # One by one: an iterable of something else may be endless.
    for member in given:
        if not isinstance(member, Node):
            raise GraphTypeError(f"{what}, not {shown(member)}{here()}")
        found.append(member)
    return found


def in_float_dtype(slope: Node, node: Node) -> Node:
    """A gradient or tangent as it is answered: of an integer's, which is computed in float64, the values in floatX."""
    if is_float(node.dtype):
        return slope
    made = convert(slope, float_dtype(node.dtype))
    if made is not slope:
        adopt(made, {slope}.__contains__, node.lines, Origin("answered in floatX", node))
    return made


def directions_for(given: Any, points: Any, what: str) -> list[Node]:
    """A value for every member of what is given: for a node one value, for several a list or tuple.

    Args:
        given: what ``as_list`` takes.
        points: a value, or as many in a list or tuple.
        what: what to call them in an error.

    Raises:
        GraphTypeError: if several are expected, and what is given is no list.
        ArgumentError: if there are not as many.
    """
    expected = len(as_list(given))
    if isinstance(given, Node):
        return [as_node(points)]
    if not isinstance(points, list | tuple):
        raise GraphTypeError(f"{what} are a list of {expected}, one for each, not {shown(points)}{here()}")
    if len(points) != expected:
        raise ArgumentError(f"{expected} {what} are needed, one for each, not {len(points)}{here()}")
    return [as_node(point) for point in points]


def as_large_as(node: Node, given: Node, what: str) -> Node:
    """A given gradient or tangent; where its sizes are not seen to be those of its node, they are checked when running.

    Args:
        node: what it belongs to.
        given: the gradient or tangent.
        what: what to call it in an error.

    Raises:
        GraphTypeError: if it has another rank.
        ShapeError: if it has another size along an axis.
    """
    if given.ndim != node.ndim:
        raise GraphTypeError(f"the {what} {describe(given)} does not have the shape of {describe(node)}")
    known = zip(given.type.shape, node.type.shape, strict=True)
    if any(a is not None and b is not None and a != b for a, b in known):
        raise ShapeError(f"the {what} {describe(given)} does not have the shape of {describe(node)}")
    sizes = KnownSizes(LONGEST)
    return with_sizes(given, sizes(node), sizes, f"a {what} is as large as what it belongs to")


def in_form_of(given: Any, results: Sequence[Any]) -> Any:
    """Results, one for every member of what was given, as a node, tuple or list like it."""
    return results[0] if isinstance(given, Node) else tuple(results) if isinstance(given, tuple) else list(results)
