"""Indexing means what NumPy means, symbolic or not, forwards and backwards."""

from __future__ import annotations

from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError, IndexingError, ShapeError
from symdrop.graph import Node
from symdrop.op import KnownSizes
from tests.tensor.back_ends import MOSTLY_NUMPY

shapes = st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple)
bounds = st.none() | st.integers(-6, 6)
steps = st.none() | st.sampled_from([-3, -2, -1, 1, 2, 3])
slices = st.builds(slice, bounds, bounds, steps)


def numbers(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Distinct values, so that every wrong element shows."""
    return np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape)


class Symbols:
    """Replaces, by hypothesis' choice, known sizes by unknown ones and numbers by input variables."""

    def __init__(self, data: st.DataObject) -> None:
        self.choose = lambda: data.draw(st.booleans())
        self.values: dict[Node, Any] = {}

    def variable(self, value: Any, dtype: str | None = None) -> Node:
        array = np.asarray(value, dtype)
        sizes = [size if self.choose() else None for size in array.shape]
        node = T.tensor(array.dtype, sizes, f"v{len(self.values)}")
        self.values[node] = array
        return node

    def entry(self, entry: Any) -> Any:
        if isinstance(entry, slice):
            return slice(*(self.entry(bound) for bound in (entry.start, entry.stop, entry.step)))
        if entry is None or entry is Ellipsis or self.choose():
            return entry
        return self.variable(entry)


def shorten(draw: Any, index: list[Any]) -> tuple[Any, ...]:
    """An index of all axes, with new axes, and perhaps an Ellipsis in place of some entries."""
    if draw(st.booleans()):
        start = draw(st.integers(0, len(index)))
        index[start : draw(st.integers(start, len(index)))] = [...]
    else:
        del index[draw(st.integers(0, len(index))) :]
    for _ in range(draw(st.integers(0, 2))):
        index.insert(draw(st.integers(0, len(index))), None)
    return tuple(index)


@st.composite
def basic_indices(draw: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    index = [draw(st.one_of(slices, st.integers(-size, size - 1)) if size else slices) for size in shape]
    return shorten(draw, index)


@st.composite
def advanced_indices(draw: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """At least one array of positions or mask, between slices, integers and new axes."""
    places = draw(st.lists(st.integers(0, len(shape) - 1), min_size=1, unique=True))
    joint = draw(hnp.mutually_broadcastable_shapes(num_shapes=len(places), max_dims=2, max_side=3)).input_shapes
    index: list[Any] = []
    for axis, size in enumerate(shape):
        if axis not in places:
            index.append(draw(st.one_of(slices, st.integers(-size, size - 1)) if size else slices))
        elif (mask := draw(st.integers(0, 3))) == 0:
            # Repeated to one chosen element, so that it broadcasts with whatever else is there.
            one = np.zeros(size, bool)
            one[:1] = True
            index.append(one)
        else:
            own = joint[places.index(axis)] or (1,)
            dtype = ["int64", "int32", "int8"][mask - 1]
            index.append(
                draw(hnp.arrays(dtype, own, elements=st.integers(-size, size - 1))) if size else np.zeros(0, dtype)
            )
    return shorten(draw, index)


def values_of(data: st.DataObject, nodes: list[Node], values: dict[Node, Any]) -> list[np.ndarray[Any, Any]]:
    """The values of nodes, by one back end or the other."""
    f = sd.function(list(values), nodes, backend=data.draw(MOSTLY_NUMPY), on_unused_input="ignore")
    found: list[np.ndarray[Any, Any]] = f(*values.values())
    return found


def check_type(node: Node, value: np.ndarray[Any, Any]) -> None:
    assert node.dtype == value.dtype
    assert node.ndim == value.ndim
    assert all(known in (None, size) for known, size in zip(node.type.shape, value.shape, strict=True))


@settings(deadline=None)
@given(st.data(), shapes)
def test_integers_slices_and_new_axes_are_numpys(data: st.DataObject, shape: tuple[int, ...]) -> None:
    # Any step, bounds out of range, empty results, known and unknown sizes, constants and variables.
    index = data.draw(basic_indices(shape))
    symbols = Symbols(data)
    x = symbols.variable(numbers(shape))
    node = x[tuple(symbols.entry(entry) for entry in index)]
    expected = numbers(shape)[index]
    check_type(node, expected)
    np.testing.assert_array_equal(values_of(data, [node], symbols.values)[0], expected)


@settings(deadline=None)
@given(st.data(), shapes)
def test_known_sizes_give_known_sizes(data: st.DataObject, shape: tuple[int, ...]) -> None:
    # Static shapes are what broadcasting and the native back end live on.
    index = data.draw(basic_indices(shape))
    assert T.tensor("float32", shape)[index].type.shape == numbers(shape)[index].shape


@settings(deadline=None)
@given(st.data(), shapes)
def test_arrays_and_masks_are_numpys(data: st.DataObject, shape: tuple[int, ...]) -> None:
    # Arrays broadcast together; their axes stand in place, or in front when something stands between them.
    index = data.draw(advanced_indices(shape))
    symbols = Symbols(data)
    x = symbols.variable(numbers(shape))
    try:
        expected = numbers(shape)[index]
    except IndexError:
        return
    node = x[tuple(symbols.entry(entry) for entry in index)]
    check_type(node, expected)
    np.testing.assert_array_equal(values_of(data, [node], symbols.values)[0], expected)


@settings(deadline=None)
@given(st.data(), shapes, st.booleans())
def test_changed_copies_are_numpys(data: st.DataObject, shape: tuple[int, ...], advanced: bool) -> None:
    # set keeps the last of repeated values, inc adds all of them; the original stays what it was.
    index = data.draw((advanced_indices if advanced else basic_indices)(shape))
    symbols = Symbols(data)
    start = numbers(shape)
    x = symbols.variable(start)
    try:
        value = -10 * numbers(start[index].shape)
    except IndexError:
        return
    part = x[tuple(symbols.entry(entry) for entry in index)]
    v = symbols.variable(value)
    replaced, increased = start.copy(), start.copy()
    replaced[index] = value
    np.add.at(increased, index, value)
    changed = values_of(data, [T.set_subtensor(part, v), T.inc_subtensor(part, v)], symbols.values)
    np.testing.assert_array_equal(changed[0], replaced)
    np.testing.assert_array_equal(changed[1], increased)
    np.testing.assert_array_equal(start, numbers(shape))


@settings(max_examples=30, deadline=None)
@given(st.data(), shapes, st.booleans())
def test_gradients_scatter_back(data: st.DataObject, shape: tuple[int, ...], advanced: bool) -> None:
    # d sum(w * x[index]) / dx adds w up at the index, however often a position repeats.
    index = data.draw((advanced_indices if advanced else basic_indices)(shape))
    symbols = Symbols(data)
    x = symbols.variable(numbers(shape))
    try:
        weights = numbers(numbers(shape)[index].shape)
    except IndexError:
        return
    part = x[tuple(symbols.entry(entry) for entry in index)]
    expected = np.zeros(shape)
    np.add.at(expected, index, weights)
    gradient = sd.grad((part * symbols.variable(weights)).sum(), x)
    np.testing.assert_array_equal(values_of(data, [gradient], symbols.values)[0], expected)


def test_rows_repeat_and_accumulate_quickly_and_exactly() -> None:
    # The embedding case has a path of its own: integer rows, negative rows, and masks of rows.
    x, value = np.zeros((5, 2, 3)), numbers((4, 2, 3))
    for rows in (np.array([0, 3, 0, -2]), np.array([1, 1, 1, 1], np.int8)):
        expected = x.copy()
        np.add.at(expected, rows, value)
        np.testing.assert_array_equal(T.inc_subtensor(T.constant(x)[rows], value).eval(), expected)
    mask = np.arange(10).reshape(5, 2) % 3 == 0
    expected = x.copy()
    expected[mask] += value[:2].reshape(4, 3)
    np.testing.assert_array_equal(T.inc_subtensor(T.constant(x)[mask], value[:2].reshape(4, 3)).eval(), expected)
    with pytest.raises(IndexError):
        T.inc_subtensor(T.constant(x)[T.constant([7])], value[:1]).eval()


def test_overwritten_values_get_no_gradient() -> None:
    # Two values are written to position 1; only the second arrives, so only it can matter.
    x, v = T.dvector("x"), T.dvector("v")
    y = T.set_subtensor(x[[1, 1, 0]], v)
    gx, gv = sd.grad((y * np.array([1.0, 2.0, 3.0])).sum(), [x, v])
    values = {x: [5.0, 6.0, 7.0], v: [1.0, 2.0, 3.0]}
    assert gx.eval(values).tolist() == [0, 0, 3]
    assert gv.eval(values).tolist() == [0, 2, 1]


def test_values_are_cast_and_stretched() -> None:
    # As Theano: the value takes the target's dtype silently, and the gradient of a stretched value is a sum.
    counts = T.ivector("counts")
    changed = T.set_subtensor(counts[1:], 1.5)
    assert changed.dtype == "int32"
    assert changed.eval({counts: [7, 7, 7]}).tolist() == [7, 1, 1]
    x, s = T.dmatrix("x"), T.dscalar("s")
    slope = sd.grad(T.inc_subtensor(x[:, 1:], s).sum(), s)
    assert float(slope.eval({x: np.zeros((2, 4)), s: 1.0})) == 6


def test_a_value_of_run_time_size_1_does_not_stretch() -> None:
    # NumPy would stretch it silently, and the gradient, built for equal sizes, would be wrong.
    x, v, rows = T.dvector("x"), T.dvector("v"), T.ivector("rows")
    with pytest.raises(ShapeError, match="does not fill"):
        T.set_subtensor(x[:2], v).eval({x: [1.0, 2.0], v: [3.0]})
    with pytest.raises(ShapeError, match="does not fill"):
        T.inc_subtensor(x[rows], v).eval({x: [1.0, 2.0], v: [3.0], rows: [0, 1]})


def test_nested_indexing_changes_the_inner_part_only() -> None:
    # As Theano: set_subtensor(x[0][1], v) is the changed x[0].
    x = T.matrix("x")
    assert T.set_subtensor(x[0][1], 9).eval({x: [[1, 2], [3, 4]]}).tolist() == [1, 9]


def test_masks_and_nonzero_agree() -> None:
    # Theano scripts write x[mask.nonzero()], newer ones x[mask].
    x = T.matrix("x")
    value = np.array([[1, -2], [-3, 4]], np.float32)
    by_mask = x[x > 0].eval({x: value})
    assert by_mask.tolist() == x[T.nonzero(x > 0)].eval({x: value}).tolist() == [1, 4]


def test_take_flattens_without_an_axis() -> None:
    # np.take's rule, also as a method and with a scalar position.
    x = T.constant(numbers((2, 3)))
    assert T.take(x, [0, 5, -1]).eval().tolist() == [1, 6, 6]
    assert x.take([[2, 0]], axis=1).eval().tolist() == numbers((2, 3)).take([[2, 0]], axis=1).tolist()
    assert x.take(1, axis=0).eval().tolist() == [4, 5, 6]


def test_lists_may_hold_symbolic_integers() -> None:
    # x[[i, 0]] picks rows as an array of positions does; an empty list picks none.
    x, i = T.vector("x"), T.iscalar("i")
    assert x[[i, 0]].eval({x: [1, 2, 3], i: 2}).tolist() == [3, 1]
    assert x[[]].eval({x: [1, 2, 3]}).tolist() == []


def test_sizes_of_indices_are_followed() -> None:
    # x[arange(n), y] is the negative log-likelihood's index: n is y's size, so the graph knows they fit.
    x, y = T.matrix("x"), T.ivector("y")
    node = x[T.arange(y.shape[0]), y]
    sizes = KnownSizes()
    assert sizes(node) == sizes(y)


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_two_arrays_side_by_side_are_native_and_one_may_stretch(backend: str) -> None:
    """log(p)[arange(n), y] reads and writes back natively; an array that turns out to hold one index stretches."""
    p, rows, columns = T.fmatrix("p"), T.ivector("rows"), T.ivector("columns")
    picked = p[rows, columns]
    slope = sd.grad((picked**2).sum(), p)
    f = sd.function([p, rows, columns], [picked, picked.shape[0], T.zeros_like(picked), slope], backend=backend)
    assert backend == "numpy" or not [kernel for kernel in f.kernels if "fallback" in kernel]
    values = np.arange(12, dtype="float32").reshape(3, 4)
    for i, j in (([0, 2, 2], [1, 3, 3]), ([1], [0, 2]), ([2, 0], [3])):
        expected = np.zeros_like(values)
        np.add.at(expected, (i, j), 2 * values[i, j])
        found, size, zeros, back = f(values, i, j)
        assert found.tolist() == values[i, j].tolist() and zeros.shape == found.shape == (int(size),)
        np.testing.assert_array_equal(back, expected)
    with pytest.raises(sd.errors.IndexingError):
        f(values, [0, 1, 2], [0, 1])


@pytest.mark.parametrize(
    ("index", "error", "words"),
    [
        (1.5, GraphTypeError, "1.5 cannot index"),
        (slice(0.5, None), GraphTypeError, "0.5"),
        (True, GraphTypeError, "truth value"),
        ("a", GraphTypeError, "'a'"),
        ([0.5], GraphTypeError, "float64"),
        ((0, 0, 0), IndexingError, "'x'.* has 2 axes, 3 are indexed"),
        ((0, None, 0, 0), IndexingError, "3 are indexed"),
        ((..., ...), IndexingError, "Ellipsis"),
        (3, IndexingError, "index 3 is out of range for axis 0 of size 3"),
        (([0, 3],), IndexingError, "index 3 is out of range for axis 0 of size 3 of 'x'"),
        ((slice(None), None, np.array([[-5], [1]])), IndexingError, "index -5 is out of range for axis 1 of size 4"),
        ((slice(None), -5), IndexingError, "index -5 is out of range for axis 1 of size 4"),
        (slice(None, None, 0), IndexingError, "step"),
        ([True, False], IndexingError, "mask of size 2 does not fit axis 0 of size 3"),
    ],
)  # fmt: skip
def test_what_cannot_index_is_refused_while_building(index: Any, error: type[Exception], words: str) -> None:
    # The user's line is known then; a run may be hours away.
    x = T.matrix("x", shape=(3, 4))
    with pytest.raises(error, match=words):
        x[index]


def test_errors_name_the_users_line() -> None:
    # The message must lead to the line that is wrong.
    x = T.matrix("x", shape=(3, 4))
    with pytest.raises(IndexingError, match=r"test_indexing\.py"):
        x[0, 0, 0]  # too many


def test_positions_out_of_range_raise_when_running() -> None:
    # NumPy's own IndexError, never a wrong element, with a note naming the node.
    x, i, rows = T.vector("x"), T.iscalar("i"), T.ivector("rows")
    for node in (x[i], x[rows], T.set_subtensor(x[i], 0), T.inc_subtensor(x[rows], 1)):
        given_values = {x: [1, 2], **({i: 5} if i in node.inputs else {rows: [0, 5]})}
        with pytest.raises(IndexError) as caught:
            node.eval(given_values)
        assert "while computing" in "".join(caught.value.__notes__)


def test_an_index_is_checked_even_if_the_value_hides_it() -> None:
    # The sum over a row of zeros with one number in it is that number, but only if it has a place in the row.
    x, rows, v = T.matrix("x"), T.ivector("rows"), T.vector("v")
    filled = T.inc_subtensor(T.zeros_like(x)[T.arange(x.shape[0]), rows], v).sum(axis=1)
    f = sd.function([x, rows, v], filled)
    assert f(np.ones((2, 3), "f"), np.array([2, -3], "i"), np.array([4, 5], "f")).tolist() == [4, 5]
    with pytest.raises(IndexError):
        f(np.ones((2, 3), "f"), np.array([2, 3], "i"), np.array([4, 5], "f"))


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize(
    ("index", "words"),
    [
        (lambda i, rows, mask: i, "subtensor: index 7 .* axis 0 with size 3"),
        (lambda i, rows, mask: (slice(None), rows), "gather: index 9 .* axis 1 with size 4"),
        (lambda i, rows, mask: (rows, i), "gather: index [79] .* axis [01] with size [34]"),
        (lambda i, rows, mask: mask, "gather: boolean index .* axis 0; size of axis is 3 .* is 5"),
    ],
)  # fmt: skip
def test_errors_of_a_run_name_op_index_size_and_line(backend: str, index: Any, words: str) -> None:
    # Years of computing later the message is all there is.
    x, i, rows, mask = T.matrix("x"), T.iscalar("i"), T.ivector("rows"), T.tensor("bool", (None,), "mask")
    f = sd.function([x, i, rows, mask], x[index(i, rows, mask)], backend=backend, on_unused_input="ignore")
    with pytest.raises(IndexingError, match=words) as caught:
        f(np.ones((3, 4), "f"), 7, [0, 9], [True] * 5)
    assert "test_indexing.py" in "".join(caught.value.__notes__)


def test_changing_needs_an_indexing_expression() -> None:
    # As Theano: without an index it is not clear what should change.
    x = T.vector("x")
    with pytest.raises(GraphTypeError, match="indexing expression"):
        T.set_subtensor(x, 1)
    with pytest.raises(GraphTypeError, match="set_subtensor"):
        x[0] = 1
    with pytest.raises(ShapeError, match="more axes"):
        T.inc_subtensor(x[0], [1, 2])
    with pytest.raises(ShapeError, match="size 3"):
        T.set_subtensor(T.vector("z", shape=(2,))[:], [1, 2, 3])


@pytest.mark.parametrize(
    "text",
    [
        "x[1]", "x[1:]", "x[::2]", "x[:, None]", "x[i:, 0]", "x[r]", "x[r, ::-1]", "(x + 1)[2:5, ::i]", "exp(x)[i]",
        "x[x > 0]", "inc_subtensor(x[1:], x[1:])", "set_subtensor(x[r], x[r] * 2)", "(v + 1)[:, None] * x.T",
        "exp(x).T @ v",
    ],
)  # fmt: skip
def test_an_index_prints_as_it_is_written(text):
    """What is printed can be read, and written, as Python."""
    names = {"x": T.matrix("x"), "v": T.vector("v"), "i": T.iscalar("i"), "r": T.ivector("r")}
    functions = {name: getattr(T, name) for name in ("exp", "inc_subtensor", "set_subtensor")}
    assert str(eval(text, names | functions)) == text
