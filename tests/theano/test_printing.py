"""``theano.printing``: the texts that Theano 1.0.5 printed, and values as they are computed."""

from __future__ import annotations

import io

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.theano.ifelse import ifelse
from symdrop.theano.printing import Print, debugprint, hex_digest, min_informative_str, pp, pydotprint


def lines(text):
    """Without the spaces at the ends of lines, in which Theano was generous."""
    return [line.rstrip() for line in text.rstrip().splitlines()]


def test_debugprint_of_expressions():
    """A tree with letters; what has been written is not written again."""
    x = T.scalar("x")
    assert lines(debugprint(T.tanh(x * x), file="str")) == [
        "Elemwise{tanh,no_inplace} [id A] ''", " |Elemwise{mul,no_inplace} [id B] ''", "   |x [id C]", "   |x [id C]",
    ]  # fmt: skip
    z = T.exp(x)
    assert lines(debugprint(z + z, file="str", ids="")) == [
        "Elemwise{add,no_inplace}  ''", " |Elemwise{exp,no_inplace}  ''", " | |x", " |Elemwise{exp,no_inplace}  ''",
    ]  # fmt: skip
    assert lines(debugprint(z + z, file="str", depth=1, ids="int")) == ["Elemwise{add,no_inplace} [id 0] ''"]
    named = T.exp(x)
    named.name = "e"
    assert lines(debugprint(named * 2.5, file="str", stop_on_name=True)) == [
        "Elemwise{mul,no_inplace} [id A] ''", " |Elemwise{exp,no_inplace} [id B] 'e'", " |TensorConstant{2.5} [id C]",
    ]  # fmt: skip
    assert "<TensorType(float64" in debugprint([x], file="str", print_type=True)
    with pytest.raises(ValueError, match="ids='letters'"):
        debugprint(x, ids="letters")
    with pytest.raises(ValueError, match="can be printed"):
        debugprint(3)


def test_spaces_of_debugprint():
    """To the last space: scripts compare such texts."""
    x = T.vector("x")
    text = "Elemwise{tanh,no_inplace}  ''   \n |Elemwise{add,no_inplace}  ''   \n   |x \n   |x \n"
    assert debugprint(T.tanh(x + x), file="str", ids="") == text


X, M, I, K = T.dvector("x"), T.dmatrix("m"), T.iscalar("i"), T.ivector("k")
# What the oracle's ``debugprint(..., ids="")`` gave for each.
TREES = [
    (X[1], "Subtensor{int64}  ''\n |x\n |Constant{1}"),
    (X[1:3], "Subtensor{int64:int64:}  ''\n |x\n |Constant{1}\n |Constant{3}"),
    (X[::2], "Subtensor{::int64}  ''\n |x\n |Constant{2}"),
    (M[1:, I], "Subtensor{int64::, int32}  ''\n |m\n |Constant{1}\n |ScalarFromTensor  ''\n   |i"),
    (X[:, None], "InplaceDimShuffle{0,x}  ''\n |x"),
    (X[K], "AdvancedSubtensor1  ''\n |x\n |k"),
    (M.sum(axis=0), "Sum{axis=[0], acc_dtype=float64}  ''\n |m"),
    (M.prod(), "Prod{axis=None, dtype='float64', acc_dtype='float64'}  ''\n |m"),
    (T.any(M > M, axis=0), "Any{0}  ''\n |Elemwise{gt,no_inplace}  ''\n   |m\n   |m"),
    (T.concatenate([X, X]), "Join  ''\n |TensorConstant{0}\n |x\n |x"),
    (M.reshape((2, 3)), "Reshape{2}  ''\n |m\n |TensorConstant{[2 3]}"),
    (T.arange(I), "ARange{dtype='int64'}  ''\n |TensorConstant{0}\n |i\n |TensorConstant{1}"),
    (X.shape[0], "Subtensor{int64}  ''\n |Shape  ''\n | |x\n |Constant{0}"),
    (T.zeros((2, 3)), "Alloc  ''\n |TensorConstant{0.0}\n |TensorConstant{2}\n |TensorConstant{3}"),
    (T.zeros_like(M), "Elemwise{second,no_inplace}  ''\n |m\n |InplaceDimShuffle{x,x}  ''\n   |TensorConstant{0.0}"),
    (X + M, "Elemwise{add,no_inplace}  ''\n |InplaceDimShuffle{x,0}  ''\n | |x\n |m"),
    (X * 2.5, "Elemwise{mul,no_inplace}  ''\n |x\n |InplaceDimShuffle{x}  ''\n   |TensorConstant{2.5}"),
    (T.constant(np.arange(12.0).reshape(3, 4)), "TensorConstant{[[ 0.  1. .. 10. 11.]]}"),
    (T.constant(np.ones((2, 2))), "TensorConstant{(2, 2) of 1.0}"),
]


@pytest.mark.parametrize(("given", "text"), TREES, ids=[text.partition("\n")[0] for _, text in TREES])
def test_trees_in_theanos_words(given, text):
    """The ops' parameters and inputs are those that Theano had."""
    assert lines(debugprint(given, file="str", ids="")) == text.split("\n")


