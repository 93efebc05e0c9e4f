"""Thousands of random indices mean what NumPy says: read, set, added to, with gradients, and refused where it refuses.

Sizes, bounds and positions are constants or variables by chance. NumPy computes what is expected; of the gradients,
too, which are additions at the same index.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError, ShapeError
from symdrop.graph import Node
from tests.tensor.index_cases import Array, Case, cases

# The back end, the seed and the number of cases.
NORMAL = [("numpy", 1, 300), ("native", 2, 60)]
MANY = [*(("numpy", seed, 2500) for seed in (3, 4, 5, 6)), *(("native", seed, 500) for seed in (7, 8, 9, 10))]
RUNS = [*NORMAL, *(pytest.param(*run, marks=pytest.mark.slow) for run in MANY)]


class Symbols:
    """Variables for what is given, of sizes that are known by chance; a size of 1 is, since others do not stretch."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.values: dict[Node, Any] = {}

    def variable(self, value: Any) -> Node:
        array = np.asarray(value)
        sizes = [size if size == 1 or self.rng.random() < 0.5 else None for size in array.shape]
        node = T.tensor(array.dtype, sizes, f"v{len(self.values)}")
        self.values[node] = array
        return node

    def entry(self, entry: Any) -> Any:
        if isinstance(entry, slice):
            return slice(
                *(None if bound is None else self.entry(bound) for bound in (entry.start, entry.stop, entry.step))
            )
        return entry if entry is None or entry is Ellipsis or self.rng.random() < 0.5 else self.variable(entry)


def numpys(case: Case, value: Array, weights: Array) -> list[Array]:
    """Reading, setting and adding, and the gradients by x and the value of the last two, each weighted."""
    assert case.result is not None
    read = np.zeros(case.x.shape)
    np.add.at(read, case.index, value)
    replaced, increased, passed = case.x.copy(), case.x.copy(), weights.copy()
    replaced[case.index] = value
    np.add.at(increased, case.index, value)
    passed[case.index] = 0
    # The last value that is written to a place is the one that stays.
    numbers, last = np.full(case.x.shape, -1), np.arange(value.size).reshape(value.shape)
    numbers[case.index] = last
    kept = np.where(numbers[case.index] == last, weights[case.index], 0)
    return [case.result, read, replaced, increased, passed, kept, weights, weights[case.index]]


def ours(case: Case, symbols: Symbols, value: Array | None, weights: Array) -> list[Node]:
    x = symbols.variable(case.x)
    part = x[tuple(map(symbols.entry, case.index))]
    if value is None:
        return [part]
    v, w = symbols.variable(value), symbols.variable(weights)
    replaced, increased = T.set_subtensor(part, v), T.inc_subtensor(part, v)
    slopes = [
        sd.grad((part * v).sum(), x, disconnected_inputs="ignore"),
        *sd.grad((replaced * w).sum(), [x, v], disconnected_inputs="ignore"),
        *sd.grad((increased * w).sum(), [x, v], disconnected_inputs="ignore"),
    ]
    return [part, slopes[0], replaced, increased, *slopes[1:]]


def check(case: Case, rng: np.random.Generator, backend: str) -> None:
    symbols, weights = Symbols(rng), rng.integers(1, 99, case.x.shape).astype(float)
    value = None if case.result is None else rng.integers(1, 99, case.result.shape).astype(float)
    if value is None:
        with pytest.raises((IndexError, GraphTypeError, ShapeError)):
            nodes = ours(case, symbols, None, weights)
            sd.function(list(symbols.values), nodes, backend=backend)(*symbols.values.values())
        return
    nodes = ours(case, symbols, value, weights)
    found = sd.function(list(symbols.values), nodes, backend=backend, on_unused_input="ignore")(
        *symbols.values.values()
    )
    for name, node, one, expected in zip(NAMES, nodes, found, numpys(case, value, weights), strict=True):
        assert node.ndim == one.ndim, name
        np.testing.assert_array_equal(one, expected, err_msg=name, strict=True)


NAMES = ("read", "read by x", "set", "added", "set by x", "set by value", "added by x", "added by value")


@pytest.mark.parametrize(("backend", "seed", "count"), RUNS)
def test_random_indices_are_numpys(backend: str, seed: int, count: int) -> None:
    # Every kind of entry beside every other; a case that fails is named with its seed.
    rng = np.random.default_rng(seed)
    for number, case in enumerate(cases(seed, count)):
        try:
            check(case, rng, backend)
        except BaseException as error:
            error.add_note(f"case {number} of seed {seed}: shape {case.x.shape}, index {case.index}")
            raise


def test_cases_are_of_every_kind() -> None:
    # A generator that stops making some kind of entry would test it no more.
    made = list(cases(0, 1000))
    kinds = {type(entry).__name__ for case in made for entry in case.index}
    assert {"int", "slice", "ndarray", "list", "NoneType", "ellipsis"} <= kinds
    masks = {
        entry.ndim for case in made for entry in case.index if isinstance(entry, np.ndarray) and entry.dtype == bool
    }
    assert {1, 2, 3} <= masks
    assert 50 < sum(case.error is not None for case in made) < 500
