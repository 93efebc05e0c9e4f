"""Convolution: sums of products over the windows of a value, with filters that slide along it.

One sum of products of three values, over all indices ::

    x[n, g, c, stride * i + dilation * t] * w[g, o, c, t] * y[n, g, o, i]

is linear in each of them, and its slopes are the three ops here: ``convolution`` that by y, ``convolution_transpose``
that by x, ``convolution_by_filters`` that by w. So each one's pullbacks are the two others, and gradients of gradients
are convolutions too. There are as many i and t as axes that the windows slide along; ``g`` counts groups of channels
that have filters of their own. Nothing is flipped: it is a correlation, as neural networks have it.

Source: V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, 2016; groups
after A. Krizhevsky, I. Sutskever and G. Hinton, "ImageNet classification with deep convolutional neural networks",
NIPS 2012.

Read next: first_maximum.py
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import GraphTypeError, ShapeError
from ...graph import Node
from ...op import Batched, BatchedResult, Contraction, Size, Sizes, constant_scalar, convert
from ...op.states import SharedVariable
from ...types import TensorType, promote
from ..lengths import product
from ..linalg import matmul, transposed
from ..views import dimshuffle, reshape, stacked
from .windows import WINDOWS, Steps, fold, overlapping_sum, pad, window_count, windows

Index = tuple[Any, ...]
# Sizes, known or not, of the axes in front of those that windows slide along.
Lead = Callable[[Sequence[Any], Sequence[Any]], tuple[Any, ...]]

# Examples, groups and channels of a group; of filters, groups, filters and channels.
LEADING = 3


class Convolution(Contraction):
    """An op on two values of one dtype, and on the sizes of the value's last axes, which these do not tell.

    Args:
        lead: gives the sizes of the value's first three axes from the sizes of the factors.
        examples: whether the first axis of the first factor is one of the value's: then more examples may stand there.
    """

    def __init__(self, formula: Callable[..., Any], *, lead: Lead, examples: bool = True, **declared: Any) -> None:
        self.lead = lead
        self.examples = examples
        super().__init__(formula, sizes=slice(2, None), linear_in=(0, 1), **declared)
        self.batching_rule = self._batched

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        dtype = promote(node.type for node in inputs[:2])
        inputs[:2] = [convert(node, dtype) for node in inputs[:2]]
        return super().prepare(inputs, params)

    def infer_type(self, inputs: Sequence[Node], params: Mapping[str, Any]) -> TensorType:
        a, b, *sizes = inputs
        rank = len(params["stride"])
        if {a.ndim, b.ndim} != {LEADING + rank} or len(sizes) != rank:
            raise GraphTypeError(
                f"expected two tensors of {LEADING + rank} axes and {rank} sizes, not {a.type}, {b.type}"
            )
        return TensorType(a.dtype, (*self.lead(a.type.shape, b.type.shape), *map(constant_scalar, sizes)))

    def output_sizes(self, node: Node, sizes: Sizes) -> Sequence[Size | None]:
        a, b, *given = node.inputs
        return (*self.lead(sizes(a), sizes(b)), *given)

    def lays_out(self, node: Node) -> bool:
        """True unless every group has one channel, as of a depthwise convolution: then a window has few products."""
        _, groups, channels, *_ = node.inputs[0].type.shape
        return channels != 1 or groups == 1

    def _batched(
        self, rows: Node, y: Node, a: Batched, b: Batched, *sizes: Batched, stride: Steps, dilation: Steps
    ) -> BatchedResult:
        """More examples where filters are shared, more groups where every example has its own."""
        if any(size.batched for size in sizes):
            return None
        own = [size.value for size in sizes]
        if self.examples and not b.batched:
            joined = reshape(a.value, product(a.value.shape[:2]), *a.value.shape[2:])
            made = self(joined, b.value, *own, stride=stride, dilation=dilation)
            return reshape(made, rows, a.value.shape[1], *made.shape[1:])
        filters = (False, True) if self.examples else (False, False)
        first, second = (_in_groups(stacked(one, rows), leads) for one, leads in zip((a, b), filters, strict=True))
        made = self(first, second, *own, stride=stride, dilation=dilation)
        return _by_examples(made, rows, y, leads=not self.examples)


def _in_groups(x: Node, leads: bool) -> Node:
    """A value of every example as one of more groups, whose axis is the first one or the second."""
    if not leads:
        x = dimshuffle(x, pattern=(1, 0, *range(2, x.ndim)))
    at = 0 if leads else 1
    made: Node = reshape(x, *x.shape[:at], product(x.shape[at : at + 2]), *x.shape[at + 2 :])
    return made


def _by_examples(x: Node, rows: Node, one: Node, leads: bool) -> Node:
    """The inverse of ``_in_groups``, for a value that is ``one`` of every example."""
    at = 0 if leads else 1
    groups = one.type.shape[at]
    apart = reshape(x, *x.shape[:at], rows, x.shape[at] // rows if groups is None else groups, *x.shape[at + 1 :])
    made: Node = apart if leads else dimshuffle(apart, pattern=(1, 0, *range(2, apart.ndim)))
    return made


def _known(*sizes: Any) -> Any:
    """The first of equal sizes that is known."""
    return next((size for size in sizes if size is not None), None)


def _check(name: str, one: tuple[int, ...], other: tuple[int, ...]) -> None:
    if one != other:
        raise ShapeError(f"{name} of sizes {one} and {other} differ")


# Values as matrices: what is multiplied by what is a product of these, for every group.


def _columns(m: Any, x: Any, taps: Sequence[int], counts: Sequence[int], **steps: Steps) -> Any:
    """The elements of windows in rows, the windows in columns: (groups, channels * taps, examples * windows)."""
    seen = windows.formula(m, x, *taps, *counts, **steps)
    n, g, c = x.shape[:LEADING]
    rank = len(taps)
    seen = seen.transpose(1, 2, *range(LEADING, LEADING + rank), 0, *range(LEADING + rank, LEADING + 2 * rank))
    return seen.reshape(g, c * math.prod(taps), n * math.prod(counts))


def _flat(y: Any) -> Any:
    """(groups, channels, examples * windows)."""
    n, g, o, *counts = y.shape
    return y.transpose(1, 2, 0, *range(LEADING, y.ndim)).reshape(g, o, n * math.prod(counts))


def _filters(w: Any) -> Any:
    """(groups, filters, channels * taps)."""
    return w.reshape(*w.shape[:2], math.prod(w.shape[2:]))


def _convolution(m: Any, x: Any, w: Any, *counts: Any, stride: Steps, dilation: Steps) -> Any:
    """The sum, at every window of x, of the products of its elements and those of every filter.

    x is of shape (examples, groups, channels, *sizes), w of (groups, filters, channels, *taps); the value of
    (examples, groups, filters, *counts).
    """
    _check("groups and channels", x.shape[1:3], (w.shape[0], w.shape[2]))
    seen = _columns(m, x, w.shape[LEADING:], tuple(map(int, counts)), stride=stride, dilation=dilation)
    made = m.matmul(_filters(w), seen).reshape(*w.shape[:2], x.shape[0], *map(int, counts))
    return made.transpose(2, 0, 1, *range(LEADING, made.ndim))


def _convolution_transpose(m: Any, y: Any, w: Any, *sizes: Any, stride: Steps, dilation: Steps) -> Any:
    """The sum of all filters at the places of their windows, each multiplied by the element of y of its window.

    y is of shape (examples, groups, filters, *counts), w of (groups, filters, channels, *taps); the value of
    (examples, groups, channels, *sizes).
    """
    _check("groups and filters", y.shape[1:3], w.shape[:2])
    (g, _, c, *taps), (n, _, _, *counts) = w.shape, y.shape
    rank = len(stride)
    made = m.matmul(_filters(w).transpose(0, 2, 1), _flat(y)).reshape(g, c, *taps, n, *counts)
    seen = made.transpose(2 + rank, 0, 1, *range(2, 2 + rank), *range(LEADING + rank, made.ndim))
    return fold.formula(m, seen, *sizes, stride=stride, dilation=dilation)


def _convolution_by_filters(m: Any, x: Any, y: Any, *taps: Any, stride: Steps, dilation: Steps) -> Any:
    """The sum over all windows of x of their elements, multiplied by the elements of y of the windows.

    x is of shape (examples, groups, channels, *sizes), y of (examples, groups, filters, *counts); the value of
    (groups, filters, channels, *taps).
    """
    _check("examples and groups", x.shape[:2], y.shape[:2])
    seen = _columns(m, x, tuple(map(int, taps)), y.shape[LEADING:], stride=stride, dilation=dilation)
    return m.matmul(_flat(y), seen.transpose(0, 2, 1)).reshape(*y.shape[1:3], x.shape[2], *map(int, taps))


def _reduced(*, stride: Steps, **params: Any) -> int:
    return 1 + len(stride)


convolution = Convolution(
    _convolution, name="convolution", reduced=_reduced, lead=lambda x, w: (x[0], _known(w[0], x[1]), w[1])
)
convolution_transpose = Convolution(
    _convolution_transpose, name="convolution_transpose", reduced=_reduced,
    lead=lambda y, w: (y[0], _known(w[0], y[1]), w[2]),
)  # fmt: skip
convolution_by_filters = Convolution(
    _convolution_by_filters, name="convolution_by_filters", reduced=_reduced, examples=False,
    lead=lambda x, y: (_known(x[1], y[1]), y[2], x[2]),
)  # fmt: skip


# The lanes go along the iterator that an index names first: along the windows, not along their elements.


def _read(stride: Steps, dilation: Steps, places: Index, taps: Index) -> Index:
    return tuple(s * i + d * t for s, i, d, t in zip(stride, places, dilation, taps, strict=True))


@convolution.indexing_maps
def convolution_maps(at: Index, over: Index, x: Node, w: Node, stride: Steps, dilation: Steps) -> tuple[Index, Index]:
    (n, g, o, *places), (c, *taps) = at, over
    return (n, g, c, *_read(stride, dilation, tuple(places), tuple(taps))), (g, o, c, *taps)


@convolution_by_filters.indexing_maps
def convolution_by_filters_maps(
    at: Index, over: Index, x: Node, y: Node, stride: Steps, dilation: Steps
) -> tuple[Index, Index]:
    (g, o, c, *taps), (n, *places) = at, over
    return (n, g, c, *_read(stride, dilation, tuple(places), tuple(taps))), (n, g, o, *places)


@convolution_transpose.indexing_maps
def convolution_transpose_maps(
    at: Index, over: Index, y: Node, w: Node, stride: Steps, dilation: Steps
) -> tuple[Index, Index]:
    """Read at the quotient if it is whole and there is such a window; elsewhere 0 is read."""
    (n, g, c, *own), (o, *taps) = at, over
    places = ((j - d * t) // s for s, j, d, t in zip(stride, own, dilation, taps, strict=True))
    return (n, g, o, *places), (g, o, c, *taps)


@convolution.pullback
def convolution_pullback(h: Any, y: Node, x: Node, w: Node, *counts: Node, **steps: Steps) -> Any:
    return (
        convolution_transpose(h, w, *x.shape[LEADING:], **steps),
        convolution_by_filters(x, h, *w.shape[LEADING:], **steps),
    )


@convolution_transpose.pullback
def convolution_transpose_pullback(h: Any, x: Node, y: Node, w: Node, *sizes: Node, **steps: Steps) -> Any:
    return (
        convolution(h, w, *y.shape[LEADING:], **steps),
        convolution_by_filters(h, y, *w.shape[LEADING:], **steps),
    )


@convolution_by_filters.pullback
def convolution_by_filters_pullback(h: Any, w: Node, x: Node, y: Node, *taps: Node, **steps: Steps) -> Any:
    return (
        convolution_transpose(y, h, *x.shape[LEADING:], **steps),
        convolution(x, h, *y.shape[LEADING:], **steps),
    )


@convolution_transpose.decomposition
def convolution_transpose_decomposition(
    sizes: Sizes, x: Node, y: Node, w: Node, *own: Node, stride: Steps, dilation: Steps
) -> Node:
    """A product of matrices, and its sum at the places of the windows; with one channel a group, only the sum."""
    rank, last = len(stride), range(LEADING, y.ndim)
    if w.type.shape[2] == 1 and w.type.shape[0] != 1:
        alone = ("x",) * rank
        seen = dimshuffle(w, pattern=("x", 0, 2, 1, *last, *alone)) * dimshuffle(
            y, pattern=(0, 1, "x", 2, *alone, *last)
        )
        shape = (*sizes(y)[:2], 1, sizes(y)[2], *sizes(w)[LEADING:], *sizes(y)[LEADING:])
        return overlapping_sum(seen, shape, own, stride, dilation, over=(LEADING,))
    (g, o, c, *taps), (n, _, _, *counts) = sizes(w), sizes(y)
    # One group is no stack of matrices.
    stack = () if w.type.shape[0] == y.type.shape[1] == 1 else (g,)
    filters = reshape(w, *stack, o, product([c, *taps]))
    groups = (1,) if stack else ()
    flat = reshape(dimshuffle(y, pattern=(*groups, 2, 0, *last)), *stack, o, product([n, *counts]))
    seen = reshape(matmul(transposed(filters), flat), g, c, *taps, n, *counts)
    pattern = (2 + rank, 0, 1, *range(2, 2 + rank), *range(LEADING + rank, LEADING + 2 * rank))
    made: Node = fold(dimshuffle(seen, pattern=pattern), *own, stride=stride, dilation=dilation)
    return made


# With fewer channels, and more than twice as many filters, a product has too few rows for what it packs.
_FEW_CHANNELS = 12


def _has_few_channels(w: Node) -> bool:
    """True if filters are known to have few channels; of a state's it is asked what they have now."""
    leaf = w
    while leaf.inputs:
        leaf = leaf.inputs[0]
    own = leaf.get_value(borrow=True).shape if isinstance(leaf, SharedVariable) else (None,) * w.ndim
    filters, channels = w.type.shape[1:LEADING]
    if len(own) == w.ndim - 1:
        filters, channels = _known(filters, own[0]), _known(channels, own[1])
    return channels is not None and channels < _FEW_CHANNELS and (filters is None or filters > 2 * channels)


