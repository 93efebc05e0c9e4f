"""Containers of inputs: values that functions share, defaults that are set, and what copies keep; as Theano 1.0.5.

Old scripts let two functions work on one state by ``In(s, value=f.container[s])``.
"""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T


def _adding(a, x, s):
    inputs = [x, theano.In(a, value=1.0, name="a"), theano.In(s, value=0.0, update=s + a * x)]
    return theano.function(inputs, s + a * x)


def test_defaults_are_set_and_read_by_variable():
    """A default that is set is what the next calls start from; one given in a call is not kept."""
    a, (x, s) = T.scalar(), T.scalars("xs")
    f = _adding(a, x, s)
    assert float(f(3.0)) == 3.0 and float(f(3.0, a=2.0)) == 9.0 and f[a] == 1.0 and f[s] == 9.0
    f[a] = 5.0
    assert f[a] == 5.0 and float(f(3.0)) == 24.0 and f[s] == 24.0
    assert f.container[s].storage[0] == 24.0 and f.container[a].value == 5.0
    with pytest.raises(TypeError, match="cannot set the input 'a'"):
        f[a] = [1.0, 2.0]
    with pytest.raises(TypeError, match="needs a value for x"):
        f()


def test_functions_share_a_state():
    """One adds, another subtracts; one that does not update it sees it and leaves it alone."""
    a, (x, s) = T.scalar(), T.scalars("xs")
    f = _adding(a, x, s)
    g = theano.function([x, theano.In(s, value=f.container[s], update=s - x)], s)
    h = theano.function([x, theano.In(s, value=f.container[s])], s + x)
    f(1, 2)
    assert f[s] == g[s] == h[s] == 2 and g[s] is f[s]
    assert float(g(5)) == 2 and f[s] == -3
    assert float(h(1)) == -2 and float(h(1, 10)) == 11 and f[s] == h[s] == -3
    f[s] = 2
    assert g[s] == 2 and g.container[s].storage is f.container[s].storage


def test_functions_share_a_default():
    """A container without a state: what one function's user sets, the other's calls find; copies share among them."""
    a, x = T.scalars("ax")
    h = theano.function([theano.In(a, value=0.0)], a)
    f = theano.function([x, theano.In(a, value=h.container[a])], x + a)
    h[a] = 1
    assert f[a] == 1 and float(f(2)) == 3
    memo = {}
    other, one, two = (copy.deepcopy(what, memo) for what in (a, h, f))
    one[other] = 7
    assert two[other] == 7 and float(two(1)) == 8 and f[a] == 1


def test_copies_of_a_function():
    """A copy has states of its own and keeps the defaults."""
    a, (x, s) = T.scalar(), T.scalars("xs")
    f = _adding(a, x, s)
    f(2)
    for made in (copy.copy(f), copy.deepcopy(f), pickle.loads(pickle.dumps(f))):
        assert made.value[2] == f.value[2] and made.container[2].storage is not f.container[2].storage
        assert float(made(3)) == float(f.copy()(3)[0])
        assert made.value[2] != f.value[2]
        assert made.name == f.name


def test_containers_of_shared_variables():
    """``w.container``, as functions that save parameters read it."""
    w = theano.shared(np.arange(3.0), "w")
    assert w.container.storage[0].tolist() == w.container.data.tolist() == [0, 1, 2] and len(w.container.storage) == 1
    w.container.storage[0] = np.zeros(2)
    assert w.get_value().tolist() == [0, 0] and not w.container.readonly
    assert pickle.loads(pickle.dumps(w)).container.storage[0].tolist() == [0, 0]
    words = theano.shared(["a"])
    assert words.container.storage[0] is not words.get_value()
    assert words.get_value(borrow=True) is words.container.storage[0]


def test_an_input_that_every_call_gives_may_be_updated():
    """Without a value to begin with the call gives it, each time."""
    x, s = T.scalars("xs")
    f = theano.function([x, theano.In(s, update=s + x)], s)
    assert float(f(1, 2)) == 2 and f[s] == 3
    with pytest.raises(TypeError, match="Missing required input: s"):
        f(1)


def test_refusals():
    """What is no input, or no name."""
    w, x = theano.shared(1.0, "w"), T.scalar("x")
    for given in (w, theano.In(w, update=w + 1)):
        with pytest.raises(TypeError, match=r"Cannot use a shared variable \(w\) as explicit input"):
            theano.function([given])
    with pytest.raises(TypeError, match="name must be a string"):
        theano.In(x, name=[])
    with pytest.raises(theano.gof.fg.MissingInputError):
        theano.function([theano.In(x, update=T.scalar("y") + x)], x)


@pytest.mark.parametrize("floatX", ["float32", "float64"])
def test_floats_keep_their_digits(floatX):
    """0.1 is no float32: only a Python float may be rounded, and only to floatX; lists and NumPy's numbers may not."""
    with theano.change_flags(floatX=floatX):
        x, v = T.fscalar("x"), T.fvector("v")
        f = theano.function([x, v], x + v)
        assert f(0.5, [0.25]).tolist() == [0.75] and f(np.float64(0.5), [1]).tolist() == [1.5]
        for given in ((np.float64(0.1), [0.0]), (0.0, [0.1]), *([] if floatX == "float32" else [(0.1, [0.0])])):
            with pytest.raises(TypeError, match="loss of precision"):
                f(*given)
        if floatX == "float32":
            assert f(0.1, [0.0]) == np.float32(0.1)
        g = theano.function([theano.In(x, allow_downcast=True), theano.In(v, allow_downcast=False)], x + v)
        assert g(0.1, [0]) == np.float32(0.1)
        with pytest.raises(TypeError, match="loss of precision"):
            g(0, [0.1])


def test_default_updates_can_be_taken_back():
    """``del w.default_update``."""
    w = theano.shared(0)
    w.default_update = w + 1
    f = theano.function([], w)
    f()
    del w.default_update
    f()
    g = theano.function([], w)
    assert int(g()) == int(g()) == 2


def test_arguments_of_a_function_in_a_file(tmp_path):
    """``function_dump`` writes what ``function`` takes."""
    v = T.vector()
    theano.function_dump(str(tmp_path / "f.pkl"), [v], v + 1, name="later")
    f = theano.function(**pickle.loads((tmp_path / "f.pkl").read_bytes()))
    assert f([1, 2]).tolist() == [2, 3] and f.name == "later"
    keyed = theano.compile.pfunc(params=[v], outputs=[v, v * 2], output_keys=["one", "two"])
    assert keyed([1])["two"] == [2]


def test_replacements_of_another_type():
    """``strict=False`` builds expressions again, of another rank or dtype."""
    w, (x, y) = T.imatrix("w"), T.ivectors("x", "y")
    f = theano.function([w, y], x * y, givens=[(x, w)], rebuild_strict=False)
    assert f(np.ones((3, 5), "int32"), np.arange(5, dtype="int32")).tolist() == [list(range(5))] * 3
    a, b, d = T.fvector("a"), T.fvector("b"), T.dvector("d")
    made = theano.clone(a + b, {b: d}, strict=False)
    assert made.dtype == "float64" and made.eval({a: [1], d: [0.1]}).tolist() == [1.1]
    with pytest.raises(TypeError, match="strict=False"):
        theano.clone(a + b, {b: d})
    copied = theano.clone(a + b, {b: a}, share_inputs=False)
    assert not {a, b} & set(theano.gof.graph.inputs([copied]))