# What the oracle's ``theano.pp`` gave for each; indices that it wrote in reverse are in order here.
FORMULAS = [
    (T.dvector()[1], "<TensorType(float64, vector)>[Constant{1}]"),
    (X[1:3], "x[int64:int64]"), (X[::2], "x[::int64]"), (X[:], "x[:]"), (M[1:, I], "m[int64:, ScalarFromTensor(i)]"),
    (X[1:][0], "x[int64:][Constant{0}]"), (M[:, 1], "m[:, Constant{1}]"), (X[K], "AdvancedSubtensor1(x, k)"),
    (X - (X - X), "(x - (x - x))"), (X / (X * X), "(x / (x * x))"), (-(X + X), "(-(x + x))"), (X % X, "mod(x, x)"),
    (X // X, "(x // x)"), (X**2.5, "(x ** TensorConstant{2.5})"), (abs(X), "|x|"), (T.log(T.exp(X)), "log(exp(x))"),
    (T.tanh(T.dot(X, M) + X), "tanh(((x \\dot m) + x))"), (M.T, "m.T"),
    (T.exp(M).T * 2.5, "(exp(m).T * TensorConstant{2.5})"),
    (M.dimshuffle(0, "x", 1), "DimShuffle{0, x, 1}(m)"), (X.dimshuffle("x", 0), "x"),
    (X[:, None], "DimShuffle{0, x}(x)"),
    (M.sum(axis=1, keepdims=True), "DimShuffle{0, x}(Sum{axis=[1], acc_dtype=float64}(m))"),
    (M.max(axis=1), "MaxAndArgmax{axis=(1,)}(m)"), (T.all(T.eq(X, X)), "All(eq(x, x))"),
    (T.switch(X > X, X, X), "switch(gt(x, x), x, x)"), (T.and_(X > X, X < X), "and_(gt(x, x), lt(x, x))"),
    (T.cast(X, "float32"), "float32(x)"), (T.nnet.sigmoid(X), "sigmoid(x)"), (T.nnet.softmax(M), "Softmax(m)"),
    (T.concatenate([X, X]), "join(TensorConstant{0}, x, x)"), (T.zeros_like(M), "fill(m, TensorConstant{0.0})"),
    (T.alloc(1.0, 2), "alloc(TensorConstant{1.0}, TensorConstant{2})"), (X.shape[0], "Shape(x)[Constant{0}]"),
    (T.round(X), "round_half_to_even(x)"),
    (T.arange(I), "ARange{dtype='int64'}(TensorConstant{0}, i, TensorConstant{1})"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "text"), FORMULAS, ids=[text for _, text in FORMULAS])
def test_formulas_in_theanos_words(given, text):
    """``pp`` writes what ``debugprint`` shows as a tree."""
    assert pp(given) == text


def test_formulas_of_shared_and_deep_expressions():
    """Names of computed variables are not written; a chain of a thousand applications is no trouble."""
    x = T.scalar("x")
    named = T.exp(x)
    named.name = "named"
    assert pp(named) == "exp(x)" and pp(theano.shared(3.0)) == "<TensorType(float64, scalar)>"
    assert pp(ifelse(I, x, x)).endswith("x, x)")
    for _ in range(1000):
        x = -x
    assert len(pp(x)) == 3001
    assert pp(theano.function([named], named * 2.5)) == str(theano.function([named], named * 2.5))


def test_debugprint_of_functions():
    """The optimised graph, with the order of its applications; to any file."""
    x, w = T.scalar("x"), theano.shared(1.0, "w")
    file = io.StringIO()
    debugprint(theano.function([x], x * w, updates={w: T.exp(w)}), file=file)
    text = file.getvalue()
    assert text.startswith("Elemwise{mul,no_inplace} [id A] ''   0\n |x [id B]\n |w [id C]\n")
    assert "Elemwise{exp,no_inplace} [id D] ''   1\n |w [id C]" in text
    assert debugprint((x * w).owner, file="str") == debugprint(x * w, file="str")


def test_min_informative_str():
    """What was written before is its letter in brackets."""
    x = T.scalar("x")
    assert min_informative_str(T.tanh(x * x) + x) == (
        "A. Elemwise{add,no_inplace}\n B. Elemwise{tanh,no_inplace}\n  C. Elemwise{mul,no_inplace}\n"
        "   D. x\n   <D>\n <D>"
    )


def test_print_prints_what_is_computed(capsys):
    """Whenever it is computed, with the words of Theano; value, gradient and size pass."""
    v = T.vector("v")
    y = Print("vec", attrs=["min", "shape", "mean"])(v)
    f = theano.function([v], [y * 2, T.grad((y**2).sum(), v), y.shape[0]])
    doubled, gradient, size = f(np.arange(3.0))
    assert capsys.readouterr().out == "vec min = 0.0\nvec shape = (3,)\nvec mean = 1.0\n"
    assert doubled.tolist() == gradient.tolist() == [0, 2, 4] and size == 3
    theano.function([v], Print("hello")(v.sum()))([1.0, 2.0])
    assert capsys.readouterr().out == "hello __str__ = 3.0\n"
    seen = []
    theano.function([v], Print("m", global_fn=lambda op, value: seen.append((op.message, value.tolist())))(v))([1.0])
    assert seen == [("m", [1.0])] and isinstance(y.owner.op, Print)


def test_digests_and_pictures():
    """The digest is that of Theano; pictures are the engine's."""
    assert hex_digest(np.arange(3.0)) == (
        "b0c45303f7f11848cb5e6e5b2af2fb2aecd0b72c28748b88b583ab6bb76df174|strides=[8]|shape=[3]"
    )
    assert pydotprint(T.exp(T.scalar("x")), return_image=True)[1:4] == b"PNG"