@pad.simplification
def crop_of_transpose(sizes: Sizes, cropped: Node, x: Node, *amounts: Node) -> Node | None:
    """A crop of a transposed convolution by steps of one is a convolution with the filters turned round.

    It reads zeros around y, as many as a filter reaches over; outside of all windows the sum is 0, as after cropping.
    So the gradient of a convolution with zeros around x is a product of its size, and no sum at places of windows.
    """
    rank = len(amounts) // 2
    made = x.inputs[0] if x.op is dimshuffle else x
    last = tuple(range(made.ndim - rank, made.ndim))
    if made.op is not convolution_transpose or (x is not made and x.params["pattern"][-rank:] != last):
        return None
    y, w, *_ = made.inputs
    dilation = made.params["dilation"]
    if set(made.params["stride"]) != {1} or w.type.shape[0] != 1 or _has_few_channels(w):
        return None
    reach = [d * (taps - 1) for d, taps in zip(dilation, sizes(w)[LEADING:], strict=True)]
    before = [more + own for more, own in zip(reach, amounts[:rank], strict=True)]
    around = pad(y, *before, *(more + own for more, own in zip(reach, amounts[rank:], strict=True)))
    turned = dimshuffle(w, pattern=(0, 2, 1, *last))[(..., *(slice(None, None, -1),) * rank)]
    found: Node = convolution(around, turned, *amounts[rank:], **made.params)
    return found if x is made else dimshuffle(found, pattern=x.params["pattern"])


