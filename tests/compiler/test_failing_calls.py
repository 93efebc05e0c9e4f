"""Calls and compilations that fail: they change nothing, and their errors name the node, the line and the rule."""

import inspect

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import (
    ShapeError,
    SymdropError,
)
from symdrop.op import registry
from tests.compiler.states import state

# Two phases: an error changes nothing.


def failing_calls():
    """Ways for a call to fail while computing, each with the sizes that make it fail."""
    x, y, i = T.dvector("x"), T.dvector("y"), T.lscalar("i")
    yield "sizes", [x, y], x + y, (np.ones(3), np.ones(4)), ShapeError
    yield "matmul", [x, y], x @ y, (np.ones(3), np.ones(4)), ValueError
    yield "index", [x, i], x[i], (np.ones(3), 7), IndexError
    yield "reshape", [x, i], x.reshape((i, 2)).sum(axis=0), (np.ones(3), 2), ValueError
    yield "split", [x], T.split(x, [2, 2])[0], (np.ones(3),), ShapeError
    yield "empty maximum", [x], x.max(), (np.ones(0),), ValueError


@pytest.mark.parametrize(("inputs", "output", "values", "kind"), [c[1:] for c in failing_calls()], ids=[
    c[0] for c in failing_calls()
])  # fmt: skip
def test_an_error_while_computing_changes_nothing(inputs, output, values, kind):
    """States, outputs given out earlier, and the next call are as if the failing call had not been made."""
    a, b = state(np.arange(3.0), "a"), state(5.0, "b")
    f = sd.function(inputs, [output, a * 2], updates={a: a + 1, b: b * 2 + output.sum()})
    before = a.get_value(borrow=True)
    with pytest.raises(kind) as caught:
        f(*values)
    assert a.get_value().tolist() == [0, 1, 2] and b.get_value() == 5
    assert a.get_value(borrow=True) is before
    notes = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert "test_failing_calls.py" in notes, notes


def test_errors_name_the_node_and_the_line():
    """A run-time error carries a note with the node, its inputs with dtypes and shapes, and the user's line."""
    x, W = T.dmatrix("x"), sd.shared(np.ones((3, 2)), "W")
    h = x @ W
    line = inspect.currentframe().f_lineno - 1
    f = sd.function([x], T.tanh(h).sum())
    with pytest.raises(ValueError) as caught:
        f(np.ones((2, 4)))
    (note,) = caught.value.__notes__
    assert note.startswith("while computing matmul(x: float64[2, 4], W: float64[3, 2])")
    assert f"test_failing_calls.py:{line}: h = x @ W" in note
    g = sd.function([x], x[5])
    with pytest.raises(IndexError) as caught:
        g(np.ones((2, 4)))
    assert "g = sd.function([x], x[5])" in caught.value.__notes__[0]


def test_an_unknown_one_against_n_names_both():
    """The error about a size of 1 that only shows when running names both operands and both lines."""
    x, y = T.dmatrix("first"), T.dmatrix("second")
    f = sd.function([x, y], x * y)
    with pytest.raises(ShapeError) as caught:
        f(np.ones((3, 4)), np.ones((1, 4)))
    text = str(caught.value)
    assert "mul: shape (3, 4) of 'first'" in text and "shape (1, 4) of 'second'" in text
    assert text.count("test_failing_calls.py") == 2


BAD_CALLS = [
    lambda f: f(),
    lambda f: f(np.ones(3), np.ones(3), np.ones(3)),
    lambda f: f(np.ones((3, 3)), np.ones(3)),
    lambda f: f(np.ones(3), np.ones(4)),
    lambda f: f("text", np.ones(3)),
    lambda f: f(np.ones(3, complex), np.ones(3)),
    lambda f: f(np.ones(3), y=None),
    lambda f: f(np.ones(3), z=np.ones(3)),
    lambda f: f(np.ones(3), [1, [2]]),
    lambda f: f(T.dvector("s"), np.ones(3)),
]


