"""Errors of compiled calls: their notes, the graph around the node, the user's line, and test values."""

from __future__ import annotations

import pickle
from functools import partial

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError
from tests.inspect.lines import BOTH, line_of


def refused(backend: str, kind: str):
    """A function that refuses matrices of 2x3 and 2x4, and the op that does."""
    a, b, s = T.dmatrix("a"), T.dmatrix("b"), sd.shared(np.ones((2, 2)), "s")
    made = {
        "product": lambda: (T.tanh(a @ b), {}),
        "sum": lambda: (T.exp(a) + b, {}),
        "index": lambda: (a[7].sum() + b.sum(), {}),
        "reshape": lambda: (a.reshape((4, 5)).sum() + b.sum(), {}),
        "update": lambda: (b.sum(), {s: s + a}),
        "loop": lambda: (sd.map(lambda x, y: T.dot(x, y), [a, b])[0], {}),
        "branch": lambda: (sd.ifelse(a.sum() > 0, (a + b).sum(), b.sum()), {}),
        "draw": lambda: (sd.RandomStream(0).bernoulli(p=a[0, 0] * 9, size=b.shape), {}),
        "sort": lambda: (T.sort(a, axis=0) + b, {}),
    }[kind]
    output, updates = made()
    return sd.function([a, b], output, updates=updates, backend=backend, on_unused_input="ignore")


@pytest.mark.parametrize("backend", BOTH)
@pytest.mark.parametrize(
    "kind", ["product", "sum", "index", "reshape", "update", "loop", "branch", "draw", "sort"]
)  # fmt: skip
def test_every_error_of_a_call_has_a_note(backend, kind):
    """Node, shapes, dtypes and the user's line: whatever failed, and whichever back end computed it."""
    f = refused(backend, kind)
    with pytest.raises(Exception) as caught:
        f(np.ones((2, 3)), np.ones((2, 4)))
    for note in caught.value.__notes__:
        assert note.startswith("while computing ") and "float64[" in note
        assert f'"{kind}": lambda' in note, "the line that made the node"


@pytest.mark.parametrize("backend", BOTH)
def test_errors_show_the_graph_around_the_node(backend):
    """Which output needs the node, and where what it got comes from, in at most eight lines."""
    x, W = T.dmatrix("x"), sd.shared(np.ones((3, 2)), "W")
    h = T.tanh(T.exp(x * 2))
    line = line_of(-1)
    f = sd.function([x], [x.sum(), T.log((h @ W).mean())], backend=backend)
    with pytest.raises(ValueError) as caught:
        f(np.ones((4, 5)))
    (note,) = caught.value.__notes__
    first, used, *tree = note.splitlines()
    assert first.startswith("while computing matmul(tanh: float64[4, 5], W: float64[3, 2]) (made at test_errors.py")
    assert used == "  used by sum, true_div, log, which is output 1"
    assert [row.split("  at ")[0] for row in tree] == [
        "  #0 matmul float64[?, ?]",
        "    #1 tanh float64[?, ?]",
        "      #2 exp float64[?, ?]",
        "    #3 shared float64[?, ?] 'W'",
    ]
    assert line in tree[1]


@pytest.mark.parametrize("backend", BOTH)
def test_the_surroundings_are_short_whatever_the_graph(backend):
    """A wide node deep in a long graph, inside of a loop: eight lines for it, and one for the loop."""
    xs, v = T.dmatrix("xs"), T.dvector("v")

    def step(x, state):
        y = T.concatenate([T.exp(x + i) for i in range(20)]) + v + state
        for _ in range(30):
            y = T.tanh(y)
        return y.sum()

    f = sd.function([xs, v], sd.reduce(step, xs, T.zeros((), "float64"))[0], backend=backend)
    with pytest.raises(ValueError) as caught:
        f(np.ones((2, 3)), np.ones(7))
    inner, outer = caught.value.__notes__
    assert len(inner.splitlines()) <= 8 and "used by add, tanh, tanh, tanh, tanh, ..., sum, which is" in inner
    assert outer.startswith("while computing scan(") and len(outer.splitlines()) == 1


def test_a_refused_argument_names_the_line_of_its_variable():
    """Which of several variables called x it is, the line says."""
    x = T.dvector("x")
    line = line_of(-1)
    f = sd.function([x], x + 1)
    with pytest.raises(GraphTypeError, match="Wrong number of dimensions") as caught:
        f([[1.0]])
    assert line in str(caught.value)


# Test values.


def test_an_error_is_raised_on_the_line_that_makes_it():
    """The reason for test values: the traceback ends where the mistake is, not in a call."""
    x = T.matrix("x", test_value=np.ones((2, 3)))
    W = sd.shared(np.ones((4, 5), "float32"), "W")
    with sd.config.change(compute_test_value="raise"):
        h = T.tanh(x * 2)
        np.testing.assert_allclose(h.test_value, np.tanh(np.full((2, 3), 2.0)), rtol=1e-6)
        line = line_of(2)
        with pytest.raises(ValueError) as caught:
            h @ W
    assert line in caught.value.__notes__[0] and "float32[2, 3], W: float32[4, 5]" in caught.value.__notes__[0]
    h @ W


