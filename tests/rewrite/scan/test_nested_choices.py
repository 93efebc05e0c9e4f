"""Choices in choices, with gradients: what a side not taken would compute is not computed, however deep it lies.

The oracle is the program that a reader would write with Python's ``if``: it has no choices,
and the sides not taken are not even built.
"""

import itertools

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import toposort
from tests.helpers.reference import evaluated

BACKENDS = ["numpy", "native"]

# What indices out of range, sizes that differ and the largest of nothing raise.
REFUSED = (sd.errors.SymdropError, IndexError, ValueError)

x, y, n = T.dvector("x"), T.dvector("y"), T.lscalar("n")
p, q, r = T.bscalar("p"), T.bscalar("q"), T.bscalar("r")
FLAGS = [p, q, r]
LEAVES = [x, y, n, *FLAGS]
VALUES = [np.array([0.5, -1.0, 2.0]), np.array([1.5, 0.25])]


def lazily(condition, then, otherwise):
    """A choice between what two functions make."""
    return sd.ifelse(condition, then(), otherwise())


def decided(values):
    """The same as an ``if`` of Python, for given values of the flags."""
    return lambda condition, then, otherwise: then() if values[condition] else otherwise()


def out_of_range():
    """An element there is none of when n is 99."""
    return x[n] * x


def of_another_size():
    """Sizes that do not fit: a sum of three and two."""
    return x + y


def largest_of_nothing():
    """There is no largest of no elements."""
    return x * x[3:].max()


FAILING = [out_of_range, of_another_size, largest_of_nothing]


def depth_one(choose, bad):
    """The side that fails is not taken where p holds."""
    return choose(p, lambda: T.sin(x), bad)


def depth_two(choose, bad):
    """Only the innermost side that holds no failure is taken where p and q hold."""
    return choose(p, lambda: choose(q, lambda: T.exp(x) * x, bad), bad)


def depth_three(choose, bad):
    """Choices with work between them."""
    inner = choose(r, lambda: T.tanh(x), bad)
    middle = choose(q, lambda: inner * T.exp(x), bad)
    return choose(p, lambda: T.sin(middle) * middle, lambda: bad() * 2)


def in_the_middle(choose, bad):
    """Work before, between and behind choices, of which each uses the one before twice."""
    h = T.tanh(x)
    for flag in FLAGS:
        h = choose(flag, lambda h=h: T.sin(h) * h, lambda h=h: h * bad()) + T.exp(h)
    return h


def mirrored(choose, bad):
    """One value under two conditions in one order and in the other."""
    shared = T.exp(x) * x

    def safe():
        return shared

    first = choose(p, lambda: choose(q, safe, bad), bad)
    second = choose(q, lambda: choose(p, lambda: shared * 2, bad), bad)
    return first + second * first


def chain(choose, bad):
    """The manner of ``elif``."""
    return choose(p, lambda: x * x, lambda: choose(q, bad, lambda: choose(r, bad, bad)))


def computed_condition(choose, bad):
    """The sides of a choice whose inner choice asks for an element that there need not be."""
    return choose(p, lambda: choose(q, lambda: x**2, lambda: T.exp(x)), bad)


def in_a_loop(choose, bad):
    """Every step chooses."""

    def step(x_t, s):
        return choose(p, lambda: choose(q, lambda: s * T.cos(x_t), lambda: s * bad().sum()), lambda: s + bad().sum())

    return sd.scan(step, x, T.constant(1.0, dtype="float64"))[0]


def loop_in_a_side(choose, bad):
    """A loop that is only made if both hold, over what fails elsewhere."""

    def loop(rows):
        return sd.scan(lambda x_t, s: T.tanh(s * x_t) + x_t, rows, T.constant(1.0, dtype="float64"))[0]

    return choose(p, lambda: choose(q, lambda: loop(x), lambda: loop(bad())), lambda: loop(bad()) ** 2)


def alternating(choose, bad):
    """A choice around a loop whose step chooses around a loop."""

    def inner(x_t):
        return sd.reduce(lambda e, s: s * e + x_t, x, T.constant(1.0, dtype="float64"))[0]

    def step(x_t):
        return choose(q, lambda: inner(x_t), lambda: inner(x_t) * bad()[0])

    return choose(p, lambda: sd.map(step, x)[0], bad)


