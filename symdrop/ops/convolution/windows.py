"""Sliding windows along the last axes: zeros around a value, its windows, and the sum of windows where they overlap.

Along an axis, element ``t`` of window ``i`` is element ``stride * i + dilation * t`` of x. ``windows`` reads there, and
``fold`` adds there: each is the transpose of the other, so they are each other's pullback, and the gradient of a
gradient needs nothing new. The transpose of ``pad`` is ``pad`` by the opposite amounts.

Source: V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, 2016.

Read next: convolution.py
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...errors import ShapeError
from ...graph import Node
from ...op import Guard, IndexSpace, Size, Sizes, checked_shape, constant_scalar, convert, structured, view
from ...types import TensorType
from ..arithmetic import maximum
from ..lengths import less
from ..reduce import plain_sum
from ..views import dimshuffle

Steps = tuple[int, ...]


def span(taps: Size, dilation: int) -> Any:
    """How many elements a window reaches over, from its first to its last."""
    return taps if dilation == 1 else dilation * less(taps, 1) + 1


def window_count(size: Size, taps: Size, stride: int, dilation: int) -> Any:
    """How many whole windows an axis holds; none that is too small."""
    last = size - span(taps, dilation) + stride
    places: Any = max(last, 0) if isinstance(last, int) else maximum(last, 0)
    return places if stride == 1 else places // stride


def most_overlapping(taps: Any, stride: int, dilation: int) -> Any:
    """How many windows hold one element at most."""
    period = stride // math.gcd(stride, dilation)
    return taps if period == 1 else (taps + period - 1) // period


def check_inside(size: Any, taps: Any, count: Any, stride: int, dilation: int) -> None:
    """Refuse windows that are known to read beyond an axis.

    Raises:
        ShapeError: with the sizes.
    """
    if None in (size, taps, count) or not taps or not count:
        return
    if (reach := stride * (count - 1) + span(taps, dilation)) > size:
        raise ShapeError(f"{count} windows of {taps} elements reach over {reach}, but the axis has size {size}")


def inside(size: Any, taps: Any, count: Any, stride: int, dilation: int) -> Guard:
    """The guard that windows read nothing beyond an axis."""
    return Guard("least", (size - span(taps, dilation) - stride * (count - 1),))


@view(sizes=slice(1, None), keeps_all=True, axis_params=("axes",), hidden=True)
def at_least(m: Any, x: Any, *sizes: Any, axes: tuple[int, ...], label: str) -> Any:
    """x itself, whose sizes along ``axes`` must be the given ones or more; ``label`` says why."""
    for axis, size in zip(axes, sizes, strict=True):
        if x.shape[axis] < size:
            raise ShapeError(f"{label}: {x.shape[axis]} along axis {axis}, expected {int(size)} or more")
    return x


@at_least.infer
def at_least_type(x: Node, *sizes: Node, axes: tuple[int, ...], label: str) -> TensorType:
    for axis, node in zip(axes, sizes, strict=True):
        own, size = x.type.shape[axis], constant_scalar(node)
        if None not in (own, size) and own < size:
            raise ShapeError(f"{label}: {own} along axis {axis}, expected {size} or more")
    return x.type


@at_least.sizes
def at_least_sizes(sizes: Sizes, x: Node, *given: Node, **params: Any) -> Sequence[Size]:
    return sizes(x)


@at_least.guards
def at_least_guards(sizes: Sizes, y: Node, x: Node, *given: Node, axes: tuple[int, ...], label: str) -> Iterator[Guard]:
    yield Guard("least", tuple(sizes(x)[axis] - size for axis, size in zip(axes, given, strict=True)))


@at_least.indexing_map
def at_least_map(i: IndexSpace, at: tuple[Any, ...], x: Node, *given: Node, **params: Any) -> tuple[Any, ...]:
    return at


@at_least.pullback
def at_least_pullback(g: Any, y: Node, x: Node, *given: Node, **params: Any) -> Any:
    return g


@at_least.samples
def at_least_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (rng.uniform(-2, 2, (2, 3)).astype(dtype), 3, 1), {"axes": (1, 0), "label": "x is too small"}


@structured(linear_in=(0,), sizes=slice(1, None), axis_params=())
def pad(m: Any, x: Any, *amounts: Any) -> Any:
    """x with zeros before it along its last axes, and after it up to given sizes; a negative amount crops.

    After x stand the amounts before, then the sizes, of as many axes.
    """
    rank = len(amounts) // 2
    lead, own, sizes = x.shape[: x.ndim - rank], x.shape[x.ndim - rank :], checked_shape(amounts[rank:])
    result = m.zeros((*lead, *sizes), x.dtype)
    source, target = [], []
    for before, n, size in zip(map(int, amounts[:rank]), own, sizes, strict=True):
        first, last = max(before, 0), max(min(n + before, size), 0)
        target.append(slice(first, max(first, last)))
        source.append(slice(first - before, max(first, last) - before))
    result[(..., *target)] = x[(..., *source)]
    return result


def _lead(x: Node, rank: int) -> tuple[Any, ...]:
    return x.type.shape[: x.ndim - rank]


@pad.infer
def pad_type(x: Node, *amounts: Node) -> TensorType:
    rank = len(amounts) // 2
    sizes = tuple(map(constant_scalar, amounts[rank:]))
    if any(size is not None and size < 0 for size in sizes):
        raise ShapeError(f"{x.type} cannot be cropped to sizes {sizes}")
    return TensorType(x.dtype, (*_lead(x, rank), *sizes))


@pad.sizes
def pad_sizes(sizes: Sizes, x: Node, *amounts: Node) -> Sequence[Size | None]:
    rank = len(amounts) // 2
    return (*sizes(x)[: x.ndim - rank], *amounts[rank:])


@pad.indexing_map
def pad_map(i: IndexSpace, at: tuple[Any, ...], x: Node, *amounts: Node) -> tuple[Any, ...]:
    rank = len(amounts) // 2
    places = zip(at[x.ndim - rank :], amounts[:rank], i.sizes(x)[x.ndim - rank :], strict=True)
    return (*at[: x.ndim - rank], *(i.within(place - i.number(before), n) for place, before, n in places))


@pad.pullback
def pad_pullback(g: Any, y: Node, x: Node, *amounts: Node) -> Any:
    rank = len(amounts) // 2
    return pad(g, *(-before for before in amounts[:rank]), *x.shape[x.ndim - rank :])


@pad.samples
def pad_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(-2, 2, (2, 3, 4)).astype(dtype)
    yield (x, 1, 6), {}
    yield (x, 2, -1, 5, 2), {}
    yield (x[:, :1], -1, 0, 1, 4), {}
    yield (x[:, :0], 1, 1, 2, 5), {}


@view(sizes=slice(1, None), axis_params=())
def windows(m: Any, x: Any, *sizes: Any, stride: Steps, dilation: Steps) -> Any:
    """The windows of x along its last axes: in front of every place stand the elements of its window.

    After x stand the sizes of a window, then the numbers of windows, along as many axes.
    """
    rank = len(stride)
    taps, counts = checked_shape(sizes[:rank]), checked_shape(sizes[rank:])
    own = x.shape[x.ndim - rank :]
    for given in zip(own, taps, counts, stride, dilation, strict=True):
        check_inside(*given)
    steps = x.strides[x.ndim - rank :]
    strides = (
        *x.strides[: x.ndim - rank],
        *(step * by for step, by in zip(steps, dilation, strict=True)),
        *(step * by for step, by in zip(steps, stride, strict=True)),
    )
    shape = (*x.shape[: x.ndim - rank], *taps, *counts)
    return m.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


@windows.infer
def windows_type(x: Node, *sizes: Node, stride: Steps, dilation: Steps) -> TensorType:
    rank, known = len(stride), tuple(map(constant_scalar, sizes))
    for given in zip(x.type.shape[x.ndim - rank :], known[:rank], known[rank:], stride, dilation, strict=True):
        check_inside(*given)
    return TensorType(x.dtype, (*_lead(x, rank), *known), x.type.weak)


@windows.sizes
def windows_sizes(sizes: Sizes, x: Node, *given: Node, stride: Steps, dilation: Steps) -> Sequence[Size | None]:
    return (*sizes(x)[: x.ndim - len(stride)], *given)


@windows.indexing_map
def windows_map(
    i: IndexSpace, at: tuple[Any, ...], x: Node, *given: Node, stride: Steps, dilation: Steps
) -> tuple[Any, ...]:
    rank = len(stride)
    lead, taps, places = at[: x.ndim - rank], at[x.ndim - rank : x.ndim], at[x.ndim :]
    return (*lead, *(s * p + d * t for s, p, d, t in zip(stride, places, dilation, taps, strict=True)))


@windows.guards
def windows_guards(sizes: Sizes, y: Node, x: Node, *given: Node, stride: Steps, dilation: Steps) -> Iterator[Guard]:
    rank = len(stride)
    for axis in range(rank):
        yield inside(sizes(x)[x.ndim - rank + axis], given[axis], given[rank + axis], stride[axis], dilation[axis])


@windows.pullback
def windows_pullback(g: Any, y: Node, x: Node, *given: Node, stride: Steps, dilation: Steps) -> Any:
    return fold(g, *x.shape[x.ndim - len(stride) :], stride=stride, dilation=dilation)


WINDOWS: Sequence[tuple[tuple[int, ...], tuple[int, ...], Steps, Steps]] = (
    ((7,), (3,), (1,), (1,)),
    ((8,), (3,), (2,), (1,)),
    ((9,), (2,), (3,), (2,)),
    ((9,), (3,), (2,), (2,)),
    ((5, 6), (2, 3), (1, 2), (1, 1)),
    ((3, 4), (1, 4), (1, 1), (1, 1)),
)


@windows.samples
def windows_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for own, taps, stride, dilation in WINDOWS:
        counts = map(window_count, own, taps, stride, dilation)
        x = rng.uniform(-2, 2, (2, *own)).astype(dtype)
        yield (x, *taps, *counts), {"stride": stride, "dilation": dilation}
    yield (x, 2, 2, 0, 3), {"stride": (1, 1), "dilation": (1, 1)}


@structured(linear_in=(0,), sizes=slice(1, None), axis_params=())
def fold(m: Any, x: Any, *sizes: Any, stride: Steps, dilation: Steps) -> Any:
    """The sum of windows at their places: what ``windows`` read, added up where windows overlap.

    x has the axes of a value of ``windows``; after it stand the sizes of the axes that the windows slide along.
    """
    rank = len(stride)
    lead, taps, counts = x.shape[: -2 * rank], x.shape[-2 * rank : -rank], x.shape[-rank:]
    own = checked_shape(sizes)
    for given in zip(own, taps, counts, stride, dilation, strict=True):
        check_inside(*given)
    result = m.zeros((*lead, *own), x.dtype)
    for tap in np.ndindex(*taps):
        places = tuple(
            slice(d * t, d * t + s * (n - 1) + 1, s) if n else slice(0)
            for t, n, s, d in zip(tap, counts, stride, dilation, strict=True)
        )
        result[(..., *places)] += x[(*(slice(None),) * len(lead), *tap)]
    return result


@fold.infer
def fold_type(x: Node, *sizes: Node, stride: Steps, dilation: Steps) -> TensorType:
    rank, known = len(stride), tuple(map(constant_scalar, sizes))
    shape = x.type.shape
    for given in zip(known, shape[-2 * rank : -rank], shape[-rank:], stride, dilation, strict=True):
        check_inside(*given)
    return TensorType(x.dtype, (*shape[: -2 * rank], *known))


@fold.sizes
def fold_sizes(sizes: Sizes, x: Node, *given: Node, stride: Steps, dilation: Steps) -> Sequence[Size | None]:
    return (*sizes(x)[: x.ndim - 2 * len(stride)], *given)


@fold.pullback
def fold_pullback(g: Any, y: Node, x: Node, *sizes: Node, stride: Steps, dilation: Steps) -> Any:
    return windows(g, *x.shape[x.ndim - 2 * len(stride) :], stride=stride, dilation=dilation)


@fold.samples
def fold_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for own, taps, stride, dilation in WINDOWS:
        counts = tuple(map(window_count, own, taps, stride, dilation))
        yield (rng.uniform(-2, 2, (2, *taps, *counts)).astype(dtype), *own), {"stride": stride, "dilation": dilation}
    yield (rng.uniform(-2, 2, (2, 2, 0)).astype(dtype), 3), {"stride": (1,), "dilation": (1,)}


@fold.decomposition
def fold_decomposition(sizes: Sizes, y: Node, x: Node, *own: Node, stride: Steps, dilation: Steps) -> Node:
    """The sum, at every element, over the windows that hold it."""
    return overlapping_sum(x, sizes(x), own, stride, dilation)


def overlapping_sum(
    x: Node, shape: Sequence[Size], own: Sequence[Node], stride: Steps, dilation: Steps, over: tuple[int, ...] = ()
) -> Node:
    """The sum of windows at their places, as a view of the windows and its sum.

    Args:
        x: the windows.
        shape: its sizes.
        own: the sizes of the axes that they slide along.
        stride, dilation: of the windows.
        over: axes of x in front of the windows' that are summed over, too.
    """
    rank = len(stride)
    terms = map(most_overlapping, shape[x.ndim - 2 * rank : x.ndim - rank], stride, dilation)
    made: Node = overlaps(x, *terms, *own, stride=stride, dilation=dilation)
    axes = (*over, *range(x.ndim - 2 * rank, x.ndim - rank))
    if all(made.type.shape[axis] == 1 for axis in axes):
        return dimshuffle(made, pattern=tuple(axis for axis in range(made.ndim) if axis not in axes))
    # Sums of small integers grow to 64 bits; here they wrap around, as products do.
    return convert(plain_sum(made, axis=axes), x.dtype)


def _overlap(u: Any, j: Any, stride: int, dilation: int) -> tuple[Any, Any, Any]:
    """Of the windows that hold element j, the u-th: its element that is there, its place, and 0 if there is one at all.

    Solves ``stride * i + dilation * t == j``: t is the same for all of them but for multiples of what the stride and
    the dilation do not share.
    """
    common = math.gcd(stride, dilation)
    period = stride // common
    first = (j // common if common > 1 else j) * pow(dilation // common, -1, period) % period if period > 1 else 0
    place = j if stride == 1 else j // stride if dilation == 1 else (j - dilation * first) // stride
    return u if period == 1 else period * u + first, place - dilation // common * u, j % common if common > 1 else 0


@structured(linear_in=(0,), sizes=slice(1, None), axis_params=())
def overlaps(m: Any, x: Any, *sizes: Any, stride: Steps, dilation: Steps) -> Any:
    """Of every element of an axis what the windows that hold it have there, zeros where they are fewer.

    x has the axes of a value of ``windows``; after it stand the greatest numbers of windows that hold one element, then
    the sizes of the axes that the windows slide along.
    """
    rank = len(stride)
    lead, own = x.shape[: -2 * rank], x.shape[-2 * rank :]
    numbers = m.indices(checked_shape(sizes), sparse=True)
    taps, places, held = [], [], m.ones((1,) * 2 * rank, bool)
    for axis in range(rank):
        tap, place, rest = _overlap(numbers[axis], numbers[rank + axis], stride[axis], dilation[axis])
        held = held & (tap < own[axis]) & (place >= 0) & (place < own[rank + axis]) & (rest == 0)
        taps.append(m.minimum(tap, max(own[axis] - 1, 0)))
        places.append(m.clip(place, 0, max(own[rank + axis] - 1, 0)))
    if 0 in own:
        return m.zeros((*lead, *map(int, sizes)), x.dtype)
    return m.where(held, x[(..., *taps, *places)], m.zeros((), x.dtype))


@overlaps.infer
def overlaps_type(x: Node, *sizes: Node, stride: Steps, dilation: Steps) -> TensorType:
    return TensorType(x.dtype, (*_lead(x, 2 * len(stride)), *map(constant_scalar, sizes)))


@overlaps.sizes
def overlaps_sizes(sizes: Sizes, x: Node, *given: Node, stride: Steps, dilation: Steps) -> Sequence[Size | None]:
    return (*sizes(x)[: x.ndim - 2 * len(stride)], *given)


@overlaps.indexing_map
def overlaps_map(
    i: IndexSpace, at: tuple[Any, ...], x: Node, *given: Node, stride: Steps, dilation: Steps
) -> tuple[Any, ...]:
    rank, lead = len(stride), x.ndim - 2 * len(stride)
    own = i.sizes(x)
    taps, places = [], []
    for axis in range(rank):
        tap, place, rest = _overlap(at[lead + axis], at[lead + rank + axis], stride[axis], dilation[axis])
        if not isinstance(rest, int):
            i.within(rest, 1)
        # Where they stand at every place, there are as many as elements in a window.
        taps.append(tap if tap is at[lead + axis] else i.within(tap, own[lead + axis]))
        places.append(i.within(place, own[lead + rank + axis]))
    return (*at[:lead], *taps, *places)


@overlaps.samples
def overlaps_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for own, taps, stride, dilation in WINDOWS:
        counts = tuple(map(window_count, own, taps, stride, dilation))
        terms = map(most_overlapping, taps, stride, dilation)
        x = rng.uniform(-2, 2, (2, *taps, *counts)).astype(dtype)
        yield (x, *terms, *own), {"stride": stride, "dilation": dilation}
