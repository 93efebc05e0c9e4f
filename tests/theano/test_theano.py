"""Old scripts mean here what they meant in Theano, and what differs is said aloud."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

import symdrop as sd
import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import ArgumentError, MissingNameError, ShapeError, UnusedInputError
from symdrop.theano.ifelse import ifelse
from symdrop.theano.missing import Missing, MissingModule
from symdrop.theano.sandbox.rng_mrg import MRG_RandomStreams
from symdrop.theano.settings import Config
from symdrop.theano.tensor.shared_randomstreams import RandomStreams

ROOT = Path(__file__).parents[2]


@pytest.fixture
def restored_floatX():
    """Tests may assign theano.config.floatX."""
    before = theano.config.floatX
    yield
    theano.config.floatX = before


def python(*words: str, flags: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Python on some words in a process of its own, as its user would see it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "THEANO_FLAGS": flags, "SYMDROP_FLAGS": "backend=numpy"}
    command = [sys.executable, *words]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=300)


# The article's program.

HIDDEN, WORDS = 5, 7


def language_model(train, hand_on: bool = True):
    """The article's network: dropout on W and U inside the step of a GRU; functions and weights."""
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
    learned = [(p, p - 0.1 * T.grad(loss, p)) for p in weights.values()]
    flag = [train] if isinstance(train, sd.Node) else []
    return {
        "o": theano.function([x, drop_value, *flag], o, updates=updates),
        "class": theano.function([x, drop_value, *flag], T.argmax(o[0]), updates=updates),
        "sgd": theano.function([x, y, drop_value, *flag], loss, updates=updates + learned),
        "weights": {name: weight.get_value() for name, weight in weights.items()},
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


@pytest.mark.parametrize("drop", [0.0, 0.2, 0.75])
def test_article_at_test_time_is_the_closed_form(drop):
    """With train = 0 nothing is random, and the weights are scaled by 1 - drop_value, whatever that is at run time."""
    model = language_model(train=0)
    answers = [model["o"](SENTENCE, drop) for _ in range(2)]
    np.testing.assert_allclose(answers[0][0], by_hand(model["weights"], SENTENCE, 1 - drop), rtol=0, atol=1e-6)
    assert answers[0].shape == (1, WORDS) and (answers[0] == answers[1]).all()
    assert model["class"](SENTENCE, drop) == answers[0].argmax()


def test_article_in_training_draws_anew_in_every_call():
    """With train = 1 masks differ between calls; where nothing is dropped the answer is that of the whole network."""
    model = language_model(train=1)
    first, second = (model["o"](SENTENCE, 0.5) for _ in range(2))
    assert (first != second).all()
    np.testing.assert_allclose(model["o"](SENTENCE, 0.0)[0], by_hand(model["weights"], SENTENCE, 1.0), atol=1e-6)
    first, second = (float(model["sgd"](SENTENCE, [2], 0.0)) for _ in range(2))
    assert second < first


def test_article_with_train_as_an_input():
    """ifelse on an input chooses in every call; the branch that is not taken changes nothing."""
    model = language_model(train=T.iscalar("train"))
    tested = model["o"](SENTENCE, 0.5, 0)
    np.testing.assert_allclose(tested[0], by_hand(model["weights"], SENTENCE, 0.5), atol=1e-6)
    assert (model["o"](SENTENCE, 0.5, 1) != model["o"](SENTENCE, 0.5, 1)).any()


def test_updates_of_scan_may_be_left_out():
    """The article hands them to every function; without them the same numbers come out, and no call repeats another."""
    with_them, without = language_model(1), language_model(1, hand_on=False)
    several = [[model["o"](SENTENCE, 0.5) for _ in range(3)] for model in (with_them, without)]
    assert np.array_equal(several[0], several[1])
    assert len({answer.tobytes() for answer in several[0]}) == 3


# Draws and loops.


def rows_of(mask):
    return {row.tobytes() for row in mask}


def test_draw_inside_a_step_differs_at_every_step_and_call():
    """a, b, c and then d, e, f, whether scan's updates are used or not."""
    srng = MRG_RandomStreams(7)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        u, updates = theano.scan(lambda: srng.uniform((4,)), n_steps=3)
    for given in (updates, None):
        f = theano.function([], u, updates=given)
        assert len(rows_of(np.concatenate([f(), f()]))) == 6


def test_draw_outside_is_one_draw_and_warned_about_once():
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


def test_draw_of_the_outer_step_in_an_inner_loop_is_warned_about():
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


# Streams.


def test_counts_are_int64_and_other_draws_floatX(restored_floatX):
    """An int64 mask makes float32 weights float64; scripts give a dtype because of that."""
    for srng in (MRG_RandomStreams(1), RandomStreams(1)):
        assert srng.binomial((2,)).dtype == srng.multinomial(pvals=[[0.5, 0.5]]).dtype == "int64"
        assert srng.uniform((2,)).dtype == srng.normal((2,)).dtype == "float64"
        theano.config.floatX = "float32"
        assert srng.binomial((2,), 1, 0.5, None, "floatX").dtype == "float32"
        assert srng.uniform((2,)).dtype == "float32"
        assert srng.uniform((2,), low=T.dscalar()).dtype == "float64"
        theano.config.floatX = "float64"


def test_draws_take_theanos_positions():
    """uniform(size, low, high), normal(size, avg, std), binomial(size, n, p)."""
    srng = RandomStreams(3)
    u, z, k = srng.uniform((1000,), 2, 3), srng.normal((1000,), 5, 0.1), srng.binomial((1000,), 10, 0.9)
    u, z, k = theano.function([], [u, z, k])()
    assert 2 <= u.min() and u.max() <= 3 and abs(z.mean() - 5) < 0.05 and abs(k.mean() - 9) < 0.2
    assert srng.uniform(()).ndim == 0 and srng.uniform(size=[2, 3]).type.shape == (2, 3)
    assert srng.uniform((1, 3)).broadcastable == (True, False)
    n = T.lvector("n")
    assert srng.uniform(n, ndim=2).eval({n: [2, 3]}).shape == (2, 3)
    with pytest.raises(ShapeError, match="ndim=3"):
        srng.uniform((2, 2), ndim=3)


def test_shared_randomstreams_has_more():
    """random_integers includes its upper end; shuffle_row_elements keeps every row's elements."""
    srng = RandomStreams(seed=3)
    dice = theano.function([], srng.random_integers((500,), 1, 6))()
    assert set(dice.tolist()) == {1, 2, 3, 4, 5, 6}
    x = np.arange(40.0).reshape(2, 20)
    shuffled = theano.function([], srng.shuffle_row_elements(theano.shared(x)))()
    assert (np.sort(shuffled) == x).all() and (shuffled[1] - 20 != shuffled[0]).any()
    assert np.sort(srng.permutation(size=(2,), n=3).eval()).tolist() == [[0, 1, 2]] * 2
    assert set(srng.choice((50,), a=[4, 6]).eval().tolist()) == {4, 6}
    assert MRG_RandomStreams(1).multinomial(pvals=T.constant([[0.0, 1.0]])).eval().tolist() == [[0, 1]]


def test_two_calls_differ_and_seed_starts_again():
    """Functions advance the stream by themselves; seed() goes back to the first seed."""
    srng = MRG_RandomStreams(5)
    f = theano.function([], srng.uniform((3,)))
    frozen = theano.function([], srng.uniform((3,)), no_default_updates=True)
    first = f()
    assert (f() != first).all() and (frozen() == frozen()).all()
    srng.seed()
    assert (f() == first).all()
    srng.seed(6)
    assert (f() != first).all()
    g = theano.function([], srng.uniform((3,)), updates=srng.updates())
    assert (g() != g()).all() and srng.state_updates


def test_one_variable_is_one_draw():
    """u - u is 0, in a clone as well."""
    u = RandomStreams(1).uniform((3,))
    x = T.vector("x")
    difference = theano.clone(u - x, {x: u})
    assert theano.function([], difference)().tolist() == [0, 0, 0]


def test_mrg_refuses_zero_and_takes_six_numbers():
    """Theano's generator was stuck at a seed of zeros."""
    for seed in (0, [1, 2]):
        with pytest.raises(ValueError, match="seed"):
            MRG_RandomStreams(seed)
    assert (MRG_RandomStreams([1] * 6).uniform((9,)).eval() != MRG_RandomStreams([2] * 6).uniform((9,)).eval()).all()


# Functions, states, settings.


def test_function_arguments_stand_in_theanos_order():
    """inputs, outputs, mode, updates, givens, no_default_updates, accept_inplace, name, ..."""
    x, w = T.scalar("x"), theano.shared(2.0)
    f = theano.function([x], [x * w], "FAST_RUN", [(w, w + 1)], {}, False, False, "f", True, None, None, "raise")
    assert f(3) == [6.0] and f(3) == [9.0]
    assert isinstance(theano.function([x], x)(1), np.ndarray)
    assert theano.function([], None)() == []
    inputs = [theano.In(x, "rate", 0.5), theano.Param(T.scalar("y"), 2.0)]
    f = theano.function(inputs, theano.Out(x), on_unused_input="ignore")
    assert f() == 0.5 and f(rate=3) == 3


def test_unused_inputs():
    """An error unless the script says otherwise."""
    x = T.scalar("x")
    with pytest.raises(UnusedInputError):
        theano.function([x], T.constant(1.0))
    with pytest.warns(UserWarning, match="depends on the input"):
        theano.function([x], T.constant(1.0), on_unused_input="warn")
    with pytest.raises(ArgumentError, match="update"):
        theano.In(x, update=x + 1)


def test_shared_fixes_no_axis():
    """A (1, n) state is a matrix to Theano; only broadcastable= makes it a row."""
    assert theano.shared(np.zeros((1, 3))).broadcastable == (False, False)
    assert theano.shared(np.zeros((1, 3)), broadcastable=(True, False)).broadcastable == (True, False)
    assert theano.shared(1).dtype == "int64" and theano.shared(1.0).dtype == "float64"
    w, r = theano.shared(np.zeros((1, 3), "float32"), "w"), T.frow("r")
    theano.function([r], updates=[(w, T.unbroadcast(r, 0) * 2)])([[1, 2, 3]])
    assert w.get_value().tolist() == [[2, 4, 6]]
    with pytest.raises(TypeError, match="same type"):
        theano.function([], updates=[(w, w + np.zeros((1, 3)))])


def test_floatX_is_theanos_own(restored_floatX):
    """Importing symdrop.theano changes nobody's variables; assigning its floatX changes the later ones."""
    assert theano.config.floatX == "float64" and sd.config.floatX == "float32"
    x = T.matrix("x")
    theano.config.floatX = "float32"
    assert (x.dtype, T.matrix("x").dtype, T.dmatrix("x").dtype) == ("float64", "float32", "float64")
    assert T.zeros(3).dtype == T.cast(x, "floatX").dtype == T.constant(0.1).dtype == T.eye(2).dtype == "float32"
    assert T.TensorType("floatX", (False,))().dtype == T.arange(2.0).dtype == "float32"
    assert theano.scan(lambda s: s + 1, outputs_info=[0.0], n_steps=2)[0].dtype == "float32"
    theano.config.floatX = "float64"
    assert theano.scan(lambda s: s + 1, outputs_info=0.0, n_steps=2)[0].dtype == "float64"
    assert T.alloc(0.0, T.iscalar("n"), 2).dtype == T.as_tensor_variable(0.5).dtype == "float64"
    assert sd.tensor.matrix("x").dtype == "float32"
    with pytest.raises(ArgumentError, match="floatX"):
        theano.config.floatX = "float128"


@pytest.fixture
def test_values():
    """A function that sets theano.config.compute_test_value, which is set back afterwards."""
    yield lambda value: setattr(theano.config, "compute_test_value", value)
    theano.config.compute_test_value = "off"


@pytest.mark.parametrize("setting", ["ignore", "warn", "raise"])
def test_test_values_find_a_wrong_shape_where_it_is_written(setting, test_values):
    """As in Theano a wrong product is an error of the line that makes it, whatever the reaction to missing values."""
    test_values(setting)
    x = T.matrix("x")
    x.tag.test_value = np.random.rand(5, 20)
    W = theano.shared(np.random.rand(2, 10, 10), "W")
    columns = W.dimshuffle(2, 0, 1).flatten(2).T
    assert columns.tag.test_value.shape == (20, 10)
    h = T.nnet.sigmoid(T.dot(x, columns))
    assert h.tag.test_value.shape == (5, 10) and h.tag.test_value.dtype == "float64"
    with pytest.raises(ValueError, match="do not fit") as caught:
        T.dot(x, W.flatten(2))
    assert "test_theano.py" in caught.value.__notes__[0]
    cost = T.sum(h**2)
    assert T.grad(cost, x).tag.test_value.shape == (5, 20)
    assert theano.function([x], cost)(np.ones((1, 20))) > 0


def test_test_values_in_scan(test_values):
    """Steps are tried as loops are made, and gradients through them."""
    test_values("raise")
    x, h0, W = T.matrix("x"), T.vector("h0"), theano.shared(np.ones((3, 3)), "W")
    x.tag.test_value, h0.tag.test_value = np.ones((4, 3)), np.zeros(3)
    states, _ = theano.scan(lambda x_t, h: T.tanh(x_t + T.dot(h, W)), sequences=x, outputs_info=h0)
    assert states.tag.test_value.shape == (4, 3)
    assert T.grad(states.sum(), W).tag.test_value.shape == (3, 3)
    with pytest.raises(ValueError, match="do not fit"):
        T.dot(states, T.ones((4, 3)))


def test_a_missing_test_value(test_values):
    """What is done about a variable without one is what the setting says; constants and states have values anyway."""
    x, y = T.ivector("x"), T.ivector("y")
    y.tag.test_value = [1, 2]
    assert type(y + 1) is sd.Node, "off: nothing is computed"
    test_values("ignore")
    assert (y + 1).tag.test_value.tolist() == [2, 3] and type(x + y) is sd.Node
    test_values("warn")
    with pytest.warns(UserWarning, match="Cannot compute test value: x has no tag.test_value"):
        z = x + y
    assert theano.function([x, y], z)([1], [1]).tolist() == [2]
    test_values("raise")
    with pytest.raises(ValueError, match=r"Cannot compute test value: x has no tag.test_value .*test_theano\.py"):
        x + y
    with pytest.raises(AttributeError, match="the tag of x has no 'test_value'"):
        x.tag.test_value


def test_late_lowering_is_not_tried(test_values):
    """Code that comes from the cache is lowered when somebody looks at it; nobody wrote the nodes that this makes."""
    x, y = T.ivector("x"), T.ivector("y")
    for _ in range(2):
        late = theano.function([x, y], x * 3 + y)
    test_values("raise")
    with sd.config.change(guard="end"):
        assert late([1], [1]).tolist() == [4]
    assert "add" in late.kernels[-1]


def test_tags_hold_what_scripts_put_there(test_values):
    """Every constructor makes tagged variables; a test value fits its variable; tags go through pickles."""
    several = [T.matrix("x"), *T.fmatrices("a", "b"), *T.vectors(2), T.iscalar(), T.tensor4(), T.fmatrix(shape=(2, 3)),
               T.TensorType("int8", (False,))("t"), T.tensor("float32", (True, False))]  # fmt: skip
    for number, variable in enumerate(several):
        variable.tag.number = number
        assert pickle.loads(pickle.dumps(variable)).tag.number == number
    x = several[0]
    x.tag.test_value = [[1, 2]]
    assert x.tag.test_value.dtype == "float64"
    again = pickle.loads(pickle.dumps(T.exp(x) + x)).inputs[1]
    assert again.tag.test_value.tolist() == [[1, 2]] and again.tag.number == 0
    with pytest.raises(TypeError, match="must fit float64"):
        x.tag.test_value = [1, 2]
    with pytest.raises(AttributeError, match="immutable"):
        x.tag = None
    for value in ("pdb", True):
        with pytest.raises(ArgumentError, match="expected one of off, ignore, warn, raise"):
            test_values(value)
    with sd.config.change(compute_test_value="warn"):
        Config()
        assert sd.config.compute_test_value == "warn", "the default is nobody's wish"
        Config("compute_test_value=raise")
        assert sd.config.compute_test_value == "raise"


def test_settings_are_read_and_written_as_in_theano():
    """An unknown setting cannot be read, and can be written."""
    settings = Config("floatX=float32, warn.subtensor_merge_bug=False,openmp=True")
    assert settings.floatX == "float32" and settings.openmp is True and settings.warn.subtensor_merge_bug is False
    for read in (lambda: settings.nothing, lambda: settings.warn.nothing):
        with pytest.raises(AttributeError, match="nothing"):
            read()
    settings.nothing = settings.warn.nothing = 3
    assert settings.nothing == settings.warn.nothing == 3
    with pytest.warns(UserWarning, match="processor"):
        assert Config("device=gpu").device == "cpu"
    with pytest.raises(ArgumentError, match="THEANO_FLAGS"):
        Config("floatX")


def test_theano_flags_are_read():
    """As scripts are started: THEANO_FLAGS=floatX=float32 python ..."""
    code = "import symdrop.theano as theano, symdrop as sd; print(theano.config.floatX, sd.config.floatX)"
    assert python("-c", code, flags="floatX=float32").stdout.split() == ["float32", "float32"]
    assert python("-c", code).stdout.split() == ["float64", "float32"]


# Operations.


def test_softmax_takes_rows():
    """A vector is one row, and a row comes out; three axes are refused."""
    assert T.nnet.softmax(T.vector()).type.shape == (1, None)
    assert T.nnet.softmax(T.matrix()).ndim == 2
    with pytest.raises(ValueError, match="softmax takes a matrix"):
        T.nnet.softmax(T.tensor3())


def test_relu_at_zero_has_theanos_derivative():
    """Theano writes relu as (x + |x|) / 2."""
    x = T.vector("x")
    for alpha, slopes in ((0, [0, 0.5, 1]), (0.2, [0.2, 0.6, 1])):
        np.testing.assert_allclose(T.grad(T.nnet.relu(x, alpha).sum(), x).eval({x: [-2, 0, 3]}), slopes)


def test_stability_is_kept():
    """Old scripts rely on what Theano's default mode kept finite."""
    x = T.matrix("x")
    value = {x: [[800.0, -800.0]]}
    assert T.log(T.nnet.softmax(x)).eval(value).tolist() == [[0, -1600]]
    assert T.log(1 - T.nnet.sigmoid(x)).eval(value).tolist() == [[-800, 0]]
    costs = T.nnet.binary_crossentropy(T.nnet.sigmoid(x), T.zeros_like(x)).eval(value)
    assert costs.tolist() == [[800, 0]]


def test_old_names_and_arguments():
    """Names that NumPy does not have, and arguments that symdrop calls otherwise."""
    x = T.matrix("x")
    value = np.array([[-1.5, 2.0], [0.5, -3.0]])
    for expression, expected in (
        (T.sqr(x), value**2), (T.abs_(x), abs(value)), (T.neq(x, 2), value != 2), (T.inv(x), 1 / value),
        (T.switch(x > 0, x, 0), np.where(value > 0, value, 0)), (T.sgn(x), np.sign(value)),
        (T.largest(x, 1), np.maximum(value, 1)), (T.clip(x, min=-1, max=1), np.clip(value, -1, 1)),
        (T.sum(x, axis=0, acc_dtype="float64"), value.sum(0)), (T.reshape(x, newshape=(4,)), value.ravel()),
        (T.stack(x[0], x[1]), value), (T.stack([x[0], x[1]], axis=1), value.T), (T.flatten(x, outdim=1), value.ravel()),
        (T.transpose(x, axes=(1, 0)), value.T), (T.horizontal_stack(x, x), np.hstack([value, value])),
        (T.concatenate([x, x], axis=0), np.vstack([value, value])), (T.mean(x, axis=1), value.mean(1)),
        (T.round(x, mode="half_away_from_zero"), [[-2, 2], [1, -3]]), (T.eq(x, 2), value == 2),
        (T.set_subtensor(x[:, 0], 7), [[7, 2], [7, -3]]),
        (T.extra_ops.to_one_hot(T.argmax(x, axis=1), 2), [[0, 1], [1, 0]]),
    ):  # fmt: skip
        np.testing.assert_array_equal(theano.function([x], expression)(value), expected)


def test_constants_have_theanos_dtypes():
    """A small integer must not make float32 float64."""
    assert (T.constant(2) * T.fvector()).dtype == "float32"
    assert T.constant(np.float32(1)).dtype == "float32" and T.constant([1, 2]).dtype == "int64"
    assert T.as_tensor_variable(3).dtype == "int8"


def test_gradients_in_theanos_order():
    """grad(cost, wrt, consider_constant, disconnected_inputs, ...)"""
    x, y = T.scalars("x", "y")
    square = x**2
    assert T.grad(square * x, x, [square]).eval({x: 3.0}) == 9
    assert T.grad(x, [x, y], None, "ignore")[1].eval() == 0
    for barrier in (theano.gradient.disconnected_grad, theano.gradient.zero_grad, theano.gradient.consider_constant):
        assert theano.grad(x * barrier(x), x).eval({x: 3.0}) == 3
    assert theano.grad(None, x, known_grads={square: T.constant(1.0)}).eval({x: 3.0}) == 6


def test_ifelse_wants_equal_types():
    """As in Theano, the branches are not converted."""
    with pytest.raises(TypeError, match="identical types"):
        ifelse(T.iscalar(), T.fvector(), T.dvector())


# Running scripts.


def test_script_runs_without_an_edit(tmp_path):
    """Its imports, its __name__, its arguments, its neighbours, its exit status."""
    (tmp_path / "helper.py").write_text("ANSWER = 42\n")
    (tmp_path / "script.py").write_text(
        dedent("""
        import sys
        import numpy
        import theano
        import theano.tensor as T
        import theano.tensor.nnet
        from theano import config, function
        from theano.compat.python2x import OrderedDict
        from theano.compile.sharedvalue import SharedVariable
        from theano.gradient import grad_clip
        from theano.ifelse import ifelse
        from theano.sandbox.rng_mrg import MRG_RandomStreams as RandomStreams
        from theano.scan_module import until
        from theano.tensor.nnet.conv import conv2d          # never used
        from theano.sandbox.cuda.basic_ops import gpu_from_host
        from theano import gof
        from theano.tensor.extra_ops import to_one_hot
        from helper import ANSWER

        if __name__ == "__main__":
            w = theano.shared(numpy.ones(3, config.floatX))
            mask = T.shared_randomstreams.RandomStreams(3).binomial((3,), p=0.5, dtype="floatX")
            f = function([], (w * mask).sum(), updates=OrderedDict([(w, w + 1)]))
            print(isinstance(w, SharedVariable), 0 <= f() <= 3, w.get_value(), sys.argv, ANSWER)
            sys.exit(7)
        """)
    )
    done = python("-m", "symdrop.theano", "script.py", "a", "--b", cwd=tmp_path)
    assert done.stdout == "True True [2. 2. 2.] ['script.py', 'a', '--b'] 42\n", done.stderr
    assert done.returncode == 7


def test_traceback_starts_in_the_script(tmp_path):
    """Whoever runs an old script looks for a mistake in the script."""
    (tmp_path / "script.py").write_text("import theano.tensor as T\n\nT.dot(T.vector('x'), T.argmx(3))\n")
    done = python("-m", "symdrop.theano", "script.py", cwd=tmp_path)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0].startswith("Traceback") and 'script.py", line 3' in lines[1] and "runpy" not in done.stderr
    assert "symdrop has no theano.tensor.argmx; did you mean 'argmax'?" in lines[-1]
    (tmp_path / "script.py").write_text("print 'Python 2'\n")
    done = python("-m", "symdrop.theano", "script.py", cwd=tmp_path)
    assert done.stderr.splitlines()[0].endswith('script.py", line 1')


