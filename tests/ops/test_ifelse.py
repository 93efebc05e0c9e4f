"""Branches: one value of two is chosen by one truth value, and behaves like any other expression."""

import copy
import pickle

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError, ShapeError

X = np.array([1.0, -2.0, 3.0])


def run(outputs, values, **options):
    return sd.function(list(values), outputs, on_unused_input="ignore", **options)(*values.values())


@pytest.mark.parametrize("condition", [
    lambda c: c, lambda c: c.astype("int8"), lambda c: c.astype("float32") * 2.5, lambda c: T.gt(c.astype("int64"), 0),
])  # fmt: skip
def test_any_scalar_chooses(condition):
    """As in Python, what is not zero is true."""
    c, x = T.bscalar("c"), T.dvector("x")
    y = sd.ifelse(condition(c), x * 2, -x)
    f = sd.function([c, x], y)
    assert f(1, X).tolist() == (2 * X).tolist() and f(0, X).tolist() == (-X).tolist()


@pytest.mark.parametrize("condition", [np.True_, np.False_, np.array(True), 1, 0, 0.5, np.int8(0)])
def test_constant_conditions(condition):
    """A condition known while building is allowed; generated code often has one."""
    x = T.dvector("x")
    assert run(sd.ifelse(condition, x * 2, x), {x: X}).tolist() == (X * (2 if condition else 1)).tolist()


@pytest.mark.parametrize("form", [list, tuple])
def test_several_outputs(form):
    """Lists and tuples of values are chosen together; their types may differ from one to the next."""
    c, x, y = T.bscalar("c"), T.dvector("x"), T.dmatrix("y")
    made = sd.ifelse(c, form([x, y]), form([2 * x, 2 * y]))
    assert isinstance(made, form) and [value.ndim for value in made] == [1, 2]
    got = run(list(made), {c: 0, x: X, y: np.ones((2, 2))})
    assert got[0].tolist() == (2 * X).tolist() and got[1].tolist() == [[2, 2], [2, 2]]
    assert isinstance(sd.ifelse(c, [x], [x]), list)


def test_branches_of_different_sizes():
    """Only dtype and number of axes must agree: a slice and the whole are two fine branches."""
    c, x = T.bscalar("c"), T.dvector("x")
    y = sd.ifelse(c, x, x[:1])
    assert y.type.shape == (None,)
    assert [run(y, {c: value, x: X}).shape for value in (1, 0)] == [(3,), (1,)]
    assert [run(sd.grad((y**2).sum(), x), {c: value, x: X}).tolist() for value in (1, 0)] == [[2, -4, 6], [2, 0, 0]]
    known = sd.ifelse(c, np.zeros(3), np.zeros(2))
    assert known.type.shape == (None,)
    assert [run(known, {c: value}).shape for value in (1, 0)] == [(3,), (2,)]


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize("other", [T.exp, lambda x: T.cumsum(x, 0), lambda x: T.set_subtensor(x[:1], 1), lambda x: x])
@pytest.mark.parametrize(("measure", "expected"), [
    (T.zeros_like, np.zeros), (lambda y: y.shape[0] + y.shape[1] * 10, lambda shape: shape[0] + shape[1] * 10),
    (lambda y: T.arange(y.shape[0]), lambda shape: np.arange(shape[0])), (lambda y: T.exp(y).shape[0], lambda n: n[0]),
    (lambda y: T.concatenate([y, y])[1:].shape[0], lambda shape: 2 * shape[0] - 1),
])  # fmt: skip
def test_only_the_size_is_asked_for(backend, other, measure, expected):
    """Of a choice whose sides differ in size, in loops and other choices too, the size is that of the side taken."""
    c, x, z = T.bscalar("c"), T.fmatrix("x"), T.fmatrix("z")
    chosen = sd.ifelse(c, z, other(x))
    looped, _ = sd.scan(lambda i: measure(sd.ifelse(c, z, other(x))), sequences=T.arange(2))
    nested = measure(sd.ifelse(T.eq(c, 0), sd.ifelse(c, z, other(x)), z))
    outputs = [measure(chosen), looped, nested, measure(T.exp(chosen)) + 0 * chosen.sum()]
    f = sd.function([c, x, z], outputs, backend=backend)
    for taken, shape in ((0, (1, 2)), (1, (2, 3))):
        first, rows, *others = f(taken, np.zeros((1, 2), "float32"), np.ones((2, 3), "float32"))
        for value in (first, *rows, *others):
            np.testing.assert_array_equal(value, expected(shape))


def test_numbers_take_the_type_of_the_other_branch():
    """A literal is of whatever dtype it meets."""
    c, x = T.bscalar("c"), T.fscalar("x")
    y = sd.ifelse(c, x, 0.0)
    assert y.dtype == "float32" and run(y, {c: 0, x: 1.0}) == 0


def test_where_stays_elementwise():
    """T.where and T.switch choose element by element and take a vector of conditions; ifelse takes none."""
    x = T.dvector("x")
    assert run(T.switch(x > 0, x, 0.0), {x: X}).tolist() == [1, 0, 3]
    with pytest.raises(GraphTypeError, match=r"one truth value chooses, not gt\(x, constant\).*test_ifelse"):
        sd.ifelse(x > 0, x, -x)


