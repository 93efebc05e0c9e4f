"""Operations composed of others say what is wrong by their own name, and read no endless list."""

import re

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError, ShapeError, SymdropError

V, M = T.dvector("v"), T.dmatrix("m")
KNOWN = T.dvector("known", shape=(3,))


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: T.array_split(V, 0), ArgumentError, "at least one part"),
    (lambda: T.vsplit(V, 2), GraphTypeError, "vsplit splits tensors of at least 2 axes"),
    (lambda: T.block([[M], M]), ArgumentError, "lists of different depths"),
    (lambda: T.block([]), ArgumentError, "is empty"),
    (lambda: T.block((M, M)), GraphTypeError, "takes lists of blocks, not tuples"),
    (lambda: T.roll(M, (1, 2, 3), (0, 1)), GraphTypeError, "3 shifts for 2 axes"),
    (lambda: T.rot90(M, axes=(0,)), GraphTypeError, "the plane of two axes"),
    (lambda: T.diff(V, -1), ArgumentError, "at least 0, not -1"),
    (lambda: T.meshgrid(V, V, indexing="yx"), ArgumentError, "'xy' or 'ij'"),
    (lambda: T.meshgrid(M), GraphTypeError, "meshgrid takes vectors"),
    (lambda: T.ix_(V), GraphTypeError, "integers or truth values"),
    (lambda: T.polyval(V, 1.0), GraphTypeError, "of known length"),
    (lambda: T.cross(V, V), ShapeError, "known to have 2 or 3 elements"),
    (lambda: T.matvec(V, V), GraphTypeError, "matvec takes at least 2 axes"),
    (lambda: T.convolve(M, V), GraphTypeError, "convolve takes vectors"),
    (lambda: T.convolve(V, V, "half"), ArgumentError, "'full', 'same' or 'valid'"),
    (lambda: T.quantile(V, 0.5, method="normal"), ArgumentError, "quantile: method is one of linear, mid"),
    (lambda: T.average(M, weights=V), ShapeError, "a vector along one axis"),
    (lambda: T.cov(T.dtensor3()), GraphTypeError, "a matrix or a vector"),
    (lambda: T.bincount(V), GraphTypeError, "a vector of integers"),
    (lambda: T.searchsorted(M, V), GraphTypeError, "an ordered vector"),
    (lambda: T.histogram(V, 0), ArgumentError, "a positive Python integer"),
    (lambda: T.quantile(V, 1.5), ArgumentError, "quantile: a share is 1.5, which is not a number from 0 to 1"),
    (lambda: T.nanquantile(V, [0.1, -0.2]), ArgumentError, "a share is -0.2 at position 1"),
    (lambda: T.select([V], [V]), GraphTypeError, "a condition is a bool tensor"),
    (lambda: T.select([], []), ArgumentError, "0 conditions for 0 choices"),
    (lambda: T.piecewise(V, [V > 0], [1, 2, 3]), ArgumentError, "3 functions for 1 conditions"),
    (lambda: T.choose(V, [V, V]), GraphTypeError, "are integers"),
    (lambda: T.one_hot(V, 3), GraphTypeError, "one_hot takes integers"),
    (lambda: T.delete(V, 0), ShapeError, "of unknown size; declare it with shape="),
    (lambda: T.delete(KNOWN, 7), IndexingError, "delete: index 7 is out of bounds"),
    (lambda: T.insert(KNOWN, T.iscalar(), 0), GraphTypeError, "known while the graph is built"),
    (lambda: T.lexsort([]), ArgumentError, "no keys"),
    (lambda: T.top_k(V, -1), ArgumentError, "at least 0"),
    (lambda: T.pad(V, 1, "mirror"), ArgumentError, "mode is one of constant, edge"),
    (lambda: T.pad(V, 1, constant=3), ArgumentError, "takes constant_values, not 'constant'"),
    (lambda: T.pad(M, ((1, 2), (3,), (4, 5))), GraphTypeError, "a pair for each of 2 axes"),
    (lambda: T.pad(V, -1), ShapeError, "at least 0"),
    (lambda: T.interp(V, M, V), GraphTypeError, "points as vectors"),
    (lambda: T.gradient(T.dvector(shape=(1,))), ShapeError, "has not two elements"),
    (lambda: T.ravel_multi_index((0,), (2, 3)), ArgumentError, "1 coordinates for 2 sizes"),
])  # fmt: skip
def test_what_is_wrong_is_told(call, error, says):
    """At the user's line, by the name of the function or of its argument."""
    with pytest.raises(error, match=re.escape(says)) as caught:
        call()
    assert "test_bad_arguments.py" in str(caught.value)


@pytest.mark.parametrize("call", [
    lambda given: sd.grad(V.sum(), given), lambda given: sd.Rop(given, V, V), lambda given: T.pad(V, given),
    lambda given: T.insert(KNOWN, given, 0), lambda given: T.delete(KNOWN, given),
    lambda given: T.array_split(V, given),
])  # fmt: skip
def test_a_list_that_never_ends_is_not_read_to_its_end(call):
    """A range holds numbers that no memory does; what is no node, or too many, is refused before."""
    with pytest.raises(SymdropError):
        call(range(10**12))


def test_a_random_shape_is_padded_as_numpy_pads():
    """Widths beyond the size, in every mode that copies, where a formula of places is easily wrong by one."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        size, before, behind = rng.integers(1, 5), *rng.integers(0, 9, 2)
        x = rng.normal(size=size)
        for mode in ("edge", "reflect", "symmetric", "wrap"):
            got = sd.function([V], T.pad(V, (int(before), int(behind)), mode), backend="numpy")(x)
            np.testing.assert_array_equal(got, np.pad(x, (before, behind), mode))
