"""Joining tensors along an axis and splitting them again; values with several outputs.

``concatenate`` and ``split`` are each other's pullback. ``split`` has several outputs: its
node is of TupleType, and ``item`` nodes choose from it. ``specify_shape`` is a check that
tells the graph what its user knows.

Read next: cumulative.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError, GraphTypeError, IndexingError, ShapeError
from ..graph import Node
from ..op import (
    ZERO,
    Cotangent,
    Guard,
    IndexSpace,
    Size,
    Sizes,
    Structured,
    Style,
    Text,
    checked_shape,
    constant_scalar,
    convert,
    equal,
    item_text,
    structured,
    view,
)
from ..types import Shape, TensorType, TupleType, merge_shapes, promote
from .lengths import bounds, resolved, total
from .logic import STRUCTURAL_ZERO
from .views import filled


class Concatenate(Structured):
    """An op on any number of tensors of one dtype and rank."""

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        if not inputs:
            raise ArgumentError("nothing to join; at least one tensor is needed")
        types = [node.type for node in inputs]
        # Joining is no arithmetic: float16 meeting only itself stays float16.
        dtype = types[0].dtype if len({type.dtype for type in types}) == 1 else promote(types)
        return [convert(node, dtype) for node in inputs]


def _concatenate(m: Any, *tensors: Any, axis: int) -> Any:
    """Tensors one after the other along an axis."""
    return m.concatenate(tensors, axis=axis)


concatenate = Concatenate(_concatenate, name="concatenate", jointly_linear_in="all", moves="all", axis_params=("axis",))


@concatenate.infer
def concatenate_type(*tensors: Node, axis: int) -> TensorType:
    first = tensors[0]
    if any(node.ndim != first.ndim for node in tensors):
        raise GraphTypeError(f"tensors of {' and '.join(str(node.ndim) for node in tensors)} axes do not join")
    if not 0 <= axis < first.ndim:
        raise IndexingError(f"there is no axis {axis} to join {first.ndim} axes along")
    shape = list(first.type.shape)
    for node in tensors[1:]:
        shape = _common(shape, node.type.shape, axis)
    sizes = [node.type.shape[axis] for node in tensors]
    shape[axis] = None if None in sizes else sum(size for size in sizes if size is not None)
    return TensorType(first.dtype, tuple(shape))


def _common(first: Sequence[int | None], second: Sequence[int | None], joined: int) -> list[int | None]:
    for axis, (a, b) in enumerate(zip(first, second, strict=True)):
        if axis != joined and None not in (a, b) and a != b:
            raise ShapeError(f"sizes {a} and {b} of axis {axis} differ; only axis {joined}, joined along, may differ")
    return list(merge_shapes(tuple(first), tuple(second)))


@concatenate.sizes
def concatenate_sizes(sizes: Sizes, *tensors: Node, axis: int) -> Sequence[Size | None]:
    first = list(sizes(tensors[0]))
    first[axis] = total(sizes(node)[axis] for node in tensors)
    return first


@concatenate.guards
def concatenate_guards(sizes: Sizes, y: Node, *tensors: Node, axis: int) -> Iterator[Guard]:
    first, *others = map(sizes, tensors)
    for other in others:
        yield from (equal(a, b) for k, (a, b) in enumerate(zip(first, other, strict=True)) if k != axis)


@concatenate.pullback
def concatenate_pullback(g: Any, y: Node, *tensors: Node, axis: int) -> Any:
    parts = split(g, *(node.shape[axis] for node in tensors), axis=axis)
    return tuple(item(parts, index=i) for i in range(len(tensors)))


@concatenate.samples
def concatenate_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(-2, 2, (2, 3)).astype(dtype)
    yield (x, x[:1] + x[1:]), {"axis": 0}
    yield (x, x[:, :0], x[:, :1]), {"axis": 1}
    yield (x[0],), {"axis": 0}


@structured(linear_in=(0,), moves=(0,), aliases=True, sizes=slice(1, None), axis_params=("axis",))
def split(m: Any, x: Any, *sizes: Any, axis: int) -> Any:
    """Parts of x of the given sizes, one after the other along an axis."""
    lengths = [int(size) for size in sizes]
    if min(lengths) < 0 or sum(lengths) != x.shape[axis]:
        raise ShapeError(f"parts of sizes {lengths} do not fill axis {axis} of shape {x.shape}")
    before = (slice(None),) * axis
    ends = np.cumsum(lengths).tolist()
    return tuple(x[(*before, slice(end - length, end))] for length, end in zip(lengths, ends, strict=True))


@split.infer
def split_type(x: Node, *sizes: Node, axis: int) -> TupleType:
    if not 0 <= axis < x.ndim:
        raise IndexingError(f"there is no axis {axis} to split {x.type} along")
    if not sizes:
        raise ArgumentError("the sizes of the parts are missing; at least one is needed")
    known = [constant_scalar(size) for size in sizes]
    total = x.type.shape[axis]
    if any(size is not None and size < 0 for size in known) or (
        total is not None and None not in known and sum(known) != total
    ):
        raise ShapeError(f"parts of sizes {known} do not fill axis {axis} of {x.type}")
    before, after = x.type.shape[:axis], x.type.shape[axis + 1 :]
    return TupleType(tuple(TensorType(x.dtype, (*before, size, *after)) for size in known))


@split.sizes
def split_sizes(sizes: Sizes, x: Node, *parts: Node, axis: int) -> Sequence[Sequence[Size | None]]:
    return [[part if at == axis else size for at, size in enumerate(sizes(x))] for part in parts]


@split.indexing_map
def split_map(i: IndexSpace, at: tuple[Any, ...], x: Node, *sizes: Node, axis: int, index: int) -> tuple[Any, ...]:
    return (*at[:axis], i.offset(sizes, index) + at[axis], *at[axis + 1 :])


@split.guards
def split_guards(sizes: Sizes, y: Node, x: Node, *parts: Node, axis: int) -> Iterator[Guard]:
    yield equal(total(resolved(size, sizes) for size in parts), sizes(x)[axis])
    doubtful = tuple(size for size in parts if bounds(size)[0] < 0)
    if doubtful:
        yield Guard("least", doubtful)


@split.pullback
def split_pullback(g: Sequence[Any], y: Node, x: Node, *sizes: Node, axis: int) -> Any:
    # The cotangents of parts nobody used are structural zeros.
    dtype = next(part.dtype for part in g if part is not ZERO)
    before, after = x.shape[:axis], x.shape[axis + 1 :]
    zero = convert(STRUCTURAL_ZERO, dtype)
    return concatenate(
        *(filled(zero, (*before, size, *after)) if part is ZERO else part for part, size in zip(g, sizes, strict=True)),
        axis=axis,
    )


@split.samples
def split_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(-2, 2, (3, 4)).astype(dtype)
    yield (x, 1, 2), {"axis": 0}
    yield (x, 1, 0, 3), {"axis": 1}


@structured(aliases=True, inline=True)
def item(m: Any, values: Any, *, index: int) -> Any:
    """One output of an op that has several."""
    return values[index]


@item.infer
def item_type(values: Node, *, index: int) -> TensorType:
    items = values.items
    if items is None:
        raise GraphTypeError(f"{values.type} is one value, not several")
    if not 0 <= index < len(items):
        raise IndexingError(f"there is no output {index} among {len(items)}")
    return items[index]


@item.notation
def item_notation(style: Style, node: Any, values: Text) -> Text:
    return style.item(values, item_text(node))


@item.pullback
def item_pullback(g: Node, y: Node, values: Node, *, index: int) -> tuple[tuple[Cotangent, ...]]:
    return (tuple(g if k == index else ZERO for k in range(len(values.items or ()))),)


@item.sizes
def item_sizes(sizes: Sizes, values: Node, *, index: int) -> Sequence[Size | None]:
    several: Sequence[Any] = sizes(values)
    found: Sequence[Size | None] = several[index]
    return found


@view(sizes=slice(1, None), keeps_all=True, axis_params=("axes",), hidden=True)
def specify_shape(m: Any, x: Any, *sizes: Any, axes: tuple[int, ...], label: str = "") -> Any:
    """x itself, whose sizes along ``axes`` must be the given ones; ``label`` says why."""
    for axis, size in zip(axes, checked_shape(sizes), strict=True):
        if x.shape[axis] != size:
            if label:
                raise ShapeError(f"{label}: its size along axis {axis} is {x.shape[axis]}, not {size}")
            raise ShapeError(f"axis {axis} of shape {x.shape} was declared to have size {size}")
    return x


@specify_shape.infer
def specify_shape_type(x: Node, *sizes: Node, axes: tuple[int, ...], label: str = "") -> TensorType:
    shape = list(x.type.shape)
    for axis, node in zip(axes, sizes, strict=True):
        size = constant_scalar(node)
        if size is not None and (size < 0 or shape[axis] not in (None, size)):
            raise ShapeError(f"axis {axis} of {x.type} cannot be declared to have size {size}")
        shape[axis] = size if size is not None else shape[axis]
    return TensorType(x.dtype, tuple(shape))


@specify_shape.sizes
def specify_shape_sizes(
    sizes: Sizes, x: Node, *given: Node, axes: tuple[int, ...], label: str = ""
) -> Sequence[Size | None]:
    result: list[Size | None] = list(sizes(x))
    for axis, size in zip(axes, given, strict=True):
        result[axis] = size
    return result


@specify_shape.indexing_map
def specify_shape_map(i: IndexSpace, at: tuple[Any, ...], x: Node, *sizes: Node, **params: Any) -> tuple[Any, ...]:
    return at


@specify_shape.guards
def specify_shape_guards(sizes: Sizes, y: Node, x: Node, *given: Node, axes: tuple[int, ...], **params: Any) -> Any:
    return (equal(sizes(x)[axis], sizes(y)[axis]) for axis in axes)


@specify_shape.pullback
def specify_shape_pullback(g: Any, y: Node, x: Node, *sizes: Node, axes: tuple[int, ...], label: str = "") -> Any:
    return g


def refine_shape(x: Node, shape: Shape, label: str = "") -> Node:
    """x with the known sizes of ``shape`` where its own are unknown; checked when running, and ``label`` says why."""
    axes = tuple(axis for axis, size in enumerate(shape) if size is not None and x.type.shape[axis] is None)
    said = {"label": label} if label else {}
    return specify_shape(x, *(shape[axis] for axis in axes), axes=axes, **said) if axes else x


def with_sizes(x: Node, wanted: Sequence[Size | None], sizes: Sizes, label: str = "") -> Node:
    """x, declared to have the sizes ``wanted`` (None says nothing) where ``sizes`` does not see that it has them."""
    pairs = enumerate(zip(sizes(x), wanted, strict=True))
    unseen = {axis: size for axis, (own, size) in pairs if size is not None and own is not size and own != size}
    said = {"label": label} if label else {}
    return specify_shape(x, *unseen.values(), axes=tuple(unseen), **said) if unseen else x


class DeclaredSize(NamedTuple):
    """A size that ``specify_shape`` declares along an axis, and why."""

    axis: int
    size: Node
    label: str


def undeclared(x: Node) -> tuple[Node, list[DeclaredSize]]:
    """The value below the declarations of its sizes (``specify_shape``), and these, the last one first."""
    declared: list[DeclaredSize] = []
    while x.op is specify_shape:
        label = x.params.get("label", "")
        declared += [DeclaredSize(*two, label) for two in zip(x.params["axes"], x.inputs[1:], strict=True)]
        x = x.inputs[0]
    return x, declared


@specify_shape.samples
def specify_shape_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(-2, 2, (2, 1)).astype(dtype)
    yield (x, 1), {"axes": (1,)}
    yield (x, 1, 2), {"axes": (1, 0)}


@view(keeps_all=True, axis_params=("axes",), hidden=True)
def mask_shape(m: Any, x: Any, *, axes: tuple[int, ...]) -> Any:
    """x itself, whose sizes along ``axes`` are taken for unknown until it is computed."""
    return x


@mask_shape.infer
def mask_shape_type(x: Node, *, axes: tuple[int, ...]) -> TensorType:
    return TensorType(x.dtype, tuple(None if axis in axes else size for axis, size in enumerate(x.type.shape)))


@mask_shape.indexing_map
def mask_shape_map(i: IndexSpace, at: tuple[Any, ...], x: Node, *, axes: tuple[int, ...]) -> tuple[Any, ...]:
    return at


@mask_shape.pullback
def mask_shape_pullback(g: Any, y: Node, x: Node, *, axes: tuple[int, ...]) -> Any:
    return refine_shape(g, x.type.shape)


@mask_shape.samples
def mask_shape_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (rng.uniform(-2, 2, (2, 1)).astype(dtype),), {"axes": (1,)}