def test_names():
    """The name is that of the result, in prints and errors."""
    x = T.dvector("x")
    assert sd.ifelse(T.bscalar("c"), x, -x, name="chosen").name == "chosen"


# Gradients.


def test_gradients():
    """Through the branch that was chosen, and not through the other."""
    c, x, y = T.bscalar("c"), T.dvector("x"), T.dvector("y")
    cost = sd.ifelse(c, T.exp(x) * y, x**3).sum()
    f = sd.function([c, x, y], sd.grad(cost, [x, y]))
    to_x, to_y = f(1, X, X)
    assert np.allclose(to_x, np.exp(X) * X) and np.allclose(to_y, np.exp(X))
    to_x, to_y = f(0, X, X)
    assert np.allclose(to_x, 3 * X**2) and not to_y.any()


def test_gradients_of_what_both_branches_share():
    """A shared part gets what the chosen branch sends back, and what else uses it."""
    c, x = T.bscalar("c"), T.dvector("x")
    h = T.sin(x)
    cost = (sd.ifelse(c, h * 2, h**2) + h).sum()
    f = sd.function([c, x], sd.grad(cost, x))
    assert np.allclose(f(1, X), 3 * np.cos(X)) and np.allclose(f(0, X), (2 * np.sin(X) + 1) * np.cos(X))


def test_more_derivatives():
    """Second order, forward mode, Hessians; differences agree on both sides."""
    for value in (0, 1):
        sd.verify_grad(lambda x, w, value=value: sd.ifelse(np.bool_(value), T.tanh(x @ w), (x * w[0]) ** 2), [
            X, np.arange(9.0).reshape(3, 3) / 10
        ])  # fmt: skip
    c, x = T.bscalar("c"), T.dvector("x")
    y = sd.ifelse(c, x**3, x**2).sum()
    assert run(sd.hessian(y, x), {c: 1, x: X}).tolist() == np.diag(6 * X).tolist()
    assert run(sd.jvp(y, x, T.ones_like(x)), {c: 0, x: X}) == 2 * X.sum()


def test_no_trace_of_the_other_branch():
    """A value that would be NaN or infinite in the branch not taken."""
    x = T.dscalar("x")
    f = sd.function([x], sd.ifelse(x > 0, T.log(x), -x))
    assert f(-4.0) == 4 and f(1.0) == 0


def test_integers_have_no_gradient():
    """A choice of indices is not differentiated."""
    c, x = T.bscalar("c"), T.dvector("x")
    k = sd.ifelse(c, T.constant(0, dtype="int64"), T.constant(2, dtype="int64"))
    assert run(sd.grad(x[k] ** 2, x), {c: 0, x: X}).tolist() == [0, 0, 6]


# Beside everything else.


def test_givens_reach_both_branches():
    """Also where they replace what the branches share."""
    c, x = T.bscalar("c"), T.dvector("x")
    h = x * 2
    y = sd.ifelse(c, h + 1, h - 1)
    assert run(y, {c: 1, x: X}, givens={h: x}).tolist() == (X + 1).tolist()
    assert sd.function([x], y, givens={c: 0})(X).tolist() == (2 * X - 1).tolist()


def test_nested_choices():
    """Choices within choices."""
    x = T.dscalar("x")
    sign = sd.ifelse(x > 0, T.constant(1.0, dtype="float64"), sd.ifelse(x < 0, np.float64(-1), np.float64(0)))
    f = sd.function([x], sign)
    assert [float(f(value)) for value in (3.0, -3.0, 0.0)] == [1, -1, 0]


def test_updates():
    """A choice between an old value and a new one."""
    c, w = T.bscalar("c"), sd.shared(np.float64(1), name="w")
    f = sd.function([c], w, updates={w: sd.ifelse(c, w + 1, w)})
    assert [float(f(value)) for value in (0, 1, 1, 0)] == [1, 1, 2, 3]


def test_draws_in_a_branch():
    """A stream moves at every call, whichever branch is taken, so that what is drawn does not depend on the past."""
    stream, c = sd.RandomStream(seed=3), T.bscalar("c")
    draw = stream.uniform(size=(2,), dtype="float64")
    f = sd.function([c], sd.ifelse(c, draw, T.zeros((2,), "float64")))
    seen = [f(value) for value in (1, 0, 1)]
    assert stream.step == 3 and not seen[1].any()
    assert (seen[2] == stream.replay(draw, step=2)).all()


