"""``theano.printing``: the texts that Theano 1.0.5 printed, and values as they are computed."""

from __future__ import annotations

import io

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.theano.printing import Print, debugprint, hex_digest, min_informative_str, pydotprint


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


def test_debugprint_of_functions():
    """The optimised graph, with the order of its applications; to any file."""
    x, w = T.scalar("x"), theano.shared(1.0, "w")
    file = io.StringIO()
    debugprint(theano.function([x], x * w, updates={w: T.exp(w)}), file=file)
    text = file.getvalue()
    assert text.startswith("Elemwise{mul,no_inplace} [id A] ''  0\n |x [id B]\n |w [id C]\n")
    assert "Elemwise{exp,no_inplace} [id D] ''  1\n |w [id C]" in text
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
