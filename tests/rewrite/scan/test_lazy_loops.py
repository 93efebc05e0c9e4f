"""Sides not taken in loops: neither a loop nor its derivatives compute what only such sides need, captured or not.

``absent`` has no elements here, so that its largest ones are an error wherever they are computed.
"""

from functools import cache

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ShapeError
from tests.helpers.reference import evaluated

ROWS, N, START = T.ftensor3("rows"), T.lscalar("n"), T.fmatrix("start")
GIVEN = (np.array([[[1.0]], [[0.5]]], "f"), np.array(-4), np.full((1, 1), 2.0, "f"))


def captured(absent, choose, c):
    return sd.scan(lambda a: choose(c, T.max(absent, axis=0) * a, a**3), ROWS)[0]


def state(absent, choose, c):
    return sd.scan(lambda a, s: choose(c, T.max(absent, axis=0) * s, a * s * s), ROWS, START)[0]


def taps(absent, choose, c):
    before = {"initial": ROWS, "taps": [-2, -1]}
    return sd.scan(lambda a, s, t: choose(c, T.max(absent, axis=0) * s, a * s * t), ROWS, before)[0]


def several_states(absent, choose, c):
    def step(a, s, t):
        largest = T.max(absent, axis=0)
        return [choose(c, largest * s, a * t * s), choose(c, s * largest, t * a)]

    first, second = sd.scan(step, ROWS, [START, START])[0]
    return first + second


def nested(absent, choose, c):
    def outer(a):
        return sd.scan(lambda b: choose(c, T.max(absent, axis=0)[0] * b, b**3), a)[0]

    return sd.scan(outer, ROWS)[0]


def product(absent, choose, c):
    return sd.scan(lambda a: choose(c, a @ T.max(absent, axis=0), a**3), ROWS)[0]


def out_of_range(absent, choose, c):
    return sd.scan(lambda a: choose(c, a @ absent[7], a**3), ROWS)[0]


def kept(absent, choose, c):
    return sd.scan(lambda a, s: choose(c, T.nnet.softmax(T.max(absent, axis=0) * s), a * s * s), ROWS, START)[0]


def another_condition_each_step(absent, choose, c):
    size = absent.shape[0]
    return sd.scan(lambda a: choose(T.gt(T.sum(a) * size, 0), a * T.max(absent, axis=0), a**3), ROWS)[0]


def made_of_the_element(absent, choose, c):
    return sd.scan(lambda a: choose(c, T.max(absent * a, axis=0), a**3), ROWS)[0]


def sequence(absent, choose, c):
    largest = choose(c, T.max(absent, axis=0)[None] * ROWS, ROWS)
    return sd.scan(lambda a, b: choose(c, a * b, b**3), [largest, ROWS])[0]


def size_of_captured(absent, choose, c):
    largest = T.max(absent, axis=0)
    return sd.scan(lambda a: choose(c, a * largest, a**3) * largest.shape[0], ROWS)[0]


LOOPS = [
    captured, state, taps, several_states, nested, product, out_of_range, kept, another_condition_each_step,
    made_of_the_element, sequence, size_of_captured,
]  # fmt: skip


def derivatives(rows):
    cost = T.sum(rows)
    slope = sd.grad(cost, ROWS)
    forward = sd.jvp(cost, ROWS, T.ones_like(ROWS))
    return {"value": cost, "gradient": slope, "second": sd.grad(T.sum(slope**2), ROWS), "jvp": forward}


@cache
def expected(loop):
    """The derivatives of the loop of which only the side is written that is taken."""
    made = derivatives(loop(ROWS, lambda c, then, otherwise: otherwise, None))
    return evaluated([ROWS, N, START], [*made.values()], GIVEN)


