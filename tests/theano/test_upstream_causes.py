"""Behaviour that Theano's own tests of it ask for; the values are those of Theano 1.0.5."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from scipy import special

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.theano.configparser import change_flags
from symdrop.theano.gof import MissingInputError
from symdrop.theano.gradient import DisconnectedInputError
from symdrop.theano.scalar import all_types, autocast_float, autocast_float_as
from symdrop.theano.tensor import inplace
from symdrop.theano.tensor.nnet.abstract_conv import conv2d_grad_wrt_inputs


def test_conversions_that_were_borrowed():
    """``T.basic._convert_to_int8`` and the like, and the product that takes vectors and matrices only."""
    x = T.TensorType("uint64", (False,))("x")
    for name in ("int8", "int64", "float32"):
        made = theano.function([theano.In(x, strict=True)], getattr(T.basic, f"_convert_to_{name}")(x))
        assert made(np.arange(3, dtype="uint64")).dtype == name
    v, m = T.vector("v"), T.matrix("m")
    assert T.basic._dot(v, m).type == v.type and str(T.basic._dot) == "dot"
    for refused in ((T.scalar(), T.scalar()), (v, T.tensor3()), (T.scalar(), m)):
        with pytest.raises(TypeError, match="not 1 or 2"):
            T.basic._dot(*refused)


def test_what_a_star_brings_along():
    """``from theano.tensor import *`` gave scripts ``np``, ``theano`` and ``compile``, too."""
    names: dict[str, object] = {}
    exec("from symdrop.theano.tensor import *", names)
    assert names["np"] is np and names["theano"] is theano and names["compile"] is theano.compile


def test_choose_stretches_by_the_call():
    """Tensors of a list may turn out to have size 1, as NumPy has it."""
    places, b, c = T.itensor3("places"), T.ftensor3("b"), T.ftensor3("c")
    rng = np.random.RandomState(3)
    values = (
        rng.randint(0, 2, (2, 1, 1)).astype("int32"),
        *(rng.rand(*shape).astype("float32") for shape in ((1, 6, 1), (1, 1, 5))),
    )
    for mode in ("raise", "wrap", "clip"):
        chosen = theano.function([places, b, c], T.choose(places, (b, c), mode=mode))(*values)
        np.testing.assert_array_equal(chosen, np.choose(values[0], values[1:]))
    assert T.choose(T.constant([0, 5]), [T.constant([1, 2]), T.constant([3, 4])], mode="wrap").eval().tolist() == [1, 4]
    with pytest.raises(ValueError, match="invalid entry"):
        T.choose(T.constant([0, 5]), [T.constant([1, 2]), T.constant([3, 4])]).eval()
    with pytest.raises(TypeError, match="takes integers"):
        T.choose(T.fvector(), [b, c])


def test_dtypes_of_numbers_by_policy():
    """``autocast_float_as`` and ``theano.config.cast_policy`` say what Python's numbers are."""
    f, d = T.fvector("f"), T.dvector("d")
    assert autocast_float.dtypes == ("float16", "float32", "float64")
    with autocast_float_as("float32"):
        assert autocast_float.dtypes == ("float32",)
        assert [(one + 1.1).dtype for one in (f, d)] == ["float32", "float64"] and (
            f + np.float64(1.1)
        ).dtype == "float64"
        with autocast_float_as("float64"):
            assert [(f + 1.1).dtype, (f + 1.0).dtype, (f + 1).dtype] == ["float64", "float64", "float32"]
        assert autocast_float.dtypes == ("float32",)
    with autocast_float_as("float32", "float64"):
        assert [(f + 1.1).dtype, (f + 1.0).dtype] == ["float64", "float32"]
    with change_flags(cast_policy="numpy+floatX"):
        assert [T.constant(value).dtype for value in (3, 0.5, np.int8(1))] == ["int64", "float64", "int8"]
        with change_flags(floatX="float32"):
            assert [T.constant(value).dtype for value in (0.1, np.float64(0.1))] == ["float32", "float64"]
    with change_flags(cast_policy="numpy", floatX="float32"):
        assert T.constant(0.5).dtype == "float64"
    assert {"bool", "uint64", "float16"} < {one.dtype for one in all_types}


