"""The article's language model, loops and draws in them: what Theano's scripts meant."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import symdrop as sd
import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.theano.ifelse import ifelse
from symdrop.theano.sandbox.rng_mrg import MRG_RandomStreams

# The article's program.

HIDDEN, WORDS = 5, 7


def language_model(train, *wanted: str, hand_on: bool = True):
    """The article's network: dropout on W and U inside the step of a GRU; weights, and functions that are wanted."""
    rng = np.random.RandomState(1234)
    srng = MRG_RandomStreams(rng.randint(999999))
    floatX = theano.config.floatX

    def dropout_layer(weight, drop):
        mask = srng.binomial(n=1, p=1 - drop, size=weight.shape, dtype="floatX")
        scaled = (1 - drop) * T.cast(weight, floatX)
        return ifelse(T.eq(train, 1), T.cast(weight * mask, floatX), scaled)

    shapes = {
        "E": (HIDDEN, WORDS), "U": (3, HIDDEN, HIDDEN), "W": (3, HIDDEN, HIDDEN), "V": (WORDS, HIDDEN),
        "b": (3, HIDDEN),
    }  # fmt: skip
    weights = {
        name: theano.shared(rng.uniform(-1, 1, shape).astype(floatX), name=name) for name, shape in shapes.items()
    }
    E, U, W, V, b = weights.values()
    x, y, drop_value = T.ivector("x"), T.ivector("y"), T.scalar("drop_value")

    def step(x_t, s_prev, drop_value, train, E, U, W, b):
        U, W = dropout_layer(U, drop_value), dropout_layer(W, drop_value)
        x_e = E[:, x_t]
        z = T.nnet.sigmoid(U[0].dot(x_e) + W[0].dot(s_prev) + b[0])
        r = T.nnet.sigmoid(U[1].dot(x_e) + W[1].dot(s_prev) + b[1])
        c = T.tanh(U[2].dot(x_e) + W[2].dot(s_prev * r) + b[2])
        return (1 - z) * c + z * s_prev

    s, updates = theano.scan(
        step,
        sequences=[x],
        non_sequences=[drop_value, train, E, U, W, b],
        outputs_info=[{"initial": T.zeros(HIDDEN)}],
    )
    o = T.nnet.softmax(T.tanh(V.dot(s[-1])))
    loss = T.nnet.categorical_crossentropy(o, y).mean()
    updates = list(updates.items()) if hand_on else []
    flag = [train] if isinstance(train, sd.Node) else []

    def learned():
        return [(p, p - 0.1 * T.grad(loss, p)) for p in weights.values()]

    functions = {
        "o": lambda: theano.function([x, drop_value, *flag], o, updates=updates),
        "class": lambda: theano.function([x, drop_value, *flag], T.argmax(o[0]), updates=updates),
        "sgd": lambda: theano.function([x, y, drop_value, *flag], loss, updates=updates + learned()),
    }
    return {
        "weights": {name: weight.get_value() for name, weight in weights.items()},
        **{name: functions[name]() for name in wanted},
    }


def by_hand(weights, words, kept):
    """What the network answers at test time, in NumPy: W and U scaled by the probability of keeping."""
    E, U, W, V, b = weights["E"], kept * weights["U"], kept * weights["W"], weights["V"], weights["b"]
    s = np.zeros(HIDDEN)
    for word in words:
        x_e = E[:, word]
        z = 1 / (1 + np.exp(-(U[0] @ x_e + W[0] @ s + b[0])))
        r = 1 / (1 + np.exp(-(U[1] @ x_e + W[1] @ s + b[1])))
        c = np.tanh(U[2] @ x_e + W[2] @ (s * r) + b[2])
        s = (1 - z) * c + z * s
    e = np.exp(np.tanh(V @ s))
    return e / e.sum()


SENTENCE = np.array([3, 1, 4, 1, 5], "int32")


def test_article_at_test_time_is_the_closed_form():
    """With train = 0 nothing is random, and the weights are scaled by 1 - drop_value, whatever that is at run time."""
    model = language_model(0, "o", "class")
    for drop in (0.0, 0.2, 0.75):
        answers = [model["o"](SENTENCE, drop) for _ in range(2)]
        np.testing.assert_allclose(answers[0][0], by_hand(model["weights"], SENTENCE, 1 - drop), rtol=0, atol=1e-6)
        assert answers[0].shape == (1, WORDS) and (answers[0] == answers[1]).all()
        assert model["class"](SENTENCE, drop) == answers[0].argmax()


def test_article_in_training_draws_anew_in_every_call():
    """With train = 1 masks differ between calls; where nothing is dropped the answer is that of the whole network."""
    model = language_model(1, "o", "sgd")
    first, second = (model["o"](SENTENCE, 0.5) for _ in range(2))
    assert (first != second).all()
    np.testing.assert_allclose(model["o"](SENTENCE, 0.0)[0], by_hand(model["weights"], SENTENCE, 1.0), atol=1e-6)
    first, second = (float(model["sgd"](SENTENCE, [2], 0.0)) for _ in range(2))
    assert second < first


