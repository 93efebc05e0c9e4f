"""Associative scan: all prefix combinations of elements, in as many rounds as the logarithm of their number.

    combine pairs:    y = fn(x[0::2], x[1::2])          half as many elements
    scan these:       odd = scan(y)                     the results at odd positions
    fill in:          even = fn(odd[:-1], x[2::2])      those at even positions, x[0] in front

Where the number is not known while the graph is built, a ``scan`` combines one after the other.

Source: G. Blelloch, "Prefix sums and their applications", CMU-CS-90-190 (1990); the recursion is that of
``jax.lax.associative_scan``.

Read next: calls.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..binding import public
from ..errors import GraphTypeError, ShapeError, here
from ..graph import Node, describe
from ..op import as_node, convert
from ..ops.join import concatenate, refine_shape, specify_shape
from ..ops.views import filled
from .arguments import one_axis
from .joining import flip, stack
from .scan_node import make_loop
from .trees import checked_function, in_form, leaves_like, some_leaves

# Combines the elements at the same positions of two lists of values, all at once.
Combine = Callable[[Sequence[Node], Sequence[Node]], list[Node]]

_LABEL = "associative_scan"


@public
def associative_scan(fn: Callable[..., Any], elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """All prefix combinations: ``x[0]``, ``fn(x[0], x[1])``, ``fn(fn(x[0], x[1]), x[2])``, ... along an axis.

    Args:
        fn: an associative function ``fn(a, b)`` of two values of the form of ``elems``, which it combines element by
            element along the axis: it is called on many elements at once.
        elems: a variable, or tuples, lists and dicts of variables of equal size along the axis.
        reverse: True to combine from the last element to the first.
        axis: the axis along which the elements lie.

    Returns:
        The combinations, in the form and of the shapes of ``elems``. With a size known while the graph is built ``fn``
        is called about ``2 * log2(size)`` times on slices; otherwise once, in a loop over the elements.

    Raises:
        GraphTypeError: if ``fn`` is no function, or returns another form, dtype or number of axes.
        ShapeError: if sizes along the axis differ, or ``fn`` returns another shape.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> decay, x = T.constant([0.5, 0.5, 0.5]), T.constant([8.0, 0.0, 4.0])
        >>> _, y = sd.associative_scan(lambda p, q: (p[0] * q[0], q[0] * p[1] + q[1]), (decay, x))
        >>> y.eval().tolist()
        [8.0, 4.0, 6.0]
    """
    checked_function(fn, f"{_LABEL}: fn")
    values = some_leaves(elems, f"{_LABEL}: elems")
    for node in values:
        if not node.ndim:
            raise GraphTypeError(f"{_LABEL}: elems lie along an axis, which {describe(node)} has not{here()}")
    axes = [one_axis(axis, node.ndim) for node in values]
    values = [flip(node, along) if reverse else node for node, along in zip(values, axes, strict=True)]

    def combine(a: Sequence[Node], b: Sequence[Node]) -> list[Node]:
        returned = fn(in_form(elems, a), in_form(elems, b))
        made = leaves_like(returned, elems, f"{_LABEL}: what fn returns", "elems")
        return [_fitting(one, like) for one, like in zip(made, b, strict=True)]

    values = _of_one_size(values, axes)
    size = values[0].type.shape[axes[0]]
    made = _one_by_one(combine, values, axes) if size is None else _by_halves(combine, values, axes, size)
    made = [flip(node, along) if reverse else node for node, along in zip(made, axes, strict=True)]
    return in_form(elems, made)


def _of_one_size(values: Sequence[Node], axes: Sequence[int]) -> list[Node]:
    """The values, as large along the axis as the first of them whose size is known, or the first."""
    sizes = [node.type.shape[along] for node, along in zip(values, axes, strict=True)]
    known = {size for size in sizes if size is not None}
    if len(known) > 1:
        texts = ", ".join(describe(node, lines=False) for node in values)
        raise ShapeError(f"{_LABEL}: elems have different sizes along the axis: {texts}{here()}")
    size: Any = known.pop() if known else values[0].shape[axes[0]]
    label = f"{_LABEL}: elems must have equal sizes along the axis"
    return [
        node if own is not None or (not known and node is values[0]) else specify_shape(
            node, size, axes=(along,), label=label
        )
        for node, along, own in zip(values, axes, sizes, strict=True)
    ]  # fmt: skip


def _fitting(made: Node, like: Node) -> Node:
    """A combination, of the type of an element."""
    if made.dtype != like.dtype or made.ndim != like.ndim:
        raise GraphTypeError(
            f"{_LABEL}: fn returns {describe(made)} for elements of type {like.type}; it gives the dtype and the "
            f"number of axes that it is given{here()}"
        )
    if any(None not in pair and len({*pair}) > 1 for pair in zip(made.type.shape, like.type.shape, strict=True)):
        raise ShapeError(f"{_LABEL}: fn returns {describe(made)} for elements of type {like.type}{here()}")
    return refine_shape(made, like.type.shape)


def _part(node: Node, axis: int, start: int | None, stop: int | None, step: int | None = None) -> Node:
    made: Node = node[(*(slice(None),) * axis, slice(start, stop, step))]
    return made


def _by_halves(combine: Combine, values: Sequence[Node], axes: Sequence[int], size: int) -> list[Node]:
    if size < 2:
        return list(values)

    def parts(of: Sequence[Node], start: int | None, stop: int | None, step: int | None = None) -> list[Node]:
        return [_part(node, along, start, stop, step) for node, along in zip(of, axes, strict=True)]

    odd = _by_halves(combine, combine(parts(values, 0, size - 1, 2), parts(values, 1, None, 2)), axes, size // 2)
    even = parts(values, 0, 1)
    if size > 2:
        rest = combine(odd if size % 2 else parts(odd, 0, size // 2 - 1), parts(values, 2, None, 2))
        even = [concatenate(a, b, axis=along) for a, b, along in zip(even, rest, axes, strict=True)]
    return [_interleaved(a, b, along, size) for a, b, along in zip(even, odd, axes, strict=True)]


def _interleaved(even: Node, odd: Node, axis: int, size: int) -> Node:
    """The elements of two values in turn along an axis, of ``size`` in all."""
    count = size // 2
    pairs = stack([_part(even, axis, 0, count), odd], axis + 1)
    turns = pairs.reshape((*even.shape[:axis], 2 * count, *even.shape[axis + 1 :]))
    made: Node = turns if size == 2 * count else concatenate(turns, _part(even, axis, count, None), axis=axis)
    return made


def _one_by_one(combine: Combine, values: Sequence[Node], axes: Sequence[int]) -> list[Node]:
    """The combinations by a loop over the elements, each of size 1 along the axis."""
    firsts = [_part(node, along, 0, 1) for node, along in zip(values, axes, strict=True)]
    rows = [
        node.dimshuffle(along, *(k for k in range(node.ndim) if k != along))[1:]
        for node, along in zip(values, axes, strict=True)
    ]
    count = len(values)

    def step(*given: Node) -> list[Node]:
        elements = [
            row.dimshuffle(*range(along), "x", *range(along, row.ndim))
            for row, along in zip(given[:count], axes, strict=True)
        ]
        return combine(given[count:], elements)

    starts = [_one_at_least(first, along) for first, along in zip(firsts, axes, strict=True)]
    made = make_loop(step, rows, starts, None, None, label=_LABEL, given_as="elems")
    return [
        concatenate(first, _rows_along(stacked, along), axis=along)
        for first, stacked, along in zip(firsts, made.outputs, axes, strict=True)
    ]


def _one_at_least(first: Node, axis: int) -> Node:
    """The first element, or where there is none a one: a state that no step takes."""
    filler = filled(convert(as_node(1), first.dtype), (*first.shape[:axis], 1, *first.shape[axis + 1 :]))
    return _part(concatenate(first, filler, axis=axis), axis, 0, 1)


def _rows_along(stacked: Node, axis: int) -> Node:
    """Stacked elements of size 1 along an axis, one after the other along it."""
    single = axis + 1
    order = [*range(1, single), 0, *range(single + 1, stacked.ndim)]
    return stacked.dimshuffle(*order)
