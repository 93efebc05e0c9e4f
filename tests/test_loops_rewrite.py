"""Rewriting of loops: random loops against plain evaluation, and what must be gone from those people write."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import Graph, toposort
from symdrop.op import evaluate
from symdrop.ops.numpy_maths import NUMPY
from symdrop.rewrite import merge, optimise, specialise

STEPS, BATCH, WIDTH, WORDS = 5, 2, 3, 4


def plain(graph, values):
    """The values of a graph that nobody has rewritten."""
    flags = {node: np.asarray(True) for node in graph.leaves("flag")}
    values = {**values, **flags}
    with np.errstate(all="ignore"):
        return [np.asarray(value) for value in evaluate(graph, NUMPY, values)]


def rewritten(graph):
    specialised, first = specialise(graph, {"training": True})
    done, second = optimise(merge(specialised))
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
    return kept, draw(st.booleans())


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(loops(), st.integers(0, 99))
def test_random_loops(made, seed):
    """Whatever moves out of a loop, forward and backward, the values stay."""
    outputs, with_gradient = made
    results = list(outputs)
    if with_gradient:
        cost = sum(T.sum(output**2 * 0.1) for output in outputs)
        known = [leaf for leaf in LEAVES if leaf.dtype == "float64" and leaf in set(toposort([cost]))]
        results += sd.grad(cost, known, disconnected_inputs="ignore")
    assert_same(Graph(LEAVES, results), values_for(seed))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(loops(), st.integers(0, 99))
def test_random_loops_run(made, seed):
    """The NumPy back end gives the values of the plain graph."""
    outputs, _ = made
    values = values_for(seed)
    cost = sum(T.sum(output**2 * 0.1) for output in outputs)
    results = [*outputs, *sd.grad(cost, [W, x, E], disconnected_inputs="ignore")]
    f = sd.function(
        LEAVES, results, backend="numpy", training=True, on_unused_input="ignore", no_default_updates=True
    )
    expected = plain(specialise(Graph(LEAVES, results), {"training": True})[0], values)
    for got, wanted in zip(f(*values.values()), expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)