@pytest.mark.parametrize("again", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
def test_copies(again):
    """Functions and graphs with choices travel."""
    c, x = T.bscalar("c"), T.dvector("x")
    y = sd.ifelse(c, x * 2, x[:1])
    assert again(sd.function([c, x], y))(0, X).tolist() == [1]
    graph = again(sd.Graph([c, x], [y]))
    assert sd.function(graph.inputs, graph.outputs[0])(1, X).tolist() == (2 * X).tolist()


# Errors.


@pytest.mark.parametrize(("then", "otherwise", "says"), [
    (lambda x: x, lambda x: T.cast(x, "float32"), "should have identical types"),
    (lambda x: x, lambda x: x.sum(), "should have identical types"),
    (lambda x: [x], lambda x: x, "equally many values"),
    (lambda x: [x, x], lambda x: [x], "equally many values"),
    (lambda x: x, lambda x: "x", "cannot stand in an expression"),
])  # fmt: skip
def test_branches_that_do_not_fit(then, otherwise, says):
    """Said in Theano's words, with both branches and the line."""
    x = T.dvector("x")
    with pytest.raises(GraphTypeError, match=says) as caught:
        sd.ifelse(T.bscalar("c"), then(x), otherwise(x))
    assert "test_ifelse.py" in str(caught.value)


def test_errors_while_running():
    """What fails in a branch names its op and line."""
    c, x, y = T.bscalar("c"), T.dvector("x"), T.dvector("y")
    f = sd.function([c, x, y], sd.ifelse(c, x + y, x))
    with pytest.raises(ShapeError, match=r"add: shape \(3,\) of 'x'.*shape \(2,\) of 'y'"):
        f(1, X, [1.0, 2.0])


def test_gradient_through_float16():
    """float16 is stored, and computed with as float32; cotangents of either branch are float32, too."""
    x = T.vector("x")
    half, double = (T.cast(x * factor, "float16") for factor in (0.5, 2.0))
    y = sd.ifelse(x[0] > 0, half, double)
    for cost, slope in ((T.cast(y, "float64").sum(), 1.0), ((y * 3.0).sum(), 3.0)):
        for backend in ("native", "numpy"):
            f = sd.function([x], sd.grad(cost, x), backend=backend)
            assert f([1.0, 2.0]).tolist() == [0.5 * slope] * 2
            assert f([-1.0, 2.0]).tolist() == [2.0 * slope] * 2


# Dtypes.


def small(value):
    """Arithmetic of float16 gives float32."""
    return value.astype("float16")


HALVES = {
    "ifelse": lambda c, x, y, one: sd.ifelse(c, x, y),
    "work in a side": lambda c, x, y, one: sd.ifelse(c, small(T.exp(x)), y),
    "numbers": lambda c, x, y, one: sd.ifelse(c, x.sum(), y.sum()),
    "where": lambda c, x, y, one: T.where(x > 1, x, y),
    "loop": lambda c, x, y, one: sd.scan(lambda a, s: small(s * a), x, one)[0],
    "choice in a loop": lambda c, x, y, one: sd.scan(lambda a, s: sd.ifelse(c, small(s * a), s), x, one)[0],
    "choice of every element": lambda c, x, y, one: sd.map(lambda a: sd.ifelse(a > 1, small(a * a), a), x)[0],
    "fold": lambda c, x, y, one: sd.foldl(lambda a, s: small(s + a), x, one)[0],
}


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("name", HALVES)
def test_gradients_of_float16(name, backend):
    """Zeros that a side not taken sends back meet what others send back, whatever is stored as float16."""
    c, x, y = T.bscalar("c"), T.tensor("float16", (None,), "x"), T.tensor("float16", (None,), "y")
    values = [np.array([0.5, 1.5, 2.0]), np.array([1.0, -0.5, 0.25])]

    def derivatives(x, y):
        cost = (HALVES[name](c, x, y, T.ones_like(x[0])).astype("float64") ** 2).sum()
        slopes = sd.grad(cost, [x, y], disconnected_inputs="ignore")
        return [*slopes, sd.jvp(cost, x, T.ones_like(x)), sd.grad(slopes[0].sum(), x, disconnected_inputs="ignore")]

    f = sd.function([c, x, y], derivatives(x, y), backend=backend, on_unused_input="ignore")
    wide = [T.dvector(), T.dvector()]
    g = sd.function(
        [c, *wide], derivatives(*(v.astype("float16") for v in wide)), backend="numpy", on_unused_input="ignore"
    )
    for chosen in (0, 1):
        got = f(chosen, *(value.astype("float16") for value in values))
        for one, wanted in zip(got, g(chosen, *values), strict=True):
            np.testing.assert_allclose(one.astype(float), wanted, rtol=5e-3, atol=5e-3)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_choices_of_every_dtype(backend, dtype):
    """A choice has the dtype of its sides, in a loop too, and zeros have it where nothing is chosen."""
    c, x = T.bscalar("c"), T.tensor(dtype, (None,), "x")
    rows = sd.map(lambda a: sd.ifelse(c, a, x[0]), x)[0]
    f = sd.function([c, x], [sd.ifelse(c, x, x[:1]), rows, sd.ifelse(c, x[::-1], x)], backend=backend)
    value = np.array([1, 0, 1], dtype)
    for chosen, expected in ((1, (value, value, value[::-1])), (0, (value[:1], value[[0, 0, 0]], value))):
        for got, wanted in zip(f(chosen, value), expected, strict=True):
            assert got.dtype == dtype and got.tolist() == wanted.tolist()
