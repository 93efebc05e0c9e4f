"""Random indices of every kind that NumPy knows, right and wrong ones, and what NumPy makes of them.

A case is an array and an index whose entries are integers, slices of any step, arrays of integers of any rank, lists,
masks of any rank, None and Ellipsis, in any order and number.

Read next: test_indexing_cases.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Case(NamedTuple):
    """An array, an index, and x[index], or the error that NumPy raises."""

    x: Array
    index: tuple[Any, ...]
    result: Array | None
    error: Exception | None


def cases(seed: int, count: int) -> Iterator[Case]:
    """Cases of a seed; about a quarter are refused by NumPy."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        shape = tuple(
            int(size) for size in rng.choice([0, 1, 2, 3, 4], rng.integers(0, 5), p=[0.05, 0.2, 0.3, 0.3, 0.15])
        )
        x = np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape)
        index = _index(rng, shape)
        try:
            yield Case(x, index, np.asarray(x[index]), None)
        except IndexError as error:
            yield Case(x, index, None, error)


def _index(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Any, ...]:
    together = tuple(int(size) for size in rng.integers(1, 4, rng.integers(1, 3)))
    index: list[Any] = []
    axis = 0
    wrong = rng.random() < 0.2
    while axis < len(shape) and rng.random() < 0.9:
        entry, axes = _entry(rng, shape[axis:], together, wrong and rng.random() < 0.4)
        index.append(entry)
        axis += axes
    if wrong and rng.random() < 0.2:
        index += [0] * int(rng.integers(1, 3))
    if rng.random() < 0.3:
        start = int(rng.integers(0, len(index) + 1))
        index[start : start + int(rng.integers(0, 2))] = [...]
    for _ in range(int(rng.choice([0, 1, 2], p=[0.7, 0.2, 0.1]))):
        index.insert(int(rng.integers(0, len(index) + 1)), None)
    if wrong and rng.random() < 0.1:
        index += [..., ...]
    return tuple(index)


def _entry(rng: np.random.Generator, shape: tuple[int, ...], together: tuple[int, ...], wrong: bool) -> tuple[Any, int]:
    """An entry, and how many axes it stands for."""
    size = shape[0]
    low, high = (-size - 2, size + 3) if wrong else (-size, size)
    kind = rng.choice(["int", "slice", "array", "mask"], p=[0.2, 0.4, 0.25, 0.15])
    if kind == "slice" or (low == high and kind in ("int", "array")):
        return _slice(rng, size), 1
    if kind == "int":
        number = int(rng.integers(low, high))
        return number if rng.random() < 0.7 else np.int8(number), 1
    if kind == "array":
        return _array(rng, low, high, together), 1
    axes = int(rng.integers(1, min(3, len(shape)) + 1))
    own = tuple(size + bool(wrong and rng.random() < 0.5) for size in shape[:axes])
    mask = rng.random(own) < 0.5
    if rng.random() < 0.4 and mask.size:
        # One element broadcasts with whatever stands beside it.
        mask = np.arange(mask.size).reshape(own) == rng.integers(0, mask.size)
    return (mask.tolist() if axes == 1 and mask.size and rng.random() < 0.2 else mask), axes


def _slice(rng: np.random.Generator, size: int) -> slice:
    bounds = [None if rng.random() < 0.3 else int(rng.integers(-size - 2, size + 3)) for _ in range(2)]
    return slice(*bounds, None if rng.random() < 0.5 else int(rng.choice([-3, -2, -1, 1, 2, 3])))


def _array(rng: np.random.Generator, low: int, high: int, together: tuple[int, ...]) -> Any:
    """Positions of a shape that broadcasts with others of the index, mostly."""
    if rng.random() < 0.05:
        together = tuple(int(size) for size in rng.integers(0, 4, 2))
    own = tuple(1 if rng.random() < 0.2 else size for size in together[int(rng.integers(0, len(together))) :])
    dtype = rng.choice(["int64", "int32", "int8", "uint8"])
    array = rng.integers(max(low, 0) if dtype == "uint8" else low, high, own).astype(dtype)
    return array.tolist() if array.ndim and array.size and rng.random() < 0.2 else array
