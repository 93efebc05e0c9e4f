"""Structured loops by JAX's names mean what the same loop in Python means: values, gradients, laziness and errors.

The oracle is the loop written out in Python, over numbers for values and over symbolic values for gradients.
"""

import itertools
import re
from typing import NamedTuple

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError, ShapeError

BACKENDS = ["native", "numpy"]
V = np.array([0.5, -1.5, 2.0])


class State(NamedTuple):
    """A state with names."""

    count: object
    value: object


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("lower", "upper"), [(0, 4), (2, 7), (5, 5), (7, 2), (-3, 1)])
@pytest.mark.parametrize("symbolic", [False, True])
def test_fori_loop_counts_as_range(backend, lower, upper, symbolic):
    """Empty ranges make no step, bounds may be negative or only known in the call; the state may be a collection."""
    x, a, b = T.dvector("x"), T.iscalar("a"), T.iscalar("b")

    def body(i, state):
        return State(state.count + 1, {"y": T.sin(state.value["y"]) * x + i, "none": None})

    start = State(0, {"y": x, "none": None})
    made = sd.fori_loop(*((a, b) if symbolic else (lower, upper)), body, start)
    assert isinstance(made, State) and made.value["none"] is None
    y = made.value["y"]
    f = sd.function([a, b, x], [made.count, y, sd.grad(T.sum(y), x)], backend=backend, on_unused_input="ignore")
    expected = start
    for i in range(lower, upper):
        expected = body(i, expected)
    y = expected.value["y"]
    by_hand = sd.function([x], [y, sd.grad(T.sum(y), x)], backend=backend)
    count, value, slope = f(lower, upper, V)
    assert count == len(range(lower, upper))
    np.testing.assert_allclose(value, by_hand(V)[0], rtol=1e-13)
    np.testing.assert_allclose(slope, by_hand(V)[1], rtol=1e-12)


def test_the_number_of_a_step_widens_nothing():
    """It is an integer as sizes are, so a float32 state stays one."""
    x = T.fscalar("x")
    assert sd.fori_loop(0, 3, lambda i, s: s * x + i, x).dtype == "float32"


