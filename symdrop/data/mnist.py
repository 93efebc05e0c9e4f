"""MNIST and Fashion-MNIST, read from the four IDX files that a user already has.

Read next: cifar10.py
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..binding import public
from ..errors import DataError
from ..files import named
from .dataset import Dataset
from .folders import find, folder_of
from .idx import read_idx

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@public
def mnist(folder: str | os.PathLike[str]) -> Dataset:
    """MNIST, or any data set in its format, from the four IDX files in a folder.

    Args:
        folder: where ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte`` and
            ``t10k-labels-idx1-ubyte`` lie, each with or without ``.gz``.

    Returns:
        A ``Dataset``: ``train_x`` (60000, 784) and ``test_x`` (10000, 784), float32 from 0 to 1;
        ``train_y`` (60000,) and ``test_y`` (10000,), int32 from 0 to 9. Files with other counts or image
        sizes are read all the same.

    Raises:
        MissingDataError: the folder or one of the files is not there (also a FileNotFoundError).
        DataError: a file is damaged, truncated, of another kind, or does not fit the others (also a ValueError).
        GraphTypeError: ``folder`` is no path.

    Source: The MNIST database of handwritten digits, Y. LeCun, C. Cortes and C. J. C. Burges.

    Example:
        >>> mnist("no/such/folder")
        Traceback (most recent call last):
            ...
        symdrop.data.reading.MissingDataError: no/such/folder: no such folder; expected one that holds the four MNIST files.
    """  # noqa: E501
    return _read("mnist", "the four MNIST files", folder)


@public
def fashion_mnist(folder: str | os.PathLike[str]) -> Dataset:
    """Fashion-MNIST: pictures of ten kinds of clothes, in the format and of the sizes of MNIST.

    Args:
        folder: as of ``mnist``; the files have the same names, so each data set has a folder of its own.

    Returns:
        A ``Dataset`` as of ``mnist``. The labels: 0 T-shirt or top, 1 trousers, 2 pullover, 3 dress, 4 coat, 5 sandal,
        6 shirt, 7 sneaker, 8 bag, 9 ankle boot.

    Raises:
        MissingDataError, DataError, GraphTypeError: as of ``mnist``.

    Source: H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms", arXiv:1708.07747, 2017.
    """
    return _read("fashion_mnist", "the four Fashion-MNIST files", folder)


def _read(name: str, kind: str, given: str | os.PathLike[str]) -> Dataset:
    folder = folder_of(name, given, kind)
    # All four are looked for before the first is read: a missing one is reported at once.
    paths = [find(folder, [f"{file}.gz", file], f"{', '.join(FILES)}, each with or without .gz") for file in FILES]
    train_x, train_y = _part(paths[0], paths[1])
    test_x, test_y = _part(paths[2], paths[3])
    if train_x.shape[1:] != test_x.shape[1:]:
        raise DataError(
            f"{named(paths[2])}: found images of shape {test_x.shape[1:]}, expected {train_x.shape[1:]}, "
            f"the shape in {paths[0].name}; "
            "take all four files from one data set."
        )
    return Dataset(
        name=name,
        train_x=_flat(train_x, paths[0]),
        train_y=train_y.astype(np.int32),
        test_x=_flat(test_x, paths[2]),
        test_y=test_y.astype(np.int32),
        image_shape=(train_x.shape[1], train_x.shape[2]),
    )


def _part(images: Path, labels: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The images and labels of one part, checked against each other."""
    x, y = read_idx(images, ndim=3), read_idx(labels, ndim=1)
    if len(x) != len(y):
        raise DataError(
            f"{named(labels)}: found {len(y)} labels, expected {len(x)}, the number of images in {images.name}; "
            "take both files from one data set."
        )
    if y.size and y.max() > 9:
        raise DataError(
            f"{named(labels)}: found the label {y.max()}, expected digits from 0 to 9; is it another data set?"
        )
    return x, y


def _flat(images: NDArray[np.uint8], path: Path) -> NDArray[np.float32]:
    """One row per image, 0 to 1."""
    try:
        rows = images.reshape(len(images), images.shape[1] * images.shape[2])
        return rows.astype(np.float32) / np.float32(255)
    except (ValueError, OverflowError, MemoryError) as error:
        raise DataError(
            f"{named(path)}: found images of shape {images.shape}, too large as float32: {error}."
        ) from None
