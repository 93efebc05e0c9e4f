"""``theano.updates``: new values of shared variables, and which types they may have.

Read next: loop_results.py
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..binding import public
from ..errors import GraphTypeError, here, shown
from ..graph import Node
from ..op import SharedVariable
from ..tensor.scan_arguments import Updates
from .element_ops import Elemwise
from .op_names import op_of
from .tensor_ops import DimShuffle
from .variable import Generic, Variable


class OrderedUpdates(Updates):
    """New values of shared variables, as ``function(updates=...)`` takes them; ``a + b`` joins two of them.

    Args:
        updates: a dict, or pairs.

    Raises:
        GraphTypeError: if a key is no shared variable.

    Example:
        >>> import symdrop.theano as theano
        >>> count = theano.shared(0)
        >>> updates = theano.updates.OrderedUpdates({count: count + 1})
        >>> theano.function([], [], updates=updates)(), int(count.get_value())
        ([], 1)
    """

    _named = staticmethod(shown)

    @public
    def __init__(self, updates: Any = ()) -> None:
        super().__init__(updates)
        for variable in self:
            _check(variable)

    def __setitem__(self, variable: Any, value: Any) -> None:
        _check(variable)
        super().__setitem__(variable, value)

    @public
    def update(self, *updates: Any, **none: Any) -> None:
        """Take other updates; those of the same variables replace what is known."""
        for variable, value in OrderedUpdates(*updates).items():
            self[variable] = value


def _check(variable: Any) -> None:
    if not isinstance(variable, SharedVariable) and not isinstance(getattr(variable, "type", None), Generic):
        raise GraphTypeError(f"updates are of shared variables, not of {shown(variable)}{here()}")


def check_patterns(updates: Iterable[tuple[Any, Any]]) -> None:
    """Refuse an update with an axis that Theano knew to be of size 1, where that of its state is not.

    Such an update changes the shape of the state, which is mostly a mistake. What only the engine knows of sizes
    is accepted, as Theano accepted it.

    Args:
        updates: pairs of a state and its new value.

    Raises:
        GraphTypeError: if there is such an axis.

    Example:
        >>> import numpy as np
        >>> import symdrop.theano as theano
        >>> w = theano.shared(np.ones((2, 3)), "w")
        >>> check_patterns([(w, w * 2), (w, w[:1])])
        >>> check_patterns([(w, w.sum(axis=0, keepdims=True))])  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        symdrop.errors.GraphTypeError: An update must have the same type as the original shared variable: ...
    """
    for state, new in updates:
        if not isinstance(new, Node) or new.items is not None or new.ndim != state.ndim:
            continue
        sizes = zip(state.type.shape, new.type.shape, strict=True)
        found = [axis for axis, (kept, size) in enumerate(sizes) if size == 1 != kept and _is_known(new, axis)]
        if found:
            raise GraphTypeError(
                f"An update must have the same type as the original shared variable: {shown(state.name)} is "
                f"{state.type}, its update {new.type}. If the difference is related to the broadcast pattern, call "
                f"tensor.unbroadcast(update, {', '.join(map(str, found))}){here()}"
            )


def _is_known(node: Node, axis: int) -> bool:
    """True if the size of an axis is 1 by the rules that Theano had: of leaves, new axes and elementwise ops."""
    waiting, seen = [(node, axis)], set()
    while waiting:
        node, axis = waiting.pop()
        if (node, axis) in seen:
            continue
        seen.add((node, axis))
        if node.type.shape[axis] != 1 or (isinstance(node, Variable) and axis in node.unfixed):
            return False
        if node.is_leaf:
            continue
        op, inputs = op_of(node)
        if isinstance(op, DimShuffle):
            source = op.new_order[axis]
            waiting += [] if source == "x" else [(inputs[0], source)]
        elif isinstance(op, Elemwise):
            # Numbers and others of fewer axes get new ones on the left.
            places = [(one, axis - node.ndim + one.ndim) for one in inputs]
            waiting += [(one, place) for one, place in places if place >= 0]
        else:
            return False
    return True
