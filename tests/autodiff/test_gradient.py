"""Gradients: values, options, ties, precision at large arguments, and the identity of the user's nodes."""

import warnings

import mpmath
import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import (
    ArgumentError,
    DisconnectedInputError,
    GraphTypeError,
)
from symdrop.graph import toposort
from symdrop.op import registry

GRID = np.array([0.3, -1.2, 2.0, 0.7])


def slope_at(build, value, **options):
    """The gradient of a sum of build(x) at a value."""
    x = T.tensor("float64", np.shape(value), "x")
    return sd.grad(build(x).sum(), x, **options).eval({x: value})


# What grad returns.


@pytest.mark.parametrize(("build", "derivative"), [
    (lambda x: x**3, lambda v: 3 * v**2),
    (lambda x: T.exp(2 * x) / x, lambda v: np.exp(2 * v) * (2 * v - 1) / v**2),
    (lambda x: T.sin(x) * T.cos(x), lambda v: np.cos(2 * v)),
    (lambda x: T.log(x**2 + 1), lambda v: 2 * v / (v**2 + 1)),
    (lambda x: T.where(x > 0, x**2, -x), lambda v: np.where(v > 0, 2 * v, -1)),
    (lambda x: T.outer(x, x), lambda v: np.full(4, 2 * v.sum())),
    (lambda x: x[::-1] * x, lambda v: 2 * v[::-1]),
    (lambda x: x.reshape((2, 2)) @ np.array([1.0, 10.0]), lambda v: np.array([1.0, 10.0, 1.0, 10.0])),
    (lambda x: (x - x.mean()) ** 2, lambda v: 2 * (v - v.mean())),
    (lambda x: x[[0, 0, 2]] ** 2, lambda v: np.array([4 * v[0], 0, 2 * v[2], 0])),
])  # fmt: skip
def test_against_analysis(build, derivative):
    """Gradients of small formulas are those of the textbook."""
    np.testing.assert_allclose(slope_at(build, GRID), derivative(GRID), rtol=1e-12, atol=1e-14)


def test_kinds_of_wrt():
    """A variable gives a node, a list a list, a tuple a tuple, an empty list an empty list."""
    x, y = T.dvectors("x y")
    cost = (x * y).sum()
    assert isinstance(sd.grad(cost, x), sd.Node)
    for kind in (list, tuple):
        both = sd.grad(cost, kind([x, y]))
        assert type(both) is kind and len(both) == 2
    assert sd.grad(cost, []) == []
    f = sd.function([x, y], sd.grad(cost, [y, x, y]))
    assert [value.tolist() for value in f([1, 2], [3, 4])] == [[1, 2], [3, 4], [1, 2]]


def test_names_and_types():
    """A gradient is named (dcost/dx), and has its variable's dtype and rank."""
    x, W = T.fvector("x"), sd.shared(np.ones((3, 2), "float32"), "W")
    cost = T.tanh(x @ W).sum()
    gx, gW = sd.grad(cost, [x, W])
    assert (gx.name, gW.name) == ("(dcost/dx)", "(dcost/dW)")
    assert gx.dtype == gW.dtype == "float32" and (gx.ndim, gW.ndim) == (1, 2)
    cost = (cost * 1).copy()
    cost.name = "loss"
    assert sd.grad(cost, W).name == "(dloss/dW)"


def test_mixed_dtypes():
    """A float32 parameter in a float64 cost has a float32 gradient."""
    w, x = T.fvector("w"), T.dvector("x")
    slope = sd.grad((w * x).sum(), w)
    assert slope.dtype == "float32"
    assert slope.eval({w: [1], x: [0.1]}) == np.float32(0.1)


def test_wrt_the_cost_itself():
    """The gradient of a cost with respect to itself is 1."""
    x = T.dscalar("x")
    assert sd.grad(x, x).eval({x: 3.0}) == 1
    y = x**2
    assert [g.eval({x: 3.0}) for g in sd.grad(y, [y, x])] == [1, 6]


def test_wrt_an_intermediate():
    """A computed value is as good a variable as an input."""
    x = T.dvector("x")
    h = T.tanh(x)
    gh, gx = sd.grad((h**2).sum(), [h, x])
    value = np.tanh(GRID)
    f = sd.function([x], [gh, gx])
    np.testing.assert_allclose(f(GRID)[0], 2 * value)
    np.testing.assert_allclose(f(GRID)[1], 2 * value * (1 - value**2))


def test_wrt_inside_a_stable_formula():
    """Asking for the gradient at sigmoid(x) in log(sigmoid(x)) keeps that node, as the user wrote it."""
    x = T.dscalar("x")
    s = T.sigmoid(x)
    gs, gx = sd.grad(T.log(s), [s, x])
    assert gs.eval({x: 0.5}) == pytest.approx(1 + np.exp(-0.5))
    assert gx.eval({x: 0.5}) == pytest.approx(1 / (1 + np.exp(0.5)))


def test_wrt_between_a_logarithm_and_a_softmax():
    """Selected probabilities are variables, too: the stable formula does not look behind them."""
    x = T.dmatrix("x", shape=(2, 3))
    picked = T.nnet.softmax(x)[:, 0]
    value = np.log([[1.0, 2.0, 5.0], [4.0, 1.0, 5.0]])
    for options in ({"wrt": [picked]}, {"wrt": [picked, x]}):
        slopes = [g.eval({x: value}) for g in sd.grad(T.log(picked).sum(), **options)]
        np.testing.assert_allclose(slopes[0], [8, 2.5])
    np.testing.assert_allclose(slopes[1], np.eye(3)[[0, 0]] - np.exp(value) / [[8], [10]])
    with pytest.raises(DisconnectedInputError):
        sd.grad(T.log(picked).sum(), x, consider_constant=[picked])
    total = T.exp(x).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(sd.grad((T.exp(x) / total)[:, 0].sum(), total).eval({x: value}), [[-1 / 64], [-4 / 100]])


