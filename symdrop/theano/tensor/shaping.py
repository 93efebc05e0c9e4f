"""Functions of the axes: reshaping and joining, with the arguments that Theano gave them.

Read next: inplace.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import tensor as engine
from ...binding import public
from ...errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ...graph import Node, describe
from ...op import Constant, members
from ...types import is_float
from ..dtypes import alike, stacked, variable
from ..shapes import Sizes
from ..variable import Variable, speaking, spoken
from .opt import Assert


@public
def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Node:
    """The elements of x in another shape.

    Args:
        x: a tensor.
        newshape: a size, a sequence of sizes, or an integer vector; one size may be -1.
        ndim: how many sizes the vector holds, if its length is not known.

    Returns:
        A tensor.

    Raises:
        ShapeError: if the elements do not fill the shape.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.reshape(T.constant([1, 2, 3, 4]), newshape=(2, 2)).eval().tolist()
        [[1, 2], [3, 4]]
    """
    return engine.reshape(variable(x), _sizes(newshape), ndim)


@public
def shape(x: Any) -> Sizes:
    """The sizes of a tensor's axes.

    Args:
        x: a tensor.

    Returns:
        A vector of integers, which can be unpacked.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> int(T.shape(T.constant([[1, 2, 3]]))[1])
        3
    """
    return Sizes(variable(x).shape)


@public
def flatten(x: Any, ndim: int | None = None, outdim: int | None = None) -> Node:
    """The elements of x with the last axes joined into one.

    Args:
        x: a tensor.
        ndim: how many axes remain; by default 1.
        outdim: the same by its older name.

    Returns:
        A tensor with that many axes.

    Raises:
        ArgumentError: if both are given.
        ShapeError: if x does not have so many axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.flatten(T.tensor3("x"), outdim=2).ndim
        2
    """
    if ndim is not None and outdim is not None:
        raise ArgumentError(f"flatten: ndim={ndim} and outdim={outdim} say the same; give one{here()}")
    node, axes = variable(x), outdim if ndim is None else ndim
    if axes is not None and not 1 <= axes <= max(1, node.ndim):
        raise ShapeError(f"flatten: {describe(node)} cannot keep {axes} axes{here()}")
    return engine.flatten(node, axes or 1)


@public
def transpose(x: Any, axes: Any = None) -> Node:
    """x with its axes permuted, or reversed.

    Args:
        x: a tensor.
        axes: the axes in their new order.

    Returns:
        A tensor; of a variable that has a name, reversed, it is called "name.T".

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.transpose(T.row("x")).broadcastable
        (False, True)
    """
    node = variable(x)
    made = engine.transpose(node) if axes is None else engine.transpose(node, *members(axes, "axes"))
    if axes is None and node.name:
        made = speaking(engine.identity)(node) if made is node else spoken(made)
        made.name = f"{node.name}.T"
    return made


@public
def stack(*tensors: Any, axis: int = 0) -> Node:
    """Tensors along a new axis.

    Args:
        *tensors: a list of tensors and perhaps the axis; or, as in old scripts, each of them.
        axis: where the new axis stands.

    Returns:
        A tensor with one axis more.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.stack([T.constant([1, 2]), T.constant([3, 4])], 1).eval().tolist()
        [[1, 3], [2, 4]]
        >>> T.stack(T.constant(1), T.constant(2)).eval().tolist()
        [1, 2]
    """
    listed = tensors[0] if tensors and isinstance(tensors[0], list | tuple) else tensors
    place = tensors[1] if listed is not tensors and len(tensors) > 1 else axis
    return stacked(listed, place)


@public
def stacklists(arg: Any) -> Any:
    """A tensor of nested lists, one axis for each level.

    Args:
        arg: a list of lists of ... variables and numbers; anything else is given back.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.stacklists([[1, T.constant(2)], [3, 4]]).eval().tolist()
        [[1, 2], [3, 4]]
    """
    return stack([stacklists(one) for one in arg]) if isinstance(arg, list | tuple) else arg


@public
def horizontal_stack(*tensors: Any) -> Node:
    """Matrices side by side.

    Args:
        *tensors: matrices with equally many rows.

    Returns:
        A matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.horizontal_stack(T.constant([[1]]), T.constant([[2]])).eval().tolist()
        [[1, 2]]
    """
    return join(1, *tensors)


@public
def vertical_stack(*tensors: Any) -> Node:
    """Matrices below each other.

    Args:
        *tensors: matrices with equally many columns.

    Returns:
        A matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.vertical_stack(T.constant([[1]]), T.constant([[2]])).eval().tolist()
        [[1], [2]]
    """
    return join(0, *tensors)


@public
def unbroadcast(x: Any, *axes: int) -> Node:
    """x itself, which a state whose axes may have any size takes for an update, though it has size 1 along some.

    Args:
        x: a tensor.
        *axes: numbers of axes.

    Returns:
        x.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.row("x")
        >>> T.unbroadcast(x, 0) is x
        True
    """
    made = variable(x)
    if isinstance(made, Variable):
        made.unfix(axes)
    return made


@public
def addbroadcast(x: Any, *axes: int) -> Node:
    """x, declared to have size 1 along axes, so that these stretch.

    Args:
        x: a tensor.
        *axes: numbers of axes.

    Returns:
        A tensor of x's value; the sizes are checked when running.

    Raises:
        ShapeError: if a size is known to be another, or there is no such axis.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.addbroadcast(T.matrix("x"), 0).broadcastable
        (True, False)
    """
    node = variable(x)
    if lost := [axis for axis in axes if not -node.ndim <= axis < node.ndim]:
        raise ShapeError(f"addbroadcast: {describe(node)} has no axis {lost[0]}{here()}")
    return engine.addbroadcast(node, *axes)


@public
def patternbroadcast(x: Any, broadcastable: Sequence[bool]) -> Node:
    """x, declared to have size 1 along some axes.

    Args:
        x: a tensor.
        broadcastable: for every axis, or the first ones, whether its size is 1; where not, nothing is changed.

    Returns:
        A tensor of x's value; what was declared is checked when running.

    Raises:
        ShapeError: if there are more truth values than axes, or a size is another.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.patternbroadcast(T.matrix("x"), (True, False)).broadcastable
        (True, False)
    """
    node = variable(x)
    if len(broadcastable) > node.ndim:
        raise ShapeError(f"{len(broadcastable)} truth values do not fit the axes of {describe(node)}{here()}")
    unbroadcast(node, *(axis for axis, one in enumerate(broadcastable) if not one))
    return engine.addbroadcast(node, *(axis for axis, one in enumerate(broadcastable) if one))


@public
def join(axis: Any, *tensors_list: Any) -> Node:
    """Tensors behind each other along an axis.

    Args:
        axis: the number of the axis.
        *tensors_list: tensors with equally many axes, whose other sizes agree.

    Returns:
        A tensor of the dtype in which they meet; one tensor alone stays itself.

    Raises:
        ShapeError, GraphTypeError: if they do not fit.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.join(0, T.constant([1, 2]), T.constant([3])).eval().tolist()
        [1, 2, 3]
    """
    listed = tensors_list[0] if len(tensors_list) == 1 and isinstance(tensors_list[0], list | tuple) else tensors_list
    if len(listed) == 1:
        return variable(listed[0])
    along = int(axis.eval()) if isinstance(axis, Node) else axis
    return engine.concatenate(alike(listed), along)


@public
def concatenate(tensor_list: Any, axis: Any = 0) -> Node:
    """Tensors behind each other along an axis; see ``join``.

    Args:
        tensor_list: a list of tensors.
        axis: the number of the axis.

    Returns:
        A tensor.

    Raises:
        GraphTypeError: unless a list or tuple is given.
        ShapeError: if they do not fit.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.concatenate([T.constant([[1]]), T.constant([[2]])], axis=1).eval().tolist()
        [[1, 2]]
    """
    if not isinstance(tensor_list, list | tuple):
        raise GraphTypeError(f"concatenate takes a list or tuple of tensors, not {shown(tensor_list)}{here()}")
    return join(axis, *(one.vector() if isinstance(one, Sizes) else one for one in tensor_list))


@public
def tile(x: Any, reps: Any, ndim: int | None = None) -> Node:
    """x as a tile, repeated along every axis.

    Args:
        x: a tensor.
        reps: how often along each axis: an integer, a list of integers, or an integer vector. Missing entries stand
            on the left and are 1.
        ndim: how many axes the result has; it must be given for a vector.

    Returns:
        A tensor.

    Raises:
        ShapeError: if there are too few axes for x or ``reps``, and for what is no count.
        AssertionError: when running, if a vector holds more than ``ndim`` counts.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.tile(T.constant([1, 2]), [2], ndim=2).eval().tolist()
        [[1, 2, 1, 2]]
    """
    node = variable(x)
    if ndim is not None and ndim < node.ndim:
        raise ShapeError(f"tile: ndim={ndim} is less than the axes of {describe(node)}{here()}")
    counts = _counts(reps, ndim)
    if ndim is not None and len(counts) > ndim:
        raise ShapeError(f"tile: {len(counts)} counts do not fit ndim={ndim}{here()}")
    missing = max(node.ndim, ndim or 0) - len(counts)
    made: Node = engine.tile(node, [1] * missing + counts)
    return made


def _counts(reps: Any, ndim: int | None) -> list[Any]:
    """How often to repeat along each axis, from the axis that the first of them stands for."""
    if isinstance(reps, list | tuple | Sizes):
        listed = [variable(one) for one in reps]
        vector = False
    else:
        node = variable(reps)
        vector = node.ndim == 1
        listed = [node]
    if any(one.ndim != (1 if vector else 0) or is_float(one.dtype) for one in listed):
        raise ShapeError(f"tile: counts are integers or a vector of integers, not {shown(reps)}{here()}")
    if not vector:
        return list(map(_number, listed))
    if ndim is None:
        raise ShapeError(f"tile: ndim must say how many counts {describe(listed[0])} holds{here()}")
    missing = engine.sub(ndim, listed[0].shape[0])
    missing = Assert(f"tile: more counts than ndim={ndim}")(spoken(missing), spoken(engine.ge(missing, 0)))
    places = [engine.maximum(engine.sub(axis, missing), 0) for axis in range(ndim)]
    return [
        engine.where(engine.lt(axis, missing), 1, engine.getitem(listed[0], place)) for axis, place in enumerate(places)
    ]


def _number(count: Node) -> Any:
    return int(count.value) if isinstance(count, Constant) else count


def _sizes(given: Any) -> Any:
    """A shape with a constant vector as its numbers, and one that was stacked as what it consists of."""
    if isinstance(given, Constant) and given.ndim == 1:
        return given.value.tolist()
    return list(given.parts) if isinstance(given, Variable) and given.parts else given


__all__ = [
    "addbroadcast", "concatenate", "flatten", "horizontal_stack", "join", "patternbroadcast", "reshape", "shape",
    "stack", "stacklists", "tile", "transpose", "unbroadcast", "vertical_stack",
]  # fmt: skip
