"""``theano.OpFromGraph``: values, gradients by the graph and by overrides, as Theano 1.0.5 gave them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T


def test_values_and_gradients_by_the_graph():
    """Shared variables may be used; two calls are two nodes; the owner is the op."""
    x, y, w = T.scalar("x"), T.scalar("y"), theano.shared(1.0, "w")
    op = theano.OpFromGraph([x, y], [x * y + w], name="product")
    a, b = T.scalars("a", "b")
    z = op(a, b)
    f = theano.function([a, b], [z, op(z, b), T.grad(z, a), T.grad(z, w), T.Rop(z, a, b)])
    assert [float(v) for v in f(2.0, 3.0)] == [7, 22, 3, 1, 9]
    assert z.owner.op is op and z.owner.inputs == [a, b] and str(op) == "product"
    assert set(theano.gof.graph.inputs([z])) >= {a, b}
    assert float(pickle.loads(pickle.dumps(f))(2.0, 3.0)[0]) == 7


@pytest.mark.parametrize("inline", [False, True])
def test_several_outputs(inline):
    """A list, as of any op."""
    x, y = T.vectors("x", "y")
    total, difference = theano.OpFromGraph([x, y], [x + y, x - y], inline=inline)(x, y)
    f = theano.function([x, y], [total, difference, T.grad((total * difference).sum(), x)])
    assert [v.tolist() for v in f([3.0], [1.0])] == [[4], [2], [6]]


def test_overrides_of_gradients():
    """For all inputs at once, or one by one with "default" for what follows from the graph."""
    x, y = T.scalars("x", "y")

    def gradients(op):
        z = op(x, y)
        return [float(v) for v in theano.function([x, y], T.grad(z, [x, y]), on_unused_input="ignore")(2.0, 3.0)]

    def both(inputs, output_gradients):
        return [output_gradients[0] * 100, output_gradients[0] * 200]

    assert gradients(theano.OpFromGraph([x, y], [x * y], grad_overrides=both)) == [100, 200]
    one = theano.OpFromGraph([x, y], [x * y], grad_overrides=[lambda inputs, g: g[0] * 7, "default"])
    assert gradients(one) == [7, 2]
    by_output = theano.OpFromGraph([x, y], [x * y], lop_overrides=lambda inputs, outputs, g: [outputs[0] * g[0], g[0]])
    assert gradients(by_output) == [6, 1]


def test_in_a_loop_and_wrong_arguments():
    """A step may call it; types and numbers of inputs are checked."""
    x, y = T.scalars("x", "y")
    op = theano.OpFromGraph([x, y], [x * y])
    numbers, one = T.arange(1.0, 5.0, dtype="float64"), T.constant(1.0, dtype="float64")
    products, _ = theano.scan(lambda v, total: op(v, total), sequences=numbers, outputs_info=one)
    assert products.eval().tolist() == [1, 2, 6, 24]
    with pytest.raises(TypeError, match="takes 2 inputs"):
        op(x)
    with pytest.raises(TypeError, match="input 1 is of type"):
        op(x, T.vector())
    with pytest.raises(ValueError, match="not among its inputs"):
        theano.OpFromGraph([x], [x * y])
    with pytest.raises(TypeError, match="lists of variables"):
        theano.OpFromGraph(x, [x])
    with pytest.raises(TypeError, match="are variables, not 3"):
        theano.OpFromGraph([x], [3])
    with pytest.raises(ValueError, match="not both"):
        theano.OpFromGraph([x], [x], lop_overrides=np.sum, grad_overrides=np.sum)