def test_bad_calls_change_nothing():
    """Every kind of bad argument leaves states, streams and later results as they were."""
    x, y, w = T.dvector("x"), T.dvector("y"), state(np.zeros(3))
    noise = sd.RandomStream(seed=3).normal(size=(3,), dtype="float64")
    f = sd.function([x, y], w * 1, updates={w: w + x * y + noise})
    g = sd.function([x, y], w * 1, updates={w: w + x * y + noise}, no_default_updates=True)
    expected = g(np.ones(3), np.ones(3)), w.get_value()
    w.set_value(np.zeros(3))
    for call in BAD_CALLS:
        with pytest.raises((TypeError, ValueError)):
            call(f)
        assert w.get_value().tolist() == [0, 0, 0]
    f(np.ones(3), np.ones(3))
    np.testing.assert_array_equal(w.get_value(), expected[1])


def test_bad_compilations_change_nothing():
    """A function that cannot be compiled leaves states and streams alone."""
    x, w = T.dvector("x"), state([1.0])
    for attempt in (
        lambda: sd.function([], updates={w: w + x}),
        lambda: sd.function([x], updates={w: T.cast(w, "float32")}),
        lambda: sd.function([x], T.where(sd.training, x, w), updates={w: w * 2}),
    ):
        with pytest.raises(SymdropError):
            attempt()
    assert w.get_value().tolist() == [1] and w.default_update is None


def test_product_of_sizes_that_do_not_fit():
    """The inner sizes of a product are compared before NumPy is called: the error is ours, and nothing changes."""
    x = T.dmatrix("x")
    W = sd.shared(np.ones((3, 2)), "W")
    f = sd.function([x], x @ W, updates={W: W + 1})
    with pytest.raises(ShapeError, match=r"shapes \(2, 4\) and \(3, 2\) do not fit") as caught:
        f(np.ones((2, 4)))
    assert "test_failing_calls.py" in "".join(caught.value.__notes__)
    assert (W.get_value() == 1).all()


REFUSED_WHEN_RUNNING = {
    "no row 0 of nothing": (lambda x, v, i: x[0], IndexError, (np.zeros((0, 3)), [1.0], [0])),
    "no row 5 of 2": (lambda x, v, i: x[i], IndexError, (np.ones((2, 2)), [1.0], [5])),
    "no row 5 to set": (lambda x, v, i: T.set_subtensor(x[i], 1.0), IndexError, (np.ones((2, 2)), [1.0], [5])),
    "joined rows of 2 and 3": (
        lambda x, v, i: T.concatenate([x, v[None]]),
        ValueError,
        (np.ones((2, 2)), [1.0] * 3, [0]),
    ),
    "the largest of nothing": (lambda x, v, i: T.max(v), ValueError, (np.ones((2, 2)), [], [0])),
    "a part of another size": (lambda x, v, i: T.set_subtensor(x[0], v), ValueError, (np.ones((2, 2)), [1.0] * 3, [0])),
    "a range without end": (lambda x, v, i: T.arange(0, 5, i[0]), ValueError, (np.ones((2, 2)), [1.0], [0])),
}


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("case", REFUSED_WHEN_RUNNING)
def test_what_numpy_refuses_is_the_librarys_own_error(case, backend):
    """In a formula of the library's own ops NumPy's error becomes the library's of its kind, and names op and line."""
    build, kind, values = REFUSED_WHEN_RUNNING[case]
    inputs = T.dmatrix("x"), T.dvector("v"), T.lvector("i")
    f = sd.function(inputs, build(*inputs), backend=backend, on_unused_input="ignore")
    with pytest.raises(kind) as caught:
        f(*values)
    assert isinstance(caught.value, sd.errors.SymdropError)
    assert any("test_failing_calls.py" in note for note in [str(caught.value), *caught.value.__notes__])


def test_errors_of_the_users_own_formulas_stay_as_they_are():
    """An op that is not the library's raises what its author chose."""

    @sd.elementwise
    def choosy(m, x):
        """Refuse everything."""
        raise IndexError("mine")

    try:
        with pytest.raises(IndexError, match="mine") as caught:
            sd.function([x := T.dvector("x")], choosy(x), backend="numpy")([1.0])
        assert not isinstance(caught.value, sd.errors.SymdropError)
    finally:
        del registry["choosy"]
