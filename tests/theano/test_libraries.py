"""What libraries of Theano's time do with variables, and its own variables allowed.

Lasagne asks whether weights are callable before it asks whether they are variables; dl4mt masks a column by
``mask[:, None]`` and counts on Theano's reading of it. Both are Theano 1.0.5's results.
"""

from __future__ import annotations

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T


def test_a_new_axis_in_a_short_index_drops_axes_of_size_1():
    """``col[:, None]`` is a column again, and its values stay where they are; other matrices get an axis."""
    mask = T.col("mask")
    kept = mask[:, None]
    assert kept.broadcastable == (False, True)
    np.testing.assert_array_equal(kept.eval({mask: [[1.0], [2.0]]}), [[1.0], [2.0]])
    assert T.matrix("x")[:, None].ndim == 3 and mask[:, None, :].ndim == 3 and mask[..., None].ndim == 3
    assert T.vector("v")[:, None].broadcastable == (False, True)


def test_a_variable_is_not_callable():
    """Keras calls what is callable, with nothing, for a branch; Lasagne, with a shape, for weights."""
    x = T.vector("x")
    assert not any(map(callable, (x, x + 1, theano.shared(np.ones((2, 3))), T.constant(1.0))))
    with pytest.raises(TypeError, match="is not callable"):
        x(1.0)


def test_leaves_come_in_theanos_order():
    """The leaves of the last expression come first, so a library that turns its list round gets them in its order."""
    a, b, c = T.scalars("a", "b", "c")
    graph = theano.gof.graph
    assert [v.name for v in graph.inputs([a * b, c])] == ["c", "a", "b"]
    assert [v.name for v in graph.inputs(reversed([c, b - a]))] == ["c", "b", "a"]
    assert [v.name for v in graph.ancestors([a * b, c])] == ["c", None, "a", "b"]


def test_a_list_of_slices_is_an_index_of_several_axes():
    """Libraries build the index of a crop as a list, which NumPy took for a tuple then; other lists choose rows."""
    x = T.matrix("x")
    value = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(x[[slice(None), slice(0, 2)]].eval({x: value}), [[0, 1], [3, 4]])
    np.testing.assert_array_equal(x[[1, 0]].eval({x: value}), [[3, 4, 5], [0, 1, 2]])


def test_classes_of_ops_stand_where_libraries_look_for_them():
    """One class answers ``isinstance`` of a node's op, and makes the op that is called."""
    from symdrop.theano.scan_module import Scan, equal_computations

    x, n = T.matrix("x"), T.iscalar("n")
    assert isinstance(T.nnet.softmax(x).owner.op, T.nnet.Softmax) and T.nnet.softmax(x).owner.op == T.nnet.softmax_op
    np.testing.assert_array_equal(T.nnet.Softmax()(x).eval({x: [[0, 0]]}), [[0.5, 0.5]])
    np.testing.assert_array_equal(T.nnet.LogSoftmax()(x).eval({x: [[0, 0]]}), np.log([[0.5, 0.5]]))
    np.testing.assert_array_equal(T.Alloc()(T.constant(2.0), n, 1).eval({n: 2}), [[2.0], [2.0]])
    assert isinstance(theano.scan(lambda row: row * 2, x)[0].owner.op, Scan)
    assert equal_computations([x * 2], [x * 2]) and not equal_computations([x * 2], [x + 2])
    assert T.subtensor.Subtensor is T.Subtensor and isinstance(x[0].owner.op, T.Subtensor)


def test_names_beside_functions():
    """Rounding has a name for each rule; so has the question of how many axes there are."""
    assert T.is_flat(T.vector()) and T.is_flat(T.matrix(), 2) and not T.is_flat(T.matrix())
    x = T.vector("x")
    np.testing.assert_array_equal(T.round_half_away_from_zero(x).eval({x: [0.5, -2.5, 1.4]}), [1, -3, 1])
    np.testing.assert_array_equal(T.round_half_to_even(x).eval({x: [0.5, -2.5, 1.4]}), [0, -2, 1])


def test_a_name_of_one_element_that_is_not_there_is_an_error_at_use():
    """``T.erfcinv`` may be mentioned, and says that it is not there when it is called."""
    with pytest.raises(AttributeError, match=r"no theano\.tensor\.erfcinv"):
        T.erfcinv(T.vector("x"))


def test_functions_of_one_element_have_theanos_classes():
    """Blocks asks whether a variable is a copy: ``isinstance(op.scalar_op, theano.scalar.basic.Identity)``."""
    x = T.matrix("x")
    classes = {
        "Identity": x.copy(), "Add": x + 1, "TrueDiv": x / 2, "Maximum": T.maximum(x, 0), "Pow": x**2,
        "Sqr": T.sqr(x), "Cast": T.cast(x, "float32"), "Sgn": T.sgn(x), "Abs": abs(x),
        "EQ": T.eq(x, 1), "Inv": T.inv(x), "ArcTan2": T.arctan2(x, x), "Log1p": T.log1p(x),
        "Switch": T.switch(x > 0, x, 1),
    }  # fmt: skip
    for name, variable in classes.items():
        assert isinstance(variable.owner.op.scalar_op, getattr(theano.scalar.basic, name)), name
    assert not isinstance((x + 1).owner.op.scalar_op, theano.scalar.Mul)