PROGRAMS = [
    depth_one, depth_two, depth_three, in_the_middle, mirrored, chain, computed_condition, in_a_loop, loop_in_a_side,
    alternating,
]  # fmt: skip


def outputs_of(program, choose, bad, order):
    """The value, or derivatives of a cost that is not linear in it."""
    value = program(choose, bad)
    cost = (value**2).sum() * 0.5
    if order == 0:
        return [value]
    first = sd.grad(cost, [x, y], disconnected_inputs="ignore")
    if order == 1:
        return first
    return [
        sd.grad((first[0] * T.cos(x)).sum(), x, disconnected_inputs="ignore"),
        sd.jvp(value, x, T.ones_like(x)),
    ]


TRIED = [(out_of_range, 0), (out_of_range, 1), (out_of_range, 2), (of_another_size, 1), (largest_of_nothing, 1)]


@pytest.mark.parametrize(("bad", "order"), TRIED)
@pytest.mark.parametrize("program", PROGRAMS)
def test_sides_not_taken_do_not_fail(program, bad, order):
    """Values and first and second derivatives are those of the program without choices; no side not taken fails."""
    outputs = outputs_of(program, lazily, bad, order)
    compiled = [sd.function(LEAVES, outputs, backend=name, on_unused_input="ignore") for name in BACKENDS]
    taken = 0
    asked = {*toposort(outputs)}
    for flags in itertools.product(*((1, 0) if flag in asked else (0,) for flag in FLAGS)):
        values = [*VALUES, 99, *flags]
        chosen = outputs_of(program, decided(dict(zip(FLAGS, flags, strict=True))), bad, order)
        try:
            expected = evaluated(LEAVES, chosen, values)
        except REFUSED:
            for f in compiled:
                with pytest.raises(REFUSED):
                    f(*values)
            continue
        taken += 1
        for f in compiled:
            for got, wanted in zip(f(*values), expected, strict=True):
                np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)
    assert taken


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_side_reads_what_only_the_other_computes(backend):
    """A sum of cotangents that is nothing on one side, and is read there, is zeros of the right size."""
    inner = sd.ifelse(p, x, y)
    cost = (sd.ifelse(p, x, sd.ifelse(p, inner, inner)) * 0.5).sum()
    f = sd.function([p, x, y], sd.grad(cost, [x, y]), backend=backend)
    for chosen, expected in ((1, ([0.5] * 3, [0.0] * 2)), (0, ([0.0] * 3, [0.5] * 2))):
        assert [g.tolist() for g in f(chosen, *VALUES)] == list(expected)


@pytest.mark.parametrize("otherwise", [lambda: y, lambda: x[x > 0], lambda: T.zeros((0,), "float64"), lambda: y * 2])
def test_sides_of_different_sizes_beside_work_of_numpy(otherwise):
    """Native code takes both sides to be of one size; where they are not, and NumPy chooses, that is no error."""
    f = sd.function([p, x, y], [sd.ifelse(p, T.sort(x) * 2, otherwise()), T.sort(x)], on_unused_input="ignore")
    g = sd.function([p, x, y], otherwise(), backend="numpy", on_unused_input="ignore")
    assert f(1, *VALUES)[0].tolist() == (np.sort(VALUES[0]) * 2).tolist()
    assert f(0, *VALUES)[0].tolist() == g(0, *VALUES).tolist()


@pytest.mark.parametrize("backend", BACKENDS)
def test_sides_of_known_sizes_that_differ(backend):
    """A side known to have three elements, and zeros for what is not computed: neither is declared to be the other."""
    inner = sd.ifelse(p, x[::-1], T.zeros((3,), "float64") + x.sum())
    chosen = sd.ifelse(q, T.sin(x), T.tanh(inner) * 2.0)
    f = sd.function([x, p, q], [chosen, sd.grad((chosen**2).sum(), x)], backend=backend)
    a = np.array([0.1, 0.2])
    for first, second in itertools.product((0, 1), (0, 1)):
        value, slope = f(a, first, second)
        t = np.tanh(a[::-1] if first else np.full(3, a.sum()))
        pulled = 8 * t * (1 - t**2)
        np.testing.assert_allclose(value, np.sin(a) if second else t * 2)
        along = pulled[::-1] if first else np.full(2, pulled.sum())
        np.testing.assert_allclose(slope, np.sin(2 * a) if second else along)