def test_forward_mode_of_a_deep_network_is_linear_in_its_depth(linear):
    """Turning a pullback round looks at one op only, not at everything below it."""
    x = T.dmatrix("x")

    def network(layers):
        y = x
        for _ in range(layers):
            y = T.nnet.softmax(T.sort(y))
        return y

    linear(lambda y: sd.jvp(y, x, np.ones((2, 3))), network, 50, 500)


def test_givens_reach_value_and_gradient():
    """grad keeps the user's nodes, so replacing an intermediate one reaches the value and the gradient alike."""
    x, other = T.dvector("x"), T.dvector("other")
    h = T.exp(x)
    cost = (T.log(h) * h).sum()
    gx, gh = sd.grad(cost, [x, h])
    assert h in toposort([gx]) and h in toposort([cost])
    f = sd.function([other], [cost, gh], givens={h: other})
    v = np.array([1.0, 2.0])
    np.testing.assert_allclose(f(v)[0], (np.log(v) * v).sum())
    np.testing.assert_allclose(f(v)[1], np.log(v) + 1)
    g = sd.function([x, other], gx, givens={h: other}, on_unused_input="ignore")
    np.testing.assert_allclose(g(np.zeros(2), v), v * (np.log(v) + 1), rtol=1e-12)


def test_grad_leaves_the_graph_alone():
    """Taking a gradient changes no node that was there before."""
    x = T.dvector("x")
    cost = T.log(T.nnet.softmax(x)).sum()
    before = [(node, node.inputs, node.lines, node.origin, node.name) for node in toposort([cost])]
    sd.grad(cost, x)
    assert before == [(node, node.inputs, node.lines, node.origin, node.name) for node in toposort([cost])]


# Wrong arguments.


def test_wrong_costs():
    """The cost is a float scalar node; the errors name it, its line, and what to do."""
    x, i = T.dvector("x"), T.iscalar("i")
    with pytest.raises(GraphTypeError, match=r"must be a scalar, but mul.* of type .*test_gradient\.py.*\.sum\(\)"):
        sd.grad(x * 2, x)
    with pytest.raises(GraphTypeError, match="must be a float"):
        sd.grad(i * 2, i)
    with pytest.raises(GraphTypeError, match=r"symbolic scalar, not 3.0"):
        sd.grad(3.0, x)
    with pytest.raises(GraphTypeError, match="with respect to variables, not 'x'"):
        sd.grad(x.sum(), ["x"])
    with pytest.raises(ArgumentError, match="known_grads must say where to start"):
        sd.grad(None, x)
    with pytest.raises(ArgumentError, match="expected 'raise', 'warn' or 'ignore'"):
        sd.grad(x.sum(), x, disconnected_inputs="maybe")


def test_disconnected():
    """A variable the cost does not depend on: an error naming it, a warning, or zeros of its shape."""
    x, y = T.dvector("x"), T.dmatrix("lonely")
    cost = x.sum()
    with pytest.raises(DisconnectedInputError, match=r"does not depend on 'lonely' of type float64\[\?, \?\] .*ignore"):
        sd.grad(cost, [x, y])
    with pytest.warns(UserWarning, match="lonely"):
        _, zeros = sd.grad(cost, [x, y], disconnected_inputs="warn")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, silent = sd.grad(cost, [x, y], disconnected_inputs="ignore")
    for node in (zeros, silent):
        assert node.eval({y: np.ones((2, 3))}).tolist() == np.zeros((2, 3)).tolist()


def test_disconnected_through_shapes_and_comparisons():
    """Sizes, comparisons, argmax and integer casts carry no gradient: what goes through them alone is disconnected."""
    x = T.dvector("x")
    for cost in (
        T.cast(x.shape[0], "float64"),
        T.cast(x > 0, "float64").sum(),
        T.cast(x.argmax(), "float64"),
        T.cast(T.cast(x, "int64"), "float64").sum(),
        T.floor(x).sum(),
    ):
        with pytest.raises(DisconnectedInputError):
            sd.grad(cost, x)


# Options and barriers.


def test_consider_constant():
    """No gradient flows through a node that is considered constant; through its other uses it does."""
    x = T.dvector("x")
    y = x**2
    np.testing.assert_allclose(sd.grad((y * x).sum(), x, consider_constant=[y]).eval({x: GRID}), GRID**2)
    with pytest.raises(DisconnectedInputError):
        sd.grad(y.sum(), x, consider_constant=[y])
    assert sd.grad(y.sum(), y, consider_constant=[y]).eval({x: GRID}).tolist() == [1] * 4


def test_consider_constant_inside_a_stable_formula():
    """A constant node is a barrier for stability rules too: log(s) with s constant has no gradient through s."""
    x = T.dscalar("x")
    s = T.sigmoid(x)
    assert sd.grad(T.log(s) * x, x, consider_constant=[s]).eval({x: 0.0}) == pytest.approx(np.log(0.5))


