"""Constants on the native back end: small ones are code, large ones are data, and no two functions are mixed up."""

from __future__ import annotations

import copy
import gc
import pickle
import subprocess
import sys

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.jit import elf_loader
from symdrop.op.leaves import MOST_IN_CODE
from tests.helpers.processes import inherited

# Nothing was compiled before.
pytestmark = pytest.mark.usefixtures("own_cache", "quick_code")

LENGTH = MOST_IN_CODE + 3


def values(seed, dtype, shape):
    """Elements that differ by seed, of any dtype."""
    return np.random.default_rng(seed).integers(0, 2 if dtype == "bool" else 100, shape).astype(dtype)


def times(value):
    """A function that multiplies by a constant."""
    x = T.fvector("x")
    return sd.function([x], x * T.constant(value), backend="native")


@pytest.mark.parametrize("length", [MOST_IN_CODE - 1, MOST_IN_CODE, MOST_IN_CODE + 1, 100_000])
def test_text_is_bounded(length, compilations):
    """The text to compile does not grow with the elements: a million of them once took seconds and gigabytes."""
    value = values(1, "float32", (length,))
    f = times(value)
    np.testing.assert_array_equal(f(np.full(length, 2, "float32")), 2 * value)
    assert max(map(len, compilations)) < 200_000
    assert ("external constant" in f.source("llvm")) == (length > MOST_IN_CODE)


def test_other_elements_are_the_same_code(compilations):
    """Only the type of a large constant is compiled; each function keeps its own elements."""
    x = np.ones(LENGTH, "float32")
    first, second = (values(seed, "float32", (LENGTH,)) for seed in (1, 2))
    f = times(first)
    before = len(compilations)
    g = times(second)
    assert before > 0 and len(compilations) == before
    for _ in range(3):
        np.testing.assert_array_equal(f(x), first)
        np.testing.assert_array_equal(g(x), second)


def test_code_that_llvm_loads_finds_its_data(monkeypatch):
    """Where the own loader does not know the object files, LLVM's is told the same addresses."""
    monkeypatch.setattr(elf_loader, "here", bool)
    x = np.ones(LENGTH, "float32")
    functions = [(value, times(value)) for value in (values(seed, "float32", (LENGTH,)) for seed in (1, 2))]
    for value, f in functions:
        np.testing.assert_array_equal(f(x), value)


def test_small_constants_are_told_apart():
    """Up to the bound the elements are a part of the code, and of its name."""
    x = np.ones(MOST_IN_CODE, "float32")
    for seed in (1, 2, 1):
        value = values(seed, "float32", (MOST_IN_CODE,))
        np.testing.assert_array_equal(times(value)(x), value)


KINDS = [(dtype, (LENGTH,)) for dtype in ("bool", "int8", "uint16", "int64", "float16", "float32", "float64")]
KINDS += [("float32", shape) for shape in ((), (0,), (3, 0), (5, LENGTH), (MOST_IN_CODE, 1))]
KINDS += [("bool", ()), ("float16", (MOST_IN_CODE, 1)), ("int8", (5, LENGTH))]


@pytest.mark.parametrize(("dtype", "shape"), KINDS, ids=str)
def test_all_dtypes_and_sizes(dtype, shape):
    """Read, combined, and given back; twice, the second time from code that was compiled for other elements."""
    for seed in (1, 2):
        value = values(seed, dtype, shape)
        c, x = T.constant(value), T.tensor(dtype, shape, "x")
        f = sd.function([x], [c, T.where(T.eq(c, x), c, x), c[::-1] if shape else c], backend="native")
        own, chosen, turned = f(value)
        assert own.dtype == value.dtype
        for result in (own, chosen):
            np.testing.assert_array_equal(result, value)
        np.testing.assert_array_equal(turned, value[::-1] if shape else value)