@pytest.mark.parametrize("depth", [9, 12, 17])
@pytest.mark.parametrize("form", ["elif", "chain"])
def test_deep_choices_are_native(depth, form):
    """However deep choices stand in each other, none is left to NumPy, in values and gradients."""
    conditions = [T.bscalar(f"c{i}") for i in range(depth)]
    h = T.sin(x) * 0.5
    for c in conditions:
        h = sd.ifelse(c, T.exp(x) * 3.0, T.tanh(h) + 1.0) if form == "elif" else sd.ifelse(c, T.tanh(h) * 2.0, T.cos(x))
    outputs = [h, sd.grad(h.sum(), x)]
    native, numpy = (sd.function([x, *conditions], outputs, backend=backend) for backend in ("native", "numpy"))
    assert not [kernel for kernel in native.kernels if "fallback" in str(kernel)]
    for bits in (0, 1, 5, 2**depth - 1, 2 ** (depth - 1)):
        values = VALUES[0], *(bits >> i & 1 for i in range(depth))
        for a, b in zip(native(*values), numpy(*values), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def always_refused():
    """Sides that cannot be taken under a condition: out of range, the largest of nothing, sizes that differ."""
    return {"index": (x * x[n]).sum(), "largest": (x * x[: 1 - n].max()).sum(), "sizes": (x[:2] * x[: 2 + n]).sum()}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["index", "largest", "sizes"])
def test_sides_behind_outcomes_that_contradict_each_other(kind, backend):
    """``ifelse(p, ifelse(p, a, b), c)`` never takes b; its cotangent is zero under all outcomes, and not computed."""
    refused, total = always_refused()[kind], x.sum() ** 2
    inner = sd.ifelse(p, total, sd.ifelse(q, refused * total, refused + total))
    chosen = sd.ifelse(p, inner, sd.ifelse(r, refused * total, refused + total))
    f = sd.function(LEAVES, [chosen, sd.grad(chosen, x)], backend=backend, on_unused_input="ignore")
    for flags in itertools.product((0, 1), repeat=2):
        value, slope = f(np.array([0.5, -1.0, 2.0]), np.zeros(2), 99 if kind == "index" else 1, 1, *flags)
        np.testing.assert_allclose(value, 1.5**2)
        np.testing.assert_allclose(slope, np.full(3, 3.0))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_side_waits_for_the_conditions_of_its_inner_choices(backend):
    """An inner condition that is ready only after another branch is computed within the outer side, not before it."""
    chosen = sd.ifelse(p, x[0], sd.ifelse(q, (x * y).sum() * 2.0, (x * y).sum() + 1.0))
    inner = sd.ifelse(p, x[0], sd.ifelse(T.gt(chosen, 0.1), x[0] * 2.0, x[1] + 3.0))
    out = sd.ifelse(q, x[1], inner) * sd.ifelse(q, inner, x[1])
    f = sd.function([x, y, p, q], [out, sd.grad(out, x)], backend=backend)
    for outer, second in itertools.product((0, 1), (0, 1)):
        # Where p holds the product of three and two elements is on a side that is not taken.
        values = np.array([0.5, -1.0, 2.0]), np.array([1.5, 0.25] if outer else [1.5, 0.25, 1.0])
        a, b = values
        slope = 0.0
        if outer:
            within, slope = a[0], 1.0
        elif (a @ b * 2.0 if second else a @ b + 1.0) > 0.1:
            within, slope = a[0] * 2.0, 2.0
        value, gradient = f(*values, outer, second)
        np.testing.assert_allclose(value, a[1] * within)
        np.testing.assert_allclose(gradient, [a[1] * slope, within, 0.0])
