"""Shapes, orders of axes, joining and splitting mean what NumPy means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError, ShapeError
from symdrop.graph import Node
from tests.tensor.back_ends import MOSTLY_NUMPY

CUBE = np.arange(24.0).reshape(2, 3, 4)


def variables(value: np.ndarray[Any, Any]) -> list[Node]:
    """A variable for a value whose sizes are known, and one whose sizes are not."""
    return [T.tensor(value.dtype, value.shape, "known"), T.tensor(value.dtype, (None,) * value.ndim, "unknown")]


def check_type(node: Node, expected: np.ndarray[Any, Any]) -> None:
    assert node.dtype == expected.dtype
    assert node.ndim == expected.ndim
    assert all(known in (None, size) for known, size in zip(node.type.shape, expected.shape, strict=True))


@pytest.mark.parametrize(
    ("ours", "numpys"),
    [
        (lambda x: x.reshape(4, -1), lambda x: x.reshape(4, -1)),
        (lambda x: T.reshape(x, [6, 4]), lambda x: x.reshape(6, 4)),
        (lambda x: x.reshape(24), lambda x: x.reshape(24)),
        (lambda x: x.reshape((x.shape[1], -1)), lambda x: x.reshape(3, 8)),
        (lambda x: x.flatten(), np.ravel),
        (lambda x: x.flatten(2), lambda x: x.reshape(2, 12)),
        (lambda x: T.flatten(x, 3), lambda x: x),
        (lambda x: x.T, np.transpose),
        (lambda x: x.transpose(1, -1, 0), lambda x: x.transpose(1, 2, 0)),
        (lambda x: T.transpose(x, (2, 0, 1)), lambda x: x.transpose(2, 0, 1)),
        (lambda x: x.dimshuffle(2, "x", 0, 1), lambda x: x.transpose(2, 0, 1)[:, None]),
        (lambda x: x.dimshuffle(("x", 0, 1, 2)), lambda x: x[None]),
        (lambda x: T.swapaxes(x, 0, -1), lambda x: x.swapaxes(0, -1)),
        (lambda x: T.moveaxis(x, [0, 1], [-1, 0]), lambda x: np.moveaxis(x, [0, 1], [-1, 0])),
        (lambda x: T.expand_dims(x, (0, -1)), lambda x: np.expand_dims(x, (0, -1))),
        (lambda x: T.squeeze(T.expand_dims(x, 1)), lambda x: x),
        (lambda x: x[:, :1].squeeze(1), lambda x: x[:, 0]),
        (lambda x: T.shape_padleft(x, 2), lambda x: x[None, None]),
        (lambda x: T.shape_padright(x), lambda x: x[..., None]),
        (lambda x: T.broadcast_to(x, (5, 2, 3, 4)), lambda x: np.broadcast_to(x, (5, 2, 3, 4))),
        (lambda x: T.broadcast_to(x[:, None, 0], (x.shape[0], 7, 4)), lambda x: x[:, [0] * 7]),
        (lambda x: T.concatenate([x, x[:1], x], 0), lambda x: np.concatenate([x, x[:1], x], 0)),
        (lambda x: T.join(-1, x, x), lambda x: np.concatenate([x, x], -1)),
        (lambda x: T.stack([x, x + 1], 1), lambda x: np.stack([x, x + 1], 1)),
        (lambda x: T.split(x, [1, 0, 2], axis=1)[2], lambda x: x[:, 1:]),
        (lambda x: T.split(x, 2, axis=-1)[1], lambda x: x[:, :, 2:]),
        (lambda x: T.tile(x, 2), lambda x: np.tile(x, 2)),
        (lambda x: T.tile(x, (2, 1, 0, 3)), lambda x: np.tile(x, (2, 1, 0, 3))),
        (lambda x: T.tile(x, (x.shape[0], 1, 1)), lambda x: np.tile(x, (2, 1, 1))),
        (lambda x: x.repeat(2), lambda x: x.repeat(2)),
        (lambda x: T.repeat(x, [2, 0, 1], axis=1), lambda x: x.repeat([2, 0, 1], axis=1)),
        (lambda x: T.repeat(x, x.shape[1], axis=-1), lambda x: x.repeat(3, axis=-1)),
        (lambda x: T.repeat(x, [3], axis=0), lambda x: x.repeat([3], axis=0)),
        (lambda x: T.flip(x), np.flip),
        (lambda x: T.flip(x, (0, -1)), lambda x: np.flip(x, (0, -1))),
        (lambda x: T.atleast_2d(x[0, 0]), lambda x: np.atleast_2d(x[0, 0])),
        (lambda x: T.atleast_1d(x[0, 0, 0]), lambda x: np.atleast_1d(x[0, 0, 0])),
    ],
)  # fmt: skip
def test_values_and_gradients(ours: Callable[..., Node], numpys: Callable[..., Any]) -> None:
    # One expression for the value; every one is linear, so its gradient is its transpose: <f(u), w> = <u, f'(w)>.
    small = np.zeros((2, 3, 4), "int8")
    floats, integers = variables(CUBE), variables(small)
    nodes = [ours(x) for x in (*floats, *integers)]
    w = np.cos(np.arange(numpys(CUBE).size)).reshape(numpys(CUBE).shape)
    gradients = [sd.grad((node * w).sum(), x) for node, x in zip(nodes, floats, strict=False)]
    moved = [ours(x) - 1.0 * ours(T.zeros_like(x)) for x in floats]
    f = sd.function([*floats, *integers], [*nodes, *gradients, *moved])
    for value in (CUBE, CUBE[::-1, :, ::2].repeat(2, 2)):
        found = f(value, value, small, small)
        for node, got, array in zip(nodes, found, (value, value, small, small), strict=False):
            check_type(node, numpys(array))
            np.testing.assert_array_equal(got, numpys(array))
        for slope, change in zip(found[4:6], found[6:], strict=True):
            assert slope.shape == value.shape
            np.testing.assert_allclose((slope * value).sum(), (change * w).sum(), rtol=1e-12)


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), max_size=4), st.integers(1, 4), MOSTLY_NUMPY)
def test_flatten_keeps_the_first_axes(shape: list[int], ndim: int, backend: str) -> None:
    # Sizes of 0 must not make the joined size ambiguous, known or not.
    value = np.zeros(shape)
    if ndim > max(len(shape), 1):
        return
    expected = value.reshape(*shape[: ndim - 1], int(np.prod(shape[ndim - 1 :])))
    xs = variables(value)
    nodes = [T.flatten(x, ndim) for x in xs]
    for node, found in zip(nodes, sd.function(xs, nodes, backend=backend)(value, value), strict=True):
        check_type(node, expected)
        np.testing.assert_array_equal(found, expected)


@settings(deadline=None)
@given(st.data(), st.lists(st.integers(0, 3), min_size=1, max_size=3))
def test_splitting_undoes_joining(data: st.DataObject, shape: list[int]) -> None:
    # Parts of any sizes, also 0, come back as they went in; the sizes may be variables.
    axis = data.draw(st.integers(0, len(shape) - 1))
    sizes = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=4))
    parts = [np.random.default_rng(i).normal(size=(*shape[:axis], n, *shape[axis + 1 :])) for i, n in enumerate(sizes)]
    xs = [data.draw(st.sampled_from(variables(part))) for part in parts]
    values: dict[Node, Any] = dict(zip(xs, parts, strict=True))
    joined, lengths = T.concatenate(xs, axis), T.ivector("lengths")
    nodes = [joined, *T.split(joined, sizes, axis=axis), *T.split(joined, lengths, len(sizes), axis)]
    f = sd.function([*values, lengths], nodes, backend=data.draw(MOSTLY_NUMPY))
    computed = f(*values.values(), sizes)
    for node, array, part in zip(nodes, computed, (np.concatenate(parts, axis), *parts, *parts), strict=True):
        check_type(node, part)
        np.testing.assert_array_equal(array, part)


def test_an_unused_part_gets_no_gradient() -> None:
    # Only one of three outputs matters; the other two send back nothing, of the right sizes.
    x, n = T.dvector("x"), T.iscalar("n")
    _, middle, _ = T.split(x, [n, 2, x.shape[0] - n - 2])
    gradient = sd.grad((middle**2).sum(), x)
    assert gradient.eval({x: [1, 2, 3, 4], n: 1}).tolist() == [0, 4, 6, 0]


def test_joined_dtypes_meet() -> None:
    # As NumPy promotes; Python numbers in a list of tensors give way, and float16 stays what it is.
    assert T.concatenate([T.ivector("a"), T.fvector("b")]).dtype == "float64"
    assert T.stack([T.fscalar("a"), 1.5]).dtype == "float32"
    half = T.tensor("float16", (None,))
    assert T.concatenate([half, half]).dtype == "float16"


def test_sizes_are_ints_where_known() -> None:
    # Python integers compare and add while the graph is built; symbolic ones are nodes.
    x = T.dmatrix("x", shape=(None, 784))
    rows, columns = x.shape
    assert columns == 784
    assert isinstance(rows, Node)
    assert int(x.size.eval({x: np.zeros((2, 784))})) == 1568
    assert T.size(T.zeros((2, 3))) == 6


def test_shapes_may_be_vectors() -> None:
    # Theano's x.reshape(y.shape) with a shape that is itself computed.
    x, shape = T.vector("x"), T.lvector("shape")
    known = T.lvector("known", shape=(2,))
    assert x.reshape(known).eval({x: range(6), known: [2, -1]}).shape == (2, 3)
    assert x.reshape(shape, ndim=2).eval({x: range(6), shape: [3, 2]}).shape == (3, 2)
    with pytest.raises(ShapeError, match="ndim="):
        x.reshape(shape)
    with pytest.raises(ShapeError, match="declared to have size 2"):
        x.reshape(shape, ndim=2).eval({x: range(6), shape: [3, 2, 1]})
    with pytest.raises(ShapeError, match="ndim=3"):
        x.reshape((2, 3), ndim=3)


def test_declared_sizes_are_known_and_checked() -> None:
    # The way to let an axis of unknown size stretch; a lie is found out when running.
    x = T.dmatrix("x")
    assert (T.addbroadcast(x, 1) + T.zeros((2, 3))).eval({x: [[1], [2]]}).tolist() == [[1, 1, 1], [2, 2, 2]]
    assert T.specify_shape(x, (None, 5)).type.shape == (None, 5)
    for wrong in (T.addbroadcast(x, 1), T.squeeze(x, 1), T.specify_shape(x, (2, None)), T.broadcast_to(x, (4, 1, 2))):
        with pytest.raises(ShapeError, match="declared"):
            wrong.eval({x: np.zeros((3, 4))})


def test_stretching_to_symbolic_sizes_checks_the_other_axes() -> None:
    # n rows cannot become m rows: only axes known to be 1 repeat.
    x, m = T.dmatrix("x"), T.iscalar("m")
    node = T.broadcast_to(x, (m, 2))
    assert node.eval({x: np.ones((3, 2)), m: 3}).shape == (3, 2)
    with pytest.raises(ShapeError, match="declared"):
        node.eval({x: np.ones((1, 2)), m: 3})


def test_iterating_needs_a_known_size() -> None:
    # A loop in Python runs while the graph is built, when an unknown length has no value.
    a, b = T.vector("ab", shape=(2,))
    assert float((a - b).eval({a.inputs[0]: [3, 1]})) == 2
    for x in (T.vector("x"), T.scalar("x")):
        with pytest.raises(GraphTypeError, match=r"cannot be iterated over.*declare the size"):
            iter(x)


x23 = T.matrix("x", shape=(2, 3))


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: x23.reshape(4, 2), ShapeError, "6 elements"),
        (lambda: x23.reshape(2.0, 3), GraphTypeError, "a size is an integer, not 2.0"),
        (lambda: x23.reshape(T.scalar("f"), 3), GraphTypeError, "'f' of type float32"),
        (lambda: x23.flatten(3), ShapeError, "cannot be flattened to 3 axes"),
        (lambda: x23.dimshuffle(0), ShapeError, "cannot be dropped"),
        (lambda: x23.dimshuffle(0, 0, 1), GraphTypeError, "twice"),
        (lambda: x23.dimshuffle(0, 2), IndexingError, "no axis 2"),
        (lambda: x23.dimshuffle(0, "y"), GraphTypeError, "'y'"),
        (lambda: x23.transpose(0), GraphTypeError, "every one"),
        (lambda: T.swapaxes(x23, 0, 2), IndexingError, "no axis 2"),
        (lambda: T.moveaxis(x23, (0, 1), 0), GraphTypeError, "2 axes cannot go to 1"),
        (lambda: x23.squeeze(0), ShapeError, "cannot be dropped"),
        (lambda: T.expand_dims(x23, 3), IndexingError, "no axis 3"),
        (lambda: T.broadcast_to(x23, (3,)), ShapeError, "more axes"),
        (lambda: T.broadcast_to(x23, (4, 3)), ShapeError, "size 4"),
        (lambda: T.concatenate([x23, x23[0]]), GraphTypeError, "2 and 1 axes"),
        (lambda: T.concatenate([x23, x23.T]), ShapeError, "sizes 3 and 2 of axis 1 differ"),
        (lambda: T.concatenate([]), ArgumentError, "at least one tensor"),
        (lambda: T.concatenate(x23), GraphTypeError, "list or tuple"),
        (lambda: T.concatenate([x23], axis=2), IndexingError, "no axis 2"),
        (lambda: T.stack([x23, x23[0]]), GraphTypeError, "different numbers of axes"),
        (lambda: T.split(x23, [1, 3], axis=1), ShapeError, "do not fill"),
        (lambda: T.split(x23, 2, axis=1), ShapeError, "2 equal parts"),
        (lambda: T.split(x23, 0), ArgumentError, "at least one part"),
        (lambda: T.repeat(x23, [1, 2], axis=1), ShapeError, "2 counts"),
        (lambda: T.repeat(x23, 1.5), GraphTypeError, "float64"),
        (lambda: T.specify_shape(x23, (2,)), ShapeError, "1 sizes"),
        (lambda: T.specify_shape(x23, (None, 4)), ShapeError, "size 4"),
    ],
)  # fmt: skip
def test_wrong_shapes_are_refused_while_building(build: Any, error: type[Exception], words: str) -> None:
    # Known sizes are checked at once, and the message says which.
    with pytest.raises(error, match=words):
        build()


def test_parts_that_do_not_fill_raise_when_running() -> None:
    # Sizes only a run can tell are checked in it: nothing is dropped silently.
    x, n = T.vector("x"), T.ivector("n")
    for node in (T.split(x, [1, 1])[0], T.split(x, 2)[0], T.repeat(x, n)):
        with pytest.raises(ShapeError):
            node.eval({x: [1, 2, 3], **({n: [1]} if n in node.inputs or len(node.inputs) > 1 else {})})
