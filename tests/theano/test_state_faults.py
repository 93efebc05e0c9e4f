"""The 23 faults that were found when old scripts were first run here, one by one: each stays mended.

Values are those of Theano 1.0.5. Where another file tests a fault at length, the test says which.
"""

from __future__ import annotations

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.theano.ifelse import ifelse
from symdrop.theano.sandbox.rng_mrg import MRG_RandomStreams
from symdrop.theano.tensor.shared_randomstreams import RandomStreams
from tests.helpers.processes import run_python


@pytest.fixture
def float32():
    old, theano.config.floatX = theano.config.floatX, "float32"
    yield
    theano.config.floatX = old


@pytest.mark.parametrize("given", [False, True])
def test_1_a_branch_around_a_slice_of_the_data(given):
    """Compiling it with its gradient ended in a RecursionError."""
    data, w = theano.shared(np.arange(24.0).reshape(8, 3)), theano.shared(np.full(3, 0.1))
    i, c, x = T.lscalar("i"), T.iscalar("c"), T.matrix("x")
    rows = data[i * 4 : (i + 1) * 4]
    product = T.dot(x if given else rows, w)
    y = ifelse(T.eq(c, 1), T.tanh(product), product)
    f = theano.function([i, c], [T.sum(y), T.grad(T.sum(y), w)], givens={x: rows} if given else None)
    cost, slope = f(0, 1)
    np.testing.assert_allclose(cost, 3.09047391, rtol=1e-8)
    np.testing.assert_allclose(slope, [1.35319256, 2.64143859, 3.92968462], rtol=1e-8)
    cost, slope = f(1, 0)
    np.testing.assert_allclose(cost, 21)
    np.testing.assert_allclose(slope, [66, 70, 74])


@pytest.mark.parametrize("streams", [RandomStreams, MRG_RandomStreams])
def test_1b_draws_in_loops_in_loops_whose_steps_return_updates(streams):
    stream = streams(3)

    def outer(h):
        drawn, updates = theano.scan(lambda v: v + stream.uniform(size=(2,)), outputs_info=h, n_steps=3)
        return drawn[-1], updates

    result, updates = theano.scan(outer, outputs_info=T.zeros((2,)), n_steps=4)
    f = theano.function([], result, updates=updates)
    first, second = f(), f()
    assert first.shape == (4, 2) and (first != second).all()
    # 24 numbers in [0, 1), each another.
    steps = np.diff(np.vstack([np.zeros((1, 2)), first]), axis=0)
    assert len({*steps.ravel()}) == 8 and (steps > 0).all() and (steps < 3).all()


def test_1b_the_size_of_a_draw_of_a_size_that_is_an_input():
    k = T.iscalar("k")
    assert theano.function([k], RandomStreams(3).normal(size=(k, 3)).shape[0])(4) == 4


def test_2_variables_are_true_and_comparisons_have_no_truth():
    """At length in test_variables.py."""
    assert T.vector() and theano.shared(0.0)
    with pytest.raises(TypeError):
        bool(T.scalar() > 0)


def test_3_to_5_unknown_names_are_read_and_refused_at_use_and_the_package_is_itself():
    """At length in test_imports.py."""
    code = """
import symdrop.theano
symdrop.theano.install()
import sys
import theano.tensor as T
from theano import theano
from theano.gradient import no_such_name
from theano.printing import neither

def f(x=T.nnet.conv2d):
    pass

assert theano is sys.modules["theano"]
try:
    no_such_name()
except AttributeError:
    print(1)
"""
    assert run_python(code).split() == ["1"]


def test_6_variables_are_instances_of_gofs():
    """At length in test_gof.py."""
    assert isinstance(T.vector(), theano.gof.Variable) and not isinstance(3, theano.gof.Variable)


def test_7_states_of_streams_and_owners():
    """At length in test_stream_states.py and test_gof.py."""
    assert list(MRG_RandomStreams(3).rstate) == [3] * 6
    draw = RandomStreams(3).uniform((2,))
    assert draw.owner is not None and T.vector().owner is None


def test_8_norms_of_matrices_are_over_all_elements():
    m = T.matrix("m")
    assert m.norm(2).eval({m: [[3, 4], [0, 0]]}) == 5
    assert m.norm(1).eval({m: [[3, -4], [0, 0]]}) == 7
    assert m.norm(2, axis=1).eval({m: [[3, 4], [0, 1]]}).tolist() == [5, 1]


def test_9_lists_of_variables_are_stacked():
    """At length in test_tensor_functions.py."""
    x = T.vector("x")
    assert T.sum([x, x]).eval({x: [1, 2]}) == 6
    assert T.maximum([x, x], 1).eval({x: [0.5, 2]}).tolist() == [[1, 2], [1, 2]]