def test_known_grads():
    """Given gradients replace the way back to the cost, and add to it where there is one."""
    x = T.dvector("x")
    y = x**2
    g = T.dvector("g")
    slope = sd.grad(None, x, known_grads={y: g})
    np.testing.assert_allclose(slope.eval({x: GRID, g: [1, 2, 3, 4]}), 2 * GRID * [1, 2, 3, 4])
    assert slope.name == "(dcost/dx)"
    with pytest.raises(GraphTypeError, match="does not have the shape of"):
        sd.grad(None, x, known_grads={y: T.dscalar()})
    with pytest.raises(DisconnectedInputError):
        sd.grad(None, T.dvector("z"), known_grads={y: g})


def test_known_grads_of_the_middle():
    """Back-propagation cut in two: the gradient at h, handed in, gives the gradient at x."""
    x = T.dvector("x")
    h = T.tanh(x)
    cost = (h**3).sum()
    gh = sd.grad(cost, h)
    np.testing.assert_allclose(
        sd.grad(None, x, known_grads={h: gh}).eval({x: GRID}), sd.grad(cost, x).eval({x: GRID}), rtol=1e-14
    )


def test_disconnected_and_zero_grad():
    """disconnected_grad disconnects, zero_grad gives zeros; the values pass through both."""
    x = T.dvector("x")
    held = sd.disconnected_grad(x)
    assert (held * 2).eval({x: GRID}).tolist() == (GRID * 2).tolist()
    np.testing.assert_allclose(sd.grad((held * x).sum(), x).eval({x: GRID}), GRID)
    with pytest.raises(DisconnectedInputError):
        sd.grad(held.sum(), x)
    assert sd.grad(sd.zero_grad(x).sum(), x).eval({x: GRID}).tolist() == [0] * 4
    np.testing.assert_allclose(sd.grad((sd.zero_grad(x) * x).sum(), x).eval({x: GRID}), GRID)


def test_grad_clip():
    """grad_clip passes the value and limits the gradient on the way back."""
    x = T.dvector("x")
    y = sd.grad_clip(x, low=-1.0, high=2.0)
    f = sd.function([x], [y, sd.grad((y**2).sum(), x)])
    value, slope = f([-3.0, 0.5, 4.0])
    assert value.tolist() == [-3, 0.5, 4] and slope.tolist() == [-1, 1, 2]


def test_value_and_grad():
    """Both at once, in one function, the value being the user's own node."""
    x = T.dvector("x")
    cost = (x**2).sum()
    value, slope = sd.value_and_grad(cost, x)
    assert value is cost
    f = sd.function([x], [value, slope])
    assert [v.tolist() for v in f([1, 2])] == [5, [2, 4]]
    _, (only,) = sd.value_and_grad(cost, [x])
    assert only.eval({x: [1, 2]}).tolist() == [2, 4]


# Forward mode, matrices of derivatives, gradients of gradients.


def test_jvp_and_Rop():
    """Forward mode gives the Jacobian times a direction, for several variables and outputs at once."""
    x, y = T.dvector("x"), T.dvector("y")
    v, w = np.array([1.0, -1.0]), np.array([0.5, 2.0])
    a, b = np.array([0.3, 0.7]), np.array([2.0, -1.0])
    outputs = [x * T.sin(y), T.exp(x).sum()]
    pushed = sd.jvp(outputs, [x, y], [v, w])
    f = sd.function([x, y], pushed)
    np.testing.assert_allclose(f(a, b)[0], v * np.sin(b) + a * np.cos(b) * w)
    np.testing.assert_allclose(f(a, b)[1], (np.exp(a) * v).sum())
    assert type(sd.jvp(tuple(outputs), x, v)) is tuple
    np.testing.assert_allclose(sd.Rop(outputs[0], x, v).eval({x: a, y: b}), v * np.sin(b))
    assert sd.jvp(y.sum(), x, v).eval({y: b}) == 0
    with pytest.raises(ArgumentError, match="2 tangents are needed, one for each, not 1"):
        sd.jvp(outputs, [x, y], [v])
    with pytest.raises(GraphTypeError, match="does not have the shape of 'x'"):
        sd.jvp(outputs, x, np.ones((2, 2)))


def test_forward_mode_through_linear_and_structured_ops():
    """matmul, sums, indexing, softmax, sorting, concatenation and splitting push tangents forward."""
    x = T.dmatrix("x")
    value, v = np.arange(6.0).reshape(2, 3) / 7, np.linspace(-1, 1, 6).reshape(2, 3)

    def through(build):
        output = build(x)
        eps = 1e-6
        f = sd.function([x], output)
        expected = (f(value + eps * v) - f(value - eps * v)) / (2 * eps)
        np.testing.assert_allclose(sd.jvp(output, x, v).eval({x: value}), expected, rtol=1e-6, atol=1e-8)

    through(lambda x: x @ x.T)
    through(lambda x: x.sum(axis=0) * x)
    through(lambda x: x[[0, 1, 1], [2, 0, 0]])
    through(lambda x: T.nnet.softmax(x))
    through(lambda x: T.concatenate([x, x**2], axis=1))
    through(lambda x: x.max(axis=1))
    through(lambda x: T.set_subtensor(x[0], x[1] ** 2))
    through(lambda x: T.nnet.log_softmax(x).sum(axis=0))
    through(lambda x: T.where(x > 0.3, x**2, x))


def test_forward_equals_reverse():
    """u (J v) computed forwards equals (u J) v computed backwards."""
    x = T.dvector("x")
    y = T.tanh(x @ np.arange(12.0).reshape(3, 4)) ** 2
    u, v, at = np.array([1.0, -1, 2, 0.5]), np.array([0.1, 0.2, -0.3]), np.array([0.05, -0.02, 0.01])
    forward = (sd.jvp(y, x, v) * u).sum().eval({x: at})
    backward = (sd.Lop(y, x, u) * v).sum().eval({x: at})
    assert forward == pytest.approx(backward, rel=1e-12)


