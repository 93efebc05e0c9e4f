"""Gradients of loops. The oracle is the same computation written out by hand, step after step, in the same language."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import DisconnectedInputError
from symdrop.graph import Node, toposort
from tests.autodiff.recurrences import COSTS, RNG, STEPS, recurrence, run, same, variables


def unrolled(step, x, s, *others, rows=range(STEPS)):
    """The states after every step, as a list."""
    states = []
    for k in rows:
        s = step(x[k], s, *others)
        states.append(s)
    return states


@pytest.mark.parametrize("cost", COSTS.values(), ids=COSTS)
def test_gradients_of_a_recurrence(cost):
    """With respect to the sequence, what is captured, and the initial state, whatever of the loop the cost uses."""
    x, w, s, values = variables()
    loop, _ = sd.scan(recurrence, x, s, w)
    by_hand = unrolled(recurrence, x, s, w)
    same(sd.grad(cost(loop), [x, w, s]), sd.grad(cost(by_hand), [x, w, s]), values)


@pytest.mark.parametrize("captured", ["passed", "captured"])
def test_initial_states_of_known_size(captured):
    """A state of static size met a cotangent of unknown size, which was refused."""
    x, w, _, values = variables()
    del values[_]
    start = T.zeros((3,), "float64")
    step = (
        (lambda row, state, w_: recurrence(row, state, w_))
        if captured == "passed"
        else (lambda row, state: recurrence(row, state, w))
    )
    loop, _ = sd.scan(step, x, start, w if captured == "passed" else None)
    by_hand = unrolled(recurrence, x, start, w)
    same(sd.grad(loop.sum(), [x, w]), sd.grad(T.stack(by_hand).sum(), [x, w]), values)


def test_second_derivatives():
    """The way back is a loop, so it has a gradient: Hessians, their products, and gradients of gradients."""
    x, w, s, values = variables()
    loop, _ = sd.scan(recurrence, x, s, w)
    by_hand = unrolled(recurrence, x, s, w)

    def seconds(h):
        cost = (h[-1] ** 2).sum() + h[1].sum()
        to_x, to_w, to_s = sd.grad(cost, [x, w, s])
        twice = (to_w**2).sum() + T.sin(to_s).sum() + (to_x[0] * to_x[2]).sum()
        return [*sd.grad(twice, [x, w, s]), sd.hessian(cost, s), sd.hessian_vector_product(cost, w, T.ones_like(w))]

    same(seconds(loop), seconds(by_hand), values)


def test_third_derivatives():
    """Nothing is special about twice."""
    x, s = T.dvector("x"), T.dscalar("s")
    loop, _ = sd.scan(lambda v, h: T.sin(h * v), x, s)
    h = s
    for k in range(3):
        h = T.sin(h * x[k])

    def third(cost):
        for _ in range(3):
            cost = sd.grad(cost, s)
        return [cost]

    same(third(loop[-1]), third(h), {x: [0.5, -1.2, 2.0], s: 0.7}, rtol=1e-9)


def test_forward_mode_and_jacobians():
    """jvp, Rop and jacobian go through loops, and through gradients of loops."""
    x, w, s, values = variables()
    loop, _ = sd.scan(recurrence, x, s, w)
    by_hand = T.stack(unrolled(recurrence, x, s, w))

    def forward(h):
        directions = [T.cos(x), T.ones_like(w), s * 2]
        pushed = sd.jvp(h, [x, w, s], directions)
        gradient = sd.grad((h**2).sum(), s)
        return [pushed, sd.Rop(h[-1], s, s), sd.jacobian(h[-1], s), sd.jvp(gradient, s, T.ones_like(s))]

    same(forward(loop), forward(by_hand), values, rtol=1e-9)


# What loops have beside states.


@pytest.mark.parametrize("go_backwards", [False, True])
def test_taps(go_backwards):
    """Sequences read at several places, and outputs that need several earlier values."""
    x, s, a = T.dvector("x"), T.dvector("s"), T.dscalar("a")

    def step(last, now, far, s_1, s_3):
        return T.sin(a * s_3 + last * s_1) + now * far

    loop, _ = sd.scan(
        step, {"input": x, "taps": [-1, 0, 2]}, {"initial": s, "taps": [-1, -3]}, go_backwards=go_backwards
    )
    states = [s[0], s[1], s[2]]
    for k in [4, 3, 2, 1] if go_backwards else [1, 2, 3, 4]:
        states.append(step(x[k - 1], x[k], x[k + 2], states[-1], states[-3]))
    by_hand = T.stack(states[3:])
    values = {x: RNG.normal(size=7), s: RNG.normal(size=3), a: 0.8}
    pair = [[h, *sd.grad((h**2).sum(), [x, s, a])] for h in (loop, by_hand)]
    same(*pair, values)
    for cost in (lambda h: h[-1], lambda h: h[1], lambda h: (sd.grad((h**2).sum(), x) ** 2).sum()):
        pair = [sd.grad(cost(h), [x, s, a]) for h in (loop, by_hand)]
        same(*pair, values, backend="numpy" if go_backwards else "native")


@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("n_steps", [0, 1, 3, "n"])
def test_loops_shorter_than_their_sequences(n_steps, go_backwards):
    """Elements that no step has read have a gradient of zero."""
    x, w, s, values = variables()
    n = T.iscalar("n")
    loop, _ = sd.scan(recurrence, x, s, w, n_steps=n if n_steps == "n" else n_steps, go_backwards=go_backwards)
    count = 2 if n_steps == "n" else n_steps
    rows = range(STEPS - 1, STEPS - 1 - count, -1) if go_backwards else range(count)
    by_hand = unrolled(recurrence, x, s, w, rows=rows)
    cost = sum([(state**2).sum() for state in by_hand], 0.0 * (x.sum() + w.sum() + s.sum()))
    gradients = run(sd.grad((loop**2).sum(), [x, w, s]), {**values, n: count})
    for got, expected in zip(gradients, run(sd.grad(cost, [x, w, s]), values), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-14)


def test_until():
    """Only the steps that were made have a gradient."""
    x, a = T.dvector("x"), T.dscalar("a")
    loop, _ = sd.scan(lambda v, s: (a * s + v, sd.until(a * s + v > 3)), x, T.zeros((), "float64"))
    values = {x: [1.0, 1.0, 1.5, 5.0, 7.0], a: 1.1}
    h = [x[0], a * x[0] + x[1], a * (a * x[0] + x[1]) + x[2]]
    for cost in (lambda h: h[-1], lambda h: (h**2).sum()):
        by_hand = T.stack(h)
        same([loop], [by_hand], values)
        same(sd.grad(cost(loop), [x, a]), sd.grad(cost(by_hand), [x, a]), values)
        same([sd.grad(sd.grad(cost(loop), a), a)], [sd.grad(sd.grad(cost(by_hand), a), a)], values)


def test_nested_loops():
    """The gradient of a body that holds a loop holds a loop."""
    x, w, s, values = variables()

    def inner(v, t):
        return T.sin(v * t) + w[0, 0] * t

    def by_loop(row, state):
        parts, _ = sd.scan(lambda v, t: inner(v, t) * state[0], row, state.sum())
        return T.tanh(state * parts[-1] + parts)

    def by_hand(row, state):
        t, parts = state.sum(), []
        for k in range(3):
            t = inner(row[k], t) * state[0]
            parts.append(t)
        return T.tanh(state * t + T.stack(parts))

    loop, _ = sd.scan(by_loop, x, s)
    flat = T.stack(unrolled(by_hand, x, s))
    same([loop], [flat], values)
    firsts = [sd.grad((h**2).sum(), [x, w, s]) for h in (loop, flat)]
    same(*firsts, values)
    same(*[sd.grad(sum((g**2).sum() for g in first), [x, s]) for first in firsts], values, rtol=1e-9)


def test_integers_beside_floats():
    """A counter and a truth value have no cotangent, and do not hinder that of their neighbours."""
    x, a = T.dvector("x"), T.dscalar("a")

    def step(v, n, odd, s):
        return n + 1, ~odd, T.where(odd, s * a, s + v * n)

    (_, _, loop), _ = sd.scan(
        step, x, [T.constant(1, dtype="int64"), T.constant(False), T.constant(1.0, dtype="float64")]
    )
    s, flat = T.constant(1.0, dtype="float64"), []
    for k in range(4):
        s = s * a if k % 2 else s + x[k] * (k + 1)
        flat.append(s)
    flat = T.stack(flat)
    same(sd.grad((loop**2).sum(), [x, a]), sd.grad((flat**2).sum(), [x, a]), {x: [1.0, 2.0, 3.0, 4.0], a: 0.5})


def test_float32_loops():
    """Cotangents have the dtype of what they belong to, also where the step mixes precisions."""
    x, a = T.fvector("x"), T.dscalar("a")
    loop, _ = sd.scan(lambda v, s: T.cast(s * a + v, "float32"), x, T.zeros((), "float32"))
    s, flat = T.zeros((), "float32"), []
    for k in range(3):
        s = T.cast(s * a + x[k], "float32")
        flat.append(s)
    same(
        sd.grad((loop**2).sum(), [x, a]), sd.grad((T.stack(flat) ** 2).sum(), [x, a]),
        {x: np.float32([1, 2, 3]), a: 0.5}, rtol=1e-6,
    )  # fmt: skip


def test_what_the_cost_does_not_use():
    """States beside the cost's are not differentiated; what only they read is disconnected."""
    x, a, b = T.dvector("x"), T.dscalar("a"), T.dscalar("b")
    (used, unused), _ = sd.scan(
        lambda v, s, t: (s * a + v, t * b + s), x, [T.zeros((), "float64"), T.zeros((), "float64")]
    )
    with pytest.raises(DisconnectedInputError, match="'b'"):
        sd.grad(used.sum(), b)
    assert run(sd.grad(used.sum(), b, disconnected_inputs="ignore"), {b: 1.0}) == 0
    back = [node for node in toposort(sd.grad(used.sum(), [x, a])) if node.op.name == "scan" and node.params["reverse"]]
    assert back and all(node.params["carries"] <= 2 for node in back)  # one state, and the sum for a
    # Its rows are 0, 1 and b + (a + 2).
    assert run(sd.grad(unused.sum(), b), {x: [1.0, 2.0, 3.0], a: 0.25, b: 0.5}) == 1