def test_missing_names_fail_at_use():
    """What is imported and never used does no harm; what is used says what is missing."""

    def derive(base):
        class Derived(base):
            pass

    name, module = Missing("theano.foo.bar"), MissingModule("theano.bar")
    assert isinstance(module.baz, Missing) and not hasattr(name, "__len__")
    uses = (lambda: name(1), lambda: name.x, lambda: derive(name), lambda: module(), lambda: derive(module))
    for use in uses:
        with pytest.raises(MissingNameError, match=r"symdrop has no theano\.(foo\.)?bar;"):
            use()
    modules = (theano, theano.compile, theano.gradient, theano.sandbox, theano.scan_module, theano.printing, T, T.nnet)
    for module in modules:
        assert not hasattr(module, "no_such_name") and not hasattr(module, "__no_such_name__")
        with pytest.raises(AttributeError, match=r"symdrop has no theano.*no_such_name"):
            module.no_such_name


def test_another_theano_is_left_alone(tmp_path):
    """Two libraries of one name in one program would be a riddle."""
    (tmp_path / "theano.py").write_text("")
    code = "import theano, symdrop.theano; symdrop.theano.install()"
    done = python("-c", code, cwd=tmp_path)
    assert done.returncode == 1 and "another theano" in done.stderr and "theano.py" in done.stderr


