"""Training and testing: the flag that chooses between them, and what dropout does in each.

Read next: attention.py
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node
from ..op import constant_scalar, flag
from ..types import is_float
from .elementwise import cast, where

TRAINING = flag("training")


class MaskSource(ABC):
    """Anything that draws masks and noise: a random stream."""

    @abstractmethod
    def bernoulli(self, *, p: Any = 0.5, size: Any = None, dtype: Any = None, site: Any = None) -> Node:
        """Ones with probability p, else zeros."""

    @abstractmethod
    def uniform(
        self, *, low: Any = 0.0, high: Any = 1.0, size: Any = None, dtype: Any = None, site: Any = None
    ) -> Node:
        """Numbers from low up to high, all alike probable."""


def checked_stream(stream: Any, what: str) -> MaskSource:
    """The stream from which masks are drawn.

    Raises:
        ArgumentError: if there is none.
        GraphTypeError: if it is none.
    """
    if stream is None:
        raise ArgumentError(f"{what} draws its mask from a stream; pass stream=sd.RandomStream(seed=...){here()}")
    if not isinstance(stream, MaskSource):
        raise GraphTypeError(f"{what} draws its mask from a RandomStream, not {shown(stream)}{here()}")
    return stream


def checked_mode(mode: Any) -> str:
    """The way in which dropout keeps the expected value: "inverted" or "scale".

    Raises:
        ArgumentError: for any other word.
    """
    if mode not in ("inverted", "scale"):
        raise ArgumentError(f'mode is "inverted" or "scale", not {shown(mode)}{here()}')
    return str(mode)


def checked_training(training: Any) -> bool | Node:
    """A flag, a symbolic truth value, or a bool.

    Raises:
        GraphTypeError: for anything else.
    """
    if isinstance(training, bool | np.bool_):
        return bool(training)
    if not isinstance(training, Node) or training.ndim or is_float(training.dtype):
        raise GraphTypeError(f"training is a flag, a symbolic truth value or a bool, not {shown(training)}{here()}")
    return training


def choose(training: bool | Node, train_value: Any, test_value: Any) -> Any:
    """The value of training or that of testing."""
    if isinstance(training, bool):
        return train_value if training else test_value
    return where(training, train_value, test_value)


def keep_and_scale(p: Node, dtype: str) -> tuple[Any, Any]:
    """1 - p and its reciprocal; at p = 1, where everything is dropped, the latter is 1 instead of infinite."""
    number = constant_scalar(p)
    if number is not None:
        return 1 - number, 1 / (1 - number or 1)
    keep = cast(1 - p, dtype)
    return keep, 1 / where(keep > 0, keep, 1)
