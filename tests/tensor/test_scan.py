"""Loops: what a step is given, what comes out, which updates are made."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from tests.tensor.loops import ROWS, run, zero

# Sequences.


def test_a_loop_over_the_rows_of_a_matrix():
    """The first axis is the one to step along; an output that is not fed back is just stacked."""
    x = T.dmatrix("x")
    sums, updates = sd.scan(lambda row: row.sum(), x)
    assert run(sums, {x: ROWS}).tolist() == [3, 12, 21, 30] and updates == {}


def test_elements_come_before_earlier_outputs_and_these_before_what_is_constant():
    """Theano's order of arguments; within one output the taps stand as they are listed."""
    seen = []

    def step(a, b_last, b_next, s_2, s_1, r, c, d):
        seen.extend([a, b_last, b_next, s_2, s_1, r, c, d])
        return s_2 + 10 * s_1 + 0 * a, r + b_next - b_last + c + d

    a, b, c, d = T.dvector("a"), T.dvector("b"), T.dscalar("c"), T.dscalar("d")
    (s, r), _ = sd.scan(
        step,
        sequences=[a, {"input": b, "taps": [-1, 1]}],
        outputs_info=[{"initial": T.constant([1.0, 2.0], dtype="float64"), "taps": [-2, -1]}, zero()],
        non_sequences=[c, d],
    )
    assert len(seen) == 8 and [seen[0].name, seen[1].name, seen[2].name] == ["a", "b", "b"]
    assert seen[6] is c and seen[7] is d
    got = run([s, r], {a: [0.0] * 3, b: [1.0, 2.0, 4.0, 8.0, 16.0], c: 100.0, d: 0.5})
    assert got[0].tolist() == [21, 212, 2141]
    assert got[1].tolist() == [103.5, 210, 322.5]  # 4 - 1, 8 - 2, 16 - 4 on top of 100.5 each


@pytest.mark.parametrize("taps", [[0], [-1], [1], [-2, 0], [0, 3], [-1, 2], [1, 2]])
@pytest.mark.parametrize("go_backwards", [False, True])
def test_taps_of_sequences(taps, go_backwards):
    """A tap reads that far from the current element, counted along the sequence whatever the loop's direction; the loop
    makes as many steps as all taps allow."""
    x = T.dvector("x")
    made, _ = sd.scan(lambda *parts: T.stack(list(parts)), {"input": x, "taps": taps}, go_backwards=go_backwards)
    values = np.arange(6.0) ** 2
    places = range(-min(0, *taps), 6 - max(0, *taps))
    expected = [[values[t + tap] for tap in taps] for t in (reversed(places) if go_backwards else places)]
    assert run(made, {x: values}).tolist() == expected


def test_sequences_that_are_arrays_and_numbers():
    """What NumPy holds is a constant of the graph."""
    made, _ = sd.scan(lambda row, c: row * c, [ROWS], non_sequences=[2.0])
    assert run(made).tolist() == (ROWS * 2).tolist()


@pytest.mark.parametrize("n_steps", [0, 1, 2, 4])
@pytest.mark.parametrize("symbolic", [False, True])
@pytest.mark.parametrize("go_backwards", [False, True])
def test_number_of_steps(n_steps, symbolic, go_backwards):
    """Sequences may be longer than the loop; 0 steps give empty outputs and 1 step keeps the axis."""
    x, n = T.dmatrix("x"), T.iscalar("n")
    count = n if symbolic else n_steps
    (sums, doubles), _ = sd.scan(
        lambda row, s: (s + row, T.cast(2 * row[:2], "float32")), x, [T.zeros((3,), "float64"), None],
        n_steps=count, go_backwards=go_backwards,
    )  # fmt: skip
    got = run([sums, doubles], {x: ROWS, n: n_steps})
    order = (ROWS[::-1] if go_backwards else ROWS)[:n_steps]
    assert got[0].shape == (n_steps, 3) and got[1].shape == (n_steps, 2)
    assert got[0].dtype == "float64" and got[1].dtype == "float32"
    assert got[0].tolist() == np.cumsum(order, axis=0).tolist() and got[1].tolist() == (2 * order[:, :2]).tolist()


def test_no_rows():
    """A batch may be empty: the sizes of what is stacked come from what the step would have computed."""
    x, w = T.dmatrix("x"), T.dmatrix("w")
    (hidden, sums), _ = sd.scan(lambda row: (row @ w, row.sum()), x)
    got = run([hidden, sums], {x: np.zeros((0, 3)), w: np.zeros((3, 5))})
    assert got[0].shape == (0, 5) and got[1].shape == (0,)


def test_steps_without_sequences():
    """n_steps alone drives a loop; its size may be an expression."""
    k, a = T.iscalar("k"), T.dvector("a")
    powers, _ = sd.scan(lambda p: p * a, outputs_info=T.ones_like(a), n_steps=k + 1)
    assert run(powers, {k: 2, a: [2.0, 3.0]}).tolist() == [[2, 3], [4, 9], [8, 27]]


# Outputs.


