"""Statistics updates: running statistics as data flow, from the values that name them to the updates of a step.

    mean = tracked(T.mean(x, axis=0), running, 0.9 * running + 0.1 * T.mean(x, axis=0))
    updates = {**sd.optim.adam(loss, parameters), **sd.nn.statistics_updates(loss)}

Nothing is updated that the user has not put among the updates, and nothing is remembered beside the graph.

Read next: batch_norm.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import tensor as T
from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Graph, Node, describe, substitute, toposort
from ...op import INPUT, SharedVariable, bodies
from ...ops import barriers as ops


@public
def tracked(value: Any, state: Any, next: Any) -> Node:
    """The value itself, which names a state and the value that a step of training gives it.

    Args:
        value: a tensor; gradients go through it alone.
        state: a shared variable, such as a running mean.
        next: its value after the step, usually of the old one and the tensor; it is cast to the state's dtype.

    Returns:
        A node of the value's type, in which ``statistics_updates`` finds the other two. Compiled code is that of the
        value.

    Raises:
        GraphTypeError: if the state is no shared variable, or the next value has another number of axes than it.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, largest = T.dvector("x"), sd.shared(np.array(0.0), name="largest")
        >>> y = x / sd.nn.tracked(T.max(x), largest, T.maximum(largest, T.max(x)))
        >>> f = sd.function([x], y, updates=sd.nn.statistics_updates(y))
        >>> f([1.0, 2.0]).tolist(), float(largest.get_value())
        ([0.5, 1.0], 2.0)
    """
    if not isinstance(state, SharedVariable):
        raise GraphTypeError(f"a state that is tracked is a shared variable, not {shown(state)}{here()}")
    new = T.cast(T.as_tensor_variable(next), state.dtype)
    if new.ndim != state.ndim:
        raise GraphTypeError(f"the next value of {describe(state)} has its number of axes, not {new.ndim}{here()}")
    return ops.tracked(value, state, new)


@public
def statistics_updates(expressions: Any) -> dict[Node, Node]:
    """The updates of all statistics that expressions track: for every state its next value.

    A state that is tracked in several places, because a layer was called several times, goes through all of their
    steps, in the order in which the graph computes them.

    Args:
        expressions: a node, or a list, tuple or dict of them, such as the loss.

    Returns:
        The updates, to be merged with those of an optimizer; empty where nothing is tracked.

    Raises:
        GraphTypeError: if something is no node.
        ArgumentError: if a statistic is tracked inside a loop's step or another function's body, or for single examples
            of a ``vmap``: there it has no one next value.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> sd.nn.statistics_updates(T.exp(T.vector("x")))
        {}
    """
    given = list(expressions.values()) if isinstance(expressions, Mapping) else expressions
    found: dict[Node, Node] = {}
    for node in toposort(map(_checked, given if isinstance(given, list | tuple) else [given])):
        if any(map(_tracks, bodies(node).values())):
            raise ArgumentError(f"a statistic is tracked inside {describe(node)}, {_OUTSIDE}{here()}")
        if node.op is ops.tracked:
            value, state, new = node.inputs
            if not isinstance(state, SharedVariable) or new.ndim != state.ndim:
                raise ArgumentError(f"a statistic is tracked for each example of a vmap, {_OUTSIDE}{here()}")
            found[state] = _after(new, value, found) if state in found else new
    return found


def _after(new: Node, value: Node, found: Mapping[Node, Node]) -> Node:
    """The next value of a state behind the steps of an earlier call; what is computed of the batch stays as it is."""
    place = Node(INPUT, (), value.type, None, None)
    (made,) = substitute([new], {value: place, **found})
    return substitute([made], {place: value})[0]


_OUTSIDE = "where it has no one next value; return what it is computed from, and track it outside"


def _checked(expression: Any) -> Node:
    if not isinstance(expression, Node):
        raise GraphTypeError(f"statistics are found in expressions, not in {shown(expression)}{here()}")
    return expression


def _tracks(graph: Graph) -> bool:
    """True if something in a graph, or in a graph that it holds, is tracked."""
    return any(node.op is ops.tracked or any(map(_tracks, bodies(node).values())) for node in graph.nodes())


__all__ = ["statistics_updates", "tracked"]
