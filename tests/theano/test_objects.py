"""Inputs that are Python objects: files to be loaded, slices, and one object of two; the values are Theano 1.0.5's."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.theano.configparser import change_flags
from symdrop.theano.gof.graph import stack_search
from symdrop.theano.ifelse import ifelse


@pytest.fixture
def saved(tmp_path):
    """The name of a file with five numbers."""
    np.save(tmp_path / "numbers.npy", np.arange(5, dtype="int32"))
    return str(tmp_path / "numbers.npy")


def test_arrays_of_files(saved):
    """A function is given the name of a file and computes with the array in it, read anew by every call."""
    path, n = theano.Variable(theano.Generic()), T.lscalar("n")
    x = T.load(path, "int32", (False,))
    assert isinstance(path, theano.Variable) and path.type == theano.generic and x.type == T.ivector().type
    f = theano.function([path, n], [x * 2, x.sum() + n])
    assert [one.tolist() for one in f(saved, 3)] == [[0, 2, 4, 6, 8], 13]
    np.save(saved, np.arange(2, dtype="int32"))
    assert [one.tolist() for one in f(saved, n=3)] == [[0, 2], 4]
    assert T.load(saved, "int32", (False,)).eval().tolist() == [0, 1]


def test_what_a_file_may_hold(saved):
    """Another dtype or rank, and modes that would write into the file, are refused; ``mmap_mode="c"`` maps it."""
    path = theano.generic("path")
    for dtype, broadcastable in (("float32", (False,)), ("int32", (False, False))):
        with pytest.raises(TypeError):
            theano.function([path], T.load(path, dtype, broadcastable))(saved)
    for mode in ("r", "r+", "w+", "other"):
        with pytest.raises(ValueError, match="mmap_mode"):
            T.load(path, "int32", (False,), mode)
    assert isinstance(theano.function([path], T.load(path, "int32", (False,), "c"))(saved), np.memmap)


def test_named_and_default_objects(saved):
    """An object may be given by name, or be what the input says; only what is used of it is read."""
    path, n = theano.generic("path"), T.lscalar("n")
    T.load(path, "float64", (True,))
    f = theano.function([path, n], T.load(path, "int32", (False,)) + n)
    assert f(n=1, path=saved).tolist() == [1, 2, 3, 4, 5]
    with_default = theano.function([theano.In(path, value=saved)], T.load(path, "int32", (False,)))
    assert with_default().tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(TypeError, match="Missing required input: path"):
        f(n=1)


def test_one_object_of_two():
    """``ifelse`` of objects gives one of them, whatever they are."""
    a, b, c = theano.generic("a"), theano.generic("b"), T.iscalar("c")
    f = theano.function([c, a, b], ifelse(c, a, b))
    assert f(1, ["u"], ["v"]) == ["u"] and f(0, ["u"], {"k": 1}) == {"k": 1}
    several = theano.function([c, a, b], [ifelse(T.gt(c, 2), a, ifelse(T.gt(c, 1), b, a)), c + 1])
    assert [several(k, "x", "y")[0] for k in (3, 2, 1)] == ["x", "y", "x"] and several(3, "x", "y")[1] == 4
    assert theano.function([a], a)("itself") == "itself"
    with pytest.raises(TypeError, match="two types"):
        ifelse(c, a, T.slicetype())
    with pytest.raises(TypeError, match="two types"):
        ifelse(c, a, T.scalar())


SLICES = [
    slice(1, 3), slice(None), slice(None, None, -1), slice(4, None, -2), slice(-2, None), slice(None, -2, 2),
    slice(100, -100, -1), slice(3, 3), slice(2, None, None), slice(-1, -4, -1),
]  # fmt: skip


@pytest.mark.parametrize("given", SLICES, ids=str)
def test_slices_as_inputs(given):
    """A slice that a call gives cuts as NumPy cuts, on any axis, of shared variables and of inputs."""
    s, m = T.slicetype(), T.matrix("m")
    array = np.arange(12.0).reshape(2, 6)
    assert theano.function([s], theano.shared(array[0])[s])(given).tolist() == array[0][given].tolist()
    assert theano.function([m, s], m[:, s] * 2)(array, given).tolist() == (array[:, given] * 2).tolist()


def test_objects_are_no_indices():
    """An object of which nothing is known cannot be an index."""
    with pytest.raises(TypeError, match="no index"):
        T.vector("v")[theano.generic("g")]


def test_test_values_of_substituted_graphs():
    """Gradients of an ``OpFromGraph`` and clones have test values, too, where their inputs have."""
    with change_flags(compute_test_value="raise"):
        a, b = T.scalar("a"), T.scalar("b")
        a.tag.test_value = b.tag.test_value = 2.0
        made = theano.OpFromGraph([a], [a**3])(b)
        slope = T.grad(made, b)
        known = [one.tag.test_value for one in (made, slope, slope * 2, T.grad(slope, b))]
        assert [float(one) for one in known] == [8.0, 12.0, 24.0, 12.0]
    assert not hasattr((T.scalar() * 2).tag, "test_value")


def test_stack_search():
    """Theano's walk over anything: breadth first, depth first from the last, and from where each is reached."""
    graph = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": None}
    assert stack_search(["a"], graph.get, "bfs") == ["a", "b", "c", "d"]
    assert stack_search(["a"], graph.get, "dfs") == ["a", "c", "d", "b"]
    assert stack_search(["a"], graph.get, build_inv=True)[1] == {"b": ["a"], "c": ["a"], "d": ["b", "c"]}
    x = T.vector("x")
    y = (x * 2).sum()
    found = stack_search([y], lambda one: one.owner and list(one.owner.inputs), "dfs")
    assert found[0] is y and x in found
    with pytest.raises(ValueError, match="bfs or dfs"):
        stack_search(["a"], graph.get, "other")