def test_one_output_is_a_variable_and_several_are_a_list():
    """As in Theano; return_list=True asks for a list in any case, and a step that gives a list of one gets a list."""
    x = T.dvector("x")
    assert isinstance(sd.scan(lambda a: a, x)[0], type(x + 1))
    assert isinstance(sd.scan(lambda a: a, x, return_list=True)[0], list)
    assert isinstance(sd.scan(lambda a: (a, a), x)[0], list)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
@pytest.mark.parametrize("pairs", [dict, lambda d: list(d.items())])
def test_outputs_updates_and_until_in_any_order(order, pairs):
    """Outputs, updates and the end of a loop are told apart by what they are, not by where they stand."""
    count = sd.shared(np.int64(0), name="count")

    def step(a, s):
        parts = [[s + a, a * a], pairs({count: count + 1}), sd.until(s + a > 5)]
        return tuple(parts[k] for k in order)

    x = T.dvector("x")
    (sums, squares), updates = sd.scan(step, x, [zero(), None])
    got = sd.function([x], [sums, squares], updates=updates)([1.0, 2.0, 3.0, 4.0, 5.0])
    assert got[0].tolist() == [1, 3, 6] and got[1].tolist() == [1, 4, 9]
    assert count.get_value() == 3


@pytest.mark.parametrize("form", ["outputs, updates", "outputs, until", "output alone", "updates alone"])
def test_forms_of_a_result(form):
    """One output beside updates or an end is still one output."""
    count = sd.shared(np.int64(0), name="count")
    x = T.dvector("x")
    forms = {
        "outputs, updates": lambda a: (2 * a, {count: count + 1}),
        "outputs, until": lambda a: (2 * a, sd.until(a >= 2)),
        "output alone": lambda a: 2 * a,
        "updates alone": lambda a: {count: count + 1},
    }
    outputs, updates = sd.scan(forms[form], x)
    assert (count in updates) == ("updates" in form)
    if form == "updates alone":
        sd.function([x], None, updates=updates)([1.0, 2.0])
        assert outputs is None and count.get_value() == 2
    else:
        assert run(outputs, {x: [1.0, 2.0]}).tolist() == [2, 4]


@pytest.mark.parametrize("taps", [[-1], [-2, -1], [-1, -2], [-3], [-1, -4], -2])
def test_taps_of_outputs(taps):
    """A step sees the values that the taps name, in the order in which they are listed; the initial ones come
    oldest first."""
    listed = [taps] if isinstance(taps, int) else taps
    depth = -min(listed)
    start = np.arange(1.0, depth + 1)
    initial = start[0] if listed == [-1] else start
    x = T.dvector("x")
    made, _ = sd.scan(
        lambda a, *old: a + sum((k + 2) * value for k, value in enumerate(old)),
        x, {"initial": initial, "taps": taps},
    )  # fmt: skip
    values = [*start]
    for a in (0.5, 1.0, -1.0, 2.0, 0.0):
        values.append(a + sum((k + 2) * values[tap] for k, tap in enumerate(listed)))
    assert run(made, {x: [0.5, 1.0, -1.0, 2.0, 0.0]}).tolist() == values[depth:]


def test_outputs_that_are_not_fed_back():
    """None, and taps=None, say that the next step does not need the value."""
    x = T.dvector("x")
    (a, b, c), _ = sd.scan(lambda v, s: (v, s + v, -v), x, [None, zero(), {"initial": None}])
    assert [row.tolist() for row in run([a, b, c], {x: [1.0, 2.0]})] == [[1, 2], [1, 3], [-1, -2]]


def test_integers_and_truth_values_as_states():
    """A state is of any dtype."""
    x = T.dvector("x")
    (n, seen), _ = sd.scan(
        lambda v, n, seen: (n + 1, seen | (v > 1)), x, [T.constant(0, dtype="int64"), T.constant(False)]
    )
    got = run([n, seen], {x: [1.0, 2.0, 0.0]})
    assert got[0].dtype == "int64" and got[0].tolist() == [1, 2, 3]
    assert got[1].dtype == "bool" and got[1].tolist() == [False, True, True]


def test_names():
    """What a step names keeps its name outside; the loop's own name is only for errors."""

    def step(v):
        doubled = 2 * v
        doubled.name = "doubled"
        return doubled

    made, _ = sd.scan(step, T.dvector("x"), name="doubling")
    assert made.name == "doubled"


# The end of a loop.


def test_until_keeps_the_step_that_ends_it():
    """Theano's rule: the step in which the condition holds is the last one, and it counts."""
    n = T.iscalar("n")
    powers, _ = sd.scan(lambda p: (2 * p, sd.until(2 * p > 20)), outputs_info=T.constant(1, dtype="int64"), n_steps=n)
    assert [run(powers, {n: k}).tolist() for k in (0, 1, 3, 100)] == [[], [2], [2, 4, 8], [2, 4, 8, 16, 32]]


