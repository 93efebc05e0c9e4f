"""Products with Jacobians, parts of gradients and what counts as used, as Theano 1.0.5 has them."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.theano import gradient

POINT, DIRECTION = [1.0, 2.0], [1.0, 10.0]


class Stopped(theano.Op):
    """The input, which does not move with it."""

    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0]

    def grad(self, inputs, g):
        return [gradient.grad_undefined(self, 0, inputs[0])]

    def R_op(self, inputs, eval_points):
        return [None]


class Thrice(Stopped):
    """The input, of which R_op says another factor than the gradient: so a test can see who is asked."""

    def grad(self, inputs, g):
        return [g[0]]

    def R_op(self, inputs, eval_points):
        return [None if eval_points[0] is None else 3 * eval_points[0]]


class Both(theano.Op):
    """Two inputs, given back; the first output moves with the second input."""

    __props__ = ()

    def make_node(self, x, y):
        return theano.Apply(self, [x, y], [x.type(), y.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0], outputs[1][0] = inputs

    def R_op(self, inputs, eval_points):
        return [eval_points[1], None]


def test_an_op_moves_as_its_R_op_says():
    x, v = T.vector("x"), T.vector("v")
    at = {x: POINT, v: DIRECTION}
    assert T.Rop(Thrice()(x) ** 2, x, v).eval(at).tolist() == [6, 120]
    assert T.Rop(Thrice()(Thrice()(x)), x, v).eval(at).tolist() == [9, 90]
    # One that stops moving leaves the rest.
    assert T.Rop(Stopped()(x) * x, x, v).eval(at).tolist() == [1, 20]
    with pytest.raises(gradient.DisconnectedInputError, match="does not depend on wrt"):
        T.Rop(Stopped()(x) * 2, x, v)


def test_an_op_of_several_outputs_moves():
    x, y, v = T.vector("x"), T.vector("y"), T.vector("v")
    first, second = Both()(x, y)
    assert T.Rop(first * 2, y, v).eval({y: POINT, v: DIRECTION}).tolist() == [2, 20]
    with pytest.raises(gradient.DisconnectedInputError):
        T.Rop(second, y, v)


def test_outputs_that_do_not_move():
    """Integers, and what depends on something else, are errors unless asked for; steps are not."""
    x, u, v = T.vector("x"), T.vector("u"), T.vector("v")
    for still in (x.shape[0], T.argmax(x), u * 2):
        with pytest.raises(ValueError, match="does not depend on wrt"):
            T.Rop(still, x, v)
    assert T.Rop(T.floor(x), x, v).eval({x: POINT, v: DIRECTION}).tolist() == [0, 0]
    ignored = {"disconnected_outputs": "ignore"}
    assert T.Rop(u, x, v, return_disconnected="None", **ignored) is None
    mark = T.Rop([u, x], x, v, return_disconnected="disconnected", **ignored)[0]
    assert isinstance(mark.type, gradient.DisconnectedType)
    with pytest.warns(UserWarning, match="does not depend on wrt"):
        assert T.Rop(u, x, v, disconnected_outputs="warn").eval({u: POINT}).tolist() == [0, 0]
    with pytest.raises(ValueError, match="is no choice"):
        T.Rop(u, x, v, disconnected_outputs="no word")
    # A gradient that came out constant is not: what it was computed from moves.
    d = T.dot(x, v).sum()
    assert T.Rop(T.grad(d, v), v, v).eval({x: POINT, v: DIRECTION}).tolist() == [0, 0]


def test_directions_that_do_not_fit():
    with pytest.raises(ValueError, match="no direction"):
        T.Rop(0.0, [T.matrix("m")], [T.vector("v")])
    with pytest.raises(ValueError, match="2 eval_points for 1"):
        T.Rop(T.vector("x"), [T.vector("x")], [T.vector("v"), T.vector("w")])


def test_a_graph_in_parts_has_the_gradient_of_the_whole():
    x, w1, w2 = T.vector("x"), theano.shared(np.array([[0.5, -1.0], [2.0, 0.25]])), theano.shared(np.array([1.0, -2.0]))
    hidden = T.tanh(T.dot(x, w1))
    late, early = T.sqr(T.dot(hidden, w2)) + w2.sum() ** 2, w1.sum() ** 2
    [by_w2], [by_hidden] = theano.subgraph_grad(wrt=[w2], end=[hidden], cost=late)
    [by_w1], ends, start, own = theano.subgraph_grad([w1], [x], {hidden: by_hidden}, early, details=True)
    f = theano.function([x], [by_w2, by_w1, start[0] + own[0], *ends, *T.grad(late + early, [w2, w1]), T.grad(late, x)])
    parts = f(POINT)
    for part, whole in zip(parts[:4], (parts[4], parts[5], parts[5], parts[6]), strict=True):
        np.testing.assert_allclose(part, whole, rtol=1e-12)
    with pytest.raises(ValueError, match="give start, or cost"):
        theano.subgraph_grad([w1], [x])


def test_known_gradients_and_marks_among_them():
    x, k = T.vector("x"), T.iscalar("k")
    y = x * 3
    # One number for all elements.
    assert T.grad(None, x, known_grads={y: T.constant(2.0)}).eval({x: POINT}).tolist() == [6, 6]
    null, cut = gradient.NullType("why")(), gradient.DisconnectedType()()
    for cost, wrt in ((k + k, k), (y.sum(), x)):
        with pytest.raises(gradient.NullTypeGradError):
            T.grad(cost, wrt, known_grads={cost: null})
        with pytest.raises(gradient.DisconnectedInputError):
            T.grad(cost, wrt, known_grads={cost: cut})
        zero = T.grad(cost, wrt, known_grads={cost: cut}, disconnected_inputs="ignore")
        assert not zero.eval({wrt: 3 if wrt is k else POINT}).any()


def test_gradients_of_integer_costs():
    k, v = T.iscalar("k"), T.ivector("v")
    assert T.grad(k, k).eval({k: 3}) == 1 and T.grad(k * 2, k).eval({k: 3}) == 0
    with pytest.raises(TypeError, match="must be a scalar"):
        T.grad(v, v)


def test_a_gradient_of_an_op_is_the_variable_that_it_gives():
    given = T.vector("given")

    class Constant(Stopped):
        def grad(self, inputs, g):
            return [given]

    x = T.vector("x")
    assert T.grad(Constant()(x).sum(), x) is given

    class Wrong(Stopped):
        def grad(self, inputs, g):
            return [g[0], g[0]]

    with pytest.raises(ValueError, match="a gradient for each of 1 inputs"):
        T.grad(Wrong()(x).sum(), x)


def test_what_shapes_and_loops_are_made_of_counts_as_used():
    """Functions whose inputs are used by their rank alone are accepted, as an op stood between them in Theano."""
    s, m = T.scalar("s"), T.matrix("m")
    assert theano.function([s], s.size)(3.0) == 1
    assert theano.function([m], T.nlinalg.det(m).shape)(np.eye(2)).tolist() == []
    assert theano.function([m], m.shape)(np.eye(2)).tolist() == [2, 2]
    ones, _ = theano.scan(lambda i, one: T.grad(one[i], one), sequences=T.arange(2), non_sequences=[s * T.ones(2)])
    assert theano.function([s], ones)(3.0).tolist() == [[1, 0], [0, 1]]
