"""States of random streams: when they move on, what holds them still, copies of functions, and gradients."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import NotDifferentiableError
from symdrop.theano.random_state_variables import RandomStateSharedVariable
from symdrop.theano.sandbox.rng_mrg import MRG_RandomStreams
from symdrop.theano.tensor import raw_random
from symdrop.theano.tensor.shared_randomstreams import RandomStreams

BOTH = pytest.mark.parametrize("streams", [MRG_RandomStreams, RandomStreams])


@BOTH
def test_states_move_on_unless_told_otherwise(streams):
    """Calls differ; a function, a list of states, or an update of one's own may hold them still."""
    srng = streams(3)
    u, v = srng.uniform((3,)), srng.uniform((3,))
    f = theano.function([], [u, v])
    first = f()
    assert all((one != other).all() for one, other in zip(first, f(), strict=True))
    still = theano.function([], [u, v], no_default_updates=True)
    assert all((one == other).all() for one, other in zip(still(), still(), strict=True))
    half = theano.function([], [u, v], no_default_updates=[u.rng])
    (u1, v1), (u2, v2) = half(), half()
    assert (u1 == u2).all() and (v1 != v2).all()
    own = theano.function([], u, updates=[(u.rng, u.rng)])
    assert (own() == own()).all()
    listed = theano.function([], u, updates=srng.updates()[:1])
    assert (listed() != listed()).all() and srng.state_updates[0][0] is u.rng and u.update[0] is u.rng


@BOTH
def test_one_state_serves_all_functions(streams):
    """Two functions of one draw share its state, and one leaves alone what it does not draw."""
    srng = streams(3)
    u, v = srng.uniform((3,)), srng.uniform((3,))
    f, g, h = theano.function([], u), theano.function([], u * 2), theano.function([], v)
    expected = theano.function([], streams(3).uniform((3,)))
    got = [f(), g() / 2, f()]
    assert all((one == expected()).all() for one in got)
    assert (h() == theano.function([], _second(streams(3)))()).all()


def _second(srng):
    srng.uniform((3,))
    return srng.uniform((3,))


@BOTH
def test_eval_moves_on(streams):
    """A hundred samples by eval were a hundred samples."""
    u, x = streams(3).uniform((2,)), T.dscalar("x")
    assert len({tuple(u.eval()) for _ in range(5)}) == 5
    y = u * x
    assert (y.eval({x: 2.0}) != y.eval({"x": 2.0})).all() and x.eval({x: 3.0}) == 3


@BOTH
def test_copies_of_functions(streams):
    """A pickled or deep-copied function has its own state, a copy of Theano's kind shares it."""
    f = theano.function([], streams(3).uniform((3,)))
    f()
    loaded, deep = pickle.loads(pickle.dumps(f)), copy.deepcopy(f)
    second = f()
    assert (loaded() == second).all() and (deep() == second).all() and (loaded() != second).all()


@BOTH
def test_gradients_pass_masks_and_sizes_but_not_parameters(streams):
    """The mask is a constant; a size that depends on a weight is no path; p, avg, std, low and high are refused."""
    srng, w, p = streams(3), theano.shared(np.ones(4)), T.dscalar("p")
    mask = srng.binomial(w.shape, dtype="float64")
    g, m = theano.function([], [T.grad((w * mask).sum(), w), mask])()
    assert (g == m).all()
    e = srng.normal(w.shape)
    assert theano.function([], T.grad((w + e).sum(), w))().tolist() == [1] * 4
    for draw in (srng.uniform((2,), low=p), srng.normal((2,), avg=p), srng.normal((2,), std=p)):
        with pytest.raises(NotDifferentiableError, match=r"undefined_grad|random_state_draw"):
            T.grad(draw.sum(), p)
    assert float(T.grad(p * draw.sum(), p, consider_constant=[draw]).eval({p: 1.0}))


