"""Recurrent cells: the equations, padding, and where dropout acts and when."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, ShapeError
from symdrop.graph import toposort
from symdrop.op import Draw

rng = np.random.default_rng(0)
STEPS, BATCH, INPUTS, HIDDEN = 4, 3, 2, 5
CELLS = {
    "elman": lambda **options: sd.nn.Elman(INPUTS, HIDDEN, **options),
    "gru": lambda **options: sd.nn.GRU(INPUTS, HIDDEN, **options),
    "gru, reset after": lambda **options: sd.nn.GRU(INPUTS, HIDDEN, reset_after=True, **options),
    "lstm": lambda **options: sd.nn.LSTM(INPUTS, HIDDEN, **options),
}
# Until flags are fixed inside the bodies of loops too.
every_cell = pytest.mark.parametrize("kind", CELLS)


def make(kind):
    """A cell in float64 whose biases are not zero."""
    cell = CELLS[kind](seed=1, dtype="float64")
    cell.b.set_value(rng.normal(size=cell.b.get_value().shape))
    return cell


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def by_hand(cell, x, state=None, mask=None, drop_h=None, drop_U=None):
    """The states by the equations; masks are factors, drop_h[t] of the state where it meets drop_U[t] * U."""
    W, U, b = (p.get_value() for p in cell.parameters)
    h = np.zeros((*x.shape[1:-1], HIDDEN)) if state is None else state
    c, n, states = np.zeros_like(h), HIDDEN, []
    for t, x_t in enumerate(x):
        seen = h if drop_h is None else h * drop_h[t]
        V = U if drop_U is None else U * drop_U[t]
        a, before = x_t @ W + b, (h, c)
        if isinstance(cell, sd.nn.Elman):
            h = np.tanh(a + seen @ V)
        elif isinstance(cell, sd.nn.GRU):
            r = sigmoid(a[..., :n] + seen @ V[:, :n])
            z = sigmoid(a[..., n : 2 * n] + seen @ V[:, n : 2 * n])
            last = V[:, 2 * n :]
            candidate = np.tanh(a[..., 2 * n :] + (r * (seen @ last) if cell.reset_after else (r * seen) @ last))
            h = z * h + (1 - z) * candidate
        else:
            i, f, g, o = np.split(a + seen @ V, 4, axis=-1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        if mask is not None:
            h, c = (np.where(mask[t][..., None] != 0, new, old) for new, old in zip((h, c), before, strict=True))
        states.append(h)
    return np.array(states)


@every_cell
@pytest.mark.parametrize("shape", [(STEPS, INPUTS), (STEPS, BATCH, INPUTS)], ids=["one", "batch"])
def test_cells_follow_their_equations(kind, shape):
    """Word for word what the docstrings say."""
    cell, x = make(kind), (T.dmatrix if len(shape) == 2 else T.dtensor3)("x")
    states, last = cell(x)
    value = rng.normal(size=shape)
    found, end = sd.function([x], [states, last[0] if cell.carried > 1 else last])(value)
    np.testing.assert_allclose(found, by_hand(cell, value), rtol=1e-12)
    np.testing.assert_array_equal(end, found[-1])


@every_cell
def test_a_sequence_in_two_halves(kind):
    """The last state of one half is the initial state of the other."""
    cell, x = make(kind), T.dtensor3("x")
    whole, _ = cell(x)
    first, middle = cell(x[:2])
    second, _ = cell(x[2:], initial=middle)
    f = sd.function([x], [whole, T.concatenate([first, second])])
    np.testing.assert_allclose(*f(rng.normal(size=(STEPS, BATCH, INPUTS))), rtol=1e-13)


@pytest.mark.numpy_alone
@every_cell
def test_gradients(kind):
    """By every parameter, the input and the initial state together, with a padded batch."""
    cell = make(kind)
    mask = np.array([[1, 1], [1, 0], [0, 0]])

    values = [rng.normal(size=(3, 2, INPUTS)), rng.normal(size=(2, HIDDEN)), *(p.get_value() for p in cell.parameters)]

    def cost(flat):
        parts = T.split(flat, [value.size for value in values], len(values))
        x, h, W, U, b = (part.reshape(value.shape) for part, value in zip(parts, values, strict=True))
        initial = (h, 2 * h) if cell.carried > 1 else h
        copy = type(cell)(INPUTS, HIDDEN, **({"reset_after": cell.reset_after} if "gru" in kind else {}))
        copy.W, copy.U, copy.b = W, U, b
        states, _ = copy(x, initial, mask)
        return T.sum(states**2 + states)

    # Many functions of few calls each: compiling them to machine code would take longer than it saves.
    with sd.config.change(backend="numpy"):
        sd.verify_grad(cost, [np.concatenate([value.ravel() for value in values])], rng=rng)


@every_cell
def test_padded_batch_equals_each_sequence_alone(kind):
    """Padding changes neither states nor gradients, whatever stands in it."""
    cell, x, mask = make(kind), T.dtensor3("x"), T.matrix("mask")
    states, last = cell(x, mask=mask)
    last = last[0] if cell.carried > 1 else last
    f = sd.function([x, mask], [states, last, *sd.grad((last**2).sum(), cell.parameters)])
    lengths = [4, 1, 3]
    present = (np.arange(STEPS)[:, None] < lengths).astype("float32")
    values = rng.normal(size=(STEPS, BATCH, INPUTS))
    found, end, *slopes = f(values, present)
    np.testing.assert_allclose(found, by_hand(cell, values, mask=present), rtol=1e-12)
    totals = [0, 0, 0]
    for k, length in enumerate(lengths):
        alone, own_end, *own = f(values[:length, k : k + 1], np.ones((length, 1), "float32"))
        np.testing.assert_allclose(found[:length, k], alone[:, 0], rtol=1e-12)
        np.testing.assert_allclose(end[k], own_end[0], rtol=1e-12)
        totals = [total + slope for total, slope in zip(totals, own, strict=True)]
    for slope, total in zip(slopes, totals, strict=True):
        np.testing.assert_allclose(slope, total, rtol=1e-10, atol=1e-13)


def test_a_mask_may_hold_truth_values_and_belong_to_one_sequence():
    """Shape (steps,) for x of shape (steps, inputs)."""
    cell, x = make("gru"), rng.normal(size=(STEPS, INPUTS))
    present = np.array([True, False, True, False])
    states, _ = cell(x, mask=present)
    np.testing.assert_allclose(states.eval(), by_hand(cell, x, mask=present), rtol=1e-12)


@pytest.mark.parametrize("kind", ["gru, reset after", "lstm"])
def test_agrees_with_torch(kind):
    """torch keeps weights transposed and has two biases; its reset gate stands behind the product."""
    torch = pytest.importorskip("torch")
    cell, x = make(kind), rng.normal(size=(STEPS, BATCH, INPUTS))
    other = (torch.nn.LSTM if kind == "lstm" else torch.nn.GRU)(INPUTS, HIDDEN, dtype=torch.float64)
    W, U, b = (p.get_value() for p in cell.parameters)
    values = {"weight_ih_l0": W.T, "weight_hh_l0": U.T, "bias_ih_l0": b, "bias_hh_l0": 0 * b}
    other.load_state_dict({name: torch.tensor(value) for name, value in values.items()})
    np.testing.assert_allclose(cell(x)[0].eval(), other(torch.tensor(x))[0].detach().numpy(), rtol=1e-10)


# Dropout.


def with_dropout(kind, where, locked, shape=(STEPS, BATCH, INPUTS)):
    """A cell, its input, and a function that gives its states with dropout at one place."""
    cell, stream, x = make(kind), sd.RandomStream(seed=5), rng.normal(size=shape)
    states, _ = cell(x, **{where: 0.5}, locked=locked, stream=stream)
    f = sd.function([], states, training=True)
    return cell, x, f


def factors(shape, locked, steps=STEPS):
    """The masks of a stream with seed 5 whose only draw has this shape, as factors, at step 0 of the stream."""
    stream = sd.RandomStream(seed=5)
    if locked:
        mask = stream.replay(stream.bernoulli(p=0.5, size=shape), step=0)
        return np.array([np.where(mask, 0, 2.0)] * steps)
    draws, _ = sd.scan(lambda: stream.bernoulli(p=0.5, size=shape, dtype="bool"), n_steps=steps)
    return np.where(sd.function([], draws)(), 0, 2.0)


@every_cell
@pytest.mark.parametrize("locked", [True, False], ids=["locked", "per step"])
def test_dropout_on_states_and_recurrent_weights(kind, locked):
    """The masks are those of the stream, one for all steps or one for each."""
    cell, x, f = with_dropout(kind, "state_dropout", locked)
    drops = factors((BATCH, HIDDEN), locked)
    np.testing.assert_allclose(f(), by_hand(cell, x, drop_h=drops), rtol=1e-12)

    cell, x, f = with_dropout(kind, "weight_dropout", locked)
    drops = factors(cell.U.get_value().shape, locked)
    np.testing.assert_allclose(f(), by_hand(cell, x, drop_U=drops), rtol=1e-12)
    same = all((drop == drops[0]).all() for drop in drops)
    assert same == locked
    first, second = f(), f()
    assert not np.allclose(first, second)


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "per step"])
def test_dropout_on_inputs_and_outputs(locked):
    """Outside of the loop, a locked mask is shared along the axis of steps."""
    cell, x, f = with_dropout("gru", "output_dropout", locked)
    kept = f() != 0
    assert (kept == kept[0]).all() == locked and 0 < kept.mean() < 1

    cell, x, f = with_dropout("gru", "input_dropout", locked)
    mask = factors((1, BATCH, INPUTS), True)[0] if locked else factors((STEPS, BATCH, INPUTS), True)[0]
    np.testing.assert_allclose(f(), by_hand(cell, x * mask), rtol=1e-12)


@every_cell
def test_gradients_use_the_masks_of_the_way_forward(kind):
    """All kinds of dropout together, locked and not; new masks in every step by machine code."""
    cell, x = make(kind), rng.normal(size=(STEPS, BATCH, INPUTS))
    every = dict.fromkeys(("input_dropout", "output_dropout", "state_dropout", "weight_dropout"), 0.3)
    for locked in (True, False):
        stream, U = sd.RandomStream(seed=5), cell.U
        states, _ = cell(x, **every, locked=locked, stream=stream, training=True)
        loss = (states**2).sum()
        backend = "numpy" if locked else "native"
        f = sd.function([], [loss, sd.grad(loss, U)], no_default_updates=True, backend=backend)
        start, direction = U.get_value(), rng.normal(size=U.get_value().shape)
        costs = []
        for step in (1e-5, -1e-5):
            U.set_value(start + step * direction)
            costs.append(float(f()[0]))
        U.set_value(start)
        np.testing.assert_allclose((f()[1] * direction).sum(), (costs[0] - costs[1]) / 2e-5, rtol=1e-6)


@every_cell
@pytest.mark.parametrize("locked", [True, False], ids=["locked", "per step"])
def test_testing_draws_nothing(kind, locked):
    """The test function has the values of the same cell without dropout, and no stream advances."""
    cell, x, stream = make(kind), T.dtensor3("x"), sd.RandomStream(seed=5)
    every = dict.fromkeys(("input_dropout", "output_dropout", "state_dropout", "weight_dropout"), 0.5)
    states, _ = cell(x, **every, locked=locked, stream=stream)
    test, train = (sd.function([x], states, training=training) for training in (False, True))
    assert not test.updates and train.updates
    assert not draws(test) and draws(train)
    value = rng.normal(size=(STEPS, BATCH, INPUTS))
    np.testing.assert_allclose(test(value), by_hand(cell, value), rtol=1e-12)


@every_cell
@pytest.mark.parametrize("locked", [True, False], ids=["locked", "per step"])
def test_testing_computes_nothing_more(kind, locked):
    """Not even a choice by a constant is left of dropout."""
    cell, x = make(kind), T.dtensor3("x")
    states, _ = cell(x, state_dropout=0.5, weight_dropout=0.5, locked=locked, stream=sd.RandomStream(seed=5))
    with_it, without = (sd.function([x], output, training=False) for output in (states, cell(x)[0]))
    assert len(everything(with_it)) == len(everything(without))


def everything(function):
    """All nodes of a function's last graph, those in loops too."""
    found, todo = [], [function.stages["rewritten"]]
    while todo:
        nodes = toposort(todo.pop().outputs)
        found += nodes
        todo += [node.params["body"] for node in nodes if "body" in (node.params or {})]
    return found


