"""Test values: with ``config.compute_test_value`` on, what is written down is tried at once.

A node made from nodes that have values is evaluated the moment it is made, so that an
error of shapes is raised on the user's line that makes it and not by a later call. The
setting is read in one place, where ops make nodes; a node that was tried is a ``Tested``.

Read next: variables.py
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..config import config
from ..errors import GraphTypeError, ShapeError, here
from ..graph import Node, toposort
from ..op import Constant, Flag, SharedVariable, evaluate_node
from ..op.leaves import as_array
from ..ops.numpy_maths import NUMPY
from ..types import TensorType


class Tested(Node):
    """A node with a test value."""

    __slots__ = ("_test_value",)

    _test_value: Any

    @classmethod
    def of(cls, like: Node, test_value: Any) -> Tested:
        """A node with a test value.

        Args:
            like: what it is apart from that.
            test_value: its value; of an op with several values, all of them.
        """
        made = cls(like.op, like.inputs, like.type, like.params, like.name, like.lines, like.origin)
        made.remember(test_value)
        return made

    def remember(self, value: Any) -> None:
        """Keep a test value."""
        object.__setattr__(self, "_test_value", value)

    @property
    def test_value(self) -> Any:
        """Its value; of an op with several values, all of them."""
        return self._test_value

    @property
    def tag(self) -> Any:
        """The attribute in which scripts written for Theano look for the test value: ``y.tag.test_value``."""
        return self

    def relabelled(self, like: Node) -> Tested:
        return Tested.of(super().relabelled(like), self.test_value)

    def __reduce__(self) -> tuple[Any, ...]:
        if not self.is_leaf:
            # As any other computed node; only inputs keep their test values.
            return super().__reduce__()
        return Tested.of, (Node(self.op, (), self.type, None, self.name, self.lines), self.test_value)


def tested_input(leaf: Node, value: Any) -> Tested:
    """An input with a test value.

    Args:
        leaf: the input.
        value: an array, or what becomes one, that fits its type; floats may lose precision.

    Raises:
        GraphTypeError: for another kind of dtype or another rank.
        ShapeError: for a size that the type fixes otherwise.
    """
    try:
        array = as_array(value, leaf.dtype)
    except GraphTypeError as error:
        raise GraphTypeError(f"the test value of {leaf.name or 'a variable'} must fit {leaf.type}: {error}") from None
    if array.ndim != leaf.ndim or not np.can_cast(array.dtype, leaf.dtype, "same_kind"):
        raise GraphTypeError(
            f"the test value of {leaf.name or 'a variable'} must fit {leaf.type}, not {array.dtype} of shape "
            f"{array.shape}{here()}"
        )
    if not leaf.type.accepts(TensorType(leaf.dtype, array.shape)):
        raise ShapeError(
            f"the test value of {leaf.name or 'a variable'} must fit {leaf.type}, not shape {array.shape}{here()}"
        )
    return Tested.of(leaf, np.array(array, leaf.dtype, order="C"))


def try_out(node: Node) -> Node:
    """The node just made with its test value, or the node itself if something it needs has none.

    Constants have their values, states those of the moment, and flags count as true.

    Raises:
        Exception: what the evaluation raises, if ``config.compute_test_value`` is "raise".
    """
    arguments = [_value(source) for source in node.inputs]
    if any(value is None for value in arguments):
        return node
    try:
        with np.errstate(all="ignore"):
            value = evaluate_node(node, NUMPY, arguments)
    except Exception as error:
        if config.compute_test_value == "raise":
            raise
        warnings.warn(f"test values: {error}; {error.__notes__[0].splitlines()[0]}", stacklevel=2)
        return node
    value = np.asarray(value) if node.items is None else value
    if isinstance(node, Tested):
        node.remember(value)
        return node
    return Tested.of(node, value)


def tested_like(leaf: Node, like: Node, element: bool) -> Node:
    """An input of a loop's step with the test value of what it stands for, or of the first element, if there is one."""
    value = _value(like)
    if value is None or (element and not len(value)):
        return leaf
    value = np.asarray(value[0] if element else value)
    if isinstance(leaf, Tested):
        leaf.remember(value)
        return leaf
    return Tested.of(leaf, value)


def value_behind(node: Node) -> Any:
    """The test value of a node that substitution made, so that nobody tried it; None if a leaf behind it has none."""
    known: dict[Node, Any] = {}
    for one in toposort([node]):
        value = _value(one)
        if value is None and one.inputs:
            given = [known[source] for source in one.inputs]
            value = None if any(part is None for part in given) else evaluate_node(one, NUMPY, given)
        known[one] = value
    return known[node]


def _value(node: Node) -> Any:
    if isinstance(node, Tested):
        return node.test_value
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, SharedVariable):
        return node.container.read()
    return np.True_ if isinstance(node, Flag) else None


__all__ = ["Tested", "tested_input", "tested_like", "try_out", "value_behind"]