@BOTH
def test_forgotten_updates_do_not_overlap(streams):
    """Theano's next call repeated all draws but the first where a script dropped the updates of scan."""
    given, forgotten = streams(3), streams(3)
    y, updates = theano.scan(lambda: given.uniform(()), n_steps=3)
    z, _ = theano.scan(lambda: forgotten.uniform(()), n_steps=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f = theano.function([], y, updates=updates)
    with pytest.warns(UserWarning, match="updates that scan returned") as seen:
        g, _ = theano.function([], z), theano.function([], z * 2)
    assert len(seen) == 1 and seen[0].filename == __file__
    assert all((f() == g()).all() for _ in range(3))
    w, _ = theano.scan(lambda row: forgotten.uniform(row.shape), sequences=T.zeros((3, 2)))
    with pytest.warns(UserWarning, match="updates that scan returned"):
        h = theano.function([], w)
    assert len({*h().ravel(), *h().ravel()}) == 12


@BOTH
def test_a_branch_that_is_not_taken_draws_all_the_same(streams):
    """The state moves on at every call, so results do not depend on which branch was taken before."""
    srng, c = streams(3), T.iscalar("c")
    u, fresh = srng.uniform((3,)), theano.function([], streams(3).uniform((3,)))
    f = theano.function([c], theano.ifelse.ifelse(T.eq(c, 1), u, T.zeros((3,))))
    first, _, third = fresh(), fresh(), fresh()
    assert (f(1) == first).all() and (f(0) == 0).all() and (f(1) == third).all()


def test_default_updates_of_any_state_are_followed():
    """A state's default update may read a state that has one; both move on, and an explicit update wins."""
    a, b = theano.shared(1.0), theano.shared(10.0)
    a.default_update, b.default_update = a + b, b * 2
    f = theano.function([], a)
    assert [float(f()) for _ in range(3)] == [1, 11, 31] and b.get_value() == 80
    theano.function([], a, updates={a: a - 1}, no_default_updates=[b])()
    assert a.get_value() == 70 and b.get_value() == 80


def test_sizes_that_theano_refused():
    """An integer is no size; MRG takes tuples only, NumPy's streams lists too."""
    for size in (3, np.int64(3), T.iscalar()):
        for streams in (MRG_RandomStreams, RandomStreams):
            with pytest.raises(TypeError, match="size"):
                streams(1).uniform(size)
    for size in ([2, 3], np.array([2, 3]), None):
        with pytest.raises(TypeError, match="size"):
            MRG_RandomStreams(1).uniform(size)
        assert RandomStreams(1).uniform(size).ndim == (0 if size is None else 2)
    for size in ((0,), (2, -1)):
        with pytest.raises(ValueError, match="at least 1"):
            MRG_RandomStreams(1).uniform(size)
    x = T.dmatrix()
    for streams in (MRG_RandomStreams, RandomStreams):
        assert streams(1).uniform((x.shape[0], 1)).broadcastable == (False, True)
        assert streams(1).uniform(x.shape).ndim == 2


def test_what_mrg_never_had():
    """Each refusal names the way out."""
    srng, p = MRG_RandomStreams(1), np.array([[0.5, 0.5]])
    for draw, message in (
        (lambda: srng.binomial((2,), n=2), "RandomStreams has others"),
        (lambda: srng.choice((2,), a=3), "RandomStreams has others"),
        (lambda: srng.choice(replace=False, p=p[0]), "a matrix of probabilities"),
        (lambda: srng.multinomial(pvals=p[0]), "a matrix of probabilities"),
        (lambda: srng.poisson((2,)), "no MRG_RandomStreams.poisson"),
    ):
        with pytest.raises((ValueError, AttributeError), match=message):
            draw()
    with pytest.raises(ValueError, match="no size"):
        srng.multinomial((2,), pvals=p)


def test_states_of_numpy_are_states():
    """A state is what get_value gives; what is borrowed writes through where it is seeded or set."""
    srng = RandomStreams(3)
    u = srng.uniform((2,))
    f = theano.function([], u)
    kept = u.rng.get_value().get_state()
    first = f()
    srng[u.rng].set_state(kept)
    assert (f() == first).all()
    borrowed = u.rng.get_value(borrow=True)
    borrowed.seed(8)
    assert (f() == np.random.RandomState(8).uniform(size=2)).all()
    assert pickle.loads(pickle.dumps(borrowed)).uniform() == np.random.RandomState(8).uniform()
    with pytest.raises(TypeError, match=r"numpy\.random\.RandomState"):
        u.rng.set_value(3)
    normal = RandomStateSharedVariable(np.random.RandomState(2))
    after, z = raw_random.normal(normal, (3,))
    theano.function([], z, updates={normal: after})()
    expected = np.random.RandomState(2)
    expected.normal(size=3)
    assert normal.get_value().normal() == expected.normal()  # the number that was left over
    again = pickle.loads(pickle.dumps(normal))
    assert type(again) is RandomStateSharedVariable and again.get_value().uniform() == normal.get_value().uniform()
    assert (srng.gen(raw_random.uniform, (2,)).eval() == _second(RandomStreams(3))[:2].eval()).all()


def test_parameters_that_fit_no_draw():
    """poisson and choice need a size, permutation one n, and parameters no more axes than the draw."""
    srng = RandomStreams(1)
    for draw in (lambda: srng.poisson((2,)), lambda: srng.poisson(lam=3.0), lambda: srng.choice(a=3)):
        with pytest.raises(TypeError, match="not given"):
            draw()
    for draw in (lambda: srng.permutation(n=[3, 4]), lambda: srng.multinomial(pvals=0.5)):
        with pytest.raises(TypeError):
            draw()
    with pytest.raises(ValueError, match="2 axes do not fit"):
        srng.uniform((2,), low=[[1.0, 2.0]])
    for seed in (-1, 1.5, "one"):
        with pytest.raises(ValueError, match="seed"):
            RandomStreams(seed)
    assert RandomStreams().uniform((3,)).eval().shape == (3,)


def test_own_numbers(own_numbers):
    """The setting makes both kinds faces of one stream, and they stay what isinstance says they are."""
    for streams in (MRG_RandomStreams, RandomStreams):
        srng = streams(3)
        assert isinstance(srng, streams)
        mask = srng.binomial((30,), p=0.5)
        assert {node.op.kind for node in theano.function([], mask).stages["merged"].nodes()} >= {"draw"}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert set(mask.eval()) == {0, 1} and (mask.eval() != mask.eval()).any()
        assert len(srng.state_updates) == 1
    dice = srng.random_integers((500,), 1, 6)
    assert set(dice.eval().tolist()) == {1, 2, 3, 4, 5, 6} and srng.poisson((4,), lam=3.0).dtype == "int64"
    assert sorted(srng.shuffle_row_elements(np.arange(5)).eval().tolist()) == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="expected one of theano, symdrop"):
        theano.config.rng = "numpy"