def draws(function):
    return [node for node in everything(function) if isinstance(node.op, Draw)]


def test_other_flags_and_symbolic_probabilities():
    """``training`` and p are those of ``dropout``."""
    cell, x, p = make("elman"), rng.normal(size=(STEPS, INPUTS)), T.dscalar("p")
    states, _ = cell(x, state_dropout=p, stream=sd.RandomStream(seed=5), training=True)
    f = sd.function([p], states)
    np.testing.assert_allclose(f(0.0), by_hand(cell, x), rtol=1e-12)
    assert not np.allclose(f(0.9), f(0.0))


# What is refused, and what is not obvious.


def test_seeds_decide_the_weights():
    """The recurrent weights of every gate are orthogonal."""
    first, again, other = (sd.nn.LSTM(INPUTS, HIDDEN, seed=seed) for seed in (1, 1, 2))
    for p, q, r in zip(first.parameters[:2], again.parameters, other.parameters, strict=False):
        np.testing.assert_array_equal(p.get_value(), q.get_value())
        assert not np.allclose(p.get_value(), r.get_value())
    assert first.U.dtype == sd.config.floatX and first.U.name == "lstm.U"
    for block in np.split(first.U.get_value(), 4, axis=1):
        np.testing.assert_allclose(block.T @ block, np.eye(HIDDEN), atol=1e-5)
    assert repr(first) == "<LSTM: 2 inputs, 5 hidden, name='lstm'>"


