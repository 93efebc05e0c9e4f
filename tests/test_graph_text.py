"""Copies of graphs and their text: pickles, expressions, definitions, and generated names."""

import copy
import pickle

import numpy as np

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import Graph, toposort
from symdrop.op import Constant

# Copies.


def test_pickled_node():
    """An expression comes back with names, types, lines, origins and the same value."""
    x, W = T.dmatrix("x"), sd.shared(np.full((2, 2), 3.0), "W")
    slope = sd.grad(T.tanh(x @ W).sum(), W)
    loaded = pickle.loads(pickle.dumps(slope))
    assert str(loaded) == str(slope) and loaded.lines == slope.lines
    old, new = toposort([slope]), toposort([loaded])
    assert [node.origin and node.origin.rule for node in old] == [node.origin and node.origin.rule for node in new]
    (x2,) = [node for node in new if node.op.name == "input"]
    np.testing.assert_array_equal(loaded.eval({x2: np.eye(2)}), slope.eval({x: np.eye(2)}))


def test_leaves_stay_shared_within_one_pickle():
    """Two expressions of one input, pickled together, still have one input; so do a graph and its expressions."""
    x, state = T.dvector("x"), sd.shared(np.ones(2), "state")
    pair = [T.exp(x) * state, T.tanh(x), x, state, Graph([x], [x * state])]
    for copied in (pickle.loads(pickle.dumps(pair)), copy.deepcopy(pair)):
        first, second, x2, state2, graph = copied
        assert x2 is not x and state2 is not state
        assert second.inputs == (x2,) and graph.inputs == (x2,)
        assert set(toposort([first])) >= {x2, state2} and graph.leaves("shared") == [state2]


def test_flags_and_ops_after_pickling():
    """Ops come back as themselves; flags by name; structural zeros stay structural."""
    y = T.where(sd.training, T.constant(1.0), 2.0)
    loaded = pickle.loads(pickle.dumps(y))
    assert loaded.op is y.op
    assert sd.function([], loaded, training=True)() == 1
    nothing = Constant(np.zeros(()), weak=True, structural=True)
    again = pickle.loads(pickle.dumps(nothing))
    assert again.structural and again.type.weak and not again.value.flags.writeable


def test_copies_of_nodes():
    """copy.copy is the node itself; deepcopy makes independent leaves, and shared states of their own."""
    x, state = T.dvector("x"), sd.shared(np.ones(2), "state")
    y = x * state
    assert copy.copy(y) is y
    twin = copy.deepcopy(state)
    twin.set_value(np.zeros(2))
    assert state.get_value().tolist() == [1, 1] and twin.name == "state"


def test_graph_pickles():
    """A graph comes back closed, with inputs, labels and printed form."""
    x = T.dvector("x")
    graph = Graph([x], [T.exp(x) + 1, x], ["value", "same"])
    again = pickle.loads(pickle.dumps(graph))
    assert str(again) == str(graph) and again.labels == ("value", "same")
    assert again.inputs[0] is again.outputs[1]


# Printing.


def test_printed_expressions():
    """Small expressions print as one line of mathematics, with no parentheses but the needed ones."""
    x, y, W = T.matrix("x"), T.matrix("y"), T.matrix("W")
    golden = {
        "x + y * 2": x + y * 2,
        "(x + y) * 2": (x + y) * 2,
        "x - (y - W)": x - (y - W),
        "x - y - W": x - y - W,
        "x / (y * W)": x / (y * W),
        "-x ** 2": -(x**2),
        "(-x) ** 2": (-x) ** 2,
        "tanh(x @ W)": T.tanh(x @ W),
        "x.T @ W": x.T @ W,
        "x > 0": x > 0,
        "where(x > 0, x, 0.5)": T.where(x > 0, x, 0.5),
        "exp(x.T) @ y": T.exp(x.T) @ y,
    }
    for text, node in golden.items():
        assert str(node) == text


def test_printed_definitions():
    """What has a name, or is long and used twice, gets a line of its own."""
    x, W = T.matrix("x"), T.matrix("W")
    h = T.tanh(x @ W + 1)
    assert str(h * h).splitlines() == ["t0 = tanh(x @ W + 1)", "t0 * t0"]
    h.name = "h"
    assert str(h * 2).splitlines() == ["h = tanh(x @ W + 1)", "h * 2"]


def test_printed_graph():
    """A graph prints inputs with types, definitions, and outputs with what they are for."""
    x, W = T.matrix("x"), sd.shared(np.ones((2, 2), "float32"), "W")
    graph = Graph([x], [T.exp(x @ W), W * 2], ["value", "update of W"])
    assert str(graph).splitlines() == ["inputs: x: float32[?, ?]", "value = exp(x @ W)", "update of W = W * 2"]
    assert str(Graph([], [W])).splitlines() == ["inputs: none", "output 0 = W"]


def test_generated_names_avoid_the_users():
    """A definition does not take a name the user has given to something else."""
    t0, W = T.matrix("t0"), T.matrix("W")
    h = T.tanh(t0 @ W + 1)
    assert str(h * h).splitlines() == ["t1 = tanh(t0 @ W + 1)", "t1 * t1"]