def test_article_with_train_as_an_input():
    """ifelse on an input chooses in every call; the branch that is not taken changes nothing."""
    model = language_model(T.iscalar("train"), "o")
    tested = model["o"](SENTENCE, 0.5, 0)
    np.testing.assert_allclose(tested[0], by_hand(model["weights"], SENTENCE, 0.5), atol=1e-6)
    assert (model["o"](SENTENCE, 0.5, 1) != model["o"](SENTENCE, 0.5, 1)).any()


def test_updates_of_scan_may_be_left_out():
    """The article hands them to every function; without them the same numbers come out, and no call repeats another."""
    with_them = language_model(1, "o")
    with pytest.warns(UserWarning, match="updates that scan returned"):
        without = language_model(1, "o", hand_on=False)
    several = [[model["o"](SENTENCE, 0.5) for _ in range(3)] for model in (with_them, without)]
    assert np.array_equal(several[0], several[1])
    assert len({answer.tobytes() for answer in several[0]}) == 3


def rows_of(mask):
    return {row.tobytes() for row in mask}


def test_draw_inside_a_step_differs_at_every_step_and_call():
    """a, b, c and then d, e, f, whether scan's updates are used or not."""
    srng = MRG_RandomStreams(7)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        u, updates = theano.scan(lambda: srng.uniform((4,)), n_steps=3)
    handed_on = theano.function([], u, updates=updates)
    with pytest.warns(UserWarning, match="updates that scan returned"):
        forgotten = theano.function([], u)
    for f in (handed_on, forgotten):
        assert len(rows_of(np.concatenate([f(), f()]))) == 6


def test_draw_outside_is_one_draw_and_warned_about_once(own_numbers):
    """Theano redrew it in every step; the warning names the draw and the line that made it."""
    srng = MRG_RandomStreams(7)
    mask = srng.binomial(size=(4,), p=0.5, dtype="floatX")
    step = lambda x_t: x_t + mask
    with pytest.warns(UserWarning, match="one draw for all steps") as seen:
        y, _ = theano.scan(step, sequences=[T.zeros((3, 4))], name="loop")
        theano.scan(step, sequences=[T.zeros((3, 4))])
    assert len(seen) == 1
    assert "scan 'loop'" in str(seen[0].message) and "mask = srng.binomial" in str(seen[0].message)
    assert seen[0].filename == __file__
    assert len(rows_of(theano.function([], y)())) == 1


def test_draw_among_non_sequences_is_meant():
    """One mask for all steps and a new one per call: dropout that is fixed in time."""
    mask = MRG_RandomStreams(7).binomial(size=(30,), p=0.5, dtype="floatX")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y, updates = theano.scan(
            lambda x_t, m: x_t * m, sequences=[T.ones((3, 30))], non_sequences=[mask], outputs_info=[None]
        )
    f = theano.function([], y, updates=updates)
    first, second = f(), f()
    assert len(rows_of(first)) == len(rows_of(second)) == 1 and (first != second).any()


def test_draw_of_the_outer_step_in_an_inner_loop_is_warned_about(own_numbers):
    """It is new for every outer step and one for all inner ones."""
    srng = MRG_RandomStreams(7)

    def outer(x_t):
        u = srng.uniform(())
        return theano.scan(lambda a: a + u, sequences=[T.zeros(2)])[0] + x_t

    with pytest.warns(UserWarning, match="one draw for all steps") as seen:
        y, _ = theano.scan(outer, sequences=[T.zeros(3)])
    assert len(seen) == 1
    rows = theano.function([], y)()
    assert (rows[:, 0] == rows[:, 1]).all() and len(set(rows[:, 0])) == 3


def test_scan_arguments_stand_in_theanos_order():
    """fn, sequences, outputs_info, non_sequences, n_steps, truncate_gradient, go_backwards, mode, name, ..."""
    x = T.vector("x")
    y, updates = theano.scan(
        lambda x_t, s, k: s * k + x_t, [x], [0.0], [10], None, -1, True, None, "digits", False, None, False, True
    )
    assert isinstance(y, list) and not updates
    assert theano.function([x], y[0])([1, 2, 3]).tolist() == [3, 32, 321]
    powers, _ = theano.scan(lambda p: (2 * p, theano.scan_module.until(p > 3)), outputs_info=T.constant(1.0), n_steps=9)
    assert powers.eval().tolist() == [2, 4, 8]
    assert theano.scan(lambda: T.constant(1.0), n_steps=1)[0].eval().shape == (1,)


def test_updates_add_up_and_collide():
    """Updates are joined by +; two different new values of one state are an error."""
    count = theano.shared(0, name="count")
    nothing, once = theano.scan(lambda: {count: count + 1}, n_steps=2)
    assert nothing is None and set(once + once) == {count}
    theano.function([], updates=once)()
    assert count.get_value() == 2
    with pytest.raises(KeyError, match="Collision"):
        once + {count: count + 5}


def test_warning_survives_many_ways_of_returning(own_numbers):
    """Outputs in lists, updates and conditions are looked at for draws."""
    srng = MRG_RandomStreams(7)
    u, w = srng.uniform(()), theano.shared(0.0)
    steps = (
        lambda: ([T.constant(1.0)], {w: u}),
        lambda: (T.constant(1.0), theano.scan_module.until(srng.uniform(()) > srng_outside)),
    )
    srng_outside = srng.uniform(())
    for step in steps:
        with pytest.warns(UserWarning, match="one draw for all steps"):
            theano.scan(step, n_steps=3)
