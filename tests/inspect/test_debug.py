"""Looking for bad values: traces, Debug, and the comparison of back ends."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.compiler.compile import BACKENDS
from symdrop.errors import GraphTypeError, MissingInputError
from symdrop.inspect import BadValueError, Debug, trace
from tests.inspect.lines import BOTH, line_of


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
