"""Native code: what one body computes no other body reads, though a node may be part of several."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T

c, x, j = T.tensor("bool", (), "c"), T.dvector("x"), T.lvector("j")
ones, zeros = T.ones((5,), "float64"), T.zeros((5,), "float64")
ONES, X, J = np.ones(5), np.arange(5.0), np.arange(5)

# How a value is made of the ones, and what it is.
USES = {
    "added": (lambda: T.inc_subtensor(zeros[j], ones), ONES),
    "set": (lambda: T.set_subtensor(zeros[:5], ones), ONES),
    "changed": (lambda: T.inc_subtensor(ones[j], x), ONES + X),
    "multiplied": (lambda: T.dot(T.outer(ones, ones), ones), 5 * ONES),
    "joined": (lambda: T.concatenate([ones[:2], x[:3]]), np.array([1.0, 1, 0, 1, 2])),
}


def run(outputs, condition):
    return sd.function([c, x, j], outputs, backend="native", on_unused_input="ignore")(condition, X, J)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("use", USES)
def test_sides_that_share_a_constant(use, swapped):
    """One side is ones, the other reads them: it read what only the side not taken had written."""
    make, expected = USES[use]
    sides = [ones, make()]
    given = sd.ifelse(c, *sides[:: -1 if swapped else 1])
    for condition in (np.False_, np.True_):
        (value,) = run([given], condition)
        np.testing.assert_array_equal(value, ONES if condition != swapped else expected)


@pytest.mark.parametrize("condition", [np.True_, np.False_])
@pytest.mark.parametrize("use", USES)
def test_a_side_and_a_loop(use, condition):
    """A loop and the graph around it read ones that a side of a branch gives, if it is taken."""
    make, expected = USES[use]
    (rows,), _ = sd.scan(lambda s: [s + make()], outputs_info=[zeros], n_steps=2, return_list=True)
    chosen = sd.ifelse(c, ones, T.sort(-x))
    got = run([chosen, rows[-1], make()], condition)
    for value, wanted in zip(got, (ONES if condition else -X[::-1], 2 * expected, expected), strict=True):
        np.testing.assert_array_equal(value, wanted)


def test_sides_in_loops():
    """A side within a loop's step adds ones which the other gives, and so does another loop."""

    def step(s):
        return [sd.ifelse(s[0] > 30, ones, T.inc_subtensor(s[j], ones))]

    def other(s):
        return [sd.ifelse(s[0] > 0, ones, T.inc_subtensor(s[::-1][j], ones))]

    first, second = (sd.scan(body, outputs_info=[x], n_steps=3, return_list=True)[0][0] for body in (step, other))
    got = run([sd.ifelse(c, ones, T.sort(-x)), first, second], np.False_)
    np.testing.assert_array_equal(got[1], X + np.arange(1, 4)[:, None])
    np.testing.assert_array_equal(got[2], [X[::-1] + 1, ONES, ONES])


def test_the_gradient_of_sides_that_are_the_same_elements():
    """The gradient through a branch whose sides are two views of one value is 1, whichever side is taken."""
    scalar = T.scalar("scalar", dtype="float64")
    whole = T.reshape(scalar, (1,))
    slope = sd.grad(T.sum(sd.ifelse(c, whole, whole[:,])), scalar)
    f = sd.function([scalar, c], slope, backend="native", on_unused_input="ignore")
    assert [float(f(1.0, condition)) for condition in (np.True_, np.False_)] == [1.0, 1.0]
