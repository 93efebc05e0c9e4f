"""``theano.tensor.nnet.neighbours``: the windows of images as rows of a matrix.

Read next: blocksparse.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ....binding import public
from ....errors import ArgumentError, ShapeError, here, shown
from ....graph import Node, describe
from ....op import Constant, as_node
from ....ops.join import specify_shape
from ....tensor import concatenate
from ....tensor import nnet as engine
from ....tensor.arguments import product
from ...missing import missing_name
from ...variable import spoken


@public
def images2neibs(ten4: Any, neib_shape: Any, neib_step: Any = None, mode: str = "valid") -> Node:
    """The windows that slide along rows and columns of images, one a row.

    Args:
        ten4: of shape (batch, channels, rows, columns).
        neib_shape: the rows and columns of a window, numbers or constants.
        neib_step: from window to window; by default ``neib_shape``, so that none overlap.
        mode: "valid" if windows fill the image, "ignore_borders" if what is left at the end is ignored, "wrap_centered"
            for windows around every element with the image repeated around itself, "half" or "full" for zeros around.

    Returns:
        Of shape (windows, elements of a window); columns run fastest, then rows, channels and images.

    Raises:
        ArgumentError: for another mode, or a window of even size for "wrap_centered".
        ShapeError: for another number of axes; if windows do not fill the image in mode "valid", when running a
            ValueError.

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
    around = {"half": [n // 2 for n in window], "full": [n - 1 for n in window]}
    if mode == "valid":
        node = _filled(node, window, step)
    elif mode == "wrap_centered":
        node = _wrapped(node, window)
    elif mode not in ("ignore_borders", *around):
        raise ArgumentError(
            f"mode={shown(mode)}: expected valid, ignore_borders, wrap_centered, half or full{here()}"
        )
    made = engine.unfold(node, window, step, padding=tuple(around.get(mode, (0, 0))))
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


def _numbers(pair: Any) -> tuple[int, ...]:
    """Two numbers, which may be given as constants."""
    known = pair.value if isinstance(pair, Constant) else pair
    if isinstance(known, Node):
        raise ArgumentError(f"the shape and step of windows are numbers, not {describe(known)}{here()}")
    numbers = [one.value if isinstance(one, Constant) else one for one in known]
    if len(numbers) != 2 or any(isinstance(one, Node) for one in numbers):
        raise ArgumentError(f"the shape and step of windows are two numbers, not {shown(pair)}{here()}")
    return tuple(int(np.asarray(one)) for one in numbers)


def _filled(node: Node, window: tuple[int, ...], step: tuple[int, ...]) -> Node:
    """Images that windows fill."""
    whole = [(node.shape[2 + i] - n) // s * s + n for i, (n, s) in enumerate(zip(window, step, strict=True))]
    label = "windows do not fill the image, as mode='valid' has it"
    made: Node = specify_shape(node, *whole, axes=(2, 3), label=label)
    return made


def _wrapped(node: Node, window: tuple[int, ...]) -> Node:
    """Images that go on around themselves, half a window far."""
    if not all(n % 2 for n in window):
        raise ArgumentError(f"windows around an element have odd sizes, not {shown(window)}{here()}")
    for axis, n in zip((2, 3), window, strict=True):
        if half := n // 2:
            front = (slice(None),) * axis
            node = concatenate([node[(*front, slice(-half, None))], node, node[(*front, slice(half))]], axis)
    return node


# Modules beside these are found missing when they are used.
__path__: list[str] = []

__all__ = ["images2neibs", "neibs2images"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.nnet.neighbours", name, __all__)
