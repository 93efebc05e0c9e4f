"""Gradients: kinds of arguments, costs that are refused, options of grad, and the identity of the user's nodes."""

import warnings

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import (
    ArgumentError,
    DisconnectedInputError,
    GraphTypeError,
    ShapeError,
)
from symdrop.graph import toposort
from symdrop.ops import barriers
from tests.autodiff.slopes import GRID, slope_at

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
    # What is held constant needs no derivative of the op that reads it, as the error of such an op says.
    refusing = barriers.undefined_grad(held) * x
    np.testing.assert_allclose(sd.grad(refusing.sum(), x).eval({x: GRID}), GRID)


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
        sd.function([x, v], updates={W: W - 0.1 * g}, on_unused_input="ignore", backend="numpy")


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


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_given_gradients_and_tangents_are_as_large_as_what_they_belong_to(backend):
    """A pullback reads its cotangent where its value had elements: one of another size must not get there."""
    x, w, g = T.dtensor4("x"), T.dtensor4("w"), T.dtensor4("g")
    y = T.nnet.conv(x, w)
    pulled = [sd.Lop(y, x, g), sd.grad(None, w, known_grads={y: g}), sd.jvp(y, [x], [g])]
    images, filters = np.ones((1, 1, 1, 9)), np.ones((1, 1, 1, 3))
    with sd.config.change(backend=backend, guard="end"):
        by_x, by_w, forwards = (sd.function([x, w, g], one) for one in pulled)
        right = np.ones((1, 1, 1, 7))
        assert by_x(images, filters, right).tolist() == [[[[1, 2, 3, 3, 3, 3, 3, 2, 1]]]]
        assert by_w(images, filters, right).tolist() == [[[[7, 7, 7]]]]
        assert forwards(images, filters, images).tolist() == [[[[3] * 7]]]
        for size in (1, 6, 8, 9):
            for one in (by_x, by_w):
                with pytest.raises(ShapeError, match="known gradient is as large as what it belongs to"):
                    one(images, filters, np.ones((1, 1, 1, size)))
        for size in (1, 7, 11):
            with pytest.raises(ShapeError, match="tangent is as large as what it belongs to"):
                forwards(images, filters, np.ones((1, 1, 1, size)))


def test_given_gradients_whose_size_is_seen():
    """Where sizes are known to differ it is an error at once; where they are seen to be equal nothing is checked."""
    x = T.tensor("float64", (3,), "x")
    with pytest.raises(ShapeError, match="does not have the shape of 'x'"):
        sd.grad(None, x, known_grads={x: np.ones(4)})
    with pytest.raises(ShapeError, match="does not have the shape of 'x'"):
        sd.Rop(x * 2, x, np.ones(1))
    v = T.dvector("v")
    y = T.tanh(v)
    for made in (sd.Lop(y, v, T.ones_like(v)), sd.Lop(y, v, y * 2), sd.jvp(y, v, v), sd.jvp(y * v, [v], [y])):
        assert all(node.op.name != "specify_shape" for node in toposort([made]))
