"""CIFAR-10, read from the six files of its binary version.

A file is a row of records: one byte of the label, and three planes of 32 by 32 bytes, red, green and blue.

Read next: tables.py
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
from .reading import MOST, content_of

FILES = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")
SUBFOLDER = "cifar-10-batches-bin"
SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32


@public
def cifar10(folder: str | os.PathLike[str]) -> Dataset:
    """CIFAR-10, pictures of ten kinds of things, from the files of its binary version.

    Args:
        folder: where ``data_batch_1.bin`` to ``data_batch_5.bin`` and ``test_batch.bin`` lie, each with or without
            ``.gz``; or the folder that holds their folder, ``cifar-10-batches-bin``.

    Returns:
        A ``Dataset``: ``train_x`` (50000, 3072) and ``test_x`` (10000, 3072), float32 from 0 to 1, the planes of red,
        green and blue; ``x.reshape(-1, 3, 32, 32)`` are images for convolutions. ``train_y`` (50000,) and ``test_y``
        (10000,), int32: 0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship, 9 truck.
        Files with other counts are read all the same.

    Raises:
        MissingDataError: the folder or one of the files is not there (also a FileNotFoundError).
        DataError: a file is damaged, truncated or of another kind (also a ValueError).
        GraphTypeError: ``folder`` is no path.

    Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
    """
    place = folder_of("cifar10", folder, "the files of CIFAR-10")
    if os.path.isdir(place / SUBFOLDER):
        place = place / SUBFOLDER
    paths = [find(place, [file, f"{file}.gz"], ", ".join(FILES)) for file in FILES]
    parts = [_records(path) for path in paths]
    train = np.concatenate(parts[:-1])
    (train_x, train_y), (test_x, test_y) = _split(train), _split(parts[-1])
    return Dataset("cifar10", train_x, train_y, test_x, test_y, SHAPE)


def _records(path: Path) -> NDArray[np.uint8]:
    """The records of one file, checked, one a row."""
    content = content_of(path, "a file of CIFAR-10's binary version", MOST)
    if len(content) % (PIXELS + 1):
        raise DataError(
            f"{named(path)}: found {len(content)} bytes, expected a multiple of {PIXELS + 1}, a label and an image of "
            f"{PIXELS} bytes each; pass the binary version, and copy the file anew if it is."
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, PIXELS + 1)
    labels = records[:, 0]
    if labels.size and labels.max() > 9:
        row = int(labels.argmax())
        raise DataError(f"{named(path)}: image {row} has the label {labels[row]}, expected 0 to 9; another data set?")
    return records


def _split(records: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Images from 0 to 1, and labels."""
    return records[:, 1:].astype(np.float32) / np.float32(255), records[:, 0].astype(np.int32)
