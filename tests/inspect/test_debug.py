"""Looking for bad values: traces, Debug, and what errors of compiled calls say."""

from __future__ import annotations

import inspect as frames
import pickle
from functools import partial

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.compiler.compile import BACKENDS
from symdrop.errors import GraphTypeError, MissingInputError
from symdrop.inspect import BadValueError, Debug, trace

BOTH = sorted(BACKENDS)


def line_of(offset: int = 0) -> str:
    """The caller's line, as errors name it."""
    return f"test_debug.py:{frames.currentframe().f_back.f_lineno + offset}"


def training_step(backend: str):
    """A step with a product, a draw and two states."""
    x, w, stream = T.dmatrix("x"), sd.shared(np.ones((3, 2)), "w"), sd.RandomStream(1)
    h = x @ w
    cost = (T.log(h) * stream.bernoulli(p=0.5, size=h.shape)).sum()
    return sd.function([x], [cost, h], updates={w: w + 1}, backend=backend), w, stream, h


@pytest.mark.parametrize("backend", BOTH)
def test_trace_shows_the_next_call(backend):
    """The outputs in the trace are those of the call that follows, draws included: or it would explain nothing."""
    f, w, _, _ = training_step(backend)
    x = np.full((2, 3), 2.0)
    for _ in range(3):
        values = dict(trace(f, x))
        rewritten = f.stages["rewritten"].outputs
        cost, h = f(x)
        np.testing.assert_allclose(values[rewritten[0]], cost)
        np.testing.assert_array_equal(values[rewritten[1]], h)
        np.testing.assert_array_equal(values[rewritten[2]], w.get_value())


def test_trace_commits_nothing():
    """Looking must not change what is looked at."""
    f, w, _, _ = training_step("native")
    states = [*f.updates]
    before = [state.get_value() for state in states]
    for _ in trace(f, np.ones((2, 3)), inside=True):
        pass
    assert w in states and len(states) == 2
    for state, value in zip(states, before, strict=True):
        np.testing.assert_array_equal(state.get_value(), value)


def test_trace_is_lazy():
    """What comes before a failing node can be looked at."""
    x, y = T.dvector("x"), T.dvector("y")
    f = sd.function([x, y], T.exp(x) + y)
    seen = []
    with pytest.raises(sd.errors.ShapeError) as caught:
        for node, _ in trace(f, [1.0, 2.0], [1.0]):
            seen.append(node.op.name)
    assert "exp" in seen and "while computing add" in caught.value.__notes__[0]


def test_trace_inside_loops():
    """Nodes of a body come once per step, with the position, and before what the loop makes."""
    x = T.dvector("x")
    sums = sd.scan(lambda a, s: s + T.sqrt(a), sequences=x, outputs_info=np.float64(0))
    sums = sums[0] if isinstance(sums, tuple) else sums
    f = sd.function([x], sums)
    steps = list(trace(f, [1.0, 4.0, 9.0], inside=True))
    roots = [(step.loops, float(step.value)) for step in steps if step.node.op.name == "sqrt"]
    assert roots == [((0,), 1.0), ((1,), 2.0), ((2,), 3.0)]
    assert not any(step.loops for step in trace(f, [1.0, 4.0, 9.0]))
    np.testing.assert_array_equal(steps[-1].value, [1, 3, 6])


def test_trace_of_nested_loops_names_both_positions():
    """The innermost position stands last."""
    x = T.dmatrix("x")

    def total(row):
        """A recurrence, which no rewrite takes out of its loop."""
        return sd.reduce(lambda a, s: T.exp(a + s), row, np.float64(0))[0]

    f = sd.function([x], sd.reduce(lambda row, s: total(row + s), x, np.float64(0))[0])
    found = [step.loops for step in trace(f, np.zeros((2, 3)), inside=True) if step.node.op.name == "exp"]
    assert found == [(i, j) for i in range(2) for j in range(3)]