def untaken(loop):
    absent = ROWS[N::-1]
    return derivatives(loop(absent, sd.ifelse, T.gt(absent.shape[0], 0)))


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)
def test_sides_not_taken(loop):
    """Each derivative by itself, so that none is right by what another one needs."""
    for (name, made), wanted in zip(untaken(loop).items(), expected(loop), strict=True):
        f = sd.function([ROWS, N, START], made, backend="numpy", on_unused_input="ignore")
        np.testing.assert_allclose(f(*GIVEN), wanted, rtol=1e-5, err_msg=name)


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)
def test_sides_not_taken_natively(loop):
    """All derivatives together, in native code."""
    f = sd.function([ROWS, N, START], [*untaken(loop).values()], backend="native", on_unused_input="ignore")
    for got, wanted in zip(f(*GIVEN), expected(loop), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5)


@pytest.mark.parametrize("loop", [captured, kept, product], ids=lambda loop: loop.__name__)
def test_sides_taken(loop):
    """With elements there, the same functions are those of the side that is taken."""
    there = ROWS[N::-1]
    taken = derivatives(loop(there, lambda c, then, otherwise: then, None))
    given = (GIVEN[0], np.array(1), GIVEN[2])
    wanted = evaluated([ROWS, N, START], [*taken.values()], given)
    for (name, made), value in zip(untaken(loop).items(), wanted, strict=True):
        f = sd.function([ROWS, N, START], made, on_unused_input="ignore")
        np.testing.assert_allclose(f(*given), value, rtol=1e-5, err_msg=name)


UNREAD = {
    "one choice": lambda c, none, w, r, h: sd.ifelse(c, none * h, w.sum()),
    "of a row": lambda c, none, w, r, h: sd.ifelse(c, none * r[0], w.sum()),
    "below a condition of the step": lambda c, none, w, r, h: sd.ifelse(
        T.gt(r[0], 0), sd.ifelse(c, none, r[0]), w.sum() * r[0]
    ),
    "below two": lambda c, none, w, r, h: sd.ifelse(
        T.gt(h, 0), sd.ifelse(T.gt(r[0], 0), sd.ifelse(c, r[0] * none + none, h), w.sum()), w.sum() * h
    ),
}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("body", UNREAD)
@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_captured_values_that_no_step_reads_are_not_computed(backend, body, backwards):
    """The gradient of one side holds what the other side reads only under outcomes that contradict each other."""
    x, w, rows, c, n = T.dvector("x"), T.dvector("w"), T.dmatrix("rows"), T.iscalar("c"), T.iscalar("n")
    none = x[:n].max()
    out = sd.scan(lambda r, h: T.tanh(UNREAD[body](c, none, w, r, h)) + 0.5 * h, rows, x[0], go_backwards=backwards)[0][
        -1
    ]
    f = sd.function([x, w, rows, c, n], sd.grad(out, w), backend=backend)
    given = np.array([0.25, -0.5, 0.75]), np.array([0.5, 0.25]), np.array([[0.5, 1], [-0.25, 2], [0.75, 1]])
    np.testing.assert_array_equal(f(*given, 0, 0), f(*given, 0, 2))
    assert np.isfinite(f(*given, 1, 2)).all()
    with pytest.raises(ShapeError, match="max"):
        sd.function([x, w, rows, c, n], out, backend=backend)(*given, 1, 0)


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_parts_of_what_a_loop_sums_are_apart(backend):
    """Of two additions to a total, behind one condition, neither is made where the condition does not hold."""
    x, w, c, other = T.dvector("x"), T.dvector("w"), T.iscalar("c"), T.iscalar("other")
    total = (x[:2] * x[: 2 + c]).sum()

    def step(e, h):
        return T.tanh(sd.ifelse(c, w.sum(), sd.ifelse(other, total * h, total + h))) + 0.5 * h

    out = sd.scan(step, x, x[0])[0][-1]
    f = sd.function([x, w, c, other], sd.grad(out, x), backend=backend)
    given = np.array([0.25, -0.5, 0.75]), np.array([0.5, 0.25])
    for chosen in (0, 1):
        np.testing.assert_allclose(f(*given, 1, chosen), [0.125, 0, 0])
