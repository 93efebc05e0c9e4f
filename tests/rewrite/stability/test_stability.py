"""Stability rules behind data movement: whatever moves elements between a function and what made its operand."""

import sys

import numpy as np
import pytest
import scipy.special
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symdrop as sd
import symdrop.tensor as T
from symdrop.op import registry, structured
from symdrop.ops.numpy_maths import NUMPY
from symdrop.rewrite import optimise
from symdrop.types import TensorType
from tests.rewrite.stability.samples import BACKENDS, ROWS, L, S, sigmoid

# The producers of probabilities, and the logarithms that are meant; sizes of logits from harmless to absurd.
PRODUCERS = {
    "softmax": (T.nnet.softmax, lambda x: scipy.special.log_softmax(x, axis=-1)),
    "sigmoid": (T.nnet.sigmoid, scipy.special.log_expit),
    "softmax written out": (
        lambda x: T.exp(x) / T.exp(x).sum(axis=-1, keepdims=True),
        lambda x: scipy.special.log_softmax(x, axis=-1),
    ),
    "softmax over axis 0": (
        lambda x: T.exp(x) / T.exp(x).sum(axis=0, keepdims=True),
        lambda x: scipy.special.log_softmax(x, axis=0),
    ),
    "sigmoid written out": (lambda x: 1 / (1 + T.exp(-x)), scipy.special.log_expit),
    "exp": (T.exp, lambda x: x),
    "1 + exp": (lambda x: 1 + T.exp(x), lambda x: np.logaddexp(0, x)),
    "1 - sigmoid": (lambda x: 1 - T.nnet.sigmoid(x), lambda x: scipy.special.log_expit(-x)),
}
LOGITS = np.array(
    [[1000.0, -1000.0, 0.0, 17.0], [-17.0, 1e4, -1e4, 3.0], [-1000.0, -1001.0, -1e4, -999.0], [0.1, -0.2, 0.3, 40.0]]
)


def _row_by_row(x):
    """A loop that only moves."""
    return sd.scan(lambda row: row[::-1], x)[0]


# What moves elements: its symbolic and its NumPy form, for a matrix or (rank permitting) anything.
MOVES = {
    "reverse": (lambda x: x[::-1], lambda x: x[::-1]),
    "part": (lambda x: x[1:], lambda x: x[1:]),
    "last": (lambda x: x[..., -1], lambda x: x[..., -1]),
    "transposed": (lambda x: x.T, lambda x: x.T),
    "flat": (lambda x: x.flatten(), lambda x: x.reshape(-1)),
    "column": (lambda x: x.reshape((-1, 1)), lambda x: x.reshape((-1, 1))),
    "new axis": (lambda x: x[None], lambda x: x[None]),
    "taken": (lambda x: T.take(x, [0, 1, 0], axis=0), lambda x: np.take(x, [0, 1, 0], axis=0)),
    "masked": (lambda x: x.flatten()[np.array([True, False])], None),
    "joined": (lambda x: T.concatenate([x, x[::-1]], axis=0), lambda x: np.concatenate([x, x[::-1]])),
    "stacked": (lambda x: T.stack([x, x[::-1]], axis=-1), lambda x: np.stack([x, x[::-1]], axis=-1)),
    "chosen": (lambda x: T.where(x > 0.3, x, x[::-1]), None),
    "repeated": (lambda x: T.repeat(x, 2, axis=0), lambda x: np.repeat(x, 2, axis=0)),
    "tiled": (lambda x: T.tile(x.flatten(), 2), lambda x: np.tile(x.reshape(-1), 2)),
    "rolled": (lambda x: T.concatenate([x[-1:], x[:-1]], axis=0), lambda x: np.roll(x, 1, axis=0)),
    "copied": (lambda x: x.copy(), lambda x: x),
    "written": (lambda x: T.set_subtensor(T.ones_like(x)[:1], x[:1]), None),
    "branched": (lambda x: sd.ifelse(T.gt(x.shape[0], 1), x, x[::-1]), lambda x: x if x.shape[0] > 1 else x[::-1]),
    "looped": (_row_by_row, lambda x: np.stack([row[::-1] for row in x])),
}
COMMUTING = {name: both for name, both in MOVES.items() if both[1] is not None}
NEEDS_TWO_AXES = ("last", "looped")


def value_and_gradient(cost, x, at, backend="native"):
    value = cost(x)
    weights = np.linspace(1, 2, 7)[np.arange(64) % 7]
    total = (value.flatten() * T.constant(np.resize(weights, 4096))[: value.size]).sum()
    return sd.function([x], [value, sd.grad(total, x)], backend=backend)(at)