def test_disconnected_inside():
    """A barrier in the step stands between the steps too."""
    x, s = T.dvector("x"), T.dscalar("s")
    loop, _ = sd.scan(lambda v, h: sd.disconnected_grad(h) * v, x, s)
    with pytest.raises(DisconnectedInputError):
        sd.grad(loop[-1], s)
    assert run(sd.grad(loop.sum(), x), {x: [2.0, 3.0, 5.0], s: 1.0}).tolist() == [1, 2, 6]


def test_stable_formulas_inside():
    """The better formulas of the gradient are found inside a step as outside."""
    x = T.dvector("x")
    loop, _ = sd.scan(lambda v: T.log(T.nnet.sigmoid(v)), x)
    assert run(sd.grad(loop.sum(), x), {x: [-1000.0, 1000.0]}).tolist() == [1, 0]


def test_shared_variables_as_states():
    """What a step writes to a shared variable and the next one reads carries a gradient."""
    w, x = sd.shared(np.array(0.5), name="w"), T.dvector("x")
    seen, updates = sd.scan(lambda v: (w * v, {w: w * v + w}), x)
    state, flat = w, []
    for k in range(3):
        flat.append(state * x[k])
        state = state * x[k] + state
    values = {x: [1.0, 2.0, 3.0]}
    same(sd.grad(seen.sum(), [x, w]), sd.grad(sum(flat), [x, w]), values)
    same([sd.grad(updates[w], w)], [sd.grad(state, w)], values)