def test_10_names_that_were_missing():
    x, w, m = T.vector("x"), T.vector("w"), T.matrix("m")
    assert theano.gof.graph.inputs([x + w]) == [x, w]
    assert theano.scalar.upcast("int8", "float32") == "float32"
    np.testing.assert_allclose(T.xlogx.xlogx(x).eval({x: [0, 1, 2]}), [0, 0, 1.38629436], rtol=1e-8)
    assert T.fill(x, 1).eval({x: [5, 6]}).tolist() == T.second(x, 1).eval({x: [5, 6]}).tolist() == [1, 1]
    assert T.roll(x, 1).eval({x: [1, 2, 3]}).tolist() == [3, 1, 2]
    assert T.allclose(x, w).eval({x: [1.0], w: [1.0]})
    np.testing.assert_allclose(T.nlinalg.det(m).eval({m: [[1, 2], [3, 4]]}), -2)
    normal = T.nnet.bn.batch_normalization(m, T.ones((2,)), T.zeros((2,)), m.mean(0), m.std(0))
    assert normal.eval({m: [[1, 2], [3, 4]]}).tolist() == [[-1, -1], [1, 1]]
    assert T.nnet.confusion_matrix(T.constant([0, 1, 1]), T.constant([0, 1, 0]))[0].eval().tolist() == [[1, 0], [1, 1]]
    assert [one.eval().tolist() for one in T.mgrid[0:2, 0:2]] == [[[0, 0], [1, 1]], [[0, 1], [0, 1]]]
    assert theano.OpFromGraph([x], [x * 2])(x).eval({x: [1, 2]}).tolist() == [2, 4]
    guarded = theano.function([x], x / 0.0, mode="NanGuardMode")
    with pytest.raises(AssertionError):
        guarded([1.0])
    assert callable(theano.compile.MonitorMode) and RandomStreams(3).gen and RandomStreams(3).uniform((2,)).rng


def test_11_clones_share_no_inputs_and_default_updates_are_assigned():
    x, w = T.vector("x"), theano.shared(np.zeros(2))
    made = theano.clone(x * 2, share_inputs=False)
    assert x not in theano.gof.graph.inputs([made])
    w.default_update = w + 1
    f = theano.function([], w * 1)
    assert f().tolist() == [0, 0] and f().tolist() == [1, 1]


def test_12_a_step_that_returns_a_list_of_one_gives_a_variable():
    x = T.vector("x")
    doubled, _ = theano.map(lambda a: [a * 2], [x])
    summed, _ = theano.reduce(lambda a, s: [a + s], [x], T.sum(x * 0))
    scanned, _ = theano.scan(lambda a: [a * 2], sequences=[x])
    assert doubled.eval({x: [1, 2]}).tolist() == scanned.eval({x: [1, 2]}).tolist() == [2, 4]
    assert summed.eval({x: [1, 2]}) == 3


def test_13_pfunc_is_a_function():
    x = T.scalar("x")
    assert theano.compile.pfunc([x], x * 2)(3) == 6


def test_14_small_floats_stay_small(float32):
    """At length in test_dtypes.py."""
    x, i8, i32 = T.fvector(), T.bscalar(), T.iscalar()
    small = [(x > 0) * 0.5, 1.0 - T.eq(x, 1), T.switch(x > 0, 1.0, 0.0), T.constant(1) - 0.95, i8 * 0.5, i32 / 2]
    assert [one.dtype for one in small] == ["float32"] * 6


def test_14_bytes_are_divided_in_floatX():
    assert (T.bmatrix() / 2).dtype == "float64"


def test_15_a_new_axis_of_a_column():
    """At length in test_libraries.py."""
    column = T.TensorType("float64", (False, True))("column")
    assert column[:, None].ndim == 2


def test_16_settings_survive_an_import_and_impossible_modules_raise():
    """At length in test_imports.py."""
    code = (
        "import symdrop.theano; symdrop.theano.install(); import theano; before = theano.config; import theano.config\n"
        "assert theano.config is before\n"
        "try:\n import theano.sandbox.cuda.cuda_ndarray\nexcept ImportError: print(1)"
    )
    assert run_python(code).split() == ["1"]


def test_17_verify_grad_takes_theanos_arguments():
    theano.gradient.verify_grad(lambda a: a**2, [np.array([1.0, 2.0])], 1, np.random.RandomState(3))


def test_18_one_variable_for_every_character():
    assert [one.name for one in T.matrices("xy")] == ["x", "y"]


def test_19_values_are_converted_where_nothing_is_lost():
    """At length in test_functions.py."""
    w = theano.shared(np.zeros(3))
    w.set_value(np.ones(3, "float32"))
    assert w.get_value().dtype == "float64"


def test_20_attributes_of_variables_types_and_functions():
    x = T.vector("x")
    assert x.type().type == x.type == T.dvector and x.type.broadcastable == (False,)
    assert x.type.filter([1.0, 2.0]).tolist() == [1, 2]
    x.foo = 1
    assert x.foo == 1 and x.zeros_like().eval({x: [1, 2]}).tolist() == [0, 0]
    f = theano.function([x], x * 2)
    assert f.copy()([1, 2])[0].tolist() == [2, 4] and f.maker.fgraph.inputs == [x]
    assert theano.shared(1.0).get_value(return_internal_type=True) == 1


def test_21_an_input_that_only_the_cost_needs():
    x, k = T.vector("x"), T.vector("k")
    assert theano.function([x, k], T.grad(T.sum(x * 2 + k), x))([1.0], [2.0]).tolist() == [2]


def test_22_evaluating_a_draw_moves_its_stream():
    """At length in test_stream_states.py; the numbers are Theano's."""
    draw = RandomStreams(5).uniform((2,))
    np.testing.assert_allclose(draw.eval(), [0.28602599, 0.36567373], rtol=1e-7)
    np.testing.assert_allclose(draw.eval(), [0.37185487, 0.54492723], rtol=1e-7)


def test_23_floats_that_are_too_large_are_refused():
    """Once lenient, now errors as in Theano: of calls, and of loops whose state is smaller than a step gives."""
    x, small = T.dvector("x"), T.fvector("small")
    with pytest.raises(TypeError, match="loss of precision"):
        theano.function([small], small)(np.ones(2) / 3)
    with pytest.raises(TypeError, match="outputs_info"):
        theano.scan(lambda a, s: s + a, sequences=[x], outputs_info=[T.constant(0.0)])
