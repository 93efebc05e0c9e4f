"""Choices: the branch not taken is not computed, and the values are those of plain evaluation."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import Graph
from symdrop.op import evaluate
from symdrop.ops.numpy_maths import NUMPY
from symdrop.rewrite import cse, optimise, specialise

calls = []


@sd.elementwise
def counted(m, x):
    "Twice x, each evaluation of which is counted: NumPy calls the formula, which is no single call of a ufunc."
    calls.append(1)
    return x * 2


@counted.pullback
def counted_pullback(g, y, x):
    return g * 2


c, x, y, n = T.lscalar("c"), T.dvector("x"), T.dvector("y"), T.lscalar("n")
LEAVES = [c, x, y, n]
VALUES = [np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])]


def compiled(outputs, **options):
    return sd.function(LEAVES, outputs, backend="numpy", on_unused_input="ignore", **options)


def branches(f):
    return [node for node in f.stages["rewritten"].nodes() if node.op.name == "branch"]


def evaluations(f, condition):
    """How often the counted op was evaluated in a call."""
    del calls[:]
    f(condition, *VALUES, 0)
    return len(calls)


def test_the_other_branch_is_not_computed():
    """Of a counted op only those in the taken branch are evaluated."""
    f = compiled(sd.ifelse(c, counted(x), counted(counted(y)) + 1))
    assert len(branches(f)) == 1
    assert (evaluations(f, 1), evaluations(f, 0)) == (1, 2)
    assert f(1, *VALUES, 0).tolist() == [2, 4, 6] and f(0, *VALUES, 0).tolist() == [3, -3, 9]


def test_the_other_branch_does_not_fail():
    """An index out of range in the branch not taken is no error."""
    f = compiled(sd.ifelse(T.lt(n, 3), x[n] * 2, y[0] * 3))
    assert f(0, *VALUES, 1) == 4 and f(0, *VALUES, 99) == 1.5


def test_gradients_are_lazy():
    """The way back runs through the taken branch only."""
    cost = T.sum(sd.ifelse(c, counted(x) ** 2, y**3))
    f = compiled(sd.grad(cost, [x, y]))
    assert (evaluations(f, 1), evaluations(f, 0)) == (1, 0)
    for condition, expected in ((1, (8 * VALUES[0], 0 * VALUES[1])), (0, (0 * VALUES[0], 3 * VALUES[1] ** 2))):
        for got, wanted in zip(f(condition, *VALUES, 0), expected, strict=True):
            np.testing.assert_allclose(got, wanted)


def test_several_values_are_one_branch():
    """Values chosen by one condition are computed together, what they share once."""
    common = counted(x)
    f = compiled(sd.ifelse(c, [common + 1, common * y], [y, x]))
    assert len(branches(f)) == 1
    assert (evaluations(f, 1), evaluations(f, 0)) == (1, 0)


def test_what_both_need_is_computed_before():
    """What both sides, the condition or another output need is no part of a branch."""
    common = counted(x)
    f = compiled([sd.ifelse(c, T.exp(common), T.sin(common)), sd.ifelse(c, T.exp(y), y)])
    assert (evaluations(f, 1), evaluations(f, 0)) == (1, 1)


def test_nested():
    """A choice inside a branch is a branch inside; one by the same condition is made already."""
    inner = sd.ifelse(T.gt(n, 0), counted(x), counted(counted(x)))
    again = sd.ifelse(c, T.exp(inner), counted(y))
    f = compiled(sd.ifelse(c, again * 2, y))
    (made,) = branches(f)
    inside = [node.op.name for node in made.params["then"].nodes()]
    assert "branch" in inside and "ifelse" not in inside
    assert (evaluations(f, 1), evaluations(f, 0)) == (2, 0)


def test_chosen_when_compiled():
    """A flag chooses when the function is compiled."""
    f = compiled(sd.ifelse(sd.training, counted(x), y), training=False)
    assert "ifelse" not in {node.op.name for node in f.stages["specialised"].nodes()}
    assert f(0, *VALUES, 0).tolist() == VALUES[1].tolist()


def test_nothing_to_skip():
    """Between values that are there anyway there is no branch."""
    assert not branches(compiled(sd.ifelse(c, x, y)))


def test_draws_and_streams():
    """Draws of the branch not taken are not made, but the stream goes on the same."""
    stream = sd.RandomStream(seed=4)
    mask = stream.uniform(size=(3,))
    f = compiled(sd.ifelse(c, mask, x.astype("float32")))
    names = {node.op.name for node in f.stages["rewritten"].nodes()}
    assert "uniform" not in names and len(branches(f)) == 1
    f(0, *VALUES, 0)
    assert stream.step == 1
    np.testing.assert_array_equal(f(1, *VALUES, 0), stream.replay(mask, step=1))
    assert stream.step == 2


def test_in_loops_and_around_them():
    """A choice in every step, and a loop that is computed only if chosen."""
    def step(x_t, s):
        return sd.ifelse(T.gt(x_t, 1.5), T.exp(s) * x_t, s + counted(x_t))

    rows, _ = sd.scan(step, x, T.zeros((), "float64"))
    f = compiled(sd.ifelse(c, rows, y))
    assert (evaluations(f, 1), evaluations(f, 0)) == (1, 0)
    values = dict(zip(LEAVES, [np.asarray(1), *VALUES, np.asarray(0)], strict=True))
    cost = T.sum(sd.ifelse(c, rows, y) ** 2)
    graph = Graph(LEAVES, [cost, *sd.grad(cost, [x, y])])
    done, _ = optimise(cse(specialise(graph, {})[0]))
    for got, expected in zip(evaluate(done, NUMPY, values), evaluate(graph, NUMPY, values), strict=True):
        np.testing.assert_allclose(got, expected)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_random_choices(data):
    """Choices of choices over shared parts, with gradients."""
    pool = [x, y]
    conditions = [T.gt(c, 0), T.gt(n, 0), T.gt(c + n, 1)]
    moves = {
        "exp": lambda a, b: T.tanh(a), "add": lambda a, b: a + b, "mul": lambda a, b: a * b,
        "scaled": lambda a, b: a * b.sum(), "reversed": lambda a, b: a[::-1],
    }  # fmt: skip
    for _ in range(data.draw(st.integers(1, 8))):
        a, b = data.draw(st.sampled_from(pool)), data.draw(st.sampled_from(pool))
        name = data.draw(st.sampled_from([*moves, "choice", "choice", "choice"]))
        if name == "choice":
            pool.append(sd.ifelse(data.draw(st.sampled_from(conditions)), a, b))
        else:
            pool.append(moves[name](a, b))
    outputs = data.draw(st.lists(st.sampled_from(pool[2:]), min_size=1, max_size=3))
    gradients = sd.grad(sum(T.sum(output * 0.1) for output in outputs), [x, y], disconnected_inputs="ignore")
    graph = Graph(LEAVES, [*outputs, *gradients])
    done, _ = optimise(cse(specialise(graph, {})[0]))
    f = compiled(graph.outputs)
    for condition in (0, 1):
        for number in (0, 1):
            given_values = [np.asarray(condition), *VALUES, np.asarray(number)]
            values = dict(zip(LEAVES, given_values, strict=True))
            expected = evaluate(graph, NUMPY, values)
            for results in (evaluate(done, NUMPY, values), f(*given_values)):
                for got, wanted in zip(results, expected, strict=True):
                    np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)
