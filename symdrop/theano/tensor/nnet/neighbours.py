"""``theano.tensor.nnet.neighbours``: the windows of images as rows of a matrix.

Read next: blocksparse.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ....binding import public
from ....errors import ArgumentError, ShapeError, here, shown
from ....graph import Node, describe
from ....op import Constant, as_node
from ....tensor import arange, eq, maximum, set_subtensor, zeros
from ....tensor import nnet as engine
from ....tensor.arguments import product
from ...missing import missing_name
from ...variable import spoken
from ..opt import RefusedType
from .places import gathered, is_variable, places, window_count


@public
def images2neibs(ten4: Any, neib_shape: Any, neib_step: Any = None, mode: str = "valid") -> Node:
    """The windows that slide along rows and columns of images, one a row.

    Args:
        ten4: of shape (batch, channels, rows, columns).
        neib_shape: the rows and columns of a window, numbers or variables, or a vector of two.
        neib_step: from window to window; by default ``neib_shape``, so that none overlap.
        mode: "valid" if windows fill the image, "ignore_borders" if what is left at the end is ignored, "wrap_centered"
            for windows around every element with the image repeated around itself, "half" or "full" for zeros around.

    Returns:
        Of shape (windows, elements of a window); columns run fastest, then rows, channels and images.

    Raises:
        ArgumentError: for another mode.
        ShapeError: for another number of axes.
        TypeError: when running, if windows do not fill the image and what stands around it in mode "valid", "half" or
            "full", and in mode "wrap_centered" for a window of even size or one larger than the image.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> from symdrop.theano.tensor.nnet.neighbours import images2neibs
        >>> images2neibs(T.arange(8).reshape((1, 1, 2, 4)), (2, 2)).eval().tolist()
        [[0, 1, 4, 5], [2, 3, 6, 7]]
    """
    node = as_node(ten4)
    if node.ndim != 4:
        raise ShapeError(f"images2neibs of {describe(node)}: expected 4 axes{here()}")
    window = _numbers(neib_shape)
    step = window if neib_step is None else _numbers(neib_step)
    if mode not in ("valid", "ignore_borders", "wrap_centered", "half", "full"):
        raise ArgumentError(f"mode={shown(mode)}: expected valid, ignore_borders, wrap_centered, half or full{here()}")
    if mode == "wrap_centered":
        node = _wrapped(node, window)
    around: list[Any] = [0, 0]
    if mode in ("half", "full"):
        around = [n // 2 if mode == "half" else n - 1 for n in window]
    sizes = [node.shape[2 + k] + 2 * around[k] for k in range(2)]
    if mode in ("valid", "half", "full"):
        node = _filled(node, window, step, sizes)
    if is_variable(*window, *step):
        each = zip(sizes, window, step, around, strict=True)
        found = [places(window_count(size, n, s, False), n, s, p) for size, n, s, p in each]
        made = gathered(_padded(node, around), [one + p for one, p in zip(found, around, strict=True)], 2)
        made = made.dimshuffle(0, 1, 2, 4, 3, 5)
    else:
        made = engine.unfold(node, window, step, padding=tuple(around))
    neibs: Node = spoken(made.reshape((product([made.shape[axis] for axis in range(4)]), window[0] * window[1])))
    return neibs


@public
def neibs2images(neibs: Any, neib_shape: Any, original_shape: Any, mode: str = "valid") -> Node:
    """Images from windows that do not overlap, the inverse of ``images2neibs``.

    Args:
        neibs: a matrix, of a window in every row.
        neib_shape: the rows and columns of a window.
        original_shape: (batch, channels, rows, columns) of the images.
        mode: "valid", or "ignore_borders" if the windows do not fill the images, which end with zeros then.

    Returns:
        Of shape ``original_shape``.

    Raises:
        ArgumentError: for another mode.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> from symdrop.theano.tensor.nnet.neighbours import neibs2images
        >>> neibs2images(T.constant([[0, 1, 4, 5], [2, 3, 6, 7]]), (2, 2), (1, 1, 2, 4)).eval().tolist()
        [[[[0, 1, 2, 3], [4, 5, 6, 7]]]]
    """
    if mode not in ("valid", "ignore_borders"):
        raise ArgumentError(f"mode={shown(mode)}: expected valid or ignore_borders{here()}")
    window = _numbers(neib_shape)
    batch, channels, *sizes = (original_shape[axis] for axis in range(4))
    counts = [size // n for size, n in zip(sizes, window, strict=True)]
    parts = as_node(neibs).reshape((batch, channels, *counts, *window))
    whole = tuple(sizes) if mode == "ignore_borders" else tuple(n * k for n, k in zip(counts, window, strict=True))
    made: Node = spoken(engine.fold(parts, whole, window))
    return made


def _numbers(pair: Any) -> tuple[Any, ...]:
    """Two numbers, integers where they are known."""
    known = pair.value if isinstance(pair, Constant) else pair
    if isinstance(known, Node):
        if known.ndim != 1:
            raise ArgumentError(f"the shape and step of windows are two numbers, not {describe(known)}{here()}")
        return known[0], known[1]
    numbers = [one.value if isinstance(one, Constant) else one for one in known]
    if len(numbers) != 2:
        raise ArgumentError(f"the shape and step of windows are two numbers, not {shown(pair)}{here()}")
    return tuple(one if isinstance(one, Node) else int(np.asarray(one)) for one in numbers)


def _filled(node: Node, window: Sequence[Any], step: Sequence[Any], sizes: Sequence[Any]) -> Node:
    """Images that windows fill, with what stands around them."""
    each = zip(sizes, window, step, strict=True)
    fits = [eq((as_node(size) - n) % s, 0) & (as_node(size) >= n) for size, n, s in each]
    refusing = RefusedType("the shape and the step of windows are not consistent with the image: they do not fill it")
    made: Node = refusing(node, *fits)
    return made


def _wrapped(node: Node, window: Sequence[Any]) -> Node:
    """Images that go on around themselves, half a window far."""
    odd = RefusedType("images2neibs in mode wrap_centered needs windows of odd sizes, no larger than the image")
    fits = [eq(as_node(n) % 2, 1) & (node.shape[2 + k] >= n) for k, n in enumerate(window)]
    made: Node = odd(node, *fits)
    for axis, n in zip((2, 3), window, strict=True):
        # An image that is too small is refused by the call; here it must only have some size.
        half = n // 2
        first = arange(made.shape[axis] + 2 * half) - half
        made = made[(*[slice(None)] * axis, first % maximum(made.shape[axis], 1))]
    return made


def _padded(node: Node, around: Sequence[Any]) -> Node:
    """Images with zeros around rows and columns."""
    rows, columns = (node.shape[2 + k] + 2 * around[k] for k in range(2))
    whole = zeros((node.shape[0], node.shape[1], rows, columns), node.dtype)
    inner = [slice(around[k], around[k] + node.shape[2 + k]) for k in range(2)]
    made: Node = set_subtensor(whole[:, :, inner[0], inner[1]], node)
    return made


# Modules beside these are found missing when they are used.
__path__: list[str] = []

__all__ = ["images2neibs", "neibs2images"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.nnet.neighbours", name, __all__)
