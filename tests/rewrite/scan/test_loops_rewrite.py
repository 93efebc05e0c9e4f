"""Rewriting of loops: random loops against plain evaluation, and what must be gone from those people write."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import Graph, substitute, toposort
from symdrop.op import evaluate
from symdrop.ops.numpy_maths import NUMPY
from symdrop.ops.scan import Loop
from symdrop.rewrite import cse, optimise, specialise

STEPS, BATCH, WIDTH, WORDS = 5, 2, 3, 4


def plain(graph, values):
    """The values of a graph that nobody has rewritten."""
    flags = {node: np.asarray(True) for node in graph.leaves("flag")}
    values = {**values, **flags}
    with np.errstate(all="ignore"):
        return [np.asarray(value) for value in evaluate(graph, NUMPY, values)]


def rewritten(graph):
    specialised, first = specialise(graph, {"training": True})
    done, second = optimise(cse(specialised))
    return done, [firing.rule for firing in (*first, *second)]


def assert_same(graph, values):
    """The rewritten graph has the values of the graph; returns it, and the rules that fired."""
    done, rules = rewritten(graph)
    for got, expected in zip(plain(done, values), plain(graph, values), strict=True):
        assert got.dtype == expected.dtype and got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)
    return done, rules


def scans(graph):
    return [node for node in graph.nodes() if node.op.name == "scan"]


def ops_in(graph):
    """The names of the ops in a graph and in all graphs inside it."""
    names = []
    for node in graph.nodes():
        names.append(node.op.name)
        for value in node.params.values():
            if isinstance(value, Graph):
                names += ops_in(value)
    return names


# Random loops.

UNARY = {
    "tanh": lambda a: T.tanh(a),
    "negated": lambda a: -a,
    "times W": lambda a: a @ W,
    "times V": lambda a: a @ V.T,
    "times a steady product": lambda a: a @ (W @ V),
    "row sums": lambda a: T.zeros_like(a) + a.sum(axis=1, keepdims=True),
    "softmax": lambda a: T.nnet.softmax(a @ W),
    "part": lambda a: T.concatenate([a[:, :2] @ W[:2], a[:, :1]], axis=1)[:, :WIDTH],
    "biased": lambda a: a + b,
    "scaled": lambda a: a * 0.5,
    "dropped": lambda a: sd.dropout(a, p=0.5, stream=stream),
    "masked": lambda a: T.where(a > 0, a, 0.0),
}
BINARY = {
    "add": lambda a, c: a + c,
    "sub": lambda a, c: a - c,
    "mul": lambda a, c: a * T.tanh(c),
    "attend": lambda a, c: (a @ c.T) @ a,
}

W, V, E = T.dmatrix("W"), T.dmatrix("V"), T.dmatrix("E")
b, h0, g0 = T.dvector("b"), T.dmatrix("h0"), T.dmatrix("g0")
x, words, steps = T.dtensor3("x"), T.lmatrix("words"), T.lscalar("steps")
stream = sd.RandomStream(seed=3)
LEAVES = [W, V, E, b, h0, g0, x, words, steps]


def values_for(seed):
    rng = np.random.default_rng(seed)

    def some(*shape):
        return rng.uniform(-0.8, 0.8, shape)

    return dict(zip(LEAVES, [
        some(WIDTH, WIDTH), some(WIDTH, WIDTH), some(WORDS, WIDTH), some(WIDTH), some(BATCH, WIDTH),
        some(BATCH, WIDTH), some(STEPS, BATCH, WIDTH), rng.integers(0, WORDS, (STEPS, BATCH)), np.asarray(STEPS - 2),
    ], strict=True))  # fmt: skip


@st.composite
def loops(draw):
    """Outputs, and what else a random loop is asked for."""
    pool_size = draw(st.integers(1, 5))
    moves = [
        (draw(st.sampled_from([*UNARY, *BINARY])), draw(st.integers(0, 9)), draw(st.integers(0, 9)))
        for _ in range(pool_size)
    ]
    states = draw(st.integers(0, 2))
    picks = [draw(st.integers(0, 9)) for _ in range(3)]
    extra = draw(st.integers(0, 2))
    with_position = draw(st.booleans())

    def step(x_t, w_t, *rest):
        pool = [*rest[:states], x_t, E[w_t]]
        if with_position:
            pool.append(x_t * T.cast(w_t, "float64").dimshuffle(0, "x"))
        for name, first, second in moves:
            a, c = pool[-1 - first % len(pool)], pool[-1 - second % len(pool)]
            pool.append(UNARY[name](a) if name in UNARY else BINARY[name](a, c))
        news = [T.tanh(pool[-1 - picks[k] % len(pool)]) for k in range(states)]
        outputs = [*news, *(pool[-1 - k] for k in range(extra + (not states)))]
        if mode == "until":
            return outputs, sd.until(T.sum(outputs[0]) > 0.3)
        return outputs

    mode = draw(st.sampled_from(["plain", "plain", "until", "backwards", "steps", "truncated", "chunks"]))
    options = {
        "plain": {}, "until": {}, "backwards": {"go_backwards": True}, "steps": {"n_steps": steps},
        "truncated": {"truncate_gradient": 2}, "chunks": {"checkpoint_every": 2},
    }[mode]  # fmt: skip
    infos = [h0, g0][:states] + [None] * (extra + (not states))
    outputs, _ = sd.scan(step, [x, words], infos, return_list=True, **options)
    kept = draw(st.lists(st.sampled_from(outputs), min_size=1, max_size=3))
    return kept, draw(st.sampled_from([None, "together", "one by one"]))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(loops(), st.integers(0, 99))
def test_random_loops(made, seed):
    """Whatever moves out of a loop, forward and backward, the values stay."""
    outputs, gradients = made
    results = list(outputs)
    cost = sum(T.sum(output**2 * 0.1) for output in outputs)
    known = [leaf for leaf in LEAVES if leaf.dtype == "float64" and leaf in set(toposort([cost]))]
    if gradients == "together":
        results += sd.grad(cost, known, disconnected_inputs="ignore")
    elif gradients == "one by one":
        results += [sd.grad(cost, leaf, disconnected_inputs="ignore") for leaf in known]
    assert_same(Graph(LEAVES, results), values_for(seed))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(loops(), st.integers(0, 99))
def test_random_loops_run(made, seed):
    """The NumPy back end gives the values of the plain graph."""
    outputs, _ = made
    values = values_for(seed)
    cost = sum(T.sum(output**2 * 0.1) for output in outputs)
    results = [*outputs, *sd.grad(cost, [W, x, E], disconnected_inputs="ignore")]
    f = sd.function(LEAVES, results, backend="numpy", training=True, on_unused_input="ignore", no_default_updates=True)
    expected = plain(specialise(Graph(LEAVES, results), {"training": True})[0], values)
    for got, wanted in zip(f(*values.values()), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)


# What must have happened.


def shared(*shape, seed=0, name=None):
    rng = np.random.default_rng(seed)
    return sd.shared(rng.uniform(-1, 1, shape), name=name)


def gru(inputs, units, batch):
    """A step, and the weights, of a recurrent network with gates; the products with x_t stand in the step."""
    weights = [
        shared(inputs, 2 * units, name="Wg"), shared(units, 2 * units, seed=1, name="Ug"),
        shared(2 * units, seed=2, name="bg"), shared(inputs, units, seed=3, name="Wc"),
        shared(units, units, seed=4, name="Uc"),
    ]  # fmt: skip
    gates_x, gates_h, bias, new_x, new_h = weights

    def step(x_t, h):
        gates = T.nnet.sigmoid(x_t @ gates_x + h @ gates_h + bias)
        reset, update = gates[:, :units], gates[:, units:]
        new = T.tanh(x_t @ new_x + (reset * h) @ new_h)
        return update * h + (1 - update) * new

    return step, weights, sd.shared(np.zeros((batch, units)), name="h0")


def gradient_of_gru():
    table = shared(7, 4, seed=5, name="table")
    step, weights, start = gru(4, 5, 3)
    tokens = T.lmatrix("tokens")
    hidden, _ = sd.scan(lambda t, h: step(table[t], h), tokens, start)
    cost = T.sum(hidden**2)
    return tokens, cost, sd.grad(cost, [table, *weights])


def test_gru_has_its_products_outside():
    """Input projections, gradients of weights and of the embedding are computed once, not once a step."""
    tokens, cost, gradients = gradient_of_gru()
    f = sd.function([tokens], [cost, *gradients], backend="numpy")
    graph = f.stages["rewritten"]
    forward, backward = scans(graph)
    assert (forward.params["reverse"], backward.params["reverse"]) == (False, True)
    # The table is read before the loop, and what it receives is scattered behind it, each once.
    assert [node.op.name for node in graph.nodes()].count("gather") == 1
    assert [node.op.name for node in graph.nodes()].count("inc_subtensor") == 1
    inside = ops_in(forward.params["body"]) + ops_in(backward.params["body"])
    assert "gather" not in inside
    # A step multiplies states by matrices, forward and backward, and nothing else.
    assert ops_in(forward.params["body"]).count("matmul") == 2
    assert ops_in(backward.params["body"]).count("matmul") == 2
    # Two for the inputs, two for what they receive, and one per weight.
    assert [node.op.name for node in graph.nodes()].count("matmul") == 2 + 2 + 4
    assert {"merge_duplicate_scans", "push_out_sequence_products", "sink_output_products", "push_out_reductions"} <= {
        x.rule for x in f.rules
    }
    plain_graph = Graph([tokens], [cost, *gradients])
    words = np.random.default_rng(0).integers(0, 7, (6, 3))
    for got, expected in zip(f(words), plain(plain_graph, {tokens: words}), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


def test_outputs_behind_the_recurrence():
    """A readout inside the step is one product behind the loop."""
    out = shared(3, 2, name="out")
    hidden, _ = sd.scan(lambda x_t, h: ((new := T.tanh(x_t + h @ W)), T.nnet.softmax(T.tanh(new @ out))), x, [h0, None])
    done, rules = assert_same(Graph(LEAVES, [hidden[1]]), values_for(0))
    (loop,) = scans(done)
    assert "sink_output_products" in rules
    assert "softmax" not in ops_in(loop.params["body"])


def test_dead_outputs_vanish():
    """Of what a step computes only what is asked for is computed."""
    infos = [h0, T.zeros((), "float64"), None]
    outputs, _ = sd.scan(lambda x_t, h, c: (T.tanh(h), c + x_t.sum(), T.exp(x_t) * h), x, infos)
    done, _ = assert_same(Graph(LEAVES, [outputs[0]]), values_for(0))
    (loop,) = scans(done)
    assert ops_in(loop.params["body"]) == ["input", "tanh"]
    assert not Loop(loop).sequences


def test_loops_without_states_are_none():
    """What needs no loop is none."""
    squares, _ = sd.map(lambda k: k**2 + 1, T.arange(steps))
    done, rules = assert_same(Graph(LEAVES, [squares]), values_for(0))
    assert not scans(done) and "vectorize_map" in rules


def test_unchanging_states():
    """A state that stays what it is, or stays nothing, is none."""
    outputs, _ = sd.scan(lambda x_t, h, c: (T.tanh(x_t + c), c), x, [h0, g0])
    done, rules = assert_same(Graph(LEAVES, outputs), values_for(0))
    assert "invariant_state_to_constant" in rules and not scans(done)


def test_steady_work_is_done_once():
    """What is the same in every step is computed before the loop."""
    outputs, _ = sd.scan(lambda h, w: (T.tanh(h @ T.exp(w @ V)), w), None, [h0, W], n_steps=4)
    done, rules = assert_same(Graph(LEAVES, [outputs[0]]), values_for(0))
    (loop,) = scans(done)
    assert "hoist_loop_invariants" in rules and "exp" not in ops_in(loop.params["body"])


def test_dropout_in_a_loop_is_gone_in_testing():
    """No draw, no stream, no step advanced: in the gradient neither."""
    masks = sd.RandomStream(seed=1)
    hidden, _ = sd.scan(lambda x_t, h: T.tanh(x_t @ W + sd.dropout(h, p=0.5, stream=masks)), x, h0)
    cost = T.sum(hidden**2)
    results = [cost, sd.grad(cost, W)]
    test = sd.function([x, W, h0], results, training=False, backend="numpy")
    names = {node.name for node in test.stages["specialised"].nodes()}
    assert not {"bernoulli", "fold_in"} & set(ops_in(test.stages["specialised"]))
    assert not any(name and name.startswith("stream") for name in names)
    train = sd.function([x, W, h0], results, training=True, backend="numpy")
    assert len(scans(train.stages["rewritten"])) == 2
    values = values_for(0)
    train(values[x], values[W], values[h0])
    test(values[x], values[W], values[h0])
    assert masks.step == 1


@pytest.mark.parametrize("options", [{}, {"truncate_gradient": 2}, {"go_backwards": True}], ids=str)
def test_two_loops_for_a_gradient(options):
    """A loss and its gradient: one loop forward, one back, whatever is asked for."""
    hidden, _ = sd.scan(lambda x_t, h: T.tanh(x_t @ W + h @ V + b), x, h0, **options)
    cost = T.sum(hidden[-1] ** 2)
    done, _ = assert_same(Graph(LEAVES, [cost, *sd.grad(cost, [W, V, b, h0])]), values_for(1))
    assert [Loop(node).node.params["reverse"] for node in scans(done)] == [False, True]


@pytest.mark.parametrize("options", [{}, {"truncate_gradient": 2}, {"go_backwards": True}], ids=str)
def test_gradients_asked_for_one_by_one(options):
    """Old scripts ask for one gradient after the other; the ways back that they make are one loop all the same."""
    hidden, _ = sd.scan(
        lambda x_t, h: T.tanh(x_t @ W + sd.dropout(h, p=0.5, stream=stream, training=True) @ V + b), x, h0, **options
    )
    cost = T.sum(hidden[-1] ** 2)
    wrt = [W, V, b, h0]
    together, _ = assert_same(Graph(LEAVES, sd.grad(cost, wrt)), values_for(1))
    apart, rules = assert_same(Graph(LEAVES, [sd.grad(cost, leaf) for leaf in wrt]), values_for(1))
    assert [Loop(node).node.params["reverse"] for node in scans(apart)] == [False, True]
    assert len(apart) == len(together) and "horizontal_fusion" in rules


def test_loops_beside_each_other():
    """What two loops compute alike is computed once, whatever else they do; states that only start alike stay two."""

    def outputs(factor):
        def step(x_t, h, g):
            return T.tanh(x_t @ W + h), (g + x_t) * factor, h * factor

        return sd.scan(step, x, [h0, g0, None])[0]

    done, rules = assert_same(Graph(LEAVES, [*outputs(0.5), *outputs(0.25)]), values_for(2))
    (loop,) = scans(done)
    assert len(Loop(loop).states) == 3 and "horizontal_fusion" in rules


def test_loops_that_share_a_body():
    """A loop and the same one with a state that starts elsewhere have one body, whose placeholders stand for both."""
    hidden, other = sd.scan(lambda x_t, h, g: (T.tanh(x_t @ W + h), T.tanh(g * 0.5 + h)), x, [h0, g0])[0]
    elsewhere = substitute([hidden, other], {g0: g0 * 2 + 1})
    done, rules = assert_same(Graph(LEAVES, [hidden, other, *elsewhere]), values_for(2))
    (loop,) = scans(done)
    assert len(Loop(loop).states) == 3 and "horizontal_fusion" in rules


def test_loops_that_follow_each_other_stay_two():
    """A loop that takes what another hands on cannot go beside it."""
    first, _ = sd.scan(lambda x_t, h: T.tanh(x_t @ W + h), x, h0)
    second, _ = sd.scan(lambda y_t, h: T.tanh(y_t @ W + h), first, h0)
    done, rules = assert_same(Graph(LEAVES, [first, second]), values_for(3))
    assert len(scans(done)) == 2 and "horizontal_fusion" not in rules


def test_no_rounds():
    """Loops over nothing have the values they had."""
    hidden, _ = sd.scan(lambda x_t, h: T.tanh(x_t @ W + h @ V), x, h0)
    cost = T.sum(hidden**2)
    values = {**values_for(0), x: np.zeros((0, BATCH, WIDTH))}
    assert_same(Graph(LEAVES, [hidden, *sd.grad(cost, [W, V, h0])]), values)


def test_graphs_without_loops_are_left_alone():
    """Pruning and motion look at graphs that hold graphs only."""
    _, rules = rewritten(Graph([W, V], [T.exp(W @ V)]))
    assert rules == []


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999))
def test_second_gradients(seed):
    """The gradient of a gradient: loops over the stacks of loops."""
    hidden, _ = sd.scan(lambda x_t, h: T.tanh(x_t @ W + h @ V), x, h0)
    first = sd.grad(T.sum(hidden**2), W)
    assert_same(Graph(LEAVES, [first, sd.grad(T.sum(first**2), V)]), values_for(seed))