def test_command_line_explains_itself(tmp_path):
    """No script, or one that is not there, is explained in a line."""
    assert "usage" in python("-m", "symdrop.theano").stderr
    assert "no script 'none.py'" in python("-m", "symdrop.theano", "none.py", cwd=tmp_path).stderr


def test_printing():
    """Old ways of printing an expression."""
    x = T.scalar("x")
    f = theano.function([x], T.exp(x) + 1)
    assert "exp" in theano.printing.debugprint(f, file="str") and theano.pp(x + 1) == "x + 1"


def test_pydotprint(tmp_path, capsys):
    """Old ways of drawing it."""
    f = theano.function([x := T.scalar("x")], T.exp(x) + 1)
    theano.printing.pydotprint(f, outfile=str(tmp_path / "f.svg"), format="svg", var_with_name_simple=True)
    assert "exp(x)" in (tmp_path / "f.svg").read_text(encoding="utf-8")
    assert "f.svg" in capsys.readouterr().out
    with pytest.raises(sd.errors.ArgumentError, match="format='jpg'"):
        theano.printing.pydotprint(f, format="jpg")


def test_star_import_gives_the_operations():
    """Old tutorials say from theano.tensor import *."""
    names: dict[str, object] = {}
    exec("from symdrop.theano.tensor import *", names)
    assert {"dot", "matrix", "dmatrices", "grad", "nnet", "ivector", "sum", "sqr"} <= set(names)
    assert all(hasattr(T, name) for name in T.__all__) and all(hasattr(theano, name) for name in theano.__all__)