@pytest.mark.parametrize(
    ("error", "words", "arguments"),
    [
        (GraphTypeError, r"\(steps, batch, 2\), not 'x'", (T.dvector("x"),)),
        (GraphTypeError, r"x holds floats", (T.imatrix("x"),)),
        (ShapeError, "2 features, .* has 7", (np.ones((4, 7)),)),
        (GraphTypeError, r"mask has shape \(steps, batch\), not 'm'", (T.dtensor3("x"), None, T.vector("m"))),
        (GraphTypeError, "the initial state is 2 arrays", (T.dmatrix("x"), T.dvector("h"))),
        (GraphTypeError, r"shape \(hidden,\), not", (T.dmatrix("x"), (T.dmatrix("h"), T.dmatrix("c")))),
    ],
)
def test_bad_arguments_are_refused(error, words, arguments):
    """By a sentence about what was expected and what came."""
    with pytest.raises(error, match=words):
        make("lstm")(*arguments)


def test_bad_options_are_refused():
    """Sizes, streams, and values of ``locked``."""
    with pytest.raises(ArgumentError, match="hidden=0"):
        sd.nn.GRU(3, 0)
    with pytest.raises(ArgumentError, match="stream"):
        make("gru")(T.dmatrix("x"), state_dropout=0.5)
    with pytest.raises(GraphTypeError, match="locked is True or False"):
        make("gru")(T.dmatrix("x"), locked=0.5)


def test_cells_are_walked_like_layers():
    """Their parameters have paths, and in a chain the states are handed on."""
    model = sd.nn.Sequential(
        sd.nn.LSTM(INPUTS, HIDDEN, seed=0), sd.nn.GRU(HIDDEN, 3, seed=1), sd.nn.Dense(3, 2, seed=2)
    )
    x = T.ftensor3("x")
    assert list(sd.nn.parameters(model)) == ["0.W", "0.U", "0.b", "1.W", "1.U", "1.b", "2.W", "2.b"]
    value = rng.normal(size=(STEPS, BATCH, INPUTS)).astype("float32")
    states, _ = model[1](model[0](x)[0])
    chained, by_hand = sd.function([x], [model(x), model[2](states)], backend="numpy")(value)
    np.testing.assert_array_equal(chained, by_hand)
