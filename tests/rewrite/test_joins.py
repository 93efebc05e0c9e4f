"""Gradients that arrive in parts: what covers an axis is joined, and everything else is scattered as ever.

Oracles: NumPy's concatenation and scatters into zeros, and the plain evaluation of the graph before rewriting. Sums in
which every element has one summand have no rounding, so all values are compared exactly.
"""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from tests.rewrite.samples import fired, value_of

N = 7
# For an axis of 7 elements: parts that are disjoint and cover it, in any order.
COVERING = {
    "slices": [np.s_[:2], np.s_[2:5], np.s_[5:]],
    "another order": [np.s_[2:5], np.s_[5:], np.s_[:2]],
    "to the end": [np.s_[0:4], np.s_[4:7]],
    "beyond the end": [np.s_[:4], np.s_[4:100]],
    "from the end": [np.s_[:-3], np.s_[-3:-1], np.s_[-1:]],
    "both ends": [np.s_[:4], np.s_[-3:]],
    "numbers": list(range(N)),
    "negative numbers": [np.s_[:-2], -2, -1],
    "numbers and a slice": [0, np.s_[1:3], 3, np.s_[4:]],
}
OTHER = {
    "a gap": [np.s_[:2], np.s_[3:]],
    "an overlap": [np.s_[:4], np.s_[3:]],
    "a start": [np.s_[:4]],
    "steps": [np.s_[::2], np.s_[1::2]],
    "an index array": [np.s_[:4], np.array([4, 5, 6])],
    "backwards": [np.s_[:3], np.s_[6:2:-1]],
}


def gradient(x, axis, indices):
    """The gradient by x of a sum over parts, each weighted by numbers of its own."""
    lead = (slice(None),) * axis
    parts = [x[(*lead, index)] for index in indices]
    cost = sum(((k + 2) * part**2).sum() for k, part in enumerate(parts))
    return sd.grad(cost, x)


def by_hand(x, axis, indices):
    made, lead = np.zeros_like(x), (slice(None),) * axis
    for k, index in enumerate(indices):
        made[(*lead, index)] += 2 * (k + 2) * x[(*lead, index)]
    return made


def named(found):
    return [name for name in found if name == "join_of_parts"]


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("name", COVERING)
def test_covering_parts_are_joined(name, axis):
    """Of an axis of known size: one concatenation, no scatter, the bits of NumPy's sum of scatters."""
    shape = tuple(N if k == axis else 3 for k in range(3))
    x = T.dtensor3("x", shape=shape)
    value = np.random.default_rng(0).normal(size=shape)
    f = sd.function([x], gradient(x, axis, COVERING[name]))
    ops = [node.op.name for node in f.stages["rewritten"].nodes()]
    assert ops.count("concatenate") == 1 and "inc_subtensor" not in ops
    np.testing.assert_array_equal(f(value), by_hand(value, axis, COVERING[name]))


@pytest.mark.parametrize("name", OTHER)
def test_other_parts_are_scattered(name):
    """Parts that overlap, leave a gap or are no slices are added into zeros, as before."""
    x = T.dmatrix("x", shape=(N, 3))
    value = np.random.default_rng(0).normal(size=(N, 3))
    f = sd.function([x], gradient(x, 0, OTHER[name]))
    ops = [node.op.name for node in f.stages["rewritten"].nodes()]
    assert "concatenate" not in ops and "inc_subtensor" in ops
    np.testing.assert_allclose(f(value), by_hand(value, 0, OTHER[name]), rtol=1e-15)


def test_what_is_added_to_a_joined_value():
    """Parts that cover an axis are joined although one more is added to them."""
    x = T.dmatrix("x", shape=(N, 3))
    value, indices = np.random.default_rng(0).normal(size=(N, 3)), [np.s_[2:5], np.s_[:4], np.s_[4:]]
    f = sd.function([x], gradient(x, 0, indices))
    assert {"concatenate", "inc_subtensor"} <= {node.op.name for node in f.stages["rewritten"].nodes()}
    np.testing.assert_allclose(f(value), by_hand(value, 0, indices), rtol=1e-15)


@pytest.mark.parametrize("size", [0, 1, 3, 4, 9])
@pytest.mark.parametrize(
    ("indices", "joined"),
    [
        ([np.s_[:3], np.s_[3:]], True),
        ([np.s_[:2], np.s_[2:4], np.s_[4:]], True),
        ([np.s_[:-2], np.s_[-2:]], True),
        ([np.s_[:-4], np.s_[-4:-1], np.s_[-1:]], True),
        ([np.s_[:3], np.s_[-3:]], False),
        ([np.s_[:4], np.s_[4:8]], False),
        ([np.s_[:3], np.s_[3:-1], np.s_[-1:]], False),
    ],
)
def test_an_axis_of_unknown_size(indices, joined, size):
    """What covers every axis, however long, is joined; where a call tells, nothing is assumed. All sizes are right."""
    x = T.dmatrix("x")
    graph = gradient(x, 0, indices)
    assert bool(named(fired(sd.graph.Graph([x], [graph]))[1])) is joined
    value = np.random.default_rng(1).normal(size=(size, 2))
    np.testing.assert_allclose(sd.function([x], graph)(value), by_hand(value, 0, indices), rtol=1e-15)