def test_fori_loop_keeps_less_where_asked():
    """checkpoint_every changes what is kept, not the gradient."""
    x = T.dscalar("x")
    plain, chunked = (
        sd.grad(sd.fori_loop(0, 10, lambda i, s: T.sin(s) + i * x, x, checkpoint_every=every), x) for every in (None, 3)
    )
    np.testing.assert_allclose(chunked.eval({x: 0.7}), plain.eval({x: 0.7}), rtol=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_while_loop_runs_until_its_condition_fails(backend):
    """Also if that is at once; the gradient is that of as many steps."""
    x = T.dscalar("x")
    y, steps = sd.while_loop(lambda s: s[0] < 100, lambda s: [s[0] * x, s[1] + 1], [x, 0])
    f = sd.function([x], [y, steps, sd.grad(y, x)], backend=backend)
    for start in (3.0, 1.5, 100.0, 1000.0):
        value, count = start, 0
        while value < 100:
            value, count = value * start, count + 1
        got = f(start)
        assert got[1] == count
        np.testing.assert_allclose([got[0], got[2]], [value, (count + 1) * start**count], rtol=1e-12)


def test_a_while_loop_alone_is_native_code():
    """The steps of its gradient's loop are counted in the call, the loop itself needs no count."""
    x = T.dscalar("x")
    f = sd.function([x], sd.while_loop(lambda y: y < 1e6, lambda y: y * y, x), backend="native")
    assert f(2.0) == 2.0**32 and not [kernel for kernel in f.kernels if "fallback" in kernel]


def test_many_steps_keep_nothing():
    """What a loop does not stack takes no memory, whatever number of steps it makes."""
    x = T.lscalar("x")
    loop = sd.while_loop(lambda y: y > 0, lambda y: y - 1, x)
    assert sd.function([x], loop, backend="native")(10**6) == 0
    assert sd.function([x], loop, backend="numpy")(100) == 0


def test_forward_mode_and_second_derivatives_of_a_while_loop():
    """Its gradient is made of loops, which have derivatives."""
    x = T.dscalar("x")
    y = sd.while_loop(lambda y: y < 100, lambda y: y * x, x)
    assert sd.jvp(y, x, 2.0).eval({x: 3.0}) == pytest.approx(2 * 5 * 81)
    assert sd.grad(sd.grad(y, x), x).eval({x: 3.0}) == pytest.approx(5 * 4 * 27)


def test_draws_in_loops_differ_from_step_to_step():
    """A loop by another name is a scan: its stream moves on, and the position is folded into the key."""
    stream = sd.RandomStream(seed=7)
    total = sd.fori_loop(0, 3, lambda i, s: s + stream.uniform(size=(2,), dtype="float64"), np.zeros(2))
    f = sd.function([], total)
    assert len(f.updates) == 1 and (f() != f()).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_cond_computes_the_chosen_side_alone(backend):
    """The largest of no elements is no error where it is not wanted; results may be collections."""
    x = T.dvector("x")
    none = T.constant(-1.0, dtype="float64")
    made = sd.cond(x.size > 0, lambda v: {"a": (T.max(v), v)}, lambda v: {"a": (none, v * 2)}, x)
    f = sd.function([x], [*made["a"], sd.grad(made["a"][0], x, disconnected_inputs="ignore")], backend=backend)
    assert [one.tolist() for one in f([3.0, 4.0])] == [4.0, [3.0, 4.0], [0.0, 1.0]]
    assert [one.tolist() for one in f([])] == [-1.0, [], []]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_switch_takes_the_nearest_branch(backend, count):
    """Numbers outside are moved to the ends, as in JAX; only the chosen function is computed."""
    k, x = T.iscalar("k"), T.dvector("x")
    branches = [lambda v, n=n: T.max(v[n:]) * 10**n for n in range(count)]
    f = sd.function([k, x], sd.switch(k, branches, x), backend=backend, on_unused_input="ignore")
    values = np.arange(1.0, count + 1)
    for number in range(-2, count + 2):
        chosen = min(max(number, 0), count - 1)
        assert f(number, values[: chosen + 1]) == (chosen + 1) * 10**chosen
    f = sd.function([x], sd.switch(count + 5, branches, x), backend=backend)
    assert float(f(values)) == count * 10 ** (count - 1)


def test_stop_gradient_leaves_zeros():
    """As in JAX a gradient behind it is zeros, and no error."""
    x = T.dscalar("x")
    assert sd.grad(x * sd.stop_gradient(x), x).eval({x: 3.0}) == 3
    assert sd.grad(sd.stop_gradient(x) ** 2, x).eval({x: 3.0}) == 0


# Associative scans.


def recurrence(p, q):
    """The composition of two affine maps."""
    return {"a": p["a"] * q["a"], "b": q["a"] * p["b"] + q["b"]}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(("axis", "reverse"), [*itertools.product((0, -1), (False, True))])
def test_associative_scan_is_the_loop(backend, known, axis, reverse):
    """Of every size, odd ones above all; of a known size by halves, otherwise one by one; and its gradient."""
    rng = np.random.default_rng(3)
    for size in (0, 1, 2, 3, 5, 8, 11) if backend == "numpy" else (0, 1, 5):
        shape = (size, 2) if axis == 0 else (2, size)
        a, b = rng.uniform(0.5, 1, shape), rng.normal(size=shape)
        A, B = (T.dmatrix(shape=shape if known else None) for _ in range(2))
        made = sd.associative_scan(recurrence, {"a": A, "b": B}, reverse=reverse, axis=axis)
        slopes = sd.grad(T.sum(T.sin(made["b"])), [A, B], disconnected_inputs="ignore")
        f = sd.function([A, B], [made["a"], made["b"], *slopes], backend=backend)
        got = f(a, b)
        line = np.moveaxis(np.stack([a, b]), axis % 2 + 1, 0)
        line = line[::-1] if reverse else line
        rows, state = [], None
        for p, q in line:
            state = (p, q) if state is None else (state[0] * p, p * state[1] + q)
            rows.append(np.stack(state))
        rows = np.stack(rows[::-1] if reverse else rows) if rows else line
        np.testing.assert_allclose(np.stack(got[:2]), np.moveaxis(rows, 0, axis % 2 + 1), rtol=1e-12)
        if size:
            step = 1e-6
            moved = f(a + step, b)[1], f(a - step, b)[1]
            by_difference = (np.sin(moved[0]).sum() - np.sin(moved[1]).sum()) / (2 * step)
            np.testing.assert_allclose(got[2].sum(), by_difference, rtol=1e-5, atol=1e-7)


def test_the_rounds_are_logarithmic():
    """A thousand elements are combined in two dozen calls."""
    calls = []
    x = T.dvector(shape=(1000,))
    sd.associative_scan(lambda p, q: calls.append(1) or p + q, x)
    assert len(calls) <= 2 * np.log2(1000)


# Errors.

X, M = T.dvector("x"), T.dmatrix("m")


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.fori_loop(0.5, 3, lambda i, s: s, X), GraphTypeError, "fori_loop: lower is an integer scalar, not"),
    (lambda: sd.fori_loop(0, X, lambda i, s: s, X), GraphTypeError, "fori_loop: upper is an integer scalar, not 'x'"),
    (lambda: sd.fori_loop(0, 3, 5, X), GraphTypeError, "fori_loop: body is a function of symbolic values, not 5"),
    (lambda: sd.fori_loop(0, 3, lambda i, s: s, ()), ArgumentError, "init is (), which holds no value"),
    (lambda: sd.fori_loop(0, 3, lambda i, s: (s, s), X), GraphTypeError, "returns has the form (*, *,), and init *"),
    (lambda: sd.fori_loop(0, 3, lambda i, s: s > 0, X), GraphTypeError, "the initial state (`init`) 'x'"),
    (lambda: sd.fori_loop(0, 3, lambda i, s: s.sum(), X, name="sums"), GraphTypeError, "fori_loop 'sums': the initial"),
    (lambda: sd.while_loop(lambda s: s > 0, lambda s: s, X), GraphTypeError, "cond returns is one truth value, not"),
    (lambda: sd.while_loop(True, lambda s: s, X), GraphTypeError, "while_loop: cond is a function"),
    (lambda: sd.while_loop(lambda s: s.size > 3, lambda s: None, X), GraphTypeError, "has the form None, and init *"),
    (lambda: sd.cond(X, abs, abs, X), GraphTypeError, "cond: pred is one truth value, not 'x'"),
    (lambda: sd.cond(T.bscalar(), abs, None, X), GraphTypeError, "cond: false_fun is a function of symbolic values"),
    (lambda: sd.cond(T.bscalar(), lambda v: (v,), lambda v: [v], X), GraphTypeError, "has the form [*], and what true"),
    (lambda: sd.switch(0.5, [abs], X), GraphTypeError, "switch: index is an integer scalar, not"),
    (lambda: sd.switch(0, [], X), ArgumentError, "switch: branches is a list of functions, one at least, not []"),
    (lambda: sd.switch(0, [abs, 3], X), GraphTypeError, "switch: branch 1 is a function of symbolic values, not 3"),
    (lambda: sd.associative_scan(T.add, 2.0), GraphTypeError, "elems lie along an axis, which"),
    (lambda: sd.associative_scan(T.add, X, axis=1), IndexingError, "there is no axis 1 among 1"),
    (lambda: sd.associative_scan(T.add, X, reverse=7), GraphTypeError, "reverse is True or False, not 7"),
    (lambda: sd.associative_scan(lambda p, q: p.sum(), X), GraphTypeError, "associative_scan: fn returns"),
    (lambda: sd.associative_scan(lambda p, q: p, (T.dvector(shape=(3,)), T.dvector(shape=(4,)))), ShapeError,
     "elems have different sizes along the axis"),
    (lambda: T.cummax(2.0), IndexingError, "there is no axis 0 among 0"),
    (lambda: T.cummin(X, reverse=3), GraphTypeError, "reverse is True or False, not 3"),
])  # fmt: skip
def test_what_is_wrong_is_told(call, error, says):
    """By the function's own name, at the user's line."""
    with pytest.raises(error, match=re.escape(says)) as caught:
        call()
    assert "test_structured_loops.py" in str(caught.value)


