"""Loops as nodes of a graph: nested, copied, replaced in, printed, and on both back ends."""

import copy
import pickle

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from tests.tensor.loops import ROWS, run, zero

# Loops beside and inside loops.


def test_nested_loops():
    """A step may be a loop, over what the outer step was given and what lies outside of both."""
    x, w = T.dmatrix("x"), T.dscalar("w")

    def row_sums(row, total):
        inner, _ = sd.scan(lambda v, s: w * s + v + total, row, zero())
        return total + inner[-1]

    made, _ = sd.scan(row_sums, x, zero())
    total, expected = 0.0, []
    for row in ROWS:
        s = 0.0
        for v in row:
            s = 0.5 * s + v + total
        total += s
        expected.append(total)
    assert np.allclose(run(made, {x: ROWS, w: 0.5}), expected)


def test_inner_loops_of_growing_length():
    """The number of steps of an inner loop may depend on the outer one."""
    made, _ = sd.scan(
        lambda k: sd.scan(lambda p: p + 2, outputs_info=T.constant(0, dtype="int64"), n_steps=k)[0].sum(), T.arange(5)
    )
    assert run(made).tolist() == [0, 2, 6, 12, 20]


def test_a_loop_over_the_output_of_a_loop():
    """Both as a sequence and as a whole."""
    x = T.dvector("x")
    sums, _ = sd.scan(lambda v, s: s + v, x, zero())
    shares, _ = sd.scan(lambda v, s: s / sums[-1] + v * 0, [x, sums])
    assert run(shares, {x: [1.0, 1.0, 2.0]}).tolist() == [0.25, 0.5, 1]


def test_a_choice_in_a_loop_and_a_loop_in_a_choice():
    """Lazy branches and loops may hold each other."""
    x, flag = T.dvector("x"), T.iscalar("flag")
    clipped, _ = sd.scan(lambda v, s: sd.ifelse(s > 2, s, s + v), x, zero())
    assert run(clipped, {x: [1.0, 2.0, 3.0]}).tolist() == [1, 3, 3]
    chosen = sd.ifelse(T.eq(flag, 1), clipped, x)
    f = sd.function([x, flag], [chosen, sd.grad(chosen.sum(), x)])
    assert [part.tolist() for part in f([1.0, 2.0, 3.0], 1)] == [[1, 3, 3], [3, 2, 0]]
    assert [part.tolist() for part in f([1.0, 2.0, 3.0], 0)] == [[1, 2, 3], [1, 1, 1]]


# Loops as parts of graphs and functions.


def loop_and_gradient():
    x, w = T.dvector("x"), T.dscalar("w")
    total = sd.shared(np.float64(0.0), name="total")
    h, updates = sd.scan(lambda v, s: (T.tanh(w * s + v), {total: total + v}), x, zero())
    return [x, w], [h, sd.grad(h[-1], w)], updates, total


