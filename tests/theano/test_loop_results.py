"""Results of loops as libraries of the time take them apart, with Theano 1.0.5's answers.

Blocks undoes the cut that ``scan`` made, to return the initial states with the others; its graph tools find the loop
behind it.
"""

from __future__ import annotations

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T


def test_a_loops_result_is_a_part_that_begins_behind_the_initial_state():
    """``states.owner.inputs[0]`` has the initial state before the others, and the loop computed it."""
    x = T.dmatrix("x")
    states, _ = theano.scan(lambda row, total: total + row, x, T.zeros_like(x[0]))
    assert isinstance(states.owner.op, T.Subtensor) and states.owner is states.owner
    whole = states.owner.inputs[0]
    assert isinstance(whole.owner.op, theano.scan_module.Scan)
    rows = np.arange(6.0).reshape(3, 2)
    assert whole.eval({x: rows}).tolist() == [[0, 0], [0, 1], [2, 4], [6, 9]]
    assert states.eval({x: rows}).tolist() == [[0, 1], [2, 4], [6, 9]]
    by_rows = theano.grad(whole.sum(), x)
    assert by_rows.eval({x: rows}).tolist() == [[3, 3], [2, 2], [1, 1]]


def test_states_read_several_steps_back():
    """As many initial states stand before the others as the step looks back."""
    k = T.lscalar("k")
    first = {"initial": T.constant(np.array([0.0, 1.0])), "taps": [-2, -1]}
    numbers, _ = theano.scan(lambda a, b: a + b, outputs_info=first, n_steps=k)
    assert numbers.owner.inputs[0].eval({k: 4}).tolist() == [0, 1, 1, 2, 3, 5]


def test_results_without_a_state_are_the_loops_own():
    """An output that starts from nothing is one of the loop's; both have the same application behind them."""
    x = T.dmatrix("x")
    (states, doubled), _ = theano.scan(lambda row, h: (h + row, row * 2), x, [T.ones_like(x[0]), None])
    loop = doubled.owner
    assert isinstance(loop.op, theano.scan_module.Scan) and states.owner.inputs[0].owner is loop
    assert states.owner.inputs[0] in loop.outputs and doubled in loop.outputs
    found = theano.gof.graph.ancestors([states])
    assert x in found and states.owner.inputs[0] in found


def test_the_size_of_an_axis_that_is_not_there_is_an_error_of_the_call():
    """Lasagne asks a vector for its second size before it looks at its rank; nobody uses the answer."""
    p = T.dvector("p")
    missing = p.shape[1]
    assert missing.dtype == "int64" and missing.ndim == 0
    with pytest.raises(IndexError, match="index 1 is out of bounds for axis 0 with size 1"):
        missing.eval({p: [1.0, 2.0]})
    (size,) = p.shape
    assert size.eval({p: [1.0, 2.0]}) == 2


def test_no_sizes_are_integers():
    """Blocks joins a size to those of the axes behind it, of which a matrix may have none."""
    x = T.dmatrix("x")
    none = x.shape[2:]
    assert T.join(0, x.shape[:1], none).dtype == "int64" and T.as_tensor_variable(none).dtype == "int64"
    assert T.join(0, T.prod(x.shape)[None], none).eval({x: [[1.0, 2.0]]}).tolist() == [2]
    assert T.prod(none).eval({x: [[1.0]]}) == 1