@change_flags({"conv.assert_shape": True})
def test_shapes_said_are_looked_at_first():
    """Before what follows from them for the gradient that is given."""
    top, filters = T.ftensor4("top"), T.ftensor4("filters")
    made = conv2d_grad_wrt_inputs(top, filters, (None, None, 7, 11), (7, 5, 3, 3))
    f = theano.function([top, filters], made)
    with pytest.raises(AssertionError, match="filters do not have the shape"):
        f(np.zeros((3, 6, 5, 9), "float32"), np.zeros((7, 6, 3, 3), "float32"))
    good = np.ones((3, 7, 5, 9), "float32"), np.ones((7, 5, 3, 3), "float32")
    assert f(*good).shape == (3, 5, 7, 11) and f(*good).max() == 63


def test_strict_loops_miss_an_input():
    """The error is of both kinds: Theano's, and the engine's for a variable that may not be used."""
    w = theano.shared(np.ones((2, 2)), "w")
    for kind in (MissingInputError, TypeError):
        with pytest.raises(kind, match="scan is strict"):
            theano.scan(lambda x: T.dot(x, w), outputs_info=[T.vector("x")], n_steps=2, strict=True)


def test_a_state_that_no_step_reads_is_disconnected():
    """A loop hands on only what its step does; through a state the way may lead over another one."""
    x, y, z = T.vectors("x", "y", "z")
    (a, b, c), _ = theano.scan(lambda a, b, c: (a**2, b, a + 1), outputs_info=[x, y, z], n_steps=10)
    every = (a + b + c).sum()
    assert T.grad(every, x).ndim == T.grad(every, y).ndim == T.grad(c.sum(), x).ndim == 1
    for cost, wrt in ((every, z), (a.sum(), y), (c.sum(), [x, y])):
        with pytest.raises(DisconnectedInputError, match="no step of the loop reads it"):
            T.grad(cost, wrt)
    assert T.grad(every, z, disconnected_inputs="ignore").eval(
        {z: [1.0, 2.0], x: [0.0] * 2, y: [0.0] * 2}
    ).tolist() == [0, 0]
    nested, _ = theano.scan(
        lambda k, w: theano.scan(lambda j: j * w.sum(), sequences=[k + x])[0].sum(), sequences=y, non_sequences=z
    )
    assert all(g.ndim == 1 for g in T.grad(nested.sum(), [x, y, z]))


def test_functions_that_worked_in_place():
    """They compute what those without the word do; nothing that a caller sees is overwritten."""
    x, given = T.dmatrix("x"), np.ones((2, 3))
    f = theano.function([x], [inplace.exp_inplace(x), inplace.transpose_inplace(x), inplace.add_inplace(x, x), x])
    exponential, transposed, doubled, same = f(given)
    np.testing.assert_allclose(exponential, np.exp(given))
    assert transposed.shape == (3, 2) and doubled.max() == 2 and same.max() == given.max() == 1


def test_logarithm_of_a_sum_of_exponentials_that_underflow():
    """Its gradient is the weights of the terms, where Theano gave nan; to 14 digits those of SciPy's softmax."""
    a, b = T.dscalars("a", "b")
    cost = T.log(T.exp(a) / 3 + T.exp(b) / 5)
    value, *gradients = theano.function([a, b], [cost, *T.grad(cost, [a, b])])(-800.0, -803.0)
    np.testing.assert_allclose(value, special.logsumexp([-800.0, -803.0], b=[1 / 3, 1 / 5]), rtol=1e-14)
    np.testing.assert_allclose(gradients, special.softmax([-800 - np.log(3), -803 - np.log(5)]), rtol=1e-12)


class Kept(theano.Op):
    """Twice its input, and a number that does not depend on it."""

    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type(), T.dvector("kept")])

    def connection_pattern(self, node):
        return [[True, False]]

    def perform(self, node, inputs, outputs):
        outputs[0][0], outputs[1][0] = inputs[0] * 2, np.floor(inputs[0])

    def grad(self, inputs, gradients):
        return [gradients[0] * 2]