def test_loops_with_one_purpose():
    """map, reduce, foldl and foldr in Theano's order of arguments."""
    x = T.vector("x")
    assert theano.map(lambda a, b: a * b, [x], [3.0], -1, True, None, "m")[0].eval({x: [1, 2]}).tolist() == [6, 3]
    total, updates = theano.reduce(lambda a, s: s + a, x, 0.0, None, False, None, "r")
    assert total.eval({x: [1, 2, 3]}) == 6 and not updates
    digits = lambda d, n: 10 * n + d
    assert theano.foldl(digits, x, 0.0)[0].eval({x: [1, 2]}) == 12
    assert theano.foldr(digits, x, 0.0)[0].eval({x: [1, 2]}) == 21


def test_warning_survives_many_ways_of_returning():
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


def test_floats_of_integers_leave_in_theanos_floatX():
    """What is made of integers and Python numbers alone is of Theano's floatX, in outputs and in states."""
    i = T.ivector("i")
    half, mean, both = theano.function([i], [i / 3, T.mean(i), T.switch(i > 1, 0.1, 0.2)])([1, 2])
    assert half.dtype == mean.dtype == both.dtype == theano.config.floatX == "float64"
    np.testing.assert_array_equal(half, np.array([1, 2]) / 3)
    np.testing.assert_array_equal(both, [0.2, 0.1])
    state = theano.shared(0.0)
    theano.function([i], [], updates={state: (i * 0.1).sum()})([1, 2])
    np.testing.assert_allclose(state.get_value(), 0.3, rtol=1e-15)
    assert state.dtype == "float64" and theano.function([i], {"a": i / 3})([1])["a"].dtype == "float64"


def test_one_hot_rows_are_of_classes():
    """A label that is no class is refused, where Theano would index from the end."""
    y = T.lvector("y")
    with pytest.raises(sd.errors.GraphTypeError, match="class labels are integers"):
        T.extra_ops.to_one_hot(T.dvector("z"), 3)
    f = theano.function([y], T.extra_ops.to_one_hot(y, 3))
    assert f([2, 0]).tolist() == [[0, 0, 1], [1, 0, 0]]
    for wrong in (-1, 3):
        with pytest.raises(IndexError, match=f"is {wrong} at position 1"):
            f([0, wrong])
    z = T.matrix("z")
    cost = theano.function([z, y], T.nnet.categorical_crossentropy(T.nnet.softmax(z), y))
    with pytest.raises(IndexError, match="is -1 at position 0"):
        cost(np.zeros((1, 3)), [-1])