def test_updates_of_a_loop_that_ends_early():
    """States and shared variables have the value of the last step made, not of one that was not."""
    total = sd.shared(np.float64(0.0), name="total")
    x = T.dvector("x")
    made, updates = sd.scan(lambda v: (v, {total: total + v}, sd.until(v < 0)), x)
    sd.function([x], made, updates=updates)([1.0, 2.0, -1.0, 50.0])
    assert total.get_value() == 2.0


# Shared variables.


def test_every_step_sees_what_the_one_before_has_written():
    """A shared variable that the step updates is a state of the loop; one that it reads only is constant."""
    w, rate = sd.shared(np.float64(1.0), name="w"), sd.shared(np.float64(0.5), name="rate")
    x = T.dvector("x")
    seen, updates = sd.scan(lambda v: (w, {w: w * rate + v}), x)
    f = sd.function([x], seen, updates=updates)
    assert f([1.0, 2.0, 4.0]).tolist() == [1.0, 1.5, 2.75] and w.get_value() == 5.375
    assert rate.get_value() == 0.5
    peek = sd.function([x], seen)
    assert peek([1.0]).tolist() == [5.375] and w.get_value() == 5.375


def test_two_shared_variables_swap():
    """The right-hand sides of all updates see the values before the step, as those of a function do."""
    a, b = sd.shared(np.float64(1.0), name="a"), sd.shared(np.float64(2.0), name="b")
    seen, updates = sd.scan(lambda: (a, {a: b, b: a}), n_steps=3)
    assert sd.function([], seen, updates=updates)().tolist() == [1, 2, 1]
    assert (a.get_value(), b.get_value()) == (2, 1)


def test_updates_of_two_loops_add_up():
    """``updates1 + updates2`` as with Theano's OrderedUpdates: different updates of one variable collide."""
    a, b = sd.shared(np.float64(1.0), name="a"), sd.shared(np.float64(2.0), name="b")
    _, first = sd.scan(lambda: (a, {a: a + 1}), n_steps=2)
    _, second = sd.scan(lambda: (b, {b: b + 1}), n_steps=2)
    assert set(first + second) == {a, b}
    _, third = sd.scan(lambda: (a, {a: a + 2}), n_steps=2)
    with pytest.raises(KeyError, match="Collision: two different updates"):
        first + third


def test_strict_accepts_what_is_passed():
    """strict=True asks that shared variables are passed; then the step may use them by any name."""
    w = sd.shared(np.float64(2.0), name="w")
    x = T.dvector("x")
    made, _ = sd.scan(lambda v, w_: v * w_ + w, x, non_sequences=w, strict=True)
    assert run(made, {x: [1.0, 2.0]}).tolist() == [4, 6]


# Functions as steps.


def test_steps_that_are_any_callable():
    """*args, defaults, methods and partial functions: a step is called once, by position."""

    class Model:
        def step(self, v, s, *others):
            return s * others[0] + v

    x, w = T.dvector("x"), T.dscalar("w")
    made, _ = sd.scan(Model().step, x, zero(), [w, w])
    assert run(made, {x: [1.0, 1.0], w: 3.0}).tolist() == [1, 4]
    made, _ = sd.scan(lambda *args: args[0] + args[1], x, zero())
    assert run(made, {x: [1.0, 1.0]}).tolist() == [1, 2]


def test_a_step_is_called_once():
    """A step with side effects, a print or a counter, makes them once: what runs later is the graph."""
    calls = []
    x = T.dvector("x")
    made, _ = sd.scan(lambda v: calls.append(1) or v * 2, x)
    run(made, {x: np.ones(50)})
    assert len(calls) == 1


# The loops with one purpose.


def test_map_reduce_and_folds():
    """foldl and foldr differ in the order; a reduction without elements is where it starts."""
    x = T.lvector("x")
    digits = {x: [1, 2, 3]}
    start = T.constant(0, dtype="int64")
    assert run(sd.map(lambda v: v**2, x)[0], digits).tolist() == [1, 4, 9]
    assert run(sd.map(lambda v: v**2, x, go_backwards=True)[0], digits).tolist() == [9, 4, 1]
    assert run(sd.map(lambda v, k: v * k, [x], [10])[0], digits).tolist() == [10, 20, 30]
    assert run(sd.foldl(lambda v, n: 10 * n + v, x, start)[0], digits) == 123
    assert run(sd.foldr(lambda v, n: 10 * n + v, x, start)[0], digits) == 321
    assert run(sd.reduce(lambda v, n: 10 * n + v, x, start)[0], digits) == 123
    assert run(sd.reduce(lambda v, n: 10 * n + v, x, start, go_backwards=True)[0], digits) == 321
    assert run(sd.reduce(lambda v, n: 10 * n + v, x, start + 7)[0], {x: np.zeros(0, "int64")}) == 7


def test_a_reduction_with_several_states():
    """Several states end as a list."""
    x = T.dvector("x")
    (low, high), _ = sd.reduce(
        lambda v, low, high: [T.minimum(low, v), T.maximum(high, v)],
        x,
        [T.constant(np.inf, dtype="float64"), T.constant(-np.inf, dtype="float64")],
    )
    assert [part.tolist() for part in run([low, high], {x: [3.0, -1.0, 2.0]})] == [-1, 3]
