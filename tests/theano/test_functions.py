"""Functions, states and modes as scripts of Theano use them; expected values and kinds of errors are Theano 1.0.5's."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import MissingInputError, UnusedInputError

# Inputs and what is asked of functions.


def test_inputs_that_are_updated():
    """A value given in a call is where the next one starts."""
    x = T.scalar("x")
    f = theano.function([theano.In(x, value=1.0, update=x + 2)], x * 10)
    assert [float(f()), float(f()), float(f(5)), float(f())] == [10, 30, 50, 70]
    s = T.scalar("s")
    f = theano.function([x, theano.In(s, value=0.0, update=s + x, name="state")], s)
    assert [float(f(3)), float(f(4))] == [0, 3]
    assert f["state"] == f[s] == f.container[s].value == f.value["state"] == 7
    f["state"] = 1
    assert float(f(1, state=4)) == 4 and float(f(0)) == 5
    with pytest.raises(TypeError, match="same type"):
        theano.In(x, value=0.0, update=T.ivector())
    f = theano.function([theano.In(x, update=x + 1)], x)
    assert float(f(3)) == 3 and f[x] == 4
    with pytest.raises(TypeError, match="Missing required input: x"):
        f()
    with pytest.raises(ValueError, match="no input or shared variable 'y'"):
        f["y"]


def test_what_scripts_read_off_functions():
    """The optimised graph, inputs and outputs, storage, shared variables, names."""
    x, w = T.scalar("x"), theano.shared(2.0, "w")
    f = theano.function([x, theano.In(T.scalar("y"), value=3.0)], [x * w], updates={w: w + 1}, on_unused_input="ignore")
    nodes = f.maker.fgraph.toposort()
    assert any(isinstance(node.op, T.Elemwise) for node in nodes)
    assert f.maker.fgraph.inputs[0] is x and len(f.maker.fgraph.outputs) == 2
    assert [one.variable.name for one in f.maker.inputs] == ["x", "y", "w"] and len(f.maker.outputs) == 1
    assert f.get_shared() == [w] and [one.value for one in f.input_storage] == [None, 3.0, 2.0]
    assert re.match(r".*test_functions.py:\d+$", f.name) and theano.function([x], x, name="f").name == "f"
    f.trust_input = True
    assert f.free() is None and f(np.array(1.0)) == [2.0] and f[w] == 3.0
    assert isinstance(f, theano.compile.Function)


def test_calls():
    """By name, with defaults; too many, too few and unknown arguments are TypeErrors."""
    x, y = T.scalars("x", "y")
    f = theano.function([x, theano.In(y, value=2.0)], x + y)
    assert float(f(1)) == 3 and float(f(x=1, y=1)) == 2 and float(f(1, y=0)) == 1
    for args, kwargs in (((1, 2, 3), {}), ((), {}), ((1,), {"z": 2}), ((1,), {"x": 1})):
        with pytest.raises(TypeError):
            f(*args, **kwargs)
    assert list(theano.function([x], {"b": x, "a": x * 2})(1.0)) == ["a", "b"]
    assert theano.function([], None)() == [] and theano.function([], [])() == []


def test_copies():
    """They share values unless these are swapped, and give lists, as Theano's did."""
    x, w = T.scalar("x"), theano.shared(1.0, "w")
    f = theano.function([x], x * w, updates={w: w + 1}, name="f")
    g, other = f.copy(), theano.shared(10.0)
    assert (g(2), float(f(2))) == ([2.0], 4.0) and g.name == "f copy"
    assert f.copy(swap={w: other})(2) == [20.0] and float(other.get_value()) == 11.0
    h = f.copy(delete_updates=True, name="h")
    assert h(2) == h(2) == [6.0] and h.name == "h" and h.copy(share_memory=True)(1) == [3.0]
    for swap in ({w: theano.shared(np.float32(1))}, {theano.shared(1.0): w}, {x: w}):
        with pytest.raises((TypeError, ValueError)):
            f.copy(swap=swap)
    s = T.scalar("s")
    counting = theano.function([theano.In(s, value=0.0, update=s + 1)], s)
    counting()
    copied = counting.copy()
    assert (copied(), copied(), float(counting())) == ([1.0], [2.0], 1.0)