def test_Lop():
    """Lop takes a row vector per output, and needs one for each."""
    x = T.dvector("x")
    np.testing.assert_allclose(sd.Lop([x**2, x**3], x, [np.ones(2), np.ones(2)]).eval({x: [1, 2]}), [5, 16])
    with pytest.raises(ArgumentError, match="2 points are needed, one for each, not 1"):
        sd.Lop([x, x], x, [np.ones(2)])


def test_jacobian():
    """Row i of a Jacobian is the gradient of element i; for any variable shape, list, tuple, and length 0."""
    x, W = T.dvector("x"), T.dmatrix("W")
    y = T.tanh(x @ W)
    jx, jW = sd.jacobian(y, (x, W))
    f = sd.function([x, W], [jx, jW])
    a, w = np.array([0.1, -0.2]), np.arange(6.0).reshape(2, 3) / 5
    slope = 1 - np.tanh(a @ w) ** 2
    np.testing.assert_allclose(f(a, w)[0], slope[:, None] * w.T)
    expected = np.zeros((3, 2, 3))
    for i in range(3):
        expected[i, :, i] = slope[i] * a
    np.testing.assert_allclose(f(a, w)[1], expected)
    assert f(a, w[:, :0])[0].shape[0] == 0
    np.testing.assert_allclose(sd.jacobian((x**2).sum(), x).eval({x: a}), 2 * a)
    with pytest.raises(GraphTypeError, match="a Jacobian is of a vector; 'W'"):
        sd.jacobian(W, W)


def test_hessian_and_products():
    """The Hessian, the Hessian times a vector, and the gradient of the gradient agree with analysis."""
    x, v = T.dvector("x"), T.dvector("v")
    cost = (x[0] ** 2 * x[1] + T.exp(x[0] * x[1])).sum()
    a = np.array([0.3, 0.7])
    e = np.exp(a[0] * a[1])
    cross = 2 * a[0] + e * (1 + a[0] * a[1])
    expected = np.array([[2 * a[1] + a[1] ** 2 * e, cross], [cross, a[0] ** 2 * e]])
    np.testing.assert_allclose(sd.hessian(cost, x).eval({x: a}), expected, rtol=1e-12)
    np.testing.assert_allclose(sd.hessian(cost, [x])[0].eval({x: a}), expected, rtol=1e-12)
    direction = np.array([2.0, -1.0])
    product = sd.hessian_vector_product(cost, x, v)
    np.testing.assert_allclose(product.eval({x: a, v: direction}), expected @ direction, rtol=1e-12)
    again = sd.grad((sd.grad(cost, x) * v).sum(), x)
    np.testing.assert_allclose(again.eval({x: a, v: direction}), expected @ direction, rtol=1e-12)
    with pytest.raises(GraphTypeError, match="a Hessian is with respect to vectors"):
        sd.hessian(x.sum(), T.dmatrix("m"))


def test_hessian_of_a_linear_cost():
    """Where the gradient no longer depends on the variable, the Hessian is zeros."""
    x = T.dvector("x")
    assert sd.hessian((3 * x).sum(), x).eval({x: [1, 2]}).tolist() == [[0, 0], [0, 0]]


def test_high_orders():
    """Gradients of gradients of gradients: d^k sin, and the Taylor coefficients of exp at 0."""
    x = T.dscalar("x")
    for base, values in ((T.sin(x), [0, 1, 0, -1, 0, 1]), (T.exp(x), [1] * 6), (1 / (1 - x), [1, 1, 2, 6, 24, 120])):
        node = base
        for expected in values:
            assert node.eval({x: 0.0}) == pytest.approx(expected, abs=1e-12)
            node = sd.grad(node, x, disconnected_inputs="ignore")


def test_jacobian_of_a_gradient_through_a_jacobian():
    """Control ops are differentiable as well: the gradient of a sum of squared Jacobian entries."""
    x = T.dvector("x")
    J = sd.jacobian(T.sin(x) * x.sum(), x)
    sd.verify_grad(lambda x: (sd.jacobian(T.sin(x) * x.sum(), x) ** 2).sum(), [GRID], order=2)
    assert J.eval({x: GRID}).shape == (4, 4)


# Ties and integers: THEANO-SEMANTICS, except relu'(0) = 0 as in PyTorch and JAX.


@pytest.mark.parametrize(("build", "at", "expected"), [
    (lambda x: abs(x), 0.0, 0.0),
    (lambda x: T.nnet.relu(x), 0.0, 0.0),
    (lambda x: T.relu(x), 0.0, 0.0),
    (lambda x: T.maximum(x, 0), 0.0, 1.0),
    (lambda x: T.minimum(x, 0), 0.0, 1.0),
    (lambda x: T.maximum(0, x), 0.0, 0.0),
    (lambda x: T.clip(x, 0, 1), 0.0, 1.0),
    (lambda x: T.clip(x, 0, 1), 1.0, 1.0),
    (lambda x: T.clip(x, 0, 1), 1.5, 0.0),
    (lambda x: T.switch(x > 0, x, 0.0), 0.0, 0.0),
    (lambda x: x**2, 0.0, 0.0),
    (lambda x: x**1, 0.0, 1.0),
    (lambda x: x**0, 0.0, None),
    (lambda x: T.sqr(x), 0.0, 0.0),
])  # fmt: skip
def test_ties(build, at, expected):
    """The documented choice of a derivative at a kink."""
    x = T.dscalar("x")
    if expected is None:
        with pytest.raises(DisconnectedInputError):
            sd.grad(build(x), x)
        return
    assert sd.grad(build(x), x).eval({x: at}) == expected
    both = sd.function([x], [sd.grad(build(x), x), build(x)])
    assert both(at)[0] == expected