def _behind_one_movement():
    """Every producer with every movement by NumPy, and in native code, which gets the same graph, every fourth pair."""
    for i, producer in enumerate(PRODUCERS):
        for j, move in enumerate(COMMUTING):
            yield producer, move, "numpy"
            marks = [] if (i + j) % 4 == 0 else [pytest.mark.slow]
            yield pytest.param(producer, move, "native", marks=marks)


@pytest.mark.parametrize(("producer", "move", "backend"), list(_behind_one_movement()))
def test_a_logarithm_behind_one_movement(producer, move, backend):
    """log(move(p)) is move(log p), finite where the mathematics is, and so is its gradient."""
    make, logarithm = PRODUCERS[producer]
    symbolic, numeric = COMMUTING[move]
    value, slope = value_and_gradient(lambda x: T.log(symbolic(make(x))), T.dmatrix("x"), LOGITS, backend)
    np.testing.assert_allclose(value, numeric(logarithm(LOGITS)), rtol=1e-12, atol=1e-12)
    assert np.isfinite(slope).all()


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(sorted(PRODUCERS)),
    st.lists(st.sampled_from(sorted(COMMUTING)), min_size=1, max_size=4),
    st.sampled_from(BACKENDS),
    st.booleans(),
)
def test_a_logarithm_behind_any_movement(producer, moves, backend, known):
    """For any chain of movements the result is that of the direct stable formula moved, and so is the gradient."""
    make, logarithm = PRODUCERS[producer]
    x = T.dmatrix("x", shape=(4, 4) if known else (None, None))
    node, expected = make(x), logarithm(LOGITS)
    direct = T.log(node)
    for name in moves:
        if (node.ndim < 2 and name in NEEDS_TWO_AXES) or node.ndim > 3 or expected.size > 1000:
            continue
        symbolic, numeric = COMMUTING[name]
        node, direct, expected = symbolic(node), symbolic(direct), numeric(expected)
    value, slope = value_and_gradient(lambda x: T.log(node), x, LOGITS, backend)
    _, wanted = value_and_gradient(lambda x: direct, x, LOGITS, backend)
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(slope, wanted, rtol=1e-9, atol=1e-9)


def test_constants_are_folded_after_the_rules_have_looked():
    """A cost of constant logits is that of given ones: folding the softmax first would leave log(0)."""
    z = np.array([[1000.0, 0.0]], "float32")
    x = T.fmatrix("x")

    def cost(logits):
        return T.nnet.categorical_crossentropy(T.nnet.softmax(logits), [1])

    assert sd.function([], cost(T.constant(z)))() == sd.function([x], cost(x))(z) == 1000
    assert T.log(1 - T.nnet.sigmoid(T.constant(100.0))).eval() == -100
    given = sd.function(
        [], T.nnet.binary_crossentropy(T.nnet.sigmoid(x)[:, 0], [1.0]), givens={x: T.constant(-z[:, :1])}
    )
    assert given().tolist() == [1000]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("size", [17.0, 88.0, 1000.0, 1e4])