def test_unused_inputs_are_those_of_theano():
    """An input of a cost is used by the gradient, whose formula does not need its value (fault 21)."""
    W, x, y = theano.shared(np.ones(2)), T.vector("x"), T.vector("y")
    cost = T.sum(x * W) + T.sum(y)
    f = theano.function([x, y], T.grad(cost, W) * 2)
    assert f([1, 2], [9]).tolist() == [2, 4]
    theano.function([x, y], updates=[(W, W - 0.1 * T.grad(cost, W))])
    with pytest.raises(UnusedInputError, match=r"at index 1 is not part of the computational graph.*'y'"):
        theano.function([x, y], x)
    with pytest.warns(UserWarning, match="depends on the input"):
        theano.function([x, y], x, on_unused_input="warn")
    with pytest.raises(ValueError, match="Valid values are"):
        theano.function([x, y], x, on_unused_input="foo")
    with pytest.raises(UnusedInputError, match="listed twice"):
        theano.function([x, x], x)
    # A value that givens replace is not used, and what replaces it is.
    assert float(theano.function([y], x.sum(), givens={x: y})([1, 2])) == 3
    with pytest.raises(UnusedInputError):
        theano.function([x, y], (x * 2).sum(), givens={x * 1: y})
    counter = theano.shared(0.0)
    counter.default_update = counter + y.sum()
    assert float(theano.function([y], counter)([1, 2])) == 0 and float(counter.get_value()) == 3


def test_wrong_arguments_of_function():
    """The kinds of errors that Theano raised, with its words."""
    x, y, w = T.scalar("x"), T.scalar("y"), theano.shared(1.0, "w")
    with pytest.raises(MissingInputError, match="'y'"):
        theano.function([x], x + y)
    with pytest.raises(TypeError, match="contained in a list"):
        theano.function(x, x)
    with pytest.raises(TypeError, match="Unknown parameter type"):
        theano.function([3], x)
    with pytest.raises(TypeError, match="givens"):
        theano.function([w], w)
    with pytest.raises(RuntimeError, match="through the `givens` parameter"):
        theano.function([x], x, givens={x: y})
    with pytest.raises(TypeError, match="Cannot convert Type"):
        theano.function([], theano.shared(np.float32(1)) * 1, givens={w: T.constant(np.int64(1)) * T.lscalar()})
    with pytest.raises(TypeError, match="replace variables"):
        theano.function([x], x, givens={3: y})
    with pytest.raises(ValueError, match="already has an update expression"):
        theano.function([], [], updates=[(w, w + 1), (w, w + 2)])
    with pytest.raises(TypeError, match="update target must be a SharedVariable"):
        theano.function([], [], updates=[(x, x + 1)])


@pytest.mark.parametrize(
    ("state", "update"),
    [
        (np.float32(1), T.dscalar("new")), (np.zeros(2, "int64"), T.bvector("new")),
        (np.zeros((2, 2)), T.vector("new")),
    ],
)  # fmt: skip
def test_updates_are_of_the_state_s_type(state, update):
    """The error that users of Theano report most, by the words that they search for."""
    w = theano.shared(state, "w")
    with pytest.raises(TypeError) as caught:
        theano.function([update], [], updates={w: update})
    text = str(caught.value)
    assert text.startswith("An update must have the same type as the original shared variable (shared_var=<w: ")
    assert all(part in text for part in ("shared_var.type=", "update_val=<new: ", "update_val.type="))


def test_updates_see_old_values():
    """Swaps work, outputs are of before, and what is given is converted only if it is a number."""
    a, b = theano.shared(1.0, "a"), theano.shared(2.0, "b")
    f = theano.function([], [a, b], updates=[(a, b), (b, a)])
    assert f() == [1.0, 2.0] and f() == [2.0, 1.0] and float(a.get_value()) == 1.0
    theano.function([], updates={a: 5})()
    assert float(a.get_value()) == 5.0


# States.


def test_set_value_converts_what_loses_nothing():
    """Fault 19: what Theano cast upwards is taken, what it refused is refused."""
    d, f = theano.shared(np.zeros(2), "d"), theano.shared(np.zeros(2, "float32"), "f")
    i = theano.shared(np.int32(1), "i")
    d.set_value(np.ones(2, "float32"))
    d.set_value([1, 2, 3])
    i.set_value(np.int64(2))
    assert d.get_value().tolist() == [1, 2, 3] and d.get_value().dtype == np.float64 and i.get_value().dtype == np.int32
    for state, value, error in (
        (f, np.ones(2), "cannot store a value of dtype float64 without risking loss of precision"),
        (i, 2.5, "without risking loss of precision"),
        (d, np.zeros((2, 2)), "Wrong number of dimensions: expected 1, got 2"),
        (d, np.ones(2, "complex64"), "is no value of"),
        (d, T.vector("x"), "symbolic"),
    ):
        with pytest.raises(TypeError, match=error):
            state.set_value(value)
    assert d.get_value().tolist() == [1, 2, 3]
    kept = np.ones(3)
    d.set_value(kept, borrow=True)
    assert d.get_value(borrow=True, return_internal_type=True) is kept