def _sizes_and_steps() -> Iterator[tuple[Any, ...]]:
    """Groups, channels, filters, and what slides along what."""
    for number, (own, taps, stride, dilation) in enumerate(WINDOWS):
        g, c, o = ((1, 2, 3), (2, 1, 1), (2, 2, 1))[number % 3]
        counts = tuple(map(window_count, own, taps, stride, dilation))
        yield g, c, o, own, taps, counts, {"stride": stride, "dilation": dilation}


def _values(rng: np.random.Generator, dtype: str, *shape: int) -> Any:
    return rng.uniform(-2, 2, shape).astype(dtype)


@convolution.samples
def convolution_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for g, c, o, own, taps, counts, steps in _sizes_and_steps():
        yield (_values(rng, dtype, 2, g, c, *own), _values(rng, dtype, g, o, c, *taps), *counts), steps
    yield (_values(rng, dtype, 0, 1, 2, 4), _values(rng, dtype, 1, 2, 2, 3), 2), {"stride": (1,), "dilation": (1,)}


@convolution_transpose.samples
def convolution_transpose_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for g, c, o, own, taps, counts, steps in _sizes_and_steps():
        yield (_values(rng, dtype, 2, g, o, *counts), _values(rng, dtype, g, o, c, *taps), *own), steps


@convolution_by_filters.samples
def convolution_by_filters_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for g, c, o, own, taps, counts, steps in _sizes_and_steps():
        yield (_values(rng, dtype, 2, g, c, *own), _values(rng, dtype, 2, g, o, *counts), *taps), steps