@pytest.mark.parametrize(
    "view",
    [lambda a: a[::2, 1:], lambda a: a.T, np.asfortranarray, lambda a: a[::-1, ::-3], lambda a: a.astype(">f8")],
    ids=["strided", "transposed", "fortran", "backwards", "foreign"],
)
def test_strided_arrays(view):
    """A constant is a copy, laid out as everything is."""
    array = view(np.arange(40.0 * 20).reshape(40, 20))
    x = T.dmatrix("x")
    f = sd.function([x], x - T.constant(array), backend="native")
    before = np.array(array, "float64")
    array[:] = 0
    np.testing.assert_array_equal(f(before), np.zeros(before.shape))


def test_outputs_are_not_the_constant():
    """Who writes into a result does not change the next one."""
    value = values(3, "float32", (LENGTH,))
    f = sd.function([], [T.constant(value), T.constant(value) + 0], backend="native")
    for result in f():
        result[:] = -1
    np.testing.assert_array_equal(f()[0], value)


def test_equal_and_different_constants():
    """Programs whose constants differ in which of them are equal do not share code: they need other numbers of them."""
    x = T.fvector("x")
    given = np.ones(LENGTH, "float32")
    for seeds in ([1, 1, 2], [1, 2, 2], [1, 2, 3], [3, 2, 1], [1, 1, 1], [2, 1, 1]):
        one, two, three = (values(seed, "float32", (LENGTH,)) for seed in seeds)
        f = sd.function([x], [x * one + two, T.exp(x * 0) * three], backend="native")
        first, second = f(given)
        np.testing.assert_array_equal(first, one + two)
        np.testing.assert_array_equal(second, three)


def test_index_arrays_are_checked_with_their_own_elements():
    """What is in range for one index array says nothing of another of the same type."""
    x = T.fvector("x")
    inside, outside = np.arange(LENGTH) % 5, np.arange(LENGTH) % 6
    functions = [
        sd.function([x], [x[index], T.inc_subtensor(x[index], 1.0)], backend="native") for index in (inside, outside)
    ]
    given = np.arange(5, dtype="float32")
    taken, added = functions[0](given)
    np.testing.assert_array_equal(taken, given[inside])
    np.testing.assert_array_equal(added, given + np.bincount(inside))
    with pytest.raises(IndexError, match="5"):
        functions[1](given)
    np.testing.assert_array_equal(functions[1](np.arange(6, dtype="float32"))[0], np.arange(6)[outside])
    rows = T.fmatrix("rows")
    for index in (inside, -1 - inside, outside):
        f = sd.function([rows], rows[T.arange(LENGTH), T.constant(index)], backend="native")
        table = np.arange(5.0 * LENGTH, dtype="float32").reshape(LENGTH, 5)
        if index is outside:
            with pytest.raises(IndexError):
                f(table)
        else:
            np.testing.assert_array_equal(f(table), table[np.arange(LENGTH), index])


def test_masks_are_their_own():
    """How many elements a constant mask takes is a matter of its elements."""
    x = T.fvector("x")
    given = np.arange(LENGTH, dtype="float32")
    for seed in (1, 2, 3):
        mask = values(seed, "bool", (LENGTH,))
        np.testing.assert_array_equal(sd.function([x], x[mask], backend="native")(given), given[mask])


def test_bodies_of_loops_and_branches():
    """Constants in a step, as sequences, as first states, as captured matrices, and in the two ways of a branch."""
    condition, v = T.bscalar("condition"), T.fvector("v")
    for seed in (1, 2):
        rows, weights = values(seed, "float32", (9, 10)), values(seed + 2, "float32", (10, 10)) / 100
        first = values(seed + 4, "float32", (10,))
        inside = values(seed + 6, "float32", (10, 10))

        def step(row, h, w, inside=inside):
            return (h @ w + row) * T.constant(inside).sum(0)

        states = sd.scan(step, sequences=T.constant(rows), outputs_info=T.constant(first), non_sequences=weights)[0]
        f = sd.function([], [states, sd.grad(states.sum(), states)], backend="native")
        expected, h = [], first
        for row in rows:
            h = (h @ weights + row) * inside.sum(0)
            expected.append(h)
        np.testing.assert_allclose(f()[0], expected, rtol=1e-4)

        then, otherwise = values(seed, "float32", (LENGTH,)), values(seed + 1, "float32", (LENGTH,))
        g = sd.function([condition, v], sd.ifelse(condition, v * then, v - otherwise), backend="native")
        given = np.full(LENGTH, 2, "float32")
        np.testing.assert_array_equal(g(1, given), given * then)
        np.testing.assert_array_equal(g(0, given), given - otherwise)


