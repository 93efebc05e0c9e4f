"""Discrete Fourier transforms along several axes: along one after the other.

Read next: frequencies.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...binding import public
from ...errors import ShapeError, here, shown
from ...graph import Node
from ..arguments import as_float, several_axes
from .transforms import fft, ifft, irfft, pairs_of, rfft


def _axes_and_sizes(name: str, ndim: int, s: Any, axes: Any) -> tuple[tuple[int, ...], list[Any]]:
    """The axes of a transform and how many points along each one, None where as many as there are."""
    if s is not None and not isinstance(s, tuple | list):
        raise ShapeError(f"{name}: s is a tuple of sizes, not {shown(s)}{here()}")
    if axes is None:
        axes = tuple(range(0 if s is None else max(ndim - len(s), 0), ndim))
    chosen = several_axes(axes, ndim)
    sizes = [None] * len(chosen) if s is None else list(s)
    if len(sizes) != len(chosen) or not chosen:
        raise ShapeError(f"{name}: {len(sizes)} sizes do not fit {len(chosen)} axes{here()}")
    return chosen, sizes


def _along(step: Callable[..., Node], x: Node, axes: tuple[int, ...], sizes: list[Any], norm: str | None) -> Node:
    for axis, size in zip(reversed(axes), reversed(sizes), strict=True):
        x = step(x, size, axis, norm)
    return x


@public
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Node:
    """Discrete Fourier transform of real values along several axes, as pairs.

    Args:
        a: a tensor.
        s: how many points along each axis, a tuple; by default all.
        axes: the axes; by default all, or the last ones.
        norm: as of ``rfft``.

    Returns:
        A float tensor of a's axes, half as long and one along the last of these, and a last axis of size 2.

    Raises:
        IndexingError: if there is no such axis.
        ShapeError: if sizes and axes are not equally many.
        ArgumentError: for another norm.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.rfftn(T.constant([[1.0, 0.0], [0.0, 0.0]])).eval().shape
        (2, 2, 2)
    """
    node = as_float(a)
    chosen, sizes = _axes_and_sizes("rfftn", node.ndim, s, axes)
    made = rfft(node, sizes[-1], chosen[-1], norm)
    return _along(fft, made, chosen[:-1], sizes[:-1], norm)


@public
def irfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Node:
    """Inverse of ``rfftn``.

    Args:
        a: pairs (..., 2).
        s: how many points along each axis, a tuple; by default all.
        axes: the axes, counted without that of pairs; by default all, or the last ones.
        norm: as of ``rfft``.

    Returns:
        A float tensor without the axis of pairs.

    Raises:
        GraphTypeError: if a does not hold pairs.
        ShapeError: if sizes and axes are not equally many.
        ArgumentError: for another norm.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.irfftn(T.fft.rfftn(T.constant([[1.0, 2.0], [3.0, 4.0]]))).eval().round(6).tolist()
        [[1.0, 2.0], [3.0, 4.0]]
    """
    node = pairs_of("irfftn", a)
    chosen, sizes = _axes_and_sizes("irfftn", node.ndim - 1, s, axes)
    made = _along(ifft, node, chosen[:-1], sizes[:-1], norm)
    return irfft(made, sizes[-1], chosen[-1], norm)


@public
def fftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Node:
    """Discrete Fourier transform of pairs along several axes.

    Args:
        a: pairs (..., 2).
        s: how many points along each axis, a tuple; by default all.
        axes: the axes, counted without that of pairs; by default all, or the last ones.
        norm: as of ``rfft``.

    Returns:
        Pairs.

    Raises:
        GraphTypeError: if a does not hold pairs.
        ShapeError: if sizes and axes are not equally many.
        ArgumentError: for another norm.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.fftn(T.fft.pairs(T.constant([[1.0]]))).eval().tolist()
        [[[1.0, 0.0]]]
    """
    node = pairs_of("fftn", a)
    return _along(fft, node, *_axes_and_sizes("fftn", node.ndim - 1, s, axes), norm)


@public
def ifftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Node:
    """Inverse of ``fftn``.

    Args:
        a: pairs (..., 2).
        s: how many points along each axis, a tuple; by default all.
        axes: the axes, counted without that of pairs; by default all, or the last ones.
        norm: as of ``rfft``.

    Returns:
        Pairs.

    Raises:
        GraphTypeError: if a does not hold pairs.
        ShapeError: if sizes and axes are not equally many.
        ArgumentError: for another norm.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.ifftn(T.fft.pairs(T.constant([[1.0]]))).eval().tolist()
        [[[1.0, 0.0]]]
    """
    node = pairs_of("ifftn", a)
    return _along(ifft, node, *_axes_and_sizes("ifftn", node.ndim - 1, s, axes), norm)


@public
def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Node:
    """Discrete Fourier transform of real values along two axes, as pairs.

    Args:
        a: a tensor.
        s: how many points along each axis, a tuple; by default all.
        axes: the axes; by default the last two.
        norm: as of ``rfft``.

    Returns:
        Pairs, as of ``rfftn``.

    Raises:
        IndexingError: if there is no such axis.
        ShapeError: if sizes and axes are not equally many.
        ArgumentError: for another norm.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.rfft2(T.constant([[1.0]])).eval().tolist()
        [[[1.0, 0.0]]]
    """
    return rfftn(a, s, axes, norm)


@public
def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Node:
    """Inverse of ``rfft2``.

    Args:
        a: pairs (..., 2).
        s: how many points along each axis, a tuple; by default all.
        axes: the axes, counted without that of pairs; by default the last two.
        norm: as of ``rfft``.

    Returns:
        A float tensor without the axis of pairs.

    Raises:
        GraphTypeError: if a does not hold pairs.
        ShapeError: if sizes and axes are not equally many.
        ArgumentError: for another norm.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.irfft2(T.fft.rfft2(T.constant([[1.0, 2.0]]))).eval().tolist()
        [[1.0, 2.0]]
    """
    return irfftn(a, s, axes, norm)


@public
def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Node:
    """Discrete Fourier transform of pairs along two axes.

    Args:
        a: pairs (..., 2).
        s: how many points along each axis, a tuple; by default all.
        axes: the axes, counted without that of pairs; by default the last two.
        norm: as of ``rfft``.

    Returns:
        Pairs.

    Raises:
        GraphTypeError: if a does not hold pairs.
        ShapeError: if sizes and axes are not equally many.
        ArgumentError: for another norm.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.fft2(T.fft.pairs(T.constant([[1.0]]))).eval().tolist()
        [[[1.0, 0.0]]]
    """
    return fftn(a, s, axes, norm)


@public
def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Node:
    """Inverse of ``fft2``.

    Args:
        a: pairs (..., 2).
        s: how many points along each axis, a tuple; by default all.
        axes: the axes, counted without that of pairs; by default the last two.
        norm: as of ``rfft``.

    Returns:
        Pairs.

    Raises:
        GraphTypeError: if a does not hold pairs.
        ShapeError: if sizes and axes are not equally many.
        ArgumentError: for another norm.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.ifft2(T.fft.pairs(T.constant([[1.0]]))).eval().tolist()
        [[[1.0, 0.0]]]
    """
    return ifftn(a, s, axes, norm)


__all__ = ["fft2", "fftn", "ifft2", "ifftn", "irfft2", "irfftn", "rfft2", "rfftn"]
