"""Elements chosen by conditions and numbers, and values put at places.

Read next: places.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...op import as_node, members
from ...types import is_integer
from ..arguments import dtype_or_default, one_axis, one_size, tensors
from ..axes import moveaxis
from ..creation import arange
from ..elementwise import cast, clip, eq, mod, where
from ..indexing import nonzero, set_subtensor
from ..joining import stack
from ..sorting import cumsum, open_grid
from .grids import broadcast_arrays


@public
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Node:
    """The value beside the first condition that holds.

    Args:
        condlist: bool tensors.
        choicelist: as many tensors of values.
        default: the value where none holds.

    Returns:
        A tensor of the shape and the dtype in which all meet.

    Raises:
        ArgumentError: if there are not as many conditions as choices, or none.
        GraphTypeError: if a condition is not a bool tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.constant([1, 2, 3])
        >>> T.select([x < 2, x < 3], [x, x * 10]).eval().tolist()
        [1, 20, 0]
    """
    conditions, choices = tensors(condlist), tensors(choicelist)
    if len(conditions) != len(choices) or not conditions:
        raise ArgumentError(f"select: {len(conditions)} conditions for {len(choices)} choices{here()}")
    for condition in conditions:
        if condition.dtype != "bool":
            raise GraphTypeError(f"select: a condition is a bool tensor, not {describe(condition)}{here()}")
    made = as_node(default)
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        made = where(condition, choice, made)
    return made


@public
def piecewise(x: Any, condlist: Any, funclist: Any) -> Node:
    """A function of x that is given by another formula wherever another condition holds.

    Args:
        x: a tensor.
        condlist: bool tensors; where several hold, the last of them counts.
        funclist: a function of symbolic values, or a value, for each; one more is for where none holds, else 0.

    Returns:
        A tensor of x's dtype. Every formula is computed for all elements, and those of the others leave no trace.

    Raises:
        ArgumentError: if the numbers of conditions and functions do not fit.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.constant([-2.0, 3.0])
        >>> T.piecewise(x, [x < 0], [lambda x: -x, 1.0]).eval().tolist()
        [2.0, 1.0]
    """
    node = as_node(x)
    given = condlist if isinstance(condlist, list | tuple) else [condlist]
    conditions, functions = tensors(given), list(members(funclist, "functions"))
    if len(functions) not in (len(conditions), len(conditions) + 1):
        raise ArgumentError(f"piecewise: {len(functions)} functions for {len(conditions)} conditions{here()}")

    def value(one: Any) -> Node:
        return cast(as_node(one(node) if callable(one) and not isinstance(one, Node) else one), node.dtype)

    made = value(functions[-1]) if len(functions) > len(conditions) else cast(as_node(0), node.dtype)
    for condition, function in zip(conditions, functions, strict=False):
        made = where(condition, value(function), made)
    return made


@public
def choose(a: Any, choices: Any, mode: str = "raise") -> Node:
    """Elements of several tensors, chosen by the tensor's number.

    Args:
        a: integers.
        choices: tensors of values; all are broadcast together.
        mode: "clip" or "wrap" for numbers that name no tensor; "raise" makes them an error of indices when running.

    Returns:
        A tensor of the shape in which all meet.

    Raises:
        GraphTypeError: if a does not hold integers.
        ArgumentError: for another mode, or no choices.

    Example:
        >>> import symdrop.tensor as T
        >>> T.choose(T.constant([1, 0]), [[10, 20], [30, 40]]).eval().tolist()
        [30, 20]
    """
    numbers, values = as_node(a), tensors(choices)
    if not is_integer(numbers.dtype):
        raise GraphTypeError(f"choose: numbers of choices are integers, not {describe(numbers)}{here()}")
    if mode not in ("raise", "clip", "wrap") or not values:
        given = f"{shown(mode)} with {len(values)} choices"
        raise ArgumentError(f"choose: {given}; modes are 'raise', 'clip' and 'wrap'{here()}")
    if mode == "clip":
        numbers = clip(numbers, 0, len(values) - 1)
    elif mode == "wrap":
        numbers = mod(numbers, len(values))
    numbers, *values = broadcast_arrays(numbers, *values)
    return stack(values)[(numbers, *open_grid(numbers.shape))] if numbers.ndim else stack(values)[numbers]


@public
def compress(condition: Any, x: Any, axis: int | None = None) -> Node:
    """The parts of x whose condition holds.

    Args:
        condition: a bool vector.
        x: a tensor.
        axis: along which parts lie; by default the flattened tensor.

    Returns:
        A tensor.

    Raises:
        GraphTypeError: if the condition is not a vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.compress([True, False, True], T.constant([1, 2, 3])).eval().tolist()
        [1, 3]
    """
    chosen, node = as_node(condition), as_node(x)
    if chosen.ndim != 1:
        raise GraphTypeError(f"compress: the condition is a vector, not {describe(chosen)}{here()}")
    node, along = (node.flatten(), 0) if axis is None else (node, one_axis(axis, node.ndim))
    return node[(*(slice(None),) * along, nonzero(chosen)[0])]


@public
def extract(condition: Any, x: Any) -> Node:
    """The elements of x, in C order, where a condition holds.

    Args:
        condition: a tensor of as many elements; what is not 0 holds.
        x: a tensor.

    Returns:
        A vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.extract([[True, False]], T.constant([[1, 2]])).eval().tolist()
        [1]
    """
    return compress(as_node(condition).flatten(), x)


@public
def one_hot(x: Any, num_classes: int, dtype: Any = None, axis: int = -1) -> Node:
    """One-hot encoding: 1 at the place that an integer names, 0 elsewhere.

    Args:
        x: a tensor of integers.
        num_classes: how many places there are.
        dtype: of the result, by default ``config.floatX``.
        axis: where the axis of the places stands.

    Returns:
        A tensor with one axis more. A number that names no place gives zeros.

    Raises:
        GraphTypeError: if x does not hold integers, or the number of places is not one.

    Example:
        >>> import symdrop.tensor as T
        >>> T.one_hot(T.constant([2, 0]), 3).eval().tolist()
        [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    node = as_node(x)
    if not is_integer(node.dtype):
        raise GraphTypeError(f"one_hot takes integers, not {describe(node)}{here()}")
    places = arange(one_size(num_classes))
    made = cast(eq(node[..., None], places), dtype_or_default(dtype))
    return moveaxis(made, -1, axis)


@public
def put_along_axis(x: Any, indices: Any, values: Any, axis: int) -> Node:
    """x with values at places along an axis: what ``take_along_axis`` would read there.

    Args:
        x: a tensor.
        indices: integers, of as many axes as x; other sizes are x's or 1.
        values: a tensor that broadcasts with the indices.
        axis: along which they count.

    Returns:
        A new tensor; NumPy's function changes its argument.

    Raises:
        GraphTypeError: if the numbers of axes differ.

    Example:
        >>> import symdrop.tensor as T
        >>> T.put_along_axis(T.constant([[1, 2], [3, 4]]), [[1], [0]], 9, 1).eval().tolist()
        [[1, 9], [9, 4]]
    """
    node, places = as_node(x), as_node(indices)
    along = one_axis(axis, node.ndim)
    if places.ndim != node.ndim or not is_integer(places.dtype):
        raise GraphTypeError(
            f"put_along_axis: indices are integers of as many axes as {describe(node)}, not {describe(places)}{here()}"
        )
    grid = open_grid([places.shape[i] if i == along else node.shape[i] for i in range(node.ndim)])
    grid[along] = places
    return set_subtensor(node[tuple(grid)], values)


@public
def put(x: Any, ind: Any, v: Any) -> Node:
    """x with values at places that are counted through all elements in C order.

    Args:
        x: a tensor.
        ind: integers.
        v: values, repeated if there are fewer; where a place occurs twice the last one stays.

    Returns:
        A new tensor; NumPy's function changes its argument.

    Raises:
        GraphTypeError: if places are not integers.

    Example:
        >>> import symdrop.tensor as T
        >>> T.put(T.constant([1, 2, 3]), [0, 2], [7, 8]).eval().tolist()
        [7, 2, 8]
    """
    node, places, values = as_node(x), as_node(ind).flatten(), as_node(v).flatten()
    if not is_integer(places.dtype):
        raise GraphTypeError(f"put: places are integers, not {describe(places)}{here()}")
    cycled = values[mod(arange(places.shape[0]), values.shape[0])]
    return set_subtensor(node.flatten()[places], cast(cycled, node.dtype)).reshape(node.shape)


@public
def fill_diagonal(x: Any, val: Any) -> Node:
    """x with a value on its main diagonal.

    Args:
        x: a matrix.
        val: a scalar, or a vector of the diagonal's length.

    Returns:
        A new matrix; NumPy's function changes its argument.

    Raises:
        GraphTypeError: if x is not a matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fill_diagonal(T.constant([[1, 2], [3, 4]]), 0).eval().tolist()
        [[0, 2], [3, 0]]
    """
    node = as_node(x)
    if node.ndim != 2:
        raise GraphTypeError(f"fill_diagonal takes a matrix, not {describe(node)}{here()}")
    places = arange(node.diagonal().shape[0])
    return set_subtensor(node[places, places], val)


@public
def place(arr: Any, mask: Any, vals: Any) -> Node:
    """x with values put where a mask is true, the first value at the first place.

    Args:
        arr: a tensor.
        mask: truth values of its shape.
        vals: a vector of values, repeated if there are fewer.

    Returns:
        A new tensor; NumPy's function changes its argument.

    Example:
        >>> import symdrop.tensor as T
        >>> T.place(T.constant([1, 2, 3]), [True, False, True], [7, 8]).eval().tolist()
        [7, 2, 8]
    """
    node, values = as_node(arr), as_node(vals).flatten()
    chosen = cast(as_node(mask), "bool")
    number = cumsum(cast(chosen.flatten(), "int64")).reshape(chosen.shape) - 1
    return where(chosen, cast(values, node.dtype)[mod(number, values.shape[0])], node)


@public
def putmask(a: Any, mask: Any, values: Any) -> Node:
    """x with values where a mask is true: of a smaller tensor of values the one at the same place, counted round.

    Args:
        a: a tensor.
        mask: truth values of its shape.
        values: a tensor.

    Returns:
        A new tensor; NumPy's function changes its argument.

    Example:
        >>> import symdrop.tensor as T
        >>> T.putmask(T.constant([1, 2, 3]), [True, False, True], [7, 8]).eval().tolist()
        [7, 2, 7]
    """
    node, given = as_node(a), as_node(values).flatten()
    cycled = given[mod(arange(node.size), given.shape[0])].reshape(node.shape)
    return where(cast(as_node(mask), "bool"), cast(cycled, node.dtype), node)


__all__ = [
    "choose", "compress", "extract", "fill_diagonal", "one_hot", "piecewise", "place", "put", "put_along_axis",
    "putmask", "select",
]  # fmt: skip
