"""Einsum over generated subscripts: NumPy's is the oracle of values and, einsum being linear, of slopes too."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError, ShapeError

SIZES = dict(zip("abcde", (2, 3, 4, 1, 5), strict=True))
# Products of matrices and of stacks, diagonals, letters of one operand alone, joined axes, three operands and more.
TELLING = (
    "ij,jk->ik", "ij,jk", "ij->ji", "ii", "ii->i", "ij->", "ij", "ba", "bij,bkj->bik", "ij,kj->", "i,i", "i,j->ji",
    "ij,ij->ij", "ijk,kjl->li", "ijk,lkm->iljm", "bij,bj->bi", "iij,jk->ik", "iii->i", ",ij->i", "ij,jk,kl,lm->im",
    "i,ij,j->", "ij,ik,il->jkl", "...ij,...jk->...ik", "...i->...", "i...,i...->...", "...ij,jk->...ik", "...,...",
    "ab,bc->",
)  # fmt: skip


def generated(rng, count):
    """Subscripts of one to four operands of up to three letters."""
    for _ in range(count):
        parts = ["".join(rng.choice(list(SIZES), rng.integers(0, 4))) for _ in range(rng.integers(1, 5))]
        used = sorted(set("".join(parts)))
        output = rng.permutation(used)[: rng.integers(0, 4)] if used else []
        yield ",".join(parts) + ("" if rng.random() < 0.2 else "->" + "".join(output))


def shapes_of(subscripts):
    """A shape for every operand, two axes under an ellipsis of the first operand that has one, else one."""
    letters = sorted(set(re.findall(r"[a-z]", subscripts)))
    sizes = {letter: SIZES.get(letter, 2 + k % 3) for k, letter in enumerate(letters)}
    parts = subscripts.partition("->")[0].split(",")
    first = True
    for part in parts:
        before, dots, after = part.partition("...")
        under = ((3, 2) if first else (2,)) if dots else ()
        first = first and not dots
        yield (*(sizes[c] for c in before), *under, *(sizes[c] for c in after))


def cases(rng, dtype, count=30):
    """Subscripts, arrays and variables."""
    for subscripts in (*TELLING, *generated(rng, count)):
        arrays = [rng.integers(-3, 4, shape).astype(dtype) for shape in shapes_of(subscripts)]
        shapes = [[1 if size == 1 else None for size in array.shape] for array in arrays]
        yield subscripts, arrays, [T.tensor(dtype, shape) for shape in shapes]


@pytest.mark.parametrize(("dtype", "backend"), [
    ("float32", "native"), ("float64", "native"), ("int32", "native"), ("float64", "numpy"), ("int8", "numpy"),
])  # fmt: skip
def test_values(dtype, backend):
    """All are what NumPy says, bit for bit since the numbers are small integers; native code computes all of it."""
    found = list(cases(np.random.default_rng(3), dtype))
    if backend == "native" and dtype != "float32":
        found = found[: len(TELLING)]
    f = sd.function([x for _, _, xs in found for x in xs], [T.einsum(s, *xs) for s, _, xs in found], backend=backend)
    values = f(*(array for _, arrays, _ in found for array in arrays))
    for (subscripts, arrays, _), value in zip(found, values, strict=True):
        expected = np.einsum(subscripts, *arrays)
        assert value.dtype == expected.dtype, subscripts
        np.testing.assert_array_equal(value, expected, err_msg=subscripts)
    assert backend == "numpy" or not any("fallback" in kernel for kernel in f.kernels)


def weighed(subscripts, weights, operands):
    """What NumPy says the cost is."""
    return np.sum(np.einsum(subscripts, *operands) * weights)


def test_slopes_of_both_orders():
    """Einsum is linear in every operand: its slope along a direction is einsum of the direction, and so on."""
    rng = np.random.default_rng(4)
    inputs, outputs, expected, given = [], [], [], []
    for subscripts, arrays, xs in cases(rng, "float64"):
        directions = [rng.integers(-3, 4, array.shape).astype("float64") for array in arrays]
        weights = rng.integers(-3, 4, np.einsum(subscripts, *arrays).shape)
        cost = T.sum(T.einsum(subscripts, *xs) * weights)
        along = [T.sum(g * d) for g, d in zip(sd.grad(cost, xs), directions, strict=True)]
        inputs += xs
        given += arrays
        exact = partial(weighed, subscripts, weights)
        for k in range(len(xs)):
            first = [*arrays[:k], directions[k], *arrays[k + 1 :]]
            outputs.append(along[k])
            expected.append(exact(first))
            j = (k + 1) % len(xs)
            if j != k:
                outputs.append(T.sum(sd.grad(along[k], xs[j]) * directions[j]))
                expected.append(exact([*first[:j], directions[j], *first[j + 1 :]]))
    f = sd.function(inputs, outputs, backend="numpy", on_unused_input="ignore")
    np.testing.assert_array_equal(f(*given), expected)


# The back end, the seed, and how many functions of how many subscripts.
MANY = [("numpy", 11, 16, 500), ("native", 12, 40, 50)]


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "seed", "functions", "count"), MANY)
def test_ten_thousand_subscripts(backend, seed, functions, count):
    """Values and slopes of generated subscripts; NumPy's einsum gives both, a slope being an einsum of the others."""
    rng = np.random.default_rng(seed)
    for _ in range(functions):
        found = list(cases(rng, "float64", count))[len(TELLING) :]
        made = [T.einsum(subscripts, *xs) for subscripts, _, xs in found]
        weights = [rng.integers(-3, 4, np.einsum(one, *arrays).shape).astype("float64") for one, arrays, _ in found]
        slopes = [sd.grad((y * w).sum(), xs[0]) for y, w, (_, _, xs) in zip(made, weights, found, strict=True)]
        given = [x for _, _, xs in found for x in xs]
        f = sd.function(given, made + slopes, backend=backend, on_unused_input="ignore")
        values = f(*(array for _, arrays, _ in found for array in arrays))
        for k, (subscripts, arrays, _) in enumerate(found):
            np.testing.assert_array_equal(values[k], np.einsum(subscripts, *arrays), err_msg=subscripts)
            np.testing.assert_array_equal(
                values[len(found) + k], first_slope(subscripts, arrays, weights[k]), err_msg=f"slope of {subscripts}"
            )