def test_reductions_are_loops():
    """Also where only the last state is returned."""
    x, w, s, values = variables()
    last, _ = sd.reduce(recurrence, x, s, w)
    flat = unrolled(recurrence, x, s, w)[-1]
    same(sd.grad(last.sum(), [x, w, s]), sd.grad(flat.sum(), [x, w, s]), values)
    product, _ = sd.foldr(lambda v, p: p * v, x[:, 0], T.constant(1.0, dtype="float64"))
    same([sd.grad(product, x)], [sd.grad(T.prod(x[:, 0]), x)], values)


# Random step functions.


UNARY = (T.tanh, T.sin, lambda v: v * 0.5, lambda v: 1 / (1 + v**2), T.nnet.softplus)
BINARY = (lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - 0.5 * b, lambda a, b: T.where(b > 0, a, 2 * b))


@st.composite
def recipes(draw):
    """A few lines of code over what a step is given: every line applies a function to earlier values."""
    lines = draw(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=5))
    options = {
        "taps": draw(st.sampled_from([(-1,), (-2, -1), (-1, -3)])),
        "sequence_taps": draw(st.sampled_from([(0,), (-1, 0), (0, 2)])),
        "go_backwards": draw(st.booleans()),
        "steps": draw(st.integers(1, 4)),
        "checkpoint_every": draw(st.sampled_from([None, None, 2])),
    }
    return lines, options


def follow(lines, given_values: list[Node]) -> Node:
    values = list(given_values)
    for which, i, j in lines:
        a, b = values[-1 - i % len(values)], values[-1 - j % len(values)]
        values.append(UNARY[which](a) if which < len(UNARY) else BINARY[which - len(UNARY)](a, b))
    return T.tanh(values[-1] + 0.3 * values[0])


@settings(max_examples=12, deadline=None, derandomize=True)
@given(recipes())
def test_random_loops(recipe):
    """Reverse mode, forward mode and differences agree on loops that nobody chose."""
    lines, options = recipe
    depth, beyond = -min(options["taps"]), max(options["sequence_taps"]) - min(options["sequence_taps"])
    rng = np.random.default_rng(len(lines))
    single = options["taps"] == (-1,)
    values = [rng.normal(size=options["steps"] + beyond), rng.normal(size=() if single else depth), rng.normal(size=())]

    def build(x, s, a):
        loop, _ = sd.scan(
            lambda *parts: follow(lines, [*parts]),
            {"input": x, "taps": options["sequence_taps"]}, {"initial": s, "taps": options["taps"]}, [a],
            go_backwards=options["go_backwards"], checkpoint_every=options["checkpoint_every"],
        )  # fmt: skip
        return loop

    backend, sd.config.backend = sd.config.backend, "numpy"
    try:
        sd.verify_grad(build, values)
    finally:
        sd.config.backend = backend