def test_sizes_that_only_the_call_tells_are_checked_there():
    """Elements that are not as many as the others are refused, not cut off."""
    A, B = T.dvector("A"), T.dvector("B")
    f = sd.function([A, B], sd.associative_scan(lambda p, q: (p[0] + q[0], p[1] + q[1]), (A, B)), backend="numpy")
    with pytest.raises(ShapeError, match="associative_scan: elems must have equal sizes along the axis"):
        f([1.0, 2.0], [1.0])


# Running extrema.


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("axis", "reverse"), [*itertools.product((0, 1, -1), (False, True))])
def test_running_functions_are_numpys_accumulations(backend, axis, reverse):
    """NaN stays once met, of whatever kind the numbers are."""
    values = np.random.default_rng(1).normal(size=(4, 5))
    values[1, 2] = np.nan
    x, k = T.dmatrix("x"), T.lmatrix("k")
    pairs = (("cummax", np.maximum), ("cummin", np.minimum), ("logcumsumexp", np.logaddexp))
    whole = (10 * np.nan_to_num(values)).astype(int)
    made = [getattr(T, name)(x, axis, reverse) for name, _ in pairs]
    made += [getattr(T, name)(k, axis, reverse) for name, _ in pairs[:2]]
    got = sd.function([x, k], made, backend=backend)(values, whole)

    def accumulated(ufunc, array):
        array = np.flip(array, axis) if reverse else array
        with np.errstate(invalid="ignore"):
            array = ufunc.accumulate(array, axis=axis)
        return np.flip(array, axis) if reverse else array

    expected = [accumulated(u, values) for _, u in pairs] + [accumulated(u, whole) for _, u in pairs[:2]]
    for one, value in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, value, rtol=1e-14)


