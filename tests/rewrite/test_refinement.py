"""Shape refinement: what rewriting learns about sizes changes no meaning, and fails nothing that is not computed."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError, IndexingError

BACKENDS = pytest.mark.parametrize("backend", ["native", "numpy"])


def rows(x, n):
    """A vector in terms of x, the size of which is n in training: that is found out by specialising."""
    made = T.zeros((T.switch(sd.training, np.int64(n), np.int64(5)),), "float64") + x
    assert made.type.shape == (None,)
    return made


RISKY = {
    "row": (lambda v: v[2], lambda n: T.gt(n, 2)),
    "rows": (lambda v: T.take(v, np.array([2, 0]), axis=0).sum(0), lambda n: T.gt(n, 2)),
    "largest": (lambda v: T.max(v, axis=0), lambda n: T.gt(n, 1)),
    "set": (lambda v: T.set_subtensor(v[2], 1.0).sum(0), lambda n: T.gt(n, 2)),
    "shape": (lambda v: v.reshape((2, 2)).sum(), lambda n: T.eq(n, 4)),
}


@BACKENDS
@pytest.mark.parametrize("name", RISKY)
@pytest.mark.parametrize("n", [0, 1])
def test_a_side_that_is_found_to_be_wrong(backend, name, n):
    """An index that turns out to be out of range, or the largest of nothing, fails no choice that does not take it."""
    risky, holds = RISKY[name]
    x, y = T.dscalar("x"), T.dscalar("y")
    v = rows(x, n)
    chosen = sd.ifelse(holds(v.shape[0]), risky(v * 2), y)
    looped, _ = sd.scan(lambda i: sd.ifelse(T.gt(v.shape[0], 5), risky(v), y), sequences=T.arange(2))
    slopes = sd.grad(chosen + looped.sum(), [x, y])
    f = sd.function([x, y], [chosen, looped, *slopes], training=True, backend=backend)
    value, both, for_x, for_y = f(3.0, 4.0)
    assert value == 4 and both.tolist() == [4, 4] and for_x == 0 and for_y == 3


@BACKENDS
@pytest.mark.parametrize("name", RISKY)
def test_a_side_that_is_wrong_for_what_is_given(backend, name):
    """A constant in place of a variable tells sizes too; a side that it makes wrong is not taken."""
    risky, holds = RISKY[name]
    v, y = T.dvector(), T.dscalar()
    chosen = sd.ifelse(holds(v.shape[0]), risky(v * 2), y)
    f = sd.function([y], [chosen, *sd.grad(chosen, [v, y])], givens={v: np.ones(1)}, backend=backend)
    assert [value.tolist() for value in f(4.0)] == [4.0, [0.0], 1.0]


@pytest.mark.parametrize(
    ("risky", "error"), [(lambda v: v[2], IndexingError), (lambda v: T.max(v[1:]), GraphTypeError)]
)
def test_what_is_computed_for_certain_is_refused_while_compiling(risky, error):
    """Outside of a choice, the same mistake is found before any call."""
    x = T.dscalar("x")
    with pytest.raises(error):
        sd.function([x], risky(rows(x, 1)), training=True)


@BACKENDS
def test_a_side_that_is_wrong_and_taken(backend):
    """If it is taken it fails in the call, as it does where nothing was found out."""
    c, x = T.bscalar("c"), T.dscalar("x")
    f = sd.function([c, x], sd.ifelse(c, rows(x, 1)[2], x), training=True, backend=backend)
    assert f(0, 3.0) == 3
    with pytest.raises(IndexingError, match="2"):
        f(1, 3.0)


@BACKENDS
def test_operands_of_one_size_stay_so(backend):
    """A size found to be 1 in one operand is 1 in the other: nothing stretches, and the rules come to an end."""
    s, x = sd.shared(np.ones((8, 1))), T.dvector("x", shape=(2,))
    pairs = {"input": x, "taps": [0, 1]}
    first, _ = sd.scan(lambda p, q, r: r, sequences=[pairs], outputs_info=[s], checkpoint_every=4)
    second, _ = sd.scan(lambda p, q: q, sequences=[x], outputs_info=[first])
    cost = T.sum(T.sin(second[-1][:, -5]))
    slope = sd.function([x], sd.grad(cost, s), backend=backend)([1.0, 1.0])
    expected = np.zeros((8, 1))
    expected[3] = np.cos(1.0)
    np.testing.assert_allclose(slope, expected)