class Undefined(theano.Op):
    """A sum of products, of whose second factor it has no gradient."""

    __props__ = ()

    def make_node(self, a, b):
        return theano.Apply(self, [a, b], [T.dscalar()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = np.asarray((inputs[0] * inputs[1]).sum())

    def grad(self, inputs, gradients):
        return [inputs[1] * gradients[0], theano.gradient.grad_undefined(self, 1, inputs[1])]


class Sizes(Undefined):
    """Its first input times the size of the second, on whose values nothing depends."""

    def make_node(self, a, b):
        return theano.Apply(self, [a, b], [a.type()])

    def connection_pattern(self, node):
        return [[True], [False]]

    def perform(self, node, inputs, outputs):
        outputs[0][0] = inputs[0] * inputs[1].size

    def grad(self, inputs, gradients):
        return [gradients[0] * inputs[1].size, theano.gradient.DisconnectedType()()]


def test_connection_patterns():
    """An output that no input reaches needs no gradient, and an input that reaches none is disconnected."""
    x, y = T.dvectors("x", "y")
    a, b = Kept()(x)
    assert T.grad(Undefined()(a, b), x).eval({x: [1.5, 2.5]}).tolist() == [2.0, 4.0]
    assert T.grad((a * b).sum(), x).eval({x: [1.5, 2.5]}).tolist() == [2.0, 4.0]
    assert isinstance(b.owner.op, Kept) and (b.index, b.name, b.owner is a.owner) == (1, "kept", True)
    with pytest.raises(DisconnectedInputError):
        T.grad(b.sum(), x)
    scaled = Sizes()(x, y).sum()
    assert T.grad(scaled, x).eval({x: [1.0, 2.0], y: np.ones(3)}).tolist() == [3.0, 3.0]
    with pytest.raises(DisconnectedInputError):
        T.grad(scaled, y)


def test_gradients_by_constants():
    """A constant that an op has converted is still the one that a gradient is asked by; integers have zeros."""
    one, two, s, m = T.as_tensor_variable(1.0), T.constant(np.float32(2)), T.scalar("s"), T.matrix("m")
    assert [float(T.grad(cost, c).eval({s: 3.0})) for cost, c in ((one + s, one), (one * s * one, one))] == [1.0, 6.0]
    assert float(T.grad(two * s + one, two).eval({s: 3.0})) == 3.0
    row, three = T.constant(np.arange(3, dtype="float32")), T.constant(3)
    assert T.grad((m * row).sum(), row).eval({m: np.ones((2, 3))}).tolist() == [2.0, 2.0, 2.0]
    zero = theano.function([m], T.grad((m * three).sum(), three), on_unused_input="ignore")
    assert float(zero(np.ones((2, 3)))) == 0.0
    with pytest.raises(DisconnectedInputError):
        T.grad(s * 2, T.constant(2.0))


def test_trusted_input():
    """What trusts its input takes arrays only, after a copy by pickle, too; Theano's own copies do not trust."""
    s, w = T.scalar("s"), theano.shared(2.0, "w")
    f = theano.function([s], s * w, updates=[(w, w + 1)])
    f.trust_input = True
    assert copy.deepcopy(f).trust_input and pickle.loads(pickle.dumps(f)).trust_input and not f.copy().trust_input
    assert float(f(np.asarray(3.0))) == 6.0
    for refused in (2.0, 2, [2.0]):
        with pytest.raises(ValueError, match="trust_input"):
            f(refused)
    f.trust_input = False
    assert float(f(2.0)) == 6.0


def test_outputs_of_functions():
    """An ``Out`` for every output, those of a dict in the order of its keys; updates are none."""
    s, w = T.scalar("s"), theano.shared(2.0, "w")
    f = theano.function([s], {"b": s, "a": s + 1}, updates=[(w, w + 1)])
    assert [one.variable is s for one in f.outputs] == [False, True] and f.output_keys == ["a", "b"]
    assert theano.function([], None).outputs == [] and theano.function([], None).return_none
    assert [theano.function([s], made).unpack_single for made in (s, [s])] == [True, False]


def test_updates_of_size_one():
    """An update that is one row of a matrix changes the shape of a state: refused unless ``unbroadcast`` says so."""
    m, row, matrix = theano.shared(np.zeros((3, 4)), "m"), T.row("row"), T.matrix("matrix")
    refused = (
        row, m.sum().dimshuffle("x", "x"), m.sum(0, keepdims=True), m.mean(axis=1, keepdims=True), row * 2 + 1,
        T.constant(np.zeros((1, 4))),
    )  # fmt: skip
    for update in refused:
        with pytest.raises(TypeError, match="unbroadcast"):
            theano.function([row], updates=[(m, update)], on_unused_input="ignore")
    taken = (row + m, m[:1], m[0:1], np.zeros((1, 4)), T.unbroadcast(row, 0), T.patternbroadcast(row, (False, False)))
    for update in taken:
        theano.function([row, matrix], updates=[(m, update)], on_unused_input="ignore")


def test_the_constant_of_none():
    """``NoneConst`` equals itself where graphs are compared."""
    x = T.vector("x")
    equal = theano.gof.graph.equal_computations
    assert equal([T.NoneConst], [T.NoneConst]) and equal([x, T.NoneConst], [x, T.NoneConst])
    assert not equal([T.NoneConst], [x]) and not equal([x, T.NoneConst], [T.NoneConst, x])