def test_trace_inside_branches():
    """Of a lazy choice only the chosen branch is computed, and shown."""
    x = T.dvector("x")
    f = sd.function([x], sd.ifelse(x.sum() > 0, T.log(x).sum(), T.exp(x).sum()))
    names = {node.op.name for node, _ in trace(f, [1.0, 2.0], inside=True)}
    assert "log" in names and "exp" not in names


def test_trace_of_a_function_with_a_choice_of_training():
    """training="runtime" makes two functions; the call says which one is meant."""
    x = T.dscalar("x")
    f = sd.function([x], T.where(sd.training, T.log(x), T.exp(x)), training="runtime")
    with pytest.raises(GraphTypeError, match="training=True or False"):
        trace(f, 1.0)
    for choice, name in ((True, "log"), (False, "exp")):
        assert [node.op.name for node, _ in trace(f, 1.0, training=choice)] == ["input", name]
    g = Debug(f, compare=True)
    assert g(0.0, training=False) == 1
    with pytest.raises(BadValueError):
        g(0.0, training=True)
    with pytest.raises(GraphTypeError, match=r"sd\.function returns"):
        trace(lambda x: x)


def test_debug_names_the_first_bad_node():
    """NaN spreads; what helps is where it began, from what, and the user's line."""
    x = T.dvector("x")
    root = T.sqrt(x)
    line = line_of(-1)
    g = Debug(sd.function([x], (root * 2 + 1).sum(), name="loss"))
    assert g([4.0]) == 5
    with pytest.raises(BadValueError) as caught:
        g([4.0, -1.0])
    text = str(caught.value)
    assert text.startswith("loss: NaN at (1,), in 1 of 2 elements, in sqrt(x)")
    assert line in text and "from x: float64[2], -1 to 4, mean 1.5" in text


@pytest.mark.parametrize(
    ("options", "value", "words"),
    [
        ({}, np.nan, "NaN"),
        ({"nan": False}, np.nan, None),
        ({}, np.inf, "an infinite value"),
        ({"inf": False}, np.inf, None),
        ({"largest": 1e6}, 2e6, "beyond 1e\\+06"),
        ({"largest": 1e6}, 1e5, None),
        ({"largest": 1e6, "inf": False}, np.inf, None),
    ],
)
def test_debug_refuses_what_it_was_told_to(options, value, words):
    """Each of the three tests can be had alone."""
    x = T.dscalar("x")
    g = Debug(sd.function([x], x * 1.5), **options)
    if words is None:
        g(value)
    else:
        with pytest.raises(BadValueError, match=words):
            g(value)


@pytest.mark.parametrize("backend", BOTH)
def test_a_refused_call_changes_no_state(backend):
    """A bad step can be looked at again, since it was never made."""
    f, w, _, _ = training_step(backend)
    states = [*f.updates]
    before = [state.get_value() for state in states]
    with Debug(f, compare=True) as g, pytest.raises(BadValueError):
        g(-np.ones((2, 3)))
    for state, value in zip(states, before, strict=True):
        np.testing.assert_array_equal(state.get_value(), value)
    g(np.ones((2, 3)))
    np.testing.assert_array_equal(w.get_value(), np.full((3, 2), 2.0))


def test_debug_inside_a_loop_names_the_step():
    """In a long sequence the position is half of the answer."""
    x = T.dvector("x")
    f = sd.function([x], sd.reduce(lambda a, s: T.log(a + s), x, np.float64(1))[0])
    with pytest.raises(BadValueError, match=r"log\(.*in a loop at position 2(.|\n)*from add: float64\[\], 0"):
        Debug(f)([np.e - 1, 0.0, 0.0])


def test_watched_nodes_are_printed_and_see_the_same_draws(capsys):
    """A watched node is the user's own, whatever became of it in the rewritten graph."""
    x, stream = T.dvector("x"), sd.RandomStream(3)
    mask = stream.bernoulli(p=0.5, size=x.shape)
    kept = x * mask
    kept.name = "kept"
    g = Debug(sd.function([x], [kept.sum(), kept]), watch=[kept])
    for _ in range(3):
        value = g(np.arange(1.0, 5.0))[1]
        printed = capsys.readouterr().out
        assert printed.startswith("kept = float64[4]")
        assert np.array2string(value) in printed