def test_strict_and_lossy_states():
    """``strict`` refuses what is no array of the dtype; ``allow_downcast`` rounds."""
    with pytest.raises(TypeError, match="expected a ndarray object"):
        theano.shared(1.0, strict=True).set_value(1)
    with pytest.raises(TypeError, match="dtype = float64"):
        theano.shared(np.ones(2), strict=True).set_value(np.ones(2, "float32"))
    w = theano.shared(np.ones(2, "float32"), allow_downcast=True)
    w.set_value(np.full(2, 0.1))
    assert w.get_value().tolist() == [np.float32(0.1)] * 2


@pytest.mark.parametrize("value", [[1, 2], None, "text", (1,), {}])
def test_states_of_any_object(value):
    """Theano's Generic: it is held itself, get_value gives a copy, and nothing can be computed from it."""
    held = theano.shared(value, "held")
    assert held.get_value(borrow=True) is value and held.get_value() == value
    assert held.type == theano.generic and held.name == "held"
    held.set_value("other")
    assert held.get_value(borrow=True) == "other"
    with pytest.raises(TypeError, match="unsupported operand"):
        held + 1


def test_clones():
    """``share_inputs=False`` has inputs of its own, and shared variables with the same values (fault 11)."""
    x, w = T.scalar("x"), theano.shared(2.0, "w")
    same, other = theano.clone([x * w, x + 1]), theano.clone([x * w, x + 1], share_inputs=False)
    assert theano.gof.graph.inputs(same[:1]) == [x, w]
    new_x, new_w = theano.gof.graph.inputs(other[:1])
    assert new_x is not x and new_w is not w and (new_x.name, new_w.name) == ("x", "w")
    assert theano.gof.graph.inputs(other[1:])[0] is new_x
    w.set_value(3.0)
    assert float(theano.function([new_x], other[0])(2.0)) == 6.0
    assert w.clone().container is w.container and x.clone().name == "x" and x.clone() is not x


# Modes.


def test_nan_guard_mode_looks():
    """AssertionError at the first bad value, before any state changes; it names the node."""
    x, w = T.scalar("x"), theano.shared(1.0, "w")
    guard = theano.compile.nanguardmode.NanGuardMode(nan_is_error=True, inf_is_error=True, big_is_error=True)
    f = theano.function([x], T.log(x) * 2, updates={w: w + 1}, mode=guard)
    assert np.isclose(f(1.0), 0.0) and float(w.get_value()) == 2.0
    with pytest.raises(AssertionError, match=r"NaN detected.*the output of a node.*log\(x\).*test_functions.py"):
        f(-1.0)
    with pytest.raises(AssertionError, match="Inf detected"):
        f(0.0)
    with pytest.raises(AssertionError, match=r"Big value detected.*an input of the graph.*'x'"):
        theano.function([x], x * 2, mode="NanGuardMode")(1e11)
    assert float(w.get_value()) == 2.0
    lenient = theano.compile.NanGuardMode(nan_is_error=True, inf_is_error=False, big_is_error=False)
    assert float(theano.function([x], T.log(x), mode=lenient)(0.0)) == -np.inf
    rows = T.vector("rows")
    logs, _ = theano.scan(T.log, sequences=rows)
    with pytest.raises(AssertionError, match="NaN detected"):
        theano.function([rows], logs.sum(), mode="NanGuardMode")([1.0, -1.0])


def test_monitor_mode_calls_back():
    """What Theano's page on NaNs shows: a function that looks at every node's outputs."""
    seen = []

    def post(i, node, fn):
        seen.append((str(node.op), [float(cell[0]) for cell in fn.inputs], float(fn.outputs[0][0])))

    def pre(i, node, fn):
        assert fn.outputs == [[None]] and isinstance(node, theano.gof.Apply)

    x = T.scalar("x")
    mode = theano.compile.MonitorMode(pre_func=pre, post_func=post).excluding("local_elemwise_fusion", "inplace")
    assert float(theano.function([x], T.exp(x) * x, mode=mode)(0.0)) == 0.0
    assert ("Elemwise{exp,no_inplace}", [0.0], 1.0) in seen and len(seen) == 2


def test_modes_by_name():
    """Names are known or refused; ``theano.config.mode`` is what is used without one."""
    x = T.scalar("x")
    known = (None, "FAST_RUN", "FAST_COMPILE", "DebugMode", theano.Mode("py", "fast_compile"), theano.compile.FAST_RUN)
    for mode in known:
        assert float(theano.function([x], x + 1, mode=mode)(1)) == 2.0
    with pytest.raises(Exception, match="No predefined mode exist for string"):
        theano.function([x], x, mode="FOO")
    assert theano.compile.get_mode("FAST_RUN").optimizer == "fast_run"
    before = theano.config.mode
    theano.config.mode = "NanGuardMode"
    try:
        with pytest.raises(AssertionError, match="NaN detected"):
            theano.function([x], x * 2)(np.nan)
    finally:
        theano.config.mode = before
    assert theano.compile.shared_constructor(theano.shared) is theano.shared
