"""A set of labelled images with a fixed split, and a walk over it in small batches.

Read next: epochs.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..binding import public
from ..errors import GraphTypeError, ShapeError, here, shown
from .rows import arrays_of_rows, count_of


@public
@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels, split once and for all into a training and a test part.

    Args:
        name: the name of the data set.
        train_x, test_x: float32, shape (images, pixels), from 0 (paper) to 1 (ink).
        train_y, test_y: int32, shape (images,), the digit that each image shows, 0 to 9.
        image_shape: rows and columns of one image, so that their product is ``pixels``; channels, rows and columns of
            an image in colour.

    Raises:
        ShapeError: images and labels differ in number, or images in size.

    Example:
        >>> from symdrop.data import digits
        >>> digits()
        Dataset('digits': 1000 training and 797 test images of 8x8 pixels)
    """

    name: str
    train_x: NDArray[np.float32]
    train_y: NDArray[np.int32]
    test_x: NDArray[np.float32]
    test_y: NDArray[np.int32]
    image_shape: tuple[int, ...]

    def __post_init__(self) -> None:
        images = (self.train_x, self.train_y, self.test_x, self.test_y)
        if not all(isinstance(array, np.ndarray) for array in images):
            raise GraphTypeError(f"data set {shown(self.name)}: images and labels are arrays{here()}")
        sizes = self.image_shape if isinstance(self.image_shape, tuple) else ()
        if [type(size) for size in sizes] not in ([int] * 2, [int] * 3):
            raise GraphTypeError(
                f"data set {shown(self.name)}: image_shape is two or three integers, not {shown(self.image_shape)}"
                f"{here()}"
            )
        pixels = prod(sizes)
        for part, x, y in (("training", self.train_x, self.train_y), ("test", self.test_x, self.test_y)):
            if x.shape != (y.size, pixels) or y.ndim != 1:
                raise ShapeError(
                    f"data set '{self.name}': the {part} images have shape {x.shape} and the labels {y.shape}; "
                    f"expected (n, {pixels}) and (n,)."
                )

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.image_shape))
        return (
            f"Dataset({shown(self.name)}: {self.train_y.size} training and {self.test_y.size} test images "
            f"of {shape} pixels)"
        )


@public
def minibatches(*arrays: Any, size: Any = None, rng: Any = None) -> Iterator[Any]:
    """Walk once over the rows of arrays in batches; the last batch is smaller where the numbers do not divide.

    Args:
        arrays: one array, or several with equally many rows, of any dtype; a tuple of arrays is several. The size and
            the generator may follow them without their names.
        size: rows per batch, at least 1.
        rng: a NumPy generator, or a seed for one, that shuffles the rows first; None keeps their order.

    Returns:
        Of every array ``array[rows]``, a copy of at most ``size`` rows: a tuple of them, or of a single array the copy
        itself. Each row occurs exactly once.

    Raises:
        ShapeError: the arrays differ in their numbers of rows.
        ArgumentError: ``size`` is below 1.
        GraphTypeError: ``size`` is not an integer, or something is no array. All are raised by the call itself, before
            the first batch.

    NumPy keeps ``permutation`` the same for a seed within one version of NumPy, not across all.

    Example:
        >>> x, y = np.arange(10.0).reshape(5, 2), np.arange(5)
        >>> [labels.tolist() for _, labels in minibatches(x, y, size=2)]
        [[0, 1], [2, 3], [4]]
    """
    first_option = next((i for i, one in enumerate(arrays) if _is_option(one)), len(arrays))
    given, options = arrays[:first_option], list(arrays[first_option:])
    if size is None and options:
        size = options.pop(0)
    if rng is None and options:
        rng = options.pop(0)
    if options:
        raise GraphTypeError(f"minibatches: {shown(options[0])} is no array of rows{here()}")
    size = count_of("minibatches", "size", size)
    parts = arrays_of_rows("minibatches", tuple(chain(*(one if isinstance(one, tuple) else (one,) for one in given))))
    rows = len(parts[0])
    order = np.arange(rows) if rng is None else np.random.default_rng(rng).permutation(rows)
    batches = (order[i : i + size] for i in range(0, len(order), size))
    alone = len(given) == 1 and not isinstance(given[0], tuple)
    return (parts[0][chosen] if alone else tuple(part[chosen] for part in parts) for chosen in batches)


def _is_option(value: Any) -> bool:
    """True for a number, a generator and None, which end the arrays."""
    return not isinstance(value, tuple | list) and np.ndim(value) == 0