def test_ties_of_extrema():
    """Every one of several equal maxima receives the gradient, as in Theano."""
    assert slope_at(lambda x: x.max(), [1.0, 3.0, 3.0]).tolist() == [0, 1, 1]
    assert slope_at(lambda x: x.min(), [1.0, 1.0, 3.0]).tolist() == [1, 1, 0]
    assert slope_at(lambda x: x.max(axis=0), [[1.0, 2.0], [1.0, 0.0]]).tolist() == [[1, 1], [1, 0]]


def test_integer_inputs():
    """A float cost has float gradients with respect to integers; the gradient of an integer cast is float."""
    i = T.ivector("i")
    slope = sd.grad((2.0 * i).sum(), i)
    assert slope.dtype == "float32" and slope.eval({i: [1, 5]}).tolist() == [2, 2]
    x = T.fvector("x")
    j = T.cast(x, "int32")
    assert sd.grad((j * 0.5).sum(), j).eval({x: [1.5]}).tolist() == [0.5]
    with pytest.raises(DisconnectedInputError):
        sd.grad((j * 0.5).sum(), x)


def test_gradient_at_zero_of_a_power():
    """x ** y at 0: the limits, not NaN."""
    x, y = T.dscalar("x"), T.dscalar("y")
    gx, gy = sd.function([x, y], sd.grad(x**y, [x, y]))(0.0, 2.0)
    assert (gx, gy) == (0, 0)
    assert sd.function([x, y], sd.grad(x**y, x))(0.0, 1.0) == 1


def test_a_branch_not_taken_leaves_no_nan():
    """where(x > 0, log(x), 0) at x = 0: the infinite slope of the branch not taken does not leak."""
    x = T.dvector("x")
    slope = sd.grad(T.where(x > 0, T.log(T.where(x > 0, x, 1.0)), 0.0).sum(), x)
    assert slope.eval({x: [0.0, 2.0]}).tolist() == [0, 0.5]


# Precision at large arguments.

POINTS = (-1000.0, -800.0, -100.0, -37.0, -1.0, -1e-5, 0.0, 1e-5, 0.5, 1.0, 30.0, 100.0, 700.0, 800.0, 1000.0)
mpmath.mp.dps = 50


def within(got, expected, largest, ulps=4):
    """Finite, and within ulps of max(1, |largest input|) of the reference."""
    got = np.asarray(got)
    assert np.isfinite(got).all(), got
    unit = np.spacing(np.asarray(max(1.0, abs(largest)), got.dtype)).astype("float64")
    assert abs(float(got) - float(expected)) <= ulps * unit, (got, expected, unit)