@pytest.mark.parametrize(
    ("streams", "costs"),
    [
        (MRG_RandomStreams, [0.43275003222053277, -0.03629527397464605]),
        (RandomStreams, [0.44260026927701324, 0.0285301260836594]),
    ],
)
def test_contrastive_divergence_in_theanos_numbers(streams, costs):
    """A restricted Boltzmann machine learns from a chain of samples in a loop: two steps, as Theano 1.0.5 made them."""
    srng, v = streams(3), T.dmatrix()
    W = theano.shared(np.random.RandomState(0).randn(5, 4) * 0.1)

    def sampled(v):
        h = srng.binomial((v.shape[0], 4), n=1, p=T.nnet.sigmoid(T.dot(v, W)), dtype="float64")
        return srng.binomial(v.shape, n=1, p=T.nnet.sigmoid(T.dot(h, W.T)), dtype="float64")

    chain, updates = theano.scan(sampled, outputs_info=[v], n_steps=3)
    end = chain[-1]
    cost = T.mean(T.dot(v, W).sum(1)) - T.mean(T.dot(end, W).sum(1))
    learnt = {W: W - 0.1 * T.grad(cost, W, consider_constant=[end])}
    f = theano.function([v], cost, updates={**updates, **learnt})
    np.testing.assert_allclose([f(np.ones((6, 5))) for _ in costs], costs, rtol=1e-13)