def first_slope(subscripts, arrays, weight):
    """The slope of the weighted sum by the first operand, one element at a time: einsum is linear in it."""
    slope = np.zeros(arrays[0].shape)
    for place in np.ndindex(*arrays[0].shape):
        unit = np.zeros(arrays[0].shape)
        unit[place] = 1
        slope[place] = (np.einsum(subscripts, unit, *arrays[1:]) * weight).sum()
    return slope


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_slopes_are_native(backend):
    """The pullback is einsum with exchanged letters, and runs as the value does."""
    a, b = T.tensor3("a", dtype="float64"), T.tensor4("b", dtype="float64")
    g = sd.grad(T.sum(T.einsum("ijk,jklm->ilm", a, b) ** 2), [a, b])
    f = sd.function([a, b], g, backend=backend)
    x, y = np.random.default_rng(0).normal(size=(2, 3, 4)), np.random.default_rng(1).normal(size=(3, 4, 5, 2))
    outer = 2 * np.einsum("ijk,jklm->ilm", x, y)
    for found, subscripts, other in zip(f(x, y), ("ilm,jklm->ijk", "ilm,ijk->jklm"), (y, x), strict=True):
        np.testing.assert_allclose(found, np.einsum(subscripts, outer, other), rtol=1e-12)
    assert not any("fallback" in kernel for kernel in f.kernels)


def test_batches():
    """One letter more: a batch of either operand, or of both, stays one contraction."""
    a, b = T.tensor3("a", dtype="float64"), T.matrix("b", dtype="float64")
    x, y = np.random.default_rng(0).normal(size=(2, 3, 4)), np.random.default_rng(1).normal(size=(4, 5))
    both = sd.vmap(lambda u, v: T.einsum("ij,jk->ki", u, v), in_axes=(0, None))(a, b)
    assert both.op.name == "einsum"
    np.testing.assert_allclose(sd.function([a, b], both)(x, y), np.einsum("bij,jk->bki", x, y), rtol=1e-12)


