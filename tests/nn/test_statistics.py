"""Tracked statistics: running statistics are data flow, and their updates are read off the graph."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError


def running(value=0.0):
    return sd.shared(np.array(value), name="running")


def test_compiled_code_is_that_of_the_value():
    """Nothing of a state is left where nobody updates it: no input, no update, no arithmetic."""
    x, state = T.dvector("x"), running()
    y = T.exp(sd.nn.tracked(x, state, 0.5 * state + T.max(x)))
    f = sd.function([x], y)
    assert [node.op.name for node in f.stages["rewritten"].nodes()] == ["input", "exp"]
    assert not f.updates
    np.testing.assert_array_equal(f([0.0, 1.0]), np.exp([0.0, 1.0]))


def test_updates_are_found_behind_anything():
    """The walk goes through gradients, branches and choices; the loss is enough."""
    x, state = T.dvector("x"), running(4.0)
    centred = x - sd.nn.tracked(T.mean(x), state, 0.5 * state + 0.5 * T.mean(x))
    loss = sd.ifelse(T.gt(T.sum(x), 0), T.sum(centred**2), T.sum(x))
    updates = sd.nn.statistics_updates({"loss": loss})
    assert list(updates) == [state]
    assert sd.nn.statistics_updates([loss, sd.grad(loss, x)]) == updates
    f = sd.function([x], loss, updates=updates)
    f([1.0, 3.0])
    assert float(state.get_value()) == 3.0


def test_the_gradient_is_that_of_the_value():
    """A state and its next value take no part, though the next value depends on the same input."""
    x, state = T.dvector("x"), running(4.0)
    loss = T.sum(sd.nn.tracked(x**2, state, T.sum(x**3)))
    np.testing.assert_allclose(sd.grad(loss, x).eval({x: [1.0, 3.0]}), [2.0, 6.0])
    with pytest.raises(Exception, match="running"):
        sd.grad(loss, state)


def test_two_calls_are_two_steps():
    """A layer called twice moves its statistics twice, in the order of the computation."""
    x, z, state = T.dscalar("x"), T.dscalar("z"), running(8.0)

    def seen(value):
        return sd.nn.tracked(value, state, 0.5 * state + value)

    first = seen(x)
    both = sd.nn.statistics_updates([first + seen(z)])
    f = sd.function([x, z], [], updates=both)
    f(1.0, 2.0)
    assert float(state.get_value()) == 0.5 * (0.5 * 8.0 + 1.0) + 2.0


def test_a_branch_that_specialisation_drops_updates_nothing():
    """An update written as a choice by the flag is no update in testing."""
    x, state = T.dvector("x"), running(4.0)
    new = T.where(sd.training, T.mean(x), state)
    y = x - T.where(sd.training, sd.nn.tracked(T.mean(x), state, new), state)
    test = sd.function([x], y, updates=sd.nn.statistics_updates(y), training=False)
    np.testing.assert_array_equal(test([5.0, 7.0]), [1.0, 3.0])
    assert float(state.get_value()) == 4.0
    assert "mean" not in str(test.stages["rewritten"])


def test_a_next_value_takes_the_dtype_of_its_state():
    """A float64 next value of a float32 state is cast, as an update is."""
    state = sd.shared(np.float32(1), name="state")
    assert sd.nn.statistics_updates(sd.nn.tracked(T.dvector("x"), state, T.dscalar("d")))[state].dtype == "float32"


def test_where_a_statistic_has_no_one_value_it_is_refused():
    """A loop's step and a vmap's example have many; the error says what to do."""
    xs, state = T.dvector("xs"), running()
    track = lambda x: sd.nn.tracked(x, state, state + x)
    stacked, _ = sd.scan(lambda x: track(x) * 2, sequences=[xs])
    with pytest.raises(ArgumentError, match=r"tracked inside .*return what it is computed from"):
        sd.nn.statistics_updates(stacked.sum())
    with pytest.raises(ArgumentError, match="each example of a vmap"):
        sd.nn.statistics_updates(sd.vmap(track)(xs))


def test_wrong_arguments():
    """One sentence each."""
    x = T.dvector("x")
    with pytest.raises(GraphTypeError, match="a state that is tracked is a shared variable"):
        sd.nn.tracked(x, T.dscalar("s"), 1.0)
    with pytest.raises(GraphTypeError, match="has its number of axes, not 1"):
        sd.nn.tracked(x, running(), x)
    with pytest.raises(GraphTypeError, match="statistics are found in expressions"):
        sd.nn.statistics_updates(["loss"])
