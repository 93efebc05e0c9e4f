"""Derivatives beyond grad: forward mode, jacobians, hessians, high orders, and verify_grad."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import (
    ArgumentError,
    GraphTypeError,
)
from symdrop.op import registry
from tests.autodiff.slopes import GRID


def test_forward_mode_of_a_deep_network_is_linear_in_its_depth(linear):
    """Turning a pullback round looks at one op only, not at everything below it."""
    x = T.dmatrix("x")

    def network(layers):
        y = x
        for _ in range(layers):
            y = T.nnet.softmax(T.sort(y))
        return y

    linear(lambda y: sd.jvp(y, x, np.ones((2, 3))), network, 20, 200)


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


def test_a_range_moves_with_its_start_and_its_step():
    """y[k] = start + k * step: the first derivatives are sums over k, and how many there are does not move."""
    start, step = T.dscalar("start"), T.dscalar("step")
    cost = T.exp(0.1 * T.arange(start, 5.0, step)).sum()
    first = sd.grad(cost, [start, step])
    f = sd.function([start, step], [*first, *sd.grad(first[0], [start, step])])
    k = np.arange(7)
    slopes = 0.1 * np.exp(0.1 * (0.3 + 0.7 * k))
    expected = slopes.sum(), (k * slopes).sum(), 0.1 * slopes.sum(), 0.1 * (k * slopes).sum()
    assert np.allclose(f(0.3, 0.7), expected)