def test_a_step_of_a_loop_can_be_walked():
    """Blocks collects the variables of a loop's step, which have tags and owners as all others have."""
    w, xs = theano.shared(np.eye(3), "w"), T.matrix("xs")
    states = theano.scan(lambda x, h: T.tanh(T.dot(x, w) + h), xs, [T.zeros((3,))])[0]
    step = states.owner.inputs[0].owner.op
    found = theano.gof.graph.ancestors(step.outputs)
    assert all(one.tag is not None for one in [*found, *step.inputs])
    assert str(step.outputs[0].owner.op) == "Elemwise{tanh,no_inplace}" and "w" in [one.name for one in step.inputs]


def test_shared_variables_are_known_by_their_modules_name():
    """``theano.tensor.sharedvar.SharedVariable`` is the class of all shared variables."""
    w = theano.shared(np.eye(3))
    assert T.sharedvar.SharedVariable is theano.compile.SharedVariable and isinstance(w, T.sharedvar.SharedVariable)
    assert isinstance(w, T.sharedvar.TensorSharedVariable) and not isinstance(w + 1, T.sharedvar.SharedVariable)


def test_functions_of_numpy_over_lists_of_scalars_are_formulas():
    """Lasagne multiplies sizes by ``np.prod``, scripts add costs by ``np.sum``; a tensor is refused as before."""
    a, b, x = T.dscalar("a"), T.dscalar("b"), T.matrix("x")
    assert np.prod([a, b, 2]).eval({a: 2.0, b: 3.0}) == 12.0 and np.sum([a, b]).eval({a: 2.0, b: 3.0}) == 5.0
    assert np.prod([*x.shape, 4]).eval({x: np.ones((2, 3))}) == 24
    assert np.array([a, b]).dtype == object and np.array([a, b]).shape == (2,) and np.asarray(a).shape == ()
    with pytest.raises(TypeError, match="cannot become a NumPy array"):
        np.asarray(x)
    with pytest.raises(TypeError):
        theano.shared(1.0).set_value(a)


def test_applications_come_in_theanos_order():
    """Blocks numbers parameters by it; of several inputs what the last one needs comes first. The oracle's order."""
    a, b, c, d = T.vectors("a", "b", "c", "d")
    p, q, s = a * b, T.exp(c), T.tanh(d)
    r = p + q
    t = r - s
    names = {p: "p", q: "q", r: "r", s: "s", t: "t"}
    order = theano.gof.graph.io_toposort
    assert "".join(names[one.outputs[0]] for one in order([a, b, c, d], [t])) == "sqprt"
    assert "".join(names[one.outputs[0]] for one in order([a, b, c, d], [p, q, t])) == "pqsrt"
    assert "".join(names[one.outputs[0]] for one in order([a, b, c, d], [t, s, r])) == "sqprt"


def test_a_shape_that_was_stacked_knows_its_axes_of_size_1():
    """Keras 1.0 reshapes statistics to ``T.stack(1, x.shape[1])``, and the result stretches over rows."""
    x = T.matrix("x")
    for shape in (T.stack(1, x.shape[1]), T.stack([1, x.shape[1]]), T.as_tensor_variable([1, x.shape[1]])):
        mean = T.reshape(x.mean(0), shape)
        assert mean.broadcastable == (True, False)
        np.testing.assert_array_equal((x - mean).eval({x: [[1.0, 2.0], [3.0, 6.0]]}), [[-1, -2], [1, 2]])


def test_an_op_is_made_of_a_function_of_one_element():
    """pylearn2 derives a class from ``T.Elemwise`` that has no gradient, made of ``theano.scalar.identity``."""

    class Blocked(T.Elemwise):
        def __init__(self, function):
            super().__init__(function)

        def connection_pattern(self, node):
            return [[False]]

        def grad(self, inputs, output_gradients):
            return [theano.gradient.DisconnectedType()()]

    x = T.vector("x")
    block = Blocked(theano.scalar.identity)
    np.testing.assert_array_equal(block(x).eval({x: [1.0, 3.0]}), [1, 3])
    np.testing.assert_array_equal(T.grad((block(x) * x).sum(), x).eval({x: [1.0, 2.0]}), [1, 2])
    np.testing.assert_array_equal(T.Elemwise(theano.scalar.add)(x, x).eval({x: [1.0]}), [2])
    assert theano.scalar.maximum(T.dscalar(), 3).dtype == "float64"


def test_a_list_that_a_step_is_given_is_stacked():
    """Keras 1.2 hands an LSTM's four dropout masks to ``scan`` as a list among the ``non_sequences``."""
    x, a = T.dmatrix("x"), T.dvector("a")
    made, _ = theano.scan(lambda s, h, c: h + s * c[1], x, [T.zeros((2,))], non_sequences=[[a, a * 2]])
    np.testing.assert_array_equal(made.eval({x: [[1.0, 2.0], [3.0, 4.0]], a: [1.0, 1.0]}), [[2, 4], [8, 12]])