def test_sizes_of_one_stretch():
    """As NumPy has it, where the size is known to be 1."""
    a, b, c = T.row("a", dtype="float64"), T.matrix("b", dtype="float64"), T.col("c", dtype="float64")
    x, y, z = np.ones((1, 3)), np.arange(6.0).reshape(2, 3), np.ones((2, 1))
    found = sd.function([a, b, c], [T.einsum("ij,ij->i", a, b), T.einsum("ij,ij,ij->ji", a, b, c)])(x, y, z)
    np.testing.assert_array_equal(found[0], np.einsum("ij,ij->i", x, y))
    np.testing.assert_array_equal(found[1], np.einsum("ij,ij,ij->ji", x, y, z))


def test_numpys_other_forms():
    """Lists of numbers in place of letters, and NumPy's own function."""
    a, b = T.matrix("a", dtype="float64"), T.matrix("b", dtype="float64")
    x, y = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2)
    f = sd.function([a, b], [T.einsum(a, [7, 1], b, [1, 2]), np.einsum("ij,jk", a, b), T.einsum(a, [..., 0], [0, ...])])
    for found, expected in zip(f(x, y), (np.einsum(x, [7, 1], y, [1, 2]), x @ y, x.T), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_the_cheapest_order():
    """A chain is contracted from its thin end."""
    a, b, c = T.matrix("a", shape=(50, 60)), T.matrix("b", shape=(60, 70)), T.vector("c", shape=(70,))
    first, second = T.einsum("ij,jk,k->i", a, b, c).inputs
    assert {a, second.type.shape} == {first, (60,)} or {first.type.shape, second} == {(60,), a}


@pytest.mark.parametrize(("subscripts", "kind", "says"), [
    ("ij,jk->ik", GraphTypeError, "'ij,jk->ik': the subscripts are those of 2 operands, but 1 are given"),
    ("ijk->i", GraphTypeError, "'ijk' names 3 axes of operand 0, which has 2, shape (3, 4): 'x'"),
    ("i->i", GraphTypeError, "'i' names 1 axes of operand 0, which has 2"),
    ("ij->k", GraphTypeError, "letter k of the value stands in no operand"),
    ("ij->ii", GraphTypeError, "letter i stands twice in the value"),
    ("i?->i", GraphTypeError, "'?' is no letter"),
    ("...i->i", GraphTypeError, "the value needs an ellipsis too"),
    ("ii->i", ShapeError, "letter i has sizes 3 and 4 in one operand, shape (3, 4): 'x'"),
    (3, GraphTypeError, "expected subscripts such as 'ij,jk->ik'"),
])  # fmt: skip
def test_what_is_refused(subscripts, kind, says):
    """The subscripts, the operand and its shape are named, at the user's line."""
    with pytest.raises(kind, match=re.escape(says)) as caught:
        T.einsum(subscripts, T.matrix("x", shape=(3, 4)))
    assert "test_einsum.py" in str(caught.value)


def test_sizes_that_differ():
    """Known ones are refused at once, others in the call."""
    x, y = T.matrix("x", shape=(3, 4)), T.matrix("y", shape=(3, 4))
    with pytest.raises(ShapeError, match=r"letter j has size 4 in 'x'.* and size 3 in 'y'"):
        T.einsum("ij,jk->ik", x, y)
    a, b = T.tensor3("a"), T.tensor3("b")
    f = sd.function([a, b], T.einsum("ijk,jkl->il", a, b))
    with pytest.raises(ShapeError):
        # As many products, of other sizes.
        f(np.ones((2, 3, 4), "float32"), np.ones((4, 3, 2), "float32"))
    with pytest.raises(ShapeError):
        sd.function([a], T.einsum("iij->j", a))(np.ones((2, 3, 4), "float32"))