def test_products_and_updates():
    """A constant operand of a product, and one that goes into a state."""
    x = T.fmatrix("x")
    given = values(9, "float32", (3, 10))
    for seed in (1, 2):
        weights, added = values(seed, "float32", (10, 20)), values(seed + 2, "float32", (3, 20))
        state = sd.shared(np.zeros((3, 20), "float32"))
        updates = {state: state + x @ T.constant(weights) + added}
        f = sd.function([x], x @ T.constant(weights), updates=updates, backend="native")
        np.testing.assert_array_equal(f(given), given @ weights)
        np.testing.assert_array_equal(state.get_value(), given @ weights + added)


def test_fallbacks_between_segments():
    """Each piece of a program has constants of its own."""
    x = T.fvector("x")
    given = values(5, "float32", (LENGTH,))
    for seed in (1, 2):
        one, two = values(seed, "float32", (LENGTH,)), values(seed + 2, "float32", (LENGTH,))
        f = sd.function([x], T.sort(x * T.constant(one)) + T.constant(two) * T.constant(one), backend="native")
        assert any("fallback" in line for line in f.kernels)
        np.testing.assert_array_equal(f(given), np.sort(given * one) + two * one)


def test_array_lives_as_long_as_the_function():
    """The graph may be gone; a call the short way, from a copy, from a pickle, finds the elements."""
    value = values(4, "float32", (50_000,))
    f = times(value)
    copies = [copy.deepcopy(f), pickle.loads(pickle.dumps(f))]
    x = np.ones(50_000, "float32")
    for g in (f, *copies):
        np.testing.assert_array_equal(g(x), value)
    short = f.__call__
    del f, g, copies
    gc.collect()
    others = [np.full_like(value, i) for i in range(4)]  # they take memory that is free
    for _ in range(3):
        np.testing.assert_array_equal(short(x), value)
    assert len(others) == 4


PROGRAM = """
import sys
import numpy as np
import symdrop as sd, symdrop.tensor as T
from symdrop.backends.native import driver
from symdrop.backends.native.jit import compiler
lowered, build = [], driver.lower_segment
driver.lower_segment = lambda *arguments: (lowered.append(arguments), build(*arguments))[1]
x = T.fvector("x")
for seed in map(int, sys.argv[1:]):
    draws = np.random.default_rng(seed)
    c, index, small = draws.normal(size=100).astype("float32"), draws.permutation(100), draws.normal(size=3)
    f = sd.function([x], (T.tanh(x) * c)[index] + T.constant(c)[::-1] * small.sum(), backend="native")
    expected = (np.tanh(np.ones(100)) * c)[index] + c[::-1] * small.sum()
    f(np.ones(100, "float32"))
    np.testing.assert_allclose(f(np.ones(100, "float32")), expected, rtol=1e-4, atol=1e-5)
    print(len(lowered))
    lowered.clear()
"""


def test_next_process_has_its_own_elements(tmp_path):
    """What was lowered for other elements, by another process or this one, is found and given these."""
    environment = inherited(SYMDROP_CACHE=str(tmp_path / "shared"), SYMDROP_FLAGS="tiered_compilation=full")

    def counts(*seeds):
        command = [sys.executable, "-c", PROGRAM, *map(str, seeds)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()

    # The small constant is a part of the code, so it is one of few.
    first = counts(1, 1)
    assert int(first[0]) > 0 and int(first[1]) == 0
    assert counts(1) == ["0"]


def test_folding_is_bounded():
    """What is computed of constants while compiling is not larger than what is worth keeping."""
    row = T.constant(np.arange(3000.0))
    wide = row.dimshuffle(0, "x") * row.dimshuffle("x", 0)
    f = sd.function([], (wide + 1).sum(), backend="native")
    largest = max(node.value.size for node in f.stages["rewritten"].leaves("constant"))
    assert largest <= 4096
    assert f() == np.arange(3000.0).sum() ** 2 + 9e6
