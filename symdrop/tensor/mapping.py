"""Functions of parts applied to a whole: of elements, of vectors along an axis, over one axis after another.

Read next: alignment.py
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import as_node
from .arguments import one_axis, several_axes, sizes_of_shape
from .axes import expand_dims, moveaxis
from .composed.grids import indices
from .vectorization import vmap

_CORE = re.compile(r"\(([\w\s,]*)\)")


def _function(name: str, fn: Any) -> Callable[..., Any]:
    if isinstance(fn, Node) or not callable(fn):
        raise GraphTypeError(f"{name} takes a function of symbolic values, not {shown(fn)}{here()}")
    return fn  # type: ignore[no-any-return]


@public
def vectorize(pyfunc: Any, *, excluded: Any = (), signature: str | None = None) -> Callable[..., Any]:
    """A function of parts, applied to all parts of tensors that are broadcast together.

    Args:
        pyfunc: a function of scalars, or of the parts that ``signature`` names; it is called once.
        excluded: the positions of arguments that are passed as they are.
        signature: the axes of the parts, such as ``"(n),(n)->()"``; by default all parts are scalars.

    Returns:
        A function of tensors.

    Raises:
        GraphTypeError: if ``pyfunc`` is no function.
        ArgumentError: for a signature that is none; when called, if it names another number of arguments.

    Source: NumPy's ``vectorize``; the parts are mapped by ``sd.vmap``.

    Example:
        >>> import symdrop.tensor as T
        >>> inner = T.vectorize(lambda a, b: (a * b).sum(), signature="(n),(n)->()")
        >>> inner(T.constant([[1.0, 2.0], [3.0, 4.0]]), T.constant([1.0, 1.0])).eval().tolist()
        [3.0, 7.0]
    """
    of_parts = _function("vectorize", pyfunc)
    ranks = None if signature is None else _ranks(signature)
    held = set(excluded)

    @wraps(of_parts)
    def of_tensors(*args: Any) -> Any:
        moving = [i for i in range(len(args)) if i not in held]
        cores = [0] * len(moving) if ranks is None else ranks
        if len(cores) != len(moving):
            raise ArgumentError(f"vectorize: {signature!r} is for {len(cores)} arguments, not {len(moving)}{here()}")
        nodes = [as_node(args[i]) for i in moving]
        for node, core in zip(nodes, cores, strict=True):
            if node.ndim < core:
                raise ShapeError(f"vectorize: {signature!r} wants {core} axes or more, not {describe(node)}{here()}")
        loops = max((node.ndim - core for node, core in zip(nodes, cores, strict=True)), default=0)

        def of_nodes(*parts: Node) -> Any:
            given = list(args)
            for i, part in zip(moving, parts, strict=True):
                given[i] = part
            return of_parts(*given)

        return _over(of_nodes, nodes, cores, loops)

    return of_tensors


def _over(fn: Callable[..., Any], nodes: list[Node], cores: list[int], loops: int) -> Any:
    """A function of parts over the axes before them, which are aligned from the last."""
    if loops == 0:
        return fn(*nodes)
    mapped = [0 if node.ndim - core == loops else None for node, core in zip(nodes, cores, strict=True)]
    ones = [i for i, axis in enumerate(mapped) if axis == 0 and nodes[i].type.shape[0] == 1]
    if 0 < len(ones) < mapped.count(0):
        # An axis of size 1 is the same for all that the others hold.
        squeezed = [node[0] if i in ones else node for i, node in enumerate(nodes)]
        return _over(fn, squeezed, cores, loops)

    def inside(*parts: Node) -> Any:
        return _over(fn, list(parts), cores, loops - 1)

    return vmap(inside, in_axes=tuple(mapped))(*nodes)


def _ranks(signature: str) -> list[int]:
    before, arrow, after = str(signature).replace(" ", "").partition("->")
    cores = _CORE.findall(before)
    if not arrow or ",".join(f"({core})" for core in cores) != before or not _CORE.search(after):
        raise ArgumentError(f"vectorize: a signature looks like '(m,n),(n)->(m)', not {shown(signature)}{here()}")
    return [len([name for name in core.split(",") if name]) for core in cores]


@public
def apply_along_axis(func1d: Any, axis: Any, arr: Any, *args: Any, **kwargs: Any) -> Node:
    """A function of a vector, applied to every vector along an axis.

    Args:
        func1d: a function of a symbolic vector; what it returns stands where the axis stood.
        axis: the axis.
        arr: a tensor of at least one axis.
        args: passed on to ``func1d``.
        kwargs: passed on too.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> T.apply_along_axis(lambda v: v[::-1], 1, T.constant([[1, 2], [3, 4]])).eval().tolist()
        [[2, 1], [4, 3]]
    """
    fn = _function("apply_along_axis", func1d)
    node = as_node(arr)
    place = one_axis(axis, node.ndim)
    made = _over(lambda v: as_node(fn(v, *args, **kwargs)), [moveaxis(node, place, -1)], [1], node.ndim - 1)
    kept = made.ndim - (node.ndim - 1)
    before = list(range(place)) + list(range(node.ndim - 1, made.ndim)) + list(range(place, node.ndim - 1))
    return made.transpose(*before) if kept and made.ndim > 1 else made  # type: ignore[no-any-return]


@public
def apply_over_axes(func: Any, a: Any, axes: Any) -> Node:
    """A function of a tensor and an axis, applied over one axis after another.

    Args:
        func: called as ``func(a, axis)``; it keeps or drops the axis, which is put back with size 1.
        a: a tensor.
        axes: an axis, or several.

    Returns:
        A tensor of as many axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.apply_over_axes(T.sum, T.constant([[1, 2], [3, 4]]), [0, 1]).eval().tolist()
        [[10]]
    """
    fn = _function("apply_over_axes", func)
    node = as_node(a)
    for axis in several_axes(tuple(axes) if isinstance(axes, list | tuple) else axes, node.ndim):
        made = as_node(fn(node, axis))
        if made.ndim < node.ndim - 1 or made.ndim > node.ndim:
            raise ShapeError(f"apply_over_axes: the function made {describe(made)} of {describe(node)}{here()}")
        node = made if made.ndim == node.ndim else expand_dims(made, axis)
    return node


@public
def fromfunction(function: Any, shape: Any, dtype: Any = "float64", **kwargs: Any) -> Any:
    """A function of the coordinates, one grid an axis, computed for all elements of a shape at once.

    Args:
        function: called with as many tensors as there are axes.
        shape: the sizes.
        dtype: that of the coordinates.
        kwargs: passed on.

    Returns:
        Whatever the function returns.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fromfunction(lambda i, j: i + j, (2, 2), dtype="int64").eval().tolist()
        [[0, 1], [1, 2]]
    """
    grid = indices(sizes_of_shape(shape), dtype=dtype)
    return _function("fromfunction", function)(*(grid[i] for i in range(len(sizes_of_shape(shape)))), **kwargs)


__all__ = ["apply_along_axis", "apply_over_axes", "fromfunction", "vectorize"]
