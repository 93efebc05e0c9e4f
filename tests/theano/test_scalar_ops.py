"""Functions of one element that scripts define, under ``T.Elemwise``: values and gradients are Theano 1.0.5's."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import GraphTypeError
from symdrop.theano.c_expressions import formula_of
from symdrop.theano.scalar import BinaryScalarOp, UnaryScalarOp, same_out_nocomplex, upcast_out, upgrade_to_float


class Rounded(UnaryScalarOp):
    """C code alone, and a gradient that passes through, as in networks of signs."""

    def c_code(self, node, name, inputs, outputs, sub):
        return "{} = round({});".format(*outputs, *inputs)

    def grad(self, inputs, output_gradients):
        return list(output_gradients)


class Product(BinaryScalarOp):
    """Python alone."""

    def impl(self, a, b):
        return a * b + 1

    def grad(self, inputs, output_gradients):
        return [output_gradients[0] * inputs[1], output_gradients[0] * inputs[0]]


class Clipped(UnaryScalarOp):
    """C code of choices, with comments and suffixes; it cannot be derived in Theano."""

    def c_code(self, node, name, inputs, outputs, sub):
        (x,), (z,) = inputs, outputs
        return f"// a clip\n{z} = ({x} > 1.0f && {x} >= 0) ? 1.f : ({x} < -1. ? -1.0f : fabs({x}) * 2 / 4.);"


def test_c_code_of_one_expression_is_compiled():
    """Halves away from zero, as C rounds; the gradient is the op's own, and no function of Python is called."""
    x = T.fvector("x")
    y = T.Elemwise(Rounded(same_out_nocomplex, name="rounded"))(x)
    f = theano.function([x], [y, T.grad((y * y).sum(), x)])
    value, gradient = f(np.array([0.5, -0.5, 1.4, 2.5], "float32"))
    assert value.dtype == np.float32 and value.tolist() == [1, -1, 1, 3] and gradient.tolist() == [2, -2, 2, 6]
    clipped = T.Elemwise(Clipped(same_out_nocomplex))
    np.testing.assert_allclose(clipped(T.constant([-3.0, -0.5, 0.2, 4.0])).eval(), [-1, 0.25, 0.1, 1], rtol=1e-15)


def test_impl_is_called_for_every_element():
    """Of tensors that are stretched; gradients have the shapes of what they belong to; the dtype is that preferred."""
    m, v = T.matrix("m"), T.vector("v")
    z = T.Elemwise(Product(upcast_out, name="product"))(m, v)
    value, by_m, by_v = theano.function([m, v], [z, *T.grad(z.sum(), [m, v])])(np.arange(6.0).reshape(2, 3), [1, 2, 3])
    assert value.tolist() == [[1, 3, 7], [4, 9, 16]]
    assert by_m.tolist() == [[1, 2, 3], [1, 2, 3]] and by_v.tolist() == [3, 5, 7]
    assert Product(upcast_out)(T.ivector("i"), T.bscalar("b")).dtype == "int32"
    assert Product(upgrade_to_float)(T.ivector("i"), 2).dtype == "float64"


def test_what_elemwise_answers():
    """An op of the engine and one of a script are both instances; nonsense is an error that says what to do."""
    made = T.Elemwise(Product(upcast_out, name="product"))
    assert isinstance(made, T.Elemwise) and isinstance(T.tanh(T.vector()).owner.op, T.Elemwise)
    assert str(made) == "Elemwise{product,no_inplace}" and isinstance(made.scalar_op, theano.scalar.ScalarOp)
    with pytest.raises(GraphTypeError, match="takes 2 inputs, not 1"):
        made(T.vector())
    with pytest.raises(GraphTypeError, match="neither impl nor C code of one expression"):
        T.Elemwise(UnaryScalarOp(same_out_nocomplex, name="nothing"))(T.vector())


@pytest.mark.parametrize("code", ["z = x; y = 2;", "if (x) z = 1;", "z == x;", "z = (x;", "z = x ? 1;", "z = x +;", ""])
def test_other_code_is_no_formula(code):
    """It is left alone, and impl is asked."""
    assert formula_of(code, "z") is None