SCALAR = {
    "log(sigmoid(x))": (lambda x: T.log(T.sigmoid(x)), lambda v: -mpmath.log1p(mpmath.exp(-v))),
    "log(1 - sigmoid(x))": (lambda x: T.log(1 - T.sigmoid(x)), lambda v: -mpmath.log1p(mpmath.exp(v))),
    "log1p(-sigmoid(x))": (lambda x: T.log1p(-T.sigmoid(x)), lambda v: -mpmath.log1p(mpmath.exp(v))),
    "log1p(exp(x))": (lambda x: T.log1p(T.exp(x)), lambda v: mpmath.log1p(mpmath.exp(v))),
    "log(1 + exp(x))": (lambda x: T.log(1 + T.exp(x)), lambda v: mpmath.log1p(mpmath.exp(v))),
    "log(exp(x) + 1)": (lambda x: T.log(T.exp(x) + 1), lambda v: mpmath.log1p(mpmath.exp(v))),
    "log(1 + exp(-x))": (lambda x: T.log(1 + T.exp(-x)), lambda v: mpmath.log1p(mpmath.exp(-v))),
    "1 / (1 + exp(-x))": (lambda x: 1 / (1 + T.exp(-x)), lambda v: 1 / (1 + mpmath.exp(-v))),
    "1 / (1 + exp(x))": (lambda x: 1 / (1 + T.exp(x)), lambda v: 1 / (1 + mpmath.exp(v))),
    "exp(x) / (1 + exp(x))": (lambda x: T.exp(x) / (1 + T.exp(x)), lambda v: 1 / (1 + mpmath.exp(-v))),
    "log(1 / (1 + exp(-x)))": (lambda x: T.log(1 / (1 + T.exp(-x))), lambda v: -mpmath.log1p(mpmath.exp(-v))),
    "1 - sigmoid(x)": (lambda x: 1 - T.sigmoid(x), lambda v: 1 / (1 + mpmath.exp(v))),
    "log(exp(x))": (lambda x: T.log(T.exp(x)), lambda v: v),
    "softplus(x)": (lambda x: T.softplus(x), lambda v: mpmath.log1p(mpmath.exp(v))),
    "sigmoid(x)": (lambda x: T.sigmoid(x), lambda v: 1 / (1 + mpmath.exp(-v))),
    "binary_crossentropy(sigmoid(x), 0.25)": (
        lambda x: T.nnet.binary_crossentropy(T.sigmoid(x), 0.25),
        lambda v: mpmath.log1p(mpmath.exp(v)) - v / 4,
    ),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", SCALAR)
def test_stable_functions_of_one_number(name, dtype):
    """Values and gradients are finite at +-1000 and within 4 ulp of the reference, on scalars and on vectors."""
    build, reference = SCALAR[name]
    x, s = T.tensor(dtype, (None,), "x"), T.tensor(dtype, (), "s")
    y, z = build(x), build(s)
    f = sd.function([x], [y, sd.grad(y.sum(), x)])
    g = sd.function([s], [z, sd.grad(z, s)])
    points = np.array(POINTS, dtype)
    values, slopes = f(points)
    for i, point in enumerate(points):
        v = mpmath.mpf(float(point))
        slope = mpmath.diff(reference, v, h=mpmath.mpf(10) ** -15)
        for value, found in ((values[i], slopes[i]), g(point)):
            within(value, reference(v), point)
            within(found, slope, point)


ROWS = [
    [1000.0, 0.0, -1000.0], [-1000.0, -1000.0, -999.0], [800.0, 800.0, 799.5], [0.1, 0.2, 0.3], [-1e3, 1e3, 1e3],
    [1e-3, -1e-3, 0.0], [30.0, -30.0, 5.0], [700.0, 710.0, 720.0],
]  # fmt: skip


def mp_log_softmax(row):
    values = [mpmath.mpf(float(v)) for v in row]
    top = max(values)
    total = top + mpmath.log(sum(mpmath.exp(v - top) for v in values))
    return [v - total for v in values]


VECTOR = {
    "log(softmax(x))[0]": (lambda x: T.log(T.nnet.softmax(x))[:, 0], lambda l: l[0], lambda p, j: (j == 0) - p[j]),
    "log(exp(x) / sum)": (
        lambda x: T.log(T.exp(x) / T.exp(x).sum(axis=1, keepdims=True))[:, 0],
        lambda l: l[0],
        lambda p, j: (j == 0) - p[j],
    ),
    "exp(x) / sum": (
        lambda x: (T.exp(x) / T.exp(x).sum(axis=-1, keepdims=True))[:, 2],
        lambda l: mpmath.exp(l[2]),
        lambda p, j: p[2] * ((j == 2) - p[j]),
    ),
    "exp(x) / sum, by dimshuffle": (
        lambda x: (T.exp(x) / T.exp(x).sum(axis=1).dimshuffle(0, "x"))[:, 2],
        lambda l: mpmath.exp(l[2]),
        lambda p, j: p[2] * ((j == 2) - p[j]),
    ),
    "log(sum(exp(x))) - x[1]": (
        lambda x: T.log(T.exp(x).sum(axis=1)) - x[:, 1],
        lambda l: -l[1],
        lambda p, j: p[j] - (j == 1),
    ),
    "categorical_crossentropy, index": (
        lambda x: T.nnet.categorical_crossentropy(T.nnet.softmax(x), T.zeros_like(x[:, 0], dtype="int64") + 1),
        lambda l: -l[1],
        lambda p, j: p[j] - (j == 1),
    ),
    "categorical_crossentropy, one-hot": (
        lambda x: T.nnet.categorical_crossentropy(T.nnet.softmax(x), T.zeros_like(x) + np.array([0, 1, 0], "int8")),
        lambda l: -l[1],
        lambda p, j: p[j] - (j == 1),
    ),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", VECTOR)
def test_stable_functions_of_rows(name, dtype):
    """Softmax and its logarithm, written in any of the usual ways, are finite and precise at +-1000."""
    build, reference, derivative = VECTOR[name]
    x = T.tensor(dtype, (None, None), "x")
    y = build(x)
    assert y.dtype == dtype
    rows = np.array(ROWS, dtype)
    values, slopes = sd.function([x], [y, sd.grad(y.sum(), x)])(rows)
    for i, row in enumerate(rows):
        logs = mp_log_softmax(row)
        p = [mpmath.exp(v) for v in logs]
        largest = max(abs(float(v)) for v in row)
        within(values[i], reference(logs), largest)
        for j in range(3):
            within(slopes[i, j], derivative(p, j), largest)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_negative_log_likelihood(dtype):
    """-mean(log(softmax(x))[arange(n), y]), the line of every tutorial, stays finite with its gradient."""
    x, y = T.tensor(dtype, (None, None), "x"), T.ivector("y")
    for p in (T.nnet.softmax(x), T.exp(x) / T.exp(x).sum(axis=1, keepdims=True)):
        for picked in (T.log(p)[T.arange(y.shape[0]), y], T.log(p[T.arange(y.shape[0]), y])):
            cost = -T.mean(picked)
            value, slope = sd.function([x, y], [cost, sd.grad(cost, x)])(np.array(ROWS, dtype), [1] * len(ROWS))
            logs = [mp_log_softmax(row) for row in np.array(ROWS, dtype)]
            within(value, -sum(row[1] for row in logs) / len(ROWS), 1000)
            for i, row in enumerate(logs):
                for j in range(3):
                    within(slope[i, j], (mpmath.exp(row[j]) - (j == 1)) / len(ROWS), 1000)


def test_stability_survives_second_derivatives():
    """The Hessian of a stable cost is finite at +-1000, too."""
    x = T.dvector("x")
    for cost in (
        -T.log(T.nnet.softmax(x))[0],
        T.log(T.exp(x).sum()),
        T.log(T.sigmoid(x)).sum(),
        T.nnet.binary_crossentropy(T.sigmoid(x), 1.0).sum(),
    ):
        found = sd.hessian(cost, x).eval({x: [1000.0, -1000.0, 999.0]})
        assert np.isfinite(found).all()


# verify_grad.


def test_verify_grad_catches_a_wrong_pullback():
    """A pullback that is off by a factor is caught in both modes, and one wrong in the second order at order 2."""

    def wrong(m, x):
        """sin with a slope that is slightly off."""
        return m.sin(x)

    op = sd.elementwise(name="wrong_sine_for_tests")(wrong)
    try:
        op.pullback(lambda g, y, x: g * T.cos(x) * 1.01)
        for mode in ("reverse", "forward"):
            with pytest.raises(sd.inspect.check.GradientError, match=f"{mode} mode gives"):
                sd.verify_grad(op, [GRID], modes=[mode], order=1)
        # Right at first order, wrong at second: the slope hides its dependence on x.
        op.pullback(lambda g, y, x: g * sd.disconnected_grad(T.cos(x)))
        sd.verify_grad(op, [GRID], order=1)
        with pytest.raises(AssertionError):
            sd.verify_grad(op, [GRID], order=2)
        op.pullback(lambda g, y, x: g * float("nan"))
        with pytest.raises(AssertionError):
            sd.verify_grad(op, [GRID], order=1)
    finally:
        del registry["wrong_sine_for_tests"]


def test_verify_grad_without_floats():
    """Points that cannot move would pass every check: they are refused, and so is an array in place of a list."""
    with pytest.raises(sd.errors.ArgumentError, match=r"points of floats are needed, not int64 \(made at"):
        sd.verify_grad(T.exp, [np.array([1, 2])])
    with pytest.raises(sd.errors.ArgumentError, match="one array for every argument"):
        sd.verify_grad(T.exp, GRID)


def test_verify_grad_holds_integers_fixed():
    """Integer points are arguments that do not move."""
    sd.verify_grad(lambda x, i: x[i] ** 2, [GRID, np.array([0, 0, 3])])


SIZES = [(1, 3), (3, 1), (1, 1), (1,), (1, 3, 1), (), (2, 3)]


@pytest.mark.parametrize("shape", SIZES)
def test_a_gradient_has_the_known_sizes_of_what_it_is_taken_to(shape):
    """An SGD update of a parameter with an axis of size 1 is accepted, whatever the gradient passes through."""
    W = sd.shared(np.ones(shape), "W")
    x, v = T.dmatrix("x"), T.dvector("v")
    flat = T.dot(v, W.flatten().dimshuffle(0, "x") * v)
    through = {
        "sum": W.sum(), "flat": flat.sum(), "exp": (T.exp(W) * v.sum()).sum(), "reshape": (W.reshape((-1,)) ** 2).sum(),
        "index": W.flatten()[T.arange(v.shape[0])].sum(), "loop": sd.scan(lambda a: a * W, v)[0].sum(),
        "state": sd.scan(lambda a, s: s * a, v, outputs_info=W)[0].sum(),
    }  # fmt: skip
    if len(shape) == 2:
        through["product"], through["rows"] = T.dot(x, W).sum(), (T.dot(x, W)[:, 0] * v).sum()
        through["left"] = T.dot(W, x).sum()
    for name, cost in through.items():
        g = sd.grad(cost, W)
        assert all(size is None or size == own for size, own in zip(W.type.shape, g.type.shape, strict=True)), name
        sd.function([x, v], updates={W: W - 0.1 * g}, on_unused_input="ignore")


@pytest.mark.parametrize("cell", [sd.nn.GRU, sd.nn.LSTM, sd.nn.Elman])
def test_layers_with_one_input_feature_train(cell):
    """The weights (1, n) of a layer with one feature have gradients of their type."""
    layer = cell(1, 5)
    x = T.tensor(sd.config.floatX, (None, None, 1), "x")
    out = layer(x)
    out = out[0] if isinstance(out, tuple) else out
    cost = (out**2).sum()
    updates = {p: p - 0.001 * sd.grad(cost, p) for p in layer.parameters}
    train = sd.function([x], cost, updates=updates)
    values = np.ones((4, 2, 1), "float32")
    assert train(values) > train(values)


# Sizes known in one place and unknown in another.


@pytest.mark.parametrize(
    "make",
    [
        lambda x, y: x.dimshuffle(0, "x") @ y,
        lambda x, y: T.dot(y.T, x.dimshuffle("x", 0)),
        lambda x, y: T.tensordot(x.dimshuffle(0, "x"), y, axes=[[1], [0]]),
        lambda x, y: T.batched_dot(x.dimshuffle("x", 0, "x"), y.dimshuffle("x", 0, 1)),
        lambda x, y: T.squeeze(y @ (x * T.ones((y.shape[1], x.shape[0]), "float64")), axis=0),
        lambda x, y: sd.ifelse(y[0, 0] > 0, x.dimshuffle("x", 0), y),
        lambda x, y: x.dimshuffle(0, "x")[:, 0].dimshuffle(0, "x") @ y,
    ],
    ids=["product", "from the right", "tensordot", "batched", "squeezed", "ifelse", "column taken and put back"],
)
def test_a_cotangent_knows_the_sizes_of_its_node(make):
    """An axis of size 1 meets one of unknown size, which must be 1 too: the way back may drop it, and then again."""
    x, y = T.dvector("x"), T.dmatrix("y")
    cost = T.sin(make(x, y)).sum()
    g = sd.grad(cost, x)
    second = sd.grad((g * g).sum(), x)
    point = np.array([0.5, -0.25]), np.array([[1.0, 2.0, 3.0]])
    for backend in ("native", "numpy"):
        f = sd.function([x, y], [cost, g, second], backend=backend)
        for k in (1, 2):
            values = [f(point[0] + step, point[1]) for step in 1e-5 * np.array([[1, 0], [-1, 0]])]
            ahead, behind = ((v[0] if k == 1 else (v[1] * v[1]).sum()) for v in values)
            np.testing.assert_allclose(f(*point)[k][0], (ahead - behind) / 2e-5, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("n", [0, 1, 4])
def test_jacobians_are_rows_of_gradients(n, backend):
    """Row i is the gradient of element i: variables of all ranks, one that does not matter, no elements."""
    x, w, k = T.dvector("x"), T.dmatrix("w"), T.dscalar("k")
    cube, other, c = T.dtensor3("cube"), T.dvector("other"), T.bscalar("c")
    steps = sd.scan(lambda a, s: T.tanh(s * a + k), x, k)[0]
    y = sd.ifelse(c, T.sin(w @ x) * k + cube.sum(axis=(1, 2)), steps * w.sum(axis=1)) * x
    wrt = [x, w, k, cube, other]
    values = np.random.default_rng(0).normal
    given = [values(size=size) for size in ((n,), (n, n), (), (n, 2, 3), (2,))]
    rows = sd.jacobian(y, wrt, disconnected_inputs="ignore")
    f = sd.function([c, *wrt], rows, backend=backend)
    one = T.iscalar("i")
    row = sd.function([one, c, *wrt], sd.grad(y[one], wrt, disconnected_inputs="ignore"), backend="numpy")
    for chosen in (0, 1):
        for position, (got, value) in enumerate(zip(f(chosen, *given), given, strict=True)):
            assert got.shape == (n, *value.shape)
            for i in range(n):
                np.testing.assert_allclose(got[i], row(i, chosen, *given)[position], rtol=1e-12, atol=1e-12)
    assert [r.type.shape[1:] for r in rows] == [v.type.shape for v in wrt]


def test_jacobians_are_native():
    """A Jacobian is no call of NumPy for every row, and neither is a Hessian."""
    x, w = T.dvector("x"), T.dmatrix("w")
    made = [sd.jacobian(T.tanh(w @ x), x), sd.jacobian(T.exp(x), x), sd.hessian(T.tanh(w @ x).sum(), x)]
    for out in made:
        f = sd.function([x, w], out, backend="native", on_unused_input="ignore")
        assert not [line for line in f.kernels if "fallback" in line]


def test_jacobians_of_integers_are_refused():
    """As gradients are."""
    x = T.lvector("x")
    with pytest.raises(GraphTypeError, match="a Jacobian is of floats"):
        sd.jacobian(x * 2, x)


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8"])
def test_gradients_with_respect_to_integers_are_those_of_floats(dtype):
    """As if the integers were numbers in between: casts between integers pass, and no slope overflows its dtype."""
    values = {"n": np.array([4, 2, 3]), "m": np.array([3, 2, 4])}
    formulas = [
        lambda n, m: (n * 1.0).sum() + T.cumsum(n).sum(),
        lambda n, m: (n**m).sum() * 1.0,
        lambda n, m: (n * m).sum() * 0.5,
        lambda n, m: T.prod(n) * 1.0,
        lambda n, m: T.sqr(n).sum() * 1.0,
        lambda n, m: (n / m).sum(),
        lambda n, m: T.exp(n).sum(),
        lambda n, m: (n + T.cumsum(n)).sum() * 1.0,
        lambda n, m: T.mean(n * n),
        lambda n, m: T.maximum(n, m).sum() * 2.0,
        lambda n, m: (n * n * n * n).sum() * 1.0,
        lambda n, m: T.where(n > m, n * m, n).sum() * 1.0,
        lambda n, m: T.dot(n, m) * 1.0,
        lambda n, m: (n[::-1] * m)[T.constant([0, 2])].sum() * 1.0,
        lambda n, m: T.concatenate([n, n * n]).sum() * 1.0,
    ]
    for formula in formulas:
        found, exact = [], []
        for kind, results in ((dtype, found), ("float64", exact)):
            n, m = T.tensor(kind, (None,), "n"), T.tensor(kind, (None,), "m")
            cost = formula(n, m)
            outputs = [sd.grad(cost, n), sd.Rop(cost, n, np.array([1.0, 2.0, 3.0], cost.dtype))]
            f = sd.function([n, m], outputs, on_unused_input="ignore")
            results += f(*(values[name].astype(kind) for name in ("n", "m")))
        assert all(slope.dtype.kind == "f" for slope in found)
        for a, b in zip(found, exact, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5)


def test_what_is_cut_off_has_no_slope():
    """From floats to integers and back: no gradient and no tangent, in reverse and forward mode."""
    x = T.dvector("x")
    cost = (T.cast(T.cast(x, "int32"), "float64") * 2).sum() + x.sum()
    assert sd.grad(cost, x).eval({x: [1.5, 2.5]}).tolist() == [1, 1]
    assert sd.Rop(cost, x, np.array([1.5, 2.0])).eval({x: [1.5, 2.5]}) == 3.5


def test_gradients_of_float16_are_float16():
    """Zeros where the cost does not depend on a float16 variable were float32, a gradient through it float16."""
    x, y = T.tensor("float16", (None,), "x"), T.fvector("y")
    for cost in (y.sum(), (x**2).sum(), x[0], T.max(x) * y.sum()):
        slope = sd.grad(cost, x, disconnected_inputs="ignore")
        assert slope.dtype == "float16"
        f = sd.function([x, y], slope, on_unused_input="ignore")
        assert f(np.ones(2, "float16"), np.ones(1, "float32")).dtype == "float16"
    assert sd.jacobian(y * 2, x, disconnected_inputs="ignore").dtype == "float16"
    assert sd.hessian(x.sum(), x).dtype == sd.hessian((x**2).sum(), x).dtype == "float16"
