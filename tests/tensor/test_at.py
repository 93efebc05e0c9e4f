"""``x.at[index]`` changes copies as jax's does, on both back ends, with its gradients, and reads outside of axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError
from tests.tensor.index_cases import cases

X = np.array([[1.0, -2.0, 3.0], [4.0, 0.0, -6.0], [2.0, 5.0, 1.0], [0.5, 2.0, 4.0]])
ROWS = np.array([0, 2, 0, -1])
V = np.array([[3.0, 1.0, 2.0], [2.0, 9.0, 1.0], [5.0, -1.0, 2.0], [0.5, 4.0, 3.0]])
BACK_ENDS = pytest.mark.parametrize("backend", ["native", "numpy"])
UFUNCS = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "max": np.maximum, "min": np.minimum}


def value_and_slopes(backend: str, made: Any, x: Any, v: Any, weights: Any) -> list[Any]:
    """A value and the gradients of its weighted sum."""
    slopes = sd.grad((made * weights).sum(), [x, v])
    return sd.function([x, v], [made, *slopes], backend=backend)


@BACK_ENDS
@pytest.mark.parametrize("name", sorted(UFUNCS))
def test_values_are_numpys_where_indices_repeat(backend: str, name: str) -> None:
    # ufunc.at is the oracle; it takes repeated positions one after the other.
    f = None
    for number, case in enumerate(cases(20, 60)):
        if case.result is None:
            continue
        value = np.random.default_rng(number).integers(-9, 9, case.result.shape).astype(float)
        expected = case.x.copy()
        UFUNCS[name].at(expected, case.index, value)
        x, v = T.constant(case.x), T.constant(value)
        made = getattr(x.at[case.index], name)(v)
        if backend == "numpy" or number % 6 == 0:
            f = sd.function([], made, backend=backend)
            np.testing.assert_array_equal(f(), expected, err_msg=str(case.index), strict=True)
    assert f is not None


@BACK_ENDS
@pytest.mark.parametrize("name", ["set", "add", "multiply", "mul", "divide", "power", "max", "min"])
def test_values_and_gradients_are_jaxs(backend: str, name: str) -> None:
    # Of a maximum equal elements share the gradient; a product's gradient is right at 0. jax has none where its
    # index repeats in a product, so there it is compared with differences below.
    jax = pytest.importorskip("jax")
    unique = name in ("multiply", "mul", "divide", "power", "set")
    rows, hints = (np.array([2, 0]), {"unique_indices": True}) if unique else (ROWS, {})
    base = np.abs(X) + 0.5 if name == "power" else X
    values = V[: len(rows)]
    weights = np.arange(1.0, 13).reshape(4, 3)
    x, v = T.dmatrix("x"), T.dmatrix("v")
    f = value_and_slopes(backend, getattr(x.at[rows], name)(v), x, v, weights)
    with jax.enable_x64(True):

        def changed(x: Any, v: Any) -> Any:
            return getattr(x.at[rows], name)(v, **hints)

        def reference(x: Any, v: Any) -> list[Any]:
            slopes = jax.grad(lambda x, v: (changed(x, v) * weights).sum(), (0, 1))(x, v)
            return [getattr(x.at[rows], name)(v), *slopes]

        expected = jax.jit(reference)(base, values)
    for one, other in zip(f(base, values), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@BACK_ENDS
def test_ties_of_a_maximum_share_its_gradient(backend: str) -> None:
    # Three equal ones: the element of x and two values.
    x, v = T.dvector("x"), T.dvector("v")
    for name in ("max", "min"):
        f = value_and_slopes(backend, getattr(x.at[[0, 0, 1]], name)(v), x, v, np.array([3.0, 5.0, 7.0]))
        _, by_x, by_v = f([2.0, 2.0, 2.0], [2.0, 2.0, 2.0])
        np.testing.assert_allclose(by_x, [1, 2.5, 7])
        np.testing.assert_allclose(by_v, [1, 1, 2.5])


def test_products_have_slopes_where_values_repeat_and_are_zero() -> None:
    # The product of the others, which no quotient gives at 0.
    x, v = T.dvector("x"), T.dvector("v")
    f = value_and_slopes("numpy", x.at[[0, 0, 1, 1]].multiply(v), x, v, np.array([1.0, 1.0, 1.0]))
    _, by_x, by_v = f([2.0, 3.0, 4.0], [0.0, 5.0, 0.0, 0.0])
    assert by_x.tolist() == [0, 0, 1]
    assert by_v.tolist() == [10, 0, 0, 0]
    rows = np.array([1, 1, 0])
    for name in ("multiply", "divide"):
        sd.verify_grad(lambda x, v, name=name: getattr(x.at[rows], name)(v), [X[:2, 0], np.array([2.0, 3.0, 0.5])])
    sd.verify_grad(lambda x, v: x.at[rows].power(v), [np.array([2.0, 3.0]), np.array([2.0, 3.0, 0.5])])


@BACK_ENDS
@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_second_derivatives_of_products_at_zeros(backend: str, zeros: int) -> None:
    """The slope by one factor is the product of the others, whose slope by a zero among them is that of the rest."""
    factors = np.array([0.0] * zeros + [2.0, 3.0, -5.0, 7.0][zeros:])
    rest = [[np.prod(np.delete(factors, [i, j])) if i != j else 0 for j in range(4)] for i in range(4)]
    w = T.dvector("w")
    products = w[:1].at[[0, 0, 0]].multiply(w[1:])[0], T.segment_prod(w, [0, 0, 0, 0], 1)[0]
    for found in sd.function([w], [sd.hessian(product, w) for product in products], backend=backend)(factors):
        np.testing.assert_allclose(found, rest, rtol=1e-14)


@BACK_ENDS
@pytest.mark.parametrize(
    "index", [[0, 7, -9], (slice(None), [1, 3, -4]), ([0, 5, -1], [3, 0, -1]), 9, (7, slice(1, None)), (1, [0, 8])]
)
def test_positions_outside_are_clipped_filled_and_dropped_as_jax_does(backend: str, index: Any) -> None:
    # -9 lies in front of the first row, and is not counted from the end once more.
    jax = pytest.importorskip("jax")
    x = T.dmatrix("x")
    entries = index if isinstance(index, tuple) else (index,)
    own = tuple(entry if isinstance(entry, slice) else np.array(entry) for entry in entries)
    made = [x.at[own].get(mode="clip"), x.at[own].get(mode="fill", fill_value=-1.0), x.at[own].get(mode="fill")]
    names = ("set", "add", "multiply", "max")
    made += [getattr(x.at[own], name)(7.0, mode=mode) for name in names for mode in ("drop", "clip")]
    with jax.enable_x64(True):

        def reference(there: Any) -> list[Any]:
            found = [there.at[own].get(mode="clip"), there.at[own].get(mode="fill", fill_value=-1.0)]
            found += [there.at[own].get(mode="fill")]
            return found + [getattr(there.at[own], name)(7.0, mode=mode) for name in names for mode in ("drop", "clip")]

        expected = jax.jit(reference)(X)
    for one, other in zip(sd.function([x], made, backend=backend)(X), expected, strict=True):
        np.testing.assert_array_equal(one, np.asarray(other), strict=True)


def test_fill_values_are_those_of_jax() -> None:
    # NaN; of integers the least value, or the largest where there is no sign.
    for dtype, value in (("int32", -(2**31)), ("uint8", 255), ("bool", True), ("float32", np.nan)):
        found = T.constant(np.zeros(2, dtype)).at[[5]].get(mode="fill").eval()
        np.testing.assert_array_equal(found, np.array([value], dtype), strict=True)


def test_functions_are_applied_to_a_part() -> None:
    # Once for an element, where jax applies it as often as its index stands there.
    x = T.dvector("x")
    assert x.at[1:].apply(T.sqr).eval({x: [2, 3, 4]}).tolist() == [2, 9, 16]
    assert x.at[[0, 0]].apply(lambda part: -part).eval({x: [2, 3, 4]}).tolist() == [-2, 3, 4]
    assert x.at[[0, 5]].apply(T.neg, mode="drop").eval({x: [2, 3, 4]}).tolist() == [-2, 3, 4]


def test_masks_choose_what_is_changed() -> None:
    # As any index; masks have no positions, so no mode moves them.
    x = T.dmatrix("x")
    assert x.at[x < 0].set(0).eval({x: X}).min() == 0
    np.testing.assert_array_equal(x.at[x < 0].multiply(-1, mode="clip").eval({x: X}), np.abs(X))
    np.testing.assert_array_equal(x.at[x < 0].get().eval({x: X}), X[X < 0])


def test_what_cannot_be_is_refused() -> None:
    # The sentence says what there is.
    x = T.matrix("x", shape=(3, 4))
    with pytest.raises(IndexingError, match="index 3 is out of range for axis 0 of size 3"):
        x.at[[0, 3]].set(1)
    with pytest.raises(ArgumentError, match=r"'clip'.*not 'wrap'"):
        x.at[0].add(1, mode="wrap")
    with pytest.raises(GraphTypeError, match="function of x"):
        x.at[0].apply(2)
    with pytest.raises(GraphTypeError, match=r"1\.5 cannot index"):
        x.at[1.5].get()
    assert "x" in repr(x.at) and "x" in repr(x.at[0])