@pytest.mark.parametrize("again", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
def test_functions_with_loops_are_copied(again):
    """A copy computes the same and has states of its own."""
    inputs, outputs, updates, total = loop_and_gradient()
    f = sd.function(inputs, outputs, updates=updates)
    twin = again(f)
    values = [1.0, 2.0, 3.0], 0.5
    assert [a.tolist() for a in f(*values)] == [a.tolist() for a in twin(*values)]
    twin(*values)
    assert total.get_value() == 6


@pytest.mark.parametrize("again", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
def test_graphs_with_loops_are_copied(again):
    """Bodies travel with the graph."""
    inputs, outputs, _, _ = loop_and_gradient()
    graph = again(sd.Graph(inputs, outputs))
    values = {1: [1.0, 2.0, 3.0], 0: 0.5}
    twin = sd.function(graph.inputs, list(graph.outputs))(values[1], values[0])
    f = sd.function(inputs, outputs)(values[1], values[0])
    assert [a.tolist() for a in twin] == [a.tolist() for a in f]


def test_givens_and_states_reach_into_loops():
    """What is replaced outside is replaced for the step, since the step captures it."""
    x, w = T.dvector("x"), T.dscalar("w")
    h, _ = sd.scan(lambda v, s: w * s + v, x, zero())
    assert sd.function([x], h, givens={w: 2.0})([1.0, 1.0, 1.0]).tolist() == [1, 3, 7]


def test_flags_reach_into_loops():
    """A flag inside a step is set for the function, as outside."""
    fast = sd.flag("fast")
    x = T.dvector("x")
    h, _ = sd.scan(lambda v, s: T.where(fast, v, s + v), x, zero())
    values = [[1.0, 2.0]]
    assert sd.function([x], h, flags={fast: True})(*values).tolist() == [1, 2]
    assert sd.function([x], h, flags={fast: False})(*values).tolist() == [1, 3]


def test_long_loops_do_not_recurse():
    """A hundred thousand steps, there and back."""
    x = T.dvector("x")
    s, _ = sd.scan(lambda v, s: 0.5 * s + v, x, zero())
    f = sd.function([x], [s[-1], sd.grad(s[-1], x)[-1]])
    assert [float(part) for part in f(np.ones(100_000))] == [2, 1]


def test_back_ends_agree():
    """The reference is a Python loop; whatever else runs a loop gives the same."""
    x, w = T.dmatrix("x"), T.dmatrix("w")
    h, _ = sd.scan(lambda row, s: T.tanh(row + s @ w), x, T.zeros((3,), "float64"))
    outputs = [h, *sd.grad((h**2).sum(), [x, w])]
    rng = np.random.default_rng(0)
    values = {x: rng.normal(size=(5, 3)), w: rng.normal(size=(3, 3))}
    reference = run(outputs, values, backend="numpy")
    for got, expected in zip(run(outputs, values), reference, strict=True):
        assert np.allclose(got, expected, rtol=1e-12)


# Printing.


def test_a_printed_loop():
    """What a step computes stands below the loop, in terms of what is outside of it."""
    x, w = T.dmatrix("x"), T.dmatrix("w")
    h, _ = sd.scan(lambda row, s: T.tanh(row + s @ w), x, T.zeros((3,), "float64"), name="rnn")
    assert str(h).splitlines() == [
        "rnn = scan(i in range(x.shape[0]), s=0):",
        "    t0 = tanh(x[i] + s @ w)",
        "    row t0",
        "    s = t0",
        "rnn.stack[0]",
    ]
    assert str(h) == sd.inspect.to_text(h)
    back = str(sd.grad(h.sum(), w))
    assert "rnn backwards = scan(position in reversed(range(x.shape[0])), g_state=0, sum_g_w=0):" in back


def test_a_printed_loop_in_a_loop():
    """Indented twice; states that names outside have already get names of their own; draws say where they are made."""
    x, s = T.dmatrix("x"), T.dscalar("s")
    stream = sd.RandomStream(seed=1)

    def row_sums(row):
        total, _ = sd.scan(lambda v, t: (t + v * s + stream.uniform(dtype="float64"), sd.until(t > 3)), row, s)
        return total[-1]

    lines = str(sd.scan(row_sums, x)[0]).splitlines()
    assert lines[0] == "t0 = scan(i in range(x.shape[0])):"
    assert lines[1] == "    t1 = scan(i1 in range(x[i].shape[0]), s_1=s):"
    assert lines[2] == "        t2 = s_1 + x[i][i1] * s + uniform(stream.key, site 0 at i, i1, size=())"
    assert lines[3:6] == ["        row t2", "        s_1 = t2", "        until s_1 > 3"]
    assert lines[-1] == "t0.stack[0]"


def test_printed_functions_hold_loops_and_branches():
    """Every stage of a function prints, whatever its bodies are."""
    inputs, outputs, updates, _ = loop_and_gradient()
    c = T.bscalar("c")
    f = sd.function([*inputs, c], [sd.ifelse(c, outputs[0], inputs[0]), outputs[1]], updates=updates)
    for stage in f.stages.graphs().values():
        text = str(stage)
        assert "scan(i in" in text and "<Graph" not in text and "\n    " in text


def test_graphs_with_loops_for_networkx():
    """Bodies, and the bodies in them, are attributes of the node that holds them."""
    x = T.dmatrix("x")
    h, _ = sd.scan(lambda row: sd.scan(lambda v: T.sin(v), row)[0], x)
    drawn = sd.Graph([x], [h]).to_networkx()
    (outer,) = [data["bodies"]["body"] for _, data in drawn.nodes(data=True) if data["op"] == "scan"]
    (inner,) = [data["bodies"]["body"] for _, data in outer.nodes(data=True) if data["op"] == "scan"]
    assert "sin" in [data["op"] for _, data in inner.nodes(data=True)]
    assert all(data["bodies"] == {} for _, data in inner.nodes(data=True))