def test_watching_what_the_function_does_not_know():
    """A node of another function cannot be computed from these inputs."""
    x, y = T.dvector("x"), T.dvector("y")
    f = sd.function([x], x + 1)
    with pytest.raises(MissingInputError, match="'y'"):
        Debug(f, watch=[y * 2])([1.0])
    with pytest.raises(GraphTypeError, match="watch= lists nodes"):
        Debug(f, watch=["x"])


@pytest.mark.parametrize("backend", BOTH)
def test_compare_agrees_on_a_network_with_dropout(backend):
    """Back ends that agree are not accused: over products, draws, loops, gradients and updates."""
    x, w, stream = T.matrix("x"), sd.shared(np.full((4, 3), 0.1, "float32"), "w"), sd.RandomStream(5)
    h = sd.dropout(T.tanh(x @ w), 0.5, stream=stream)
    sums = sd.map(lambda row: T.exp(row).sum(), h)[0]
    cost = T.log(sums).mean()
    f = sd.function([x], cost, updates={w: w - sd.grad(cost, w)}, training=True, backend=backend)
    g = Debug(f, compare=True)
    for _ in range(2):
        g(np.random.default_rng(0).normal(size=(5, 4)).astype("float32"))


def test_compare_names_the_first_node_that_differs(monkeypatch):
    """What a wrong kernel computes is found where it is computed, not at the end."""
    x = T.dvector("x")
    f = sd.function([x], T.exp(T.tanh(x)).sum(), backend="numpy")
    wrong = type(BACKENDS["numpy"].compile(f.stages["rewritten"], {}))
    right = wrong.__call__

    def slightly_off(self, values, spares):
        return [result * (1.01 if result.ndim else 1) for result in right(self, values, spares)]

    monkeypatch.setattr(wrong, "__call__", slightly_off)
    with pytest.raises(BadValueError, match=r"numpy and NumPy disagree about tanh\(x\).*from x|tanh\(x\)"):
        Debug(f, compare=True)([1.0, 2.0])


def test_a_fused_program_that_is_wrong_is_told_apart(monkeypatch):
    """Nodes that are outputs are not fused: only the program itself shows what fusing does."""
    x = T.dvector("x")
    f = sd.function([x], T.exp(T.tanh(x)).sum())
    right = f.results
    monkeypatch.setattr(f, "results", lambda leaves: [result + 1 for result in right(leaves)])
    with pytest.raises(BadValueError, match="output 0 when it is computed in one program"):
        Debug(f, compare=True)([1.0, 2.0])


@pytest.mark.parametrize("backend", BOTH)
def test_compare_of_many_kinds_of_functions(backend):
    """No function is too odd to be compared: inputs, constants, nothing, empty arrays, draws, loops."""
    x, stream = T.dvector("x"), sd.RandomStream(7)
    s = sd.shared(np.float64(1), "s")
    total = sd.reduce(lambda a, t: T.tanh(a + t * s), x, np.float64(0))[0]
    odd = [
        sd.function([x], x, backend=backend),
        sd.function([x], [x, T.constant(2.0)], backend=backend),
        sd.function([x], None, updates={s: s + x.sum()}, backend=backend),
        sd.function([x], [stream.normal(size=x.shape), x.astype("float16") * 3, x > 0], backend=backend),
        sd.function([x], [T.sort(x), sd.ifelse(x.sum() > 0, T.exp(x), x)], backend=backend),
        sd.function([x], [total, sd.grad(total, s)], backend=backend),
    ]
    for f in odd:
        g = Debug(f, compare=True)
        g([0.5, -2.0, 3.0])
        g(np.zeros(0))


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
    assert first.startswith("while computing matmul(tanh: float64[4, 5], W: float64[3, 2]) (made at test_debug.py")
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
        with pytest.warns(UserWarning, match=r"test values: add: shape(.|\n)*test_debug.py"):
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