def test_a_wrong_shape_may_warn_only():
    """The choice "warn" lets the graph be built, and what depends on the bad node is not tried."""
    x = T.dvector("x", test_value=[1.0, 2.0])
    y = T.dvector("y", test_value=[1.0])
    with sd.config.change(compute_test_value="warn"):
        with pytest.warns(UserWarning, match=r"test values: add: shape(.|\n)*test_errors.py"):
            z = x + y
        z = T.exp(z)
    assert not isinstance(z, type(x))
    assert sd.function([x, y], z)([0.0], [0.0]).tolist() == [1]


def test_everything_is_tried_but_what_has_no_values():
    """Draws, dropout (flags count as true), gradients, loops, states; not what depends on a bare input."""
    x = T.matrix("x", test_value=np.ones((5, 4)))
    w, stream = sd.shared(np.ones((4, 3), "float32"), "w"), sd.RandomStream(5)
    with sd.config.change(compute_test_value="raise"):
        h = sd.dropout(T.tanh(x @ w), 0.5, stream=stream)
        cost = sd.map(lambda row: T.exp(row).sum(), h)[0].mean()
        slope = sd.grad(cost, w)
        assert h.test_value.shape == (5, 3) and cost.test_value.shape == () and slope.test_value.shape == (4, 3)
        assert type(x + T.matrix("bare")) is type(T.matrix("bare") * 2)
        f = sd.function([x], cost, updates={w: w - slope}, training=True)
        f(np.zeros((2, 4), "float32"))
    assert w.get_value().shape == (4, 3)


def in_cell(kind):
    """A cost of a recurrent cell with dropout, and its weights."""
    cell = kind(3, 4, seed=0)
    states, _ = cell(T.matrix("x", test_value=np.ones((5, 3))), weight_dropout=0.5, stream=sd.RandomStream(1))
    return (states**2).sum(), cell.parameters


def in_loop(**options):
    """A cost of a loop, and its weight."""
    w = sd.shared(np.ones((3, 3), "float32"), "w")
    x = T.matrix("x", test_value=np.ones((5, 3)))
    rows, _ = sd.scan(lambda a, s: T.tanh(s @ w + a), x, T.zeros(3), **options)
    return (rows[-1] ** 2).sum(), [w]


@pytest.mark.parametrize(
    "make",
    [
        partial(in_cell, sd.nn.Elman), partial(in_cell, sd.nn.GRU), partial(in_cell, sd.nn.LSTM), in_loop,
        partial(in_loop, truncate_gradient=2), partial(in_loop, checkpoint_every=2),
        partial(in_loop, go_backwards=True),
    ],
)  # fmt: skip
def test_gradients_of_loops_have_test_values(make):
    """Graphs that are copied with other inputs are tried as those that are written; the values are those of a call."""
    with sd.config.change(compute_test_value="raise"):
        cost, weights = make()
        gradients = sd.grad(cost, weights)
        second = sd.grad((gradients[0] ** 2).sum(), weights[0])
        tangent = sd.jvp(cost, weights[0], T.ones_like(weights[0]))
    values = [node.test_value for node in (*gradients, second, tangent)]
    (x,) = {node for node in sd.graph.toposort([cost]) if node.name == "x"}
    f = sd.function([x], [*gradients, second, tangent], training=True, no_default_updates=True, backend="numpy")
    for got, expected in zip(values, f(x.test_value), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)


def test_nothing_is_tried_when_off():
    """Off is the default, and test values cost nothing then."""
    x = T.dvector("x", test_value=[1.0, 2.0])
    y = T.dvector("y", test_value=[1.0])
    assert type(x + y) is type(T.dvector() * 2)


def test_test_values_are_kept_and_checked():
    """A test value is an example of the input's type, copied; it goes with its input through pickles."""
    example = np.ones((2, 3))
    x = T.matrix("x", test_value=example)
    example[:] = 7
    again = pickle.loads(pickle.dumps(x))
    for leaf in (x, again, T.tensor("float32", (None, 3), test_value=np.ones((2, 3)))):
        assert leaf.test_value.dtype == "float32" and leaf.test_value.sum() == 6
    assert sd.function([x], x + 1)(np.zeros((1, 1), "float32")).tolist() == [[1]]
    with sd.config.change(compute_test_value="raise"):
        z = pickle.loads(pickle.dumps(x * 2))
    assert z.type == (x * 2).type
    for wrong, error in (([1.0], TypeError), ("a", TypeError), (np.ones((2, 2)), ValueError)):
        with pytest.raises(error, match="the test value of x must fit"):
            T.matrix("x", shape=(None, 3), test_value=wrong)
    with pytest.raises(TypeError, match="int"):
        T.ivector("n", test_value=[1.5])
