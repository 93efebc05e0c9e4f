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