def test_a_cut_that_a_call_gives():
    """x[:n] and x[n:] cover x for every n; of two such cuts nobody knows which comes first."""
    x, n, m = T.dvector("x"), T.lscalar("n"), T.lscalar("m")
    value = np.arange(5.0)
    two = gradient(x, 0, [np.s_[:n], np.s_[n:]])
    f = sd.function([x, n], two)
    assert "inc_subtensor" not in [node.op.name for node in f.stages["rewritten"].nodes()]
    for cut in (-7, -2, 0, 3, 8):
        np.testing.assert_array_equal(f(value, cut), by_hand(value, 0, [np.s_[:cut], np.s_[cut:]]))
    g = sd.function([x, n, m], gradient(x, 0, [np.s_[:n], np.s_[n:m], np.s_[m:]]))
    for cuts in ((1, 3), (3, 1), (-1, 2)):
        first, second = cuts
        expected = by_hand(value, 0, [np.s_[:first], np.s_[first:second], np.s_[second:]])
        np.testing.assert_allclose(g(value, *cuts), expected, rtol=1e-15)


def test_states_are_still_changed_in_their_parts():
    """A step of gradient descent adds to two parts of a matrix in place: that needs no joined gradient."""
    W = sd.shared(np.zeros((6, 4)), name="W")
    x = T.dmatrix("x")
    cost = T.tanh(x @ W[:, :3]).sum() + T.exp(x @ W[:, 3:]).sum()
    step = sd.function([x], cost, updates={W: W - 0.1 * sd.grad(cost, W)})
    assert "concatenate" not in [node.op.name for node in step.stages["rewritten"].nodes()]


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_queries_keys_and_values_of_one_projection(backend):
    """The gradient of a projection cut in three, by slices and by heads, equals that of three projections."""
    rng = np.random.default_rng(2)
    x, W = rng.normal(size=(2, 5, 6)), rng.normal(size=(6, 24))
    given, weight = T.dtensor3("x"), T.dmatrix("W")
    apart = [given @ weight[:, k : k + 8] for k in (0, 8, 16)]
    projected = given @ weight
    sliced = [projected[..., :8], projected[..., 8:16], projected[..., 16:]]
    heads = projected.reshape((given.shape[0], given.shape[1], 3, 2, 4)).dimshuffle(2, 0, 3, 1, 4)
    found = []
    for q, k, v in (apart, sliced):
        q, k, v = (one.reshape((given.shape[0], given.shape[1], 2, 4)).dimshuffle(0, 2, 1, 3) for one in (q, k, v))
        found.append((T.nnet.attention(q, k, v) ** 2).sum())
    found.append((T.nnet.attention(heads[0], heads[1], heads[2]) ** 2).sum())
    made = [sd.function([given, weight], sd.grad(cost, weight), backend=backend) for cost in found]
    first, *others = (f(x, W) for f in made)
    for other, f in zip(others, made[1:], strict=True):
        np.testing.assert_allclose(other, first, rtol=1e-9, atol=1e-12)
        assert "inc_subtensor" not in [node.op.name for node in f.stages["rewritten"].nodes()]


def test_work_that_parts_share_is_done_once():
    """What is dear and needed in several parts is stored before they are joined."""
    x = T.fmatrix("x", shape=(50, 24))
    a, b, c = x[:, :8], x[:, 8:16], x[:, 16:]
    slope = sd.grad((a * T.tanh(b) * T.exp(c)).sum(), x)
    f = sd.function([x], slope)
    value = np.random.default_rng(3).normal(size=(50, 24)).astype("float32")
    # exp and tanh are called in one kernel, before the one that joins.
    assert len(f.kernels) == 2
    np.testing.assert_allclose(f(value), slope.eval({x: value}), rtol=1e-5)


def test_long_chains_are_left():
    """A chain that is longer than a few dozen parts is left: every step of it would look at all before."""
    x = T.dvector("x")
    graph = gradient(x, 0, list(range(100)))
    value = np.random.default_rng(4).normal(size=100)
    rewritten, names = fired(sd.graph.Graph([x], [graph]))
    assert not named(names)
    np.testing.assert_allclose(value_of(rewritten.outputs, {x: value})[0], by_hand(value, 0, range(100)))