def test_the_gradient_of_a_running_maximum_goes_to_the_first_of_equal_elements():
    """Each output counts once: what one element is the maximum of, it alone is sent."""
    x = T.dvector("x")
    weights = np.array([1.0, 10, 100, 1000, 10000])
    slope = sd.grad(T.sum(T.cummax(x) * weights), x)
    assert slope.eval({x: [2.0, 2, 1, 3, 3]}).tolist() == [111, 0, 0, 11000, 0]
    slope = sd.grad(T.sum(T.cummin(x, reverse=True) * weights), x)
    assert slope.eval({x: [2.0, 2, 1, 3, 3]}).tolist() == [0, 0, 111, 0, 11000]


def test_sums_of_exponentials_that_overflow():
    """Large elements and infinite ones have a finite gradient, which sums to the number of outputs that are finite."""
    x = T.dvector("x")
    y = T.logcumsumexp(x)
    f = sd.function([x], [y, sd.grad(T.sum(y), x)])
    value, slope = f([-np.inf, -2000.0, 0.0, 1500.0, 1500.0, -np.inf])
    twice = 1500 + np.log(2)
    np.testing.assert_allclose(value, [-np.inf, -2000, 0, 1500, twice, twice])
    np.testing.assert_allclose(slope, [0, 1, 1, 2, 1, 0], atol=1e-12)
