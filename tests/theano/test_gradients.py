"""theano.gradient: marks, lists, and slopes where a function has a kink, with the values of Theano 1.0.5."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import ShapeError
from symdrop.theano import gradient

POINT = [1.0, 2.0]


class Undefined(theano.Op):
    """The input, without a derivative."""

    __props__ = ()
    mark = staticmethod(gradient.grad_undefined)

    def make_node(self, x):
        return theano.Apply(self, [T.as_tensor_variable(x)], [x.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0]

    def grad(self, inputs, g):
        return [self.mark(self, 0, inputs[0], "why")]


class NotWritten(Undefined):
    mark = staticmethod(gradient.grad_not_implemented)


class Halves(Undefined):
    """The input, with a gradient of half the length."""

    def grad(self, inputs, g):
        return [g[0][:1]]


def test_what_stands_for_a_disconnected_gradient():
    x, w = T.vector("x"), T.vector("w")
    cost = T.sum(x**2)
    zero = T.grad(cost, [x, w], disconnected_inputs="ignore")[1]
    assert zero.eval({w: POINT}).tolist() == [0, 0]
    slope, nothing = T.grad(cost, [x, w], disconnected_inputs="ignore", return_disconnected="None")
    assert slope.eval({x: POINT}).tolist() == [2, 4] and nothing is None
    mark = T.grad(cost, w, disconnected_inputs="ignore", return_disconnected="Disconnected")
    assert isinstance(mark.type, gradient.DisconnectedType)
    with pytest.warns(UserWarning, match="does not depend on"):
        assert T.grad(cost, w, disconnected_inputs="warn", return_disconnected="None") is None
    for answer in ("zero", "None", "Disconnected"):
        with pytest.raises(gradient.DisconnectedInputError):
            T.grad(cost, w, return_disconnected=answer)
    with pytest.raises(ValueError, match="'zero', 'None', 'Disconnected'"):
        T.grad(cost, w, return_disconnected="none")


@pytest.mark.parametrize("op", [Undefined(), NotWritten(), gradient.undefined_grad])
def test_gradients_that_are_not_defined(op):
    """An error, or a mark if asked for; what has a gradient beside keeps it."""
    x, w = T.vector("x"), T.vector("w")
    cost = T.sum(op(x) * w) + T.sum(x)
    assert op(x).eval({x: POINT}).tolist() == POINT
    with pytest.raises(gradient.NullTypeGradError):
        T.grad(cost, x)
    mark, slope = T.grad(cost, [x, w], null_gradients="return")
    assert isinstance(mark.type, gradient.NullType) and mark.type.why_null
    assert slope.eval({x: POINT, w: POINT}).tolist() == POINT


def test_products_with_jacobians_take_lists():
    x, v, u = T.vector("x"), T.vector("v"), T.vector("u")
    at = {x: POINT, v: [1.0, 10.0]}
    for made in (
        T.Lop(x**2, x, v), T.Lop([x**2], x, v), T.Lop(x**2, x, [v]), T.Lop([x**2], [x], [v])[0],
        T.Rop(x**2, x, v), T.Rop(x**2, [x], v), T.Rop(x**2, x, [v]), T.Rop([x**2], [x], [v])[0],
    ):  # fmt: skip
        assert made.eval(at).tolist() == [2, 40]
    both = T.Lop([x**2, x * 3], (x, u), [v, v], disconnected_inputs="ignore")
    assert isinstance(both, tuple) and both[0].eval(at).tolist() == [5, 70]
    still = T.Rop(u * 2, x, v, disconnected_outputs="ignore")
    assert still.eval({u: POINT}).tolist() == [0, 0]
    with pytest.raises(gradient.DisconnectedInputError):
        T.Lop(x**2, u, v)
    with pytest.raises(ValueError):
        T.Lop([x, x], x, v)


def test_jacobians_and_hessians_take_lists_and_constants_by_position():
    x, w = T.vector("x"), T.vector("w")
    first = x[0]
    assert T.jacobian(x**2 * first, x, [first]).eval({x: POINT}).tolist() == [[2, 0], [0, 4]]
    assert T.jacobian(x**2 * first, x).eval({x: POINT}).tolist() == [[3, 0], [4, 4]]
    assert T.hessian(T.sum(x**3) * first, x, [first]).eval({x: POINT}).tolist() == [[6, 0], [0, 12]]
    by_x, by_w = T.hessian(T.sum(x**2) + T.sum(w**3), (x, w))
    assert by_x.eval({x: POINT}).tolist() == [[2, 0], [0, 2]] and by_w.eval({w: POINT}).tolist() == [[6, 0], [0, 12]]
    assert [type(T.jacobian(x**2, one)) for one in ([x], (x,))] == [list, tuple]
    assert T.jacobian(x**2, [x, w], None, "ignore")[1].eval({x: POINT, w: POINT}).tolist() == [[0, 0], [0, 0]]
    assert T.jacobian(T.sum(x**2), [x])[0].eval({x: POINT}).tolist() == [2, 4]
    for refused in (lambda: T.jacobian(T.outer(x, x), x), lambda: T.hessian(x**2, x)):
        with pytest.raises(TypeError):
            refused()


KINKS = {
    "abs": (abs, {0: 0}),
    "relu": (T.nnet.relu, {0: 0.5}),
    "leaky relu": (lambda s: T.nnet.relu(s, 0.1), {0: 0.55}),
    "elu": (T.nnet.elu, {0: 1}),
    "hard_sigmoid": (T.nnet.hard_sigmoid, {-2.5: 0.2, 2.5: 0.2}),
    "maximum(s, 0)": (lambda s: T.maximum(s, 0), {0: 1}),
    "maximum(0, s)": (lambda s: T.maximum(0, s), {0: 0}),
    "minimum(s, 0)": (lambda s: T.minimum(s, 0), {0: 1}),
    "minimum(0, s)": (lambda s: T.minimum(0, s), {0: 0}),
    "maximum(s, s)": (lambda s: T.maximum(s, s), {1: 1}),
    "max of equals": (lambda s: T.max(T.stack([s, s, s * 0])), {1: 2}),
    "min of equals": (lambda s: T.min(T.stack([s, s, s * 0 + 9])), {1: 2}),
    "clip": (lambda s: T.clip(s, -1, 1), {-1: 1, 1: 1, -1.5: 0, 1.5: 0}),
    "switch": (lambda s: T.switch(s > 0, s, 0), {0: 0}),
    "sqrt": (T.sqrt, {0: np.inf}),
    "sgn": (T.sgn, {0: 0}),
    "power 0": (lambda s: s**0, {0: 0}),
    "mod": (lambda s: s % 2.0, {3: 1}),
    "norm": (lambda s: T.sqrt(s**2), {0: np.nan}),
}


@pytest.mark.parametrize("name", KINKS)
def test_slopes_at_kinks(name):
    function, slopes = KINKS[name]
    s = T.scalar("s")
    slope = theano.function([s], T.grad(function(s), s))
    np.testing.assert_allclose([slope(at) for at in slopes], [*slopes.values()], rtol=1e-12)


def test_ties_of_rows_and_pairs():
    """Each of equal elements of a maximum gets all of the gradient; of two variables the first."""
    m, a, b = T.matrix("m"), T.vector("a"), T.vector("b")
    by_rows = T.grad(T.sum(T.max(m, axis=1)), m).eval({m: [[1, 1, 0], [2, 3, 3]]})
    assert by_rows.tolist() == [[1, 1, 0], [0, 1, 1]]
    by_columns = T.grad(T.sum(T.min(m, axis=0)), m).eval({m: [[1, 1, 0], [1, 3, 3]]})
    assert by_columns.tolist() == [[1, 1, 1], [1, 0, 0]]
    given = {a: [1, 2, 3], b: [1, 3, 2]}
    larger = theano.function([a, b], T.grad(T.sum(T.maximum(a, b)), [a, b]))
    assert [one.tolist() for one in larger(*given.values())] == [[1, 0, 1], [0, 1, 0]]
    smaller = theano.function([a, b], T.grad(T.sum(T.minimum(a, b)), [a, b]))
    assert [one.tolist() for one in smaller(*given.values())] == [[1, 1, 0], [0, 0, 1]]


def test_given_gradients_have_the_right_size():
    """Known ones, and what an own op's grad returns: an error that names them."""
    x, g = T.vector("x"), T.vector("g")
    known = theano.function([x, g], T.grad(None, x, known_grads={x * 2: g, T.tanh(x): g}))
    with pytest.raises(ShapeError, match="as large as"):
        known(POINT, [1.0, 2.0, 3.0])
    own = theano.function([x], T.grad(T.sum(Halves()(x)), x))
    assert own([3.0]).tolist() == [1]
    with pytest.raises(ShapeError, match=r"Halves\.grad returns for input 0"):
        own(POINT)


def test_stacked_lists_have_theanos_dtypes():
    x = T.vector("x")
    assert [T.stacklists(one).dtype for one in ([[1, 2], [3, 4]], [1, 300], [1, 2.5])] == ["int8", "int16", "float32"]
    assert T.stacklists([[x, x], [x, x]]).eval({x: POINT}).tolist() == [[POINT] * 2] * 2
    assert T.stacklists(x) is x and T.stacklists(3) == 3
