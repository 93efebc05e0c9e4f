"""Discrete Fourier transforms along one axis.

Read next: several_axes.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...op import Size, as_node
from ...ops.fourier.transforms import fft as fft_op
from ...ops.fourier.transforms import irfft as irfft_op
from ...ops.fourier.transforms import rfft as rfft_op
from ...ops.join import specify_shape
from ..arguments import as_float, one_axis, one_size
from ..creation import zeros
from ..elementwise import cast, sqrt
from ..joining import concatenate, stack

SWAPPED = {"backward": "forward", "forward": "backward", "ortho": "ortho"}


def norm_named(name: str, norm: str | None) -> str:
    """The norm that is meant, for the function of that name.

    Raises:
        ArgumentError: if there is none of that name.
    """
    if norm is not None and (not isinstance(norm, str) or norm not in SWAPPED):
        raise ArgumentError(f"{name}: norm is 'backward', 'ortho' or 'forward', not {shown(norm)}{here()}")
    return norm or "backward"


def resized(x: Node, points: Any, axis: int) -> Node:
    """x with so many points along an axis: those behind are left out, zeros stand for those that are missing."""
    size = one_size(points, 1)
    if isinstance(size, int) and size == x.type.shape[axis]:
        return x
    kept = x[(slice(None),) * axis + (slice(None, size),)]
    missing = [*kept.shape[:axis], size - kept.shape[axis], *kept.shape[axis + 1 :]]
    made = concatenate([kept, zeros(missing, x.dtype)], axis)
    return specify_shape(made, size, axes=(axis,)) if made.type.shape[axis] is None else made


def scaled(made: Node, points: Size, norm: str, whole: str) -> Node:
    """A transform divided by the number of points if the norm is that one, or by its root."""
    if norm not in (whole, "ortho"):
        return made
    count = cast(as_node(points), made.dtype)
    return made / (count if norm == whole else sqrt(count))


def pairs_of(name: str, a: Any) -> Node:
    """Pairs of floats, for the function of that name.

    Raises:
        GraphTypeError: if they are known not to be pairs.
    """
    node = as_float(a)
    if node.ndim < 2 or node.type.shape[-1] not in (2, None):
        raise GraphTypeError(
            f"{name} takes pairs, whose last axis of size 2 holds real and imaginary parts, as T.fft.pairs and "
            f"T.fft.rfft make them, not {describe(node)}{here()}"
        )
    return node


@public
def pairs(real: Any, imag: Any = None) -> Node:
    """Complex numbers as pairs: a last axis of size 2 holds real and imaginary parts.

    Args:
        real: the real parts, a tensor.
        imag: the imaginary parts, of the same shape; by default zeros.

    Returns:
        A float tensor with an axis more.

    Raises:
        ShapeError: if the shapes are known to differ.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.pairs(T.constant([1.0, 2.0])).eval().tolist()
        [[1.0, 0.0], [2.0, 0.0]]
    """
    first = as_float(real)
    return stack([first, first * 0 if imag is None else as_float(imag)], -1)


@public
def rfft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Node:
    """Discrete Fourier transform of real values, as pairs.

    Args:
        a: a tensor.
        n: how many points are transformed, an integer or an integer scalar; by default all.
        axis: the axis of the points.
        norm: "backward" divides the inverse by n, "forward" this one, "ortho" both by the root.

    Returns:
        A float tensor of a's axes, ``n // 2 + 1`` long along that one, and a last axis of size 2.

    Raises:
        ArgumentError: for another norm.
        IndexingError: if there is no such axis.
        ShapeError: if there are no points.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.rfft(T.constant([1.0, 0.0, 0.0])).eval().tolist()
        [[1.0, 0.0], [1.0, 0.0]]
    """
    node, chosen = as_float(a), norm_named("rfft", norm)
    along = one_axis(axis, node.ndim)
    node = node if n is None else resized(node, n, along)
    return scaled(rfft_op(node, axis=along), node.shape[along], chosen, "forward")


@public
def irfft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Node:
    """Inverse of ``rfft``: real values from the pairs of their spectrum.

    Args:
        a: pairs (..., 2).
        n: how many values, an integer or an integer scalar; by default the even number, ``2 * (size - 1)``.
        axis: the axis of the points, counted without that of pairs.
        norm: as of ``rfft``.

    Returns:
        A float tensor without the axis of pairs. Imaginary parts of the first number, and of the last of an even n, do
        not count.

    Raises:
        GraphTypeError: if a does not hold pairs.
        ArgumentError: for another norm.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.irfft(T.constant([[1.0, 0.0], [1.0, 0.0]]), 3).eval().round(6).tolist()
        [1.0, 0.0, 0.0]
    """
    node, chosen = pairs_of("irfft", a), norm_named("irfft", norm)
    along = one_axis(axis, node.ndim - 1)
    points: Any = 2 * (node.shape[along] - 1) if n is None else one_size(n, 1)
    node = node if n is None else resized(node, points // 2 + 1, along)
    return scaled(irfft_op(node, points, axis=along), points, chosen, "backward")


def complex_transform(name: str, a: Any, n: Any, axis: int, norm: str | None, inverse: bool) -> Node:
    """A transform of pairs along one axis, or its inverse."""
    node, chosen = pairs_of(name, a), norm_named(name, norm)
    along = one_axis(axis, node.ndim - 1)
    node = node if n is None else resized(node, n, along)
    made = fft_op(node, axis=along, inverse=inverse)
    return scaled(made, node.shape[along], chosen, "backward" if inverse else "forward")


@public
def fft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Node:
    """Discrete Fourier transform of pairs, which stand for complex numbers; of real values see ``rfft``.

    Args:
        a: pairs (..., 2).
        n: how many points are transformed, an integer or an integer scalar; by default all.
        axis: the axis of the points, counted without that of pairs.
        norm: as of ``rfft``.

    Returns:
        Pairs of n points along that axis.

    Raises:
        GraphTypeError: if a does not hold pairs.
        ArgumentError: for another norm.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.fft(T.constant([[0.0, 1.0], [0.0, 0.0]])).eval().tolist()
        [[0.0, 1.0], [0.0, 1.0]]
    """
    return complex_transform("fft", a, n, axis, norm, inverse=False)


@public
def ifft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Node:
    """Inverse of ``fft``.

    Args:
        a, n, axis, norm: as of ``fft``.

    Returns:
        Pairs of n points along that axis.

    Raises:
        GraphTypeError: if a does not hold pairs.
        ArgumentError: for another norm.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.ifft(T.constant([[0.0, 1.0], [0.0, 1.0]])).eval().tolist()
        [[0.0, 1.0], [0.0, 0.0]]
    """
    return complex_transform("ifft", a, n, axis, norm, inverse=True)


def _conjugate(node: Node) -> Node:
    return stack([node[..., 0], -node[..., 1]], -1)


@public
def hfft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Node:
    """Discrete Fourier transform of half of a symmetric signal of pairs, which is real.

    Args:
        a, n, axis: as of ``irfft``.
        norm: as of ``rfft``.

    Returns:
        A float tensor without the axis of pairs.

    Raises:
        GraphTypeError: if a does not hold pairs.
        ArgumentError: for another norm.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.hfft(T.constant([[1.0, 0.0], [1.0, 0.0]])).eval().tolist()
        [2.0, 0.0]
    """
    return irfft(_conjugate(pairs_of("hfft", a)), n, axis, SWAPPED[norm_named("hfft", norm)])


@public
def ihfft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Node:
    """Inverse of ``hfft``: half of the symmetric signal, as pairs.

    Args:
        a, n, axis: as of ``rfft``.
        norm: as of ``rfft``.

    Returns:
        Pairs.

    Raises:
        ArgumentError: for another norm.
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.ihfft(T.constant([2.0, 0.0])).eval()[:, 0].tolist()
        [1.0, 1.0]
    """
    return _conjugate(rfft(a, n, axis, SWAPPED[norm_named("ihfft", norm)]))


__all__ = ["fft", "hfft", "ifft", "ihfft", "irfft", "pairs", "rfft"]
