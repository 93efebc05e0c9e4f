"""Data: real data sets, files of several formats, and batches for training.

``digits()`` is shipped with the package; ``mnist``, ``fashion_mnist`` and ``cifar10`` read the files a user has on
disk. All return a ``Dataset``. Only ``download`` fetches anything, when it is called.

Read next: rows.py
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ..tensor.foreign import no_name
from ..tensor.foreign_objects import MODULES
from .archives import read_npz
from .cifar10 import cifar10
from .dataset import Dataset, minibatches
from .digits import digits
from .downloads import download
from .epochs import Batches, EpochBatches
from .idx import read_idx
from .mnist import fashion_mnist, mnist
from .prefetching import prefetch
from .reading import MissingDataError
from .sequences import SequenceBatches, pad
from .tables import Table, read_csv
from .text import TextBatches, Vocabulary, read_text, words

__all__ = [
    "Batches", "Dataset", "EpochBatches", "MissingDataError", "SequenceBatches", "Table", "TextBatches", "Vocabulary",
    "cifar10", "digits", "download", "fashion_mnist", "minibatches", "mnist", "pad", "prefetch", "read_csv", "read_idx",
    "read_npz", "read_text", "words",
]  # fmt: skip


if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> NoReturn:
        no_name("symdrop.data", name, __all__, MODULES["data"])


def __dir__() -> list[str]:
    return sorted(__all__)