def test_the_usual_output_layer(size, backend):
    """binary_crossentropy of sigmoid(m)[:, 0], flattened, reshaped or taken: the cost of a network with one output."""
    m, t = T.fmatrix("m", shape=(None, 1)), T.fvector("t")
    logits, targets = np.float32([[size], [-size], [size], [-size]]), np.float32([0, 0, 1, 1])
    expected = np.logaddexp(0, logits[:, 0].astype("float64")) - targets * logits[:, 0]
    s = T.nnet.sigmoid(m)
    for p in (s[:, 0], s.flatten(), s.reshape((-1,)), T.take(s, 0, axis=1), s.T[0], s.dimshuffle(0), T.squeeze(s, 1)):
        cost = T.nnet.binary_crossentropy(p, t)
        found, slope = sd.function([m, t], [cost, sd.grad(cost.sum(), m)], backend=backend)(logits, targets)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(slope[:, 0], scipy.special.expit(logits[:, 0]) - targets, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("backend", BACKENDS)
def test_loops_hand_on_logarithms(backend):
    """Probabilities made in a loop, and a cost outside; the other way round; made in one step and used in the next."""
    x, h = T.dmatrix("x"), T.dvector("h")
    steps = {
        "stacked": sd.scan(lambda r: T.nnet.softmax(r), x)[0],
        "a state": sd.scan(lambda r, s: T.nnet.softmax(r + 0 * s), x, h)[0],
        "backwards": sd.scan(lambda r: T.nnet.softmax(r), x, go_backwards=True)[0][::-1],
        "until": sd.scan(lambda r: (T.nnet.softmax(r), sd.until(T.isnan(r[0]))), x)[0],
        "of a loop": sd.scan(lambda r: sd.scan(lambda e: T.exp(e), r)[0], x)[0],
        "in chunks": sd.scan(lambda r, s: T.nnet.softmax(r + 0 * s), x, h, checkpoint_every=2)[0],
    }
    start = np.array([0.25, 0.25, 0.25, 0.25])
    for name, p in steps.items():
        expected = LOGITS if name == "of a loop" else scipy.special.log_softmax(LOGITS, axis=-1)
        cost = -T.log(p)[:, 1].sum()
        found, slope = sd.function([x, h], [cost, sd.grad(cost, x)], backend=backend, on_unused_input="ignore")(
            LOGITS, start
        )
        np.testing.assert_allclose(found, -expected[:, 1].sum(), rtol=1e-12, err_msg=name)
        wanted = np.zeros((4, 4)) if name == "of a loop" else np.exp(expected)
        wanted[:, 1] -= 1
        np.testing.assert_allclose(slope, wanted, atol=1e-9, err_msg=name)
    last, _ = sd.reduce(lambda r, s: T.nnet.softmax(r + 0 * s), x, h)
    inside, _ = sd.scan(lambda p: -T.log(p[1]), T.nnet.softmax(x))
    table, _ = sd.scan(lambda i, p: -T.log(p[i, 1]), T.arange(4), non_sequences=T.nnet.softmax(x))
    before, _ = sd.scan(lambda r, p: (T.nnet.softmax(r + 0 * p), -T.log(p[1])), x, [h, None])
    expected = -scipy.special.log_softmax(LOGITS, axis=-1)[:, 1]
    for cost, wanted in (
        (-T.log(last[1]), expected[-1]),
        (inside.sum(), expected.sum()),
        (table.sum(), expected.sum()),
        (before[1].sum(), expected[:-1].sum() + np.log(4)),
    ):
        found, slope = sd.function([x, h], [cost, sd.grad(cost, x)], backend=backend, on_unused_input="ignore")(
            LOGITS, start
        )
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
        assert np.isfinite(slope).all()


# Ops that other tests define in this process are not ours to check.
MOVERS = [op for op in registry.values() if op.moves and op.module.split(".")[0] == "symdrop"]


@pytest.mark.parametrize("op", MOVERS, ids=lambda op: op.name)
def test_movement_commutes_with_functions(op):
    """What an op declares to move, it moves: f(op(x)) is op(f(x)) on its own samples."""
    rng = np.random.default_rng(0)
    samples = op.samples_rule(rng, "float64") if op.samples_rule else [(tuple(rng.uniform(-1, 1, (op.arity, 5))), {})]
    for arrays, params in samples:
        places = range(len(arrays)) if op.moves == "all" else op.moves
        arrays = [np.asarray(array) for array in arrays]
        changed = [np.sinh(array) if k in places else array for k, array in enumerate(arrays)]
        before, after = (op.evaluate(NUMPY, values, params) for values in (arrays, changed))
        for one, other in zip(*[v if isinstance(v, tuple) else (v,) for v in (before, after)], strict=True):
            np.testing.assert_array_equal(np.sinh(one), other)


def test_a_new_view_takes_part():
    """An op defined by a user need only say that it moves."""

    def every_other(m, x):
        """Every other row."""
        return x[::2]

    op = structured(moves=(0,), linear_in=(0,), name="every_other_for_tests")(every_other)
    try:
        op.infer(lambda x: TensorType(x.dtype, (None, *x.type.shape[1:])))
        op.pullback(lambda g, y, x: T.set_subtensor(T.zeros_like(x)[::2], g))
        x = T.dmatrix("x")
        cost = T.log(op(S(x)))[:, 1].sum()
        value, slope = sd.function([x], [cost, sd.grad(cost, x)])(ROWS)
        assert value == L(ROWS)[::2, 1].sum() and np.isfinite(slope).all()
    finally:
        del registry["every_other_for_tests"]


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_conversions_do_not_stand_between(dtype):
    """A softmax converted to a wider dtype is computed in that: its logarithm is precise."""
    x = T.tensor(dtype, (None, None), "x")
    cost = T.log(T.cast(S(x), "float64")[:, 0])
    rows = np.array([[-200.0, 200.0], [0.5, -0.25]], dtype)
    value, slope = sd.function([x], [cost, sd.grad(cost.sum(), x)])(rows)
    np.testing.assert_allclose(value, L(rows.astype("float64"))[:, 0], rtol=1e-12)
    assert np.isfinite(slope).all() and slope[0, 0] == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_forward_mode_is_as_stable(backend):
    """Directional derivatives follow the rules as gradients do; and so do products with Hessians."""
    x, v = T.dmatrix("x"), T.dmatrix("v")
    direction = np.arange(12.0).reshape(3, 4)
    rows, _ = sd.scan(lambda row: S(row), x)
    for p in (S(x), S(x).flatten().reshape((3, 4)), rows, T.exp(x) / T.exp(x).sum(1)[:, None]):
        cost = T.log(p)
        moved = sd.function([x, v], sd.jvp(cost, x, v), backend=backend)(ROWS, direction)
        expected = direction - (np.exp(L(ROWS)) * direction).sum(1, keepdims=True)
        np.testing.assert_allclose(moved, expected, atol=1e-9)
        again = sd.function([x, v], sd.hessian_vector_product(cost[:, 0].sum(), x, v), backend=backend)
        assert np.isfinite(again(ROWS, direction)).all()


def test_what_is_asked_about_is_not_looked_through():
    """A movement or its source in ``wrt`` or held constant is a barrier, inside loops and out."""
    x = T.dmatrix("x")
    p = S(x)
    part = p[:, 0]
    at = np.zeros((2, 2))
    np.testing.assert_allclose(sd.grad(T.log(part).sum(), part).eval({x: at}), [2, 2])
    np.testing.assert_allclose(sd.grad(T.log(part).sum(), p).eval({x: at}), [[2, 0], [2, 0]])
    with pytest.raises(sd.errors.DisconnectedInputError):
        sd.grad(T.log(T.concatenate([p, p])).sum(), x, consider_constant=[p])
    inside, _ = sd.scan(lambda row: T.log(row[0]), p)
    np.testing.assert_allclose(sd.grad(inside.sum(), p).eval({x: at}), [[2, 0], [2, 0]])
    with pytest.raises(sd.errors.DisconnectedInputError):
        sd.grad(inside.sum(), x, consider_constant=[p])


def test_nothing_changes_where_no_rule_fires():
    """Functions stay behind the movement they were written behind, if no rule is to be had for it."""
    x, y = T.dmatrix("x"), T.dmatrix("y")
    node = T.log(T.concatenate([x * y, T.sin(x)])[1:].flatten())
    f = sd.function([x, y], node)
    assert not {firing.rule for firing in f.rules} & {rule.name for rule in sd.rewrite.STABLE}


def test_what_can_be_made_behind_the_movement_is():
    """A few rows of a table of logits: nothing is computed for the others."""
    table, rows = T.dmatrix("table"), T.lvector("rows")
    f = sd.function([table, rows], T.log(sigmoid(table)[rows]))
    order = [node.op.name for node in f.stages["rewritten"].nodes()]
    assert order.index("gather") < order.index("softplus")


STATES = {
    "absolute value": (lambda s: abs(s), abs),
    "limits": (lambda s: T.clip(s, 0, 1) * 0.5, lambda s: np.clip(s, 0, 1) * 0.5),
    "both": (lambda s: abs(abs(s) + T.maximum(s, 0)), lambda s: abs(abs(s) + np.maximum(s, 0))),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", STATES)
def test_a_state_that_depends_on_its_own_sign(name, backend):
    """A state is never negative if its own absolute value is not: the question ends where it began.

    It once went round the loop until Python's stack was full, so that such a loop did not compile.
    """
    step, reference = STATES[name]
    x = T.vector("x", dtype="float64")
    stream = sd.RandomStream(seed=1)
    states, _ = sd.scan(lambda s: sd.dropout(step(s), p=0.5, stream=stream), outputs_info=[x], n_steps=3)
    assert sd.function([x], states, training=True, backend=backend)(np.ones(4)).shape == (3, 4)
    plain, _ = sd.scan(step, outputs_info=[x], n_steps=3)
    f = sd.function([x], [states, plain, T.log(abs(plain[-1]) + 1)], training=False, backend=backend)
    value = np.array([-1.5, 0.25, 0.0, 2.0])
    dropped, kept, logarithm = f(value)
    expected = [value := reference(value) for _ in range(3)]
    np.testing.assert_allclose(kept, expected)
    np.testing.assert_allclose(dropped, expected)
    np.testing.assert_allclose(logarithm, np.log1p(abs(expected[-1])))


@pytest.mark.parametrize("shape", ["chain", "chain of choices", "many functions"])
def test_sinking_is_linear(shape):
    """Twice the movements are twice the nodes and not much more than twice the work, whether rules fire or not."""

    def work(length):
        x = T.dvector("x")
        p = sigmoid(x)
        outputs = []
        for k in range(length):
            p = T.where(x > k, p, p[::-1]) if shape == "chain of choices" else p[::-1]
            if shape == "many functions":
                outputs.append(T.log(p))
        graph = sd.Graph([x], outputs or [T.log(p)])
        calls = 0

        def count(frame, event, argument):
            nonlocal calls
            calls += event == "call"

        sys.setprofile(count)
        try:
            made, _ = optimise(graph)
        finally:
            sys.setprofile(None)
        return len(made), calls

    small, large = work(30), work(60)
    assert large[0] <= 2.2 * small[0] and large[1] <= 2.6 * small[1]
