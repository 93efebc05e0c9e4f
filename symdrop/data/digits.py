"""The 8x8 handwritten digits that come with symdrop.

The rows of the source are not shuffled: those of one writer stand together. A split by
position therefore tests mostly on hands that training has not seen, which is harder and
more honest than a random split, and needs no random numbers to be the same everywhere.

Read next: idx.py
"""

from __future__ import annotations

from importlib import resources

import numpy as np

from ..binding import public
from .dataset import Dataset

TRAINING_IMAGES = 1000
LARGEST_PIXEL = 16


@public
def digits() -> Dataset:
    """The 1,797 handwritten 8x8 digits of the UCI repository, rows 0 to 999 for training, the rest for testing.

    Returns:
        A ``Dataset``: ``train_x`` (1000, 64) and ``test_x`` (797, 64), float32 from 0 to 1 in steps of 1/16;
        ``train_y`` (1000,) and ``test_y`` (797,), int32 from 0 to 9. Each call reads the file anew,
        so the arrays are the caller's own.

    Source: "Optical Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak, UCI Machine Learning Repository,
    CC BY 4.0; the test part of it, as scikit-learn carries it. See ``digits.md`` beside this file.

    Example:
        >>> data = digits()
        >>> data.train_x.shape, data.test_x.shape
        ((1000, 64), (797, 64))
        >>> data.train_y[:10]
        array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], dtype=int32)
    """
    with resources.as_file(resources.files("symdrop.data") / "digits.csv.gz") as path:
        table = np.loadtxt(path, dtype=np.uint8, delimiter=",")
    # Dividing by a power of two is exact: every pixel is a multiple of 1/16 in any float type.
    x = table[:, :-1].astype(np.float32) / np.float32(LARGEST_PIXEL)
    y = table[:, -1].astype(np.int32)
    return Dataset(
        name="digits",
        train_x=x[:TRAINING_IMAGES],
        train_y=y[:TRAINING_IMAGES],
        test_x=x[TRAINING_IMAGES:],
        test_y=y[TRAINING_IMAGES:],
        image_shape=(8, 8),
    )
