"""Automatic vectorization: a function of one example becomes a function of a batch.

The function is called once, on placeholders of one example, to see what it computes; the batching
rules of the ops (ops/batching.py) then say what that is for all examples at once.

Read next: mapping.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import wraps
from typing import Any, Literal, TypeVar

import numpy as np

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, IndexingError, ShapeError, here, shown
from ..graph import Node, describe, toposort
from ..op import INPUT, Batched, as_node, bodies, is_dim
from ..ops.batching import Batching
from ..ops.join import specify_shape
from ..ops.views import dimshuffle, stacked
from ..types import TensorType
from .loops import loop_around
from .trees import rebuilt

Randomness = Literal["error", "different", "same"]
# Of one example, and of a batch: what a function returns has one form for both.
Outputs = TypeVar("Outputs")


@public
def vmap(
    fn: Callable[..., Outputs], in_axes: Any = 0, out_axes: Any = 0, *, randomness: Randomness = "error"
) -> Callable[..., Outputs]:
    """Vectorize a function of symbolic values: what it computes of one example, computed of a batch of them.

    Args:
        fn: a function of variables, or of tuples, lists and dicts of them; it returns one, or such a collection. It is
            called once, on variables without the mapped axes. What it uses besides, shared variables among it, is the
            same for all examples. It may call ``grad``, ``scan``, ``ifelse`` and ``vmap`` itself.
        in_axes: the axis of the arguments along which the examples lie; None for an argument that all share; a tuple
            with an entry for every argument, whose entries may be collections of the arguments' own form. Arguments
            given by keyword are mapped along axis 0.
        out_axes: the axis of the results along which the examples lie, in the same manner; None for a result that is
            the same for all examples.
        randomness: "different" draws anew for every example, the same bits as a ``scan`` over the batch draws; "same"
            draws once for all; "error" refuses a function that draws.

    Returns:
        The function of the batch. An op without a batching rule is computed example by example, in a loop;
        ``sd.inspect.why`` says which.

    Raises:
        GraphTypeError: if ``fn`` is no function.
        ArgumentError: if ``randomness`` is none of these words; when called, if nothing is mapped, or if the function
            draws and ``randomness`` is "error".
        GraphTypeError: when called, if an entry of an axes argument is neither an integer nor None, or does not have
            the form of what it is for, or if a result that has to be the same for all examples is not.
        IndexingError: when called, if a value has no such axis.
        ShapeError: when called, if the mapped axes are known to have different sizes; in the compiled call where only
            that can tell.

    Source: J. Bradbury et al., "JAX: composable transformations of Python+NumPy programs" (2018); the words of
    ``randomness`` are those of torch.func.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> X, y, w = T.dmatrix("X"), T.dvector("y"), T.dvector("w")
        >>> def slope(x, t):
        ...     return sd.grad((x @ w - t) ** 2, w)
        >>> per_example = sd.function([X, y, w], sd.vmap(slope)(X, y))
        >>> per_example([[1.0, 0.0], [0.0, 2.0]], [1.0, 0.0], [2.0, 1.0]).tolist()
        [[2.0, 0.0], [0.0, 8.0]]
    """
    if randomness not in ("error", "different", "same"):
        raise ArgumentError(f"vmap: randomness is 'error', 'different' or 'same', not {shown(randomness)}{here()}")

    if isinstance(fn, Node) or not callable(fn):
        raise GraphTypeError(f"vmap: fn is a function of one example, not {shown(fn)}{here()}")

    @wraps(fn)
    def of_a_batch(*args: Any, **kwargs: Any) -> Any:
        given = (args, kwargs)
        axes = (_entries(in_axes, args), dict.fromkeys(kwargs, 0))
        examples = _Examples(given, axes)
        with nullcontext() if randomness == "same" else loop_around() as position:
            one_args, one_kwargs = examples.of_one()
            result = fn(*one_args, **one_kwargs)
        returned = list(_leaves(result, out_axes, "out_axes", "the result"))
        outputs = [_as_output(leaf, path) for leaf, _, path in returned]
        if randomness == "error":
            _refuse_draws(outputs, position)
        found = examples.batched(outputs, position)
        results = iter(
            [
                _placed(found[output], axis, examples.rows, path)
                for output, (_, axis, path) in zip(outputs, returned, strict=True)
            ]
        )
        return rebuilt(result, results)

    return of_a_batch


class _Examples:
    """The mapped arguments: what stands for one example, and the number of them."""

    def __init__(self, given: Any, axes: Any) -> None:
        self._given = given
        self._leaves = [
            (as_node(leaf), axis, path)
            for part, entries, path in zip(given, axes, ("argument", "keyword argument"), strict=True)
            for leaf, axis, path in _leaves(part, entries, "in_axes", path)
        ]
        mapped = [(node, _axis_of(node, axis, path), path) for node, axis, path in self._leaves if axis is not None]
        if not mapped:
            raise ArgumentError(
                f"vmap: no argument is mapped; at least one needs an axis in in_axes, and a value to map over{here()}"
            )
        self.rows = _rows(mapped)
        self._placeholders: dict[Node, Node] = {}
        self._one: list[Node] = []
        for node, axis, path in self._leaves:
            if axis is None:
                self._one.append(node)
                continue
            at = _axis_of(node, axis, path)
            shape = (*node.type.shape[:at], *node.type.shape[at + 1 :])
            leaf = Node(INPUT, (), TensorType(node.dtype, shape), None, node.name, node.lines)
            self._one.append(leaf)
            self._placeholders[leaf] = _first(_checked(node, at, self.rows, path), at)

    def of_one(self) -> Any:
        """The arguments for one example."""
        made = iter(self._one)
        args, kwargs = self._given
        return rebuilt(args, made), rebuilt(kwargs, made)

    def batched(self, outputs: Sequence[Node], position: Node | None) -> Batching:
        """The values of outputs for all examples."""
        leaves = {leaf: Batched(values, True) for leaf, values in self._placeholders.items()}
        return Batching(outputs, self.rows, leaves, position)


def _entries(in_axes: Any, args: tuple[Any, ...]) -> Any:
    if isinstance(in_axes, list | tuple) and len(in_axes) != len(args):
        raise GraphTypeError(
            f"vmap: in_axes has {len(in_axes)} entries, but the function is called with {len(args)} arguments; "
            f"None stands for an argument that all examples share{here()}"
        )
    return tuple(in_axes) if isinstance(in_axes, list | tuple) else in_axes


def _leaves(tree: Any, axes: Any, option: str, path: str) -> Iterator[tuple[Any, int | None, str]]:
    """The values of a nested collection with their axes and what to call them; one entry may stand for a collection."""
    if isinstance(tree, Mapping | list | tuple):
        keys = list(tree) if isinstance(tree, Mapping) else range(len(tree))
        if isinstance(axes, Mapping | list | tuple):
            if isinstance(axes, Mapping) != isinstance(tree, Mapping) or len(axes) != len(tree):
                raise GraphTypeError(f"vmap: {option} {shown(axes)} does not have the form of {path}{here()}")
            if isinstance(axes, Mapping) and set(axes) != set(tree):
                raise GraphTypeError(f"vmap: {option} {shown(axes)} does not have the keys of {path}{here()}")
        for key in keys:
            entry = axes[key] if isinstance(axes, Mapping | list | tuple) else axes
            yield from _leaves(tree[key], entry, option, f"{path}[{shown(key)}]")
        return
    if tree is None:
        return
    if axes is not None and (isinstance(axes, bool | np.bool_) or not isinstance(axes, int | np.integer)):
        raise GraphTypeError(f"vmap: an entry of {option} is an axis or None, not {shown(axes)}, for {path}{here()}")
    yield tree, None if axes is None else int(axes), path


def _axis_of(node: Node, axis: int, path: str) -> int:
    if not -node.ndim <= axis < node.ndim:
        hint = "; None in in_axes stands for an argument that all examples share" if "argument" in path else ""
        raise IndexingError(
            f"vmap: {path}, {describe(node, lines=False)}, has no axis {axis} for the examples{hint}{here()}"
        )
    return axis % node.ndim


def _rows(mapped: Sequence[tuple[Node, int, str]]) -> Node:
    """The number of examples: a known size if there is one, or that of the first argument.

    Raises:
        ShapeError: if known sizes differ, naming the arguments, the axes and the sizes.
    """
    known = [(node, axis, path) for node, axis, path in mapped if node.type.shape[axis] is not None]
    first, at, label = known[0] if known else mapped[0]
    size = first.type.shape[at]
    for node, axis, path in known:
        if node.type.shape[axis] != size:
            raise ShapeError(
                f"vmap: the mapped axes have different sizes: axis {at} of {label}, {describe(first, lines=False)}, "
                f"has {size} elements, axis {axis} of {path}, {describe(node, lines=False)}, has "
                f"{node.type.shape[axis]}{here()}"
            )
    return as_node(first.shape[at])


def _checked(node: Node, axis: int, rows: Node, path: str) -> Node:
    """An argument that is known to have as many examples as the others; checked in the call if only that can tell."""
    own = is_dim(rows) and rows.inputs[0] is node and rows.params["axis"] == axis
    if node.type.shape[axis] is not None or own:
        return node
    label = f"vmap: {path}, {describe(node, lines=False)}, must have as many examples as the others"
    made: Node = specify_shape(node, rows, axes=(axis,), label=label)
    return made


def _first(node: Node, axis: int) -> Node:
    """The node with an axis in front of the others."""
    order = (axis, *(k for k in range(node.ndim) if k != axis))
    return dimshuffle(node, pattern=order) if axis else node


def _as_output(value: Any, path: str) -> Node:
    if isinstance(value, Node | np.ndarray | np.generic | int | float):
        return as_node(value)
    raise GraphTypeError(
        f"vmap: the function returns symbolic values, or tuples, lists and dicts of them; {path} is "
        f"{shown(value)}{here()}"
    )


def _placed(found: Batched, axis: int | None, rows: Node, path: str) -> Node:
    """A result with its axis of examples where it is wanted."""
    if axis is None:
        if found.batched:
            raise GraphTypeError(
                f"vmap: out_axes says None for {path}, {describe(found.value)}, which differs from example to example; "
                f"give an axis{here()}"
            )
        return found.value
    values = stacked(found, rows)
    at = _axis_of(values, axis, path)
    order = [*range(1, at + 1), 0, *range(at + 1, values.ndim)]
    return dimshuffle(values, pattern=tuple(order)) if at else values


def _refuse_draws(outputs: Sequence[Node], position: Node | None) -> None:
    """Refuse what was drawn in one example, which its position tells."""
    behind: set[Node | None] = {position}
    for node in toposort(outputs):
        if not any(source in behind for source in node.inputs):
            continue
        behind.add(node)
        inside = [inner for body in bodies(node).values() for inner in body.nodes()]
        if any(one.op.kind == "draw" for one in (node, *inside)):
            raise ArgumentError(
                f"vmap: the function draws {describe(node)}; randomness='different' draws anew for every example, "
                f"randomness='same' once for all{here()}"
            )
