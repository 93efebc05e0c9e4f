"""Functions: outputs, names and defaults of inputs, inputs that are missing or unused, stages and eval."""

import warnings

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import (
    ArgumentError,
    GraphTypeError,
    MissingInputError,
    UnusedInputError,
)
from tests.compiler.states import state

# Inputs and outputs.


def test_kinds_of_outputs():
    """A variable gives an array (also 0-d), a list a list, a tuple a list, a dict a dict, None or [] an empty list."""
    x = T.dvector("x")
    value = [1.0, 2.0]
    single = sd.function([x], x.sum())(value)
    assert type(single) is np.ndarray and single.shape == () and single == 3
    for kind in (list, tuple):
        several = sd.function([x], kind([x * 2]))(value)
        assert type(several) is list and several[0].tolist() == [2, 4]
    keyed = sd.function([x], {"b": x + 1, "a": x.sum(), 3: x})(value)
    assert list(keyed) == ["b", "a", 3] and keyed["a"] == 3 and keyed[3].tolist() == value
    assert sd.function([x], on_unused_input="ignore")(value) == []
    assert sd.function([x], [], on_unused_input="ignore")(value) == []
    assert sd.function([], {})() == {}


def test_outputs_that_are_leaves():
    """Inputs, constants, states, numbers and arrays may be outputs; all come back as fresh arrays."""
    x, w = T.dvector("x"), state([1, 2])
    given = np.array([3.0, 4.0])
    outputs = sd.function([x], [x, w, T.constant(5.0), 6.0, np.array([7, 8])])(given)
    assert [value.tolist() for value in outputs] == [[3, 4], [1, 2], 5, 6, [7, 8]]
    for value in outputs:
        value[...] = -1
    assert given.tolist() == [3, 4] and w.get_value().tolist() == [1, 2]
    again = sd.function([x], [x, w, T.constant(5.0), 6.0, np.array([7, 8])])(given)
    assert again[2] == 5 and again[4].tolist() == [7, 8]


def test_names_and_keywords():
    """Inputs may be given by position, by name, and mixed."""
    x, y = T.dscalar("x"), T.dscalar("y")
    f = sd.function([x, y], x - y)
    assert f(5, 3) == f(5, y=3) == f(x=5, y=3) == f(y=3, x=5) == 2


def test_default_values():
    """In(value=) makes an input optional, In(name=) names the keyword; In takes the function's place for downcasts."""
    x, rate = T.dscalar("x"), T.dscalar("rate")
    f = sd.function([x, sd.In(rate, value=0.5)], x * rate)
    assert (f(4), f(4, 2), f(4, rate=3), f(x=4)) == (2, 8, 12, 2)
    g = sd.function([sd.In(x, name="renamed")], x)
    assert g(renamed=1) == 1
    with pytest.raises(GraphTypeError, match="has no input 'x'; its inputs are renamed"):
        g(x=1)
    v = T.fvector("v")
    assert sd.function([sd.In(v, allow_downcast=True)], v)(np.ones(2)).dtype == "float32"


def test_a_default_is_not_shared_with_the_caller():
    """Changing an array after it was given as a default changes no function."""
    x = T.dvector("x")
    default = np.array([1.0, 2.0])
    f = sd.function([sd.In(x, value=default)], x * 1)
    default[:] = 9
    assert f().tolist() == [1, 2]


# What cannot be compiled.


def test_missing_and_unused_inputs():
    """A forgotten input and one that nothing needs are errors naming them and their lines."""
    x, y = T.dvector("x"), T.dvector("y")
    with pytest.raises(MissingInputError, match=r"needs the input 'y' .*test_function\.py.*used by add.* of type"):
        sd.function([x], x + y)
    with pytest.raises(UnusedInputError, match=r"no output or update of .* depends on the input 'y' .*on_unused_input"):
        sd.function([x, y], x)
    with pytest.warns(UserWarning, match="'y'"):
        sd.function([x, y], x, on_unused_input="warn")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sd.function([x, y], x, on_unused_input="ignore")([1], [2]).tolist() == [1]
    with sd.config.change(on_unused_input="ignore"):
        sd.function([x, y], x)
    w = state(0)
    z = T.dscalar("z")
    sd.function([z], [], updates={w: w + z})(2)
    assert w.get_value() == 2


def test_wrong_inputs():
    """Duplicates, states, constants, flags, values and things that are no list are refused, with what to do."""
    x, w = T.dvector("x"), state([1, 2])
    with pytest.raises(UnusedInputError, match=r"'x' .* is listed twice"):
        sd.function([x, x], x)
    with pytest.raises(GraphTypeError, match="cannot be an input; functions use it by themselves, and givens="):
        sd.function([w], w * 1)
    with pytest.raises(GraphTypeError, match="Unknown parameter type: inputs are variables, not 3"):
        sd.function([3], x)
    for bad in (x, "x", 3, None):
        with pytest.raises(GraphTypeError, match="inputs must be a list of variables"):
            sd.function(bad, x)
    for bad in (T.constant(1.0), sd.training):
        with pytest.raises(GraphTypeError, match="cannot be an input"):
            sd.function([bad], x)
    for options in ({"backend": "fortran"}, {"on_unused_input": "shout"}, {"training": "sometimes"}):
        with pytest.raises(ArgumentError, match=r"expected .*test_function\.py"):
            sd.function([x], x, **options)
    with pytest.raises(TypeError):
        sd.function([x], "x")


def test_two_inputs_of_one_name():
    """Names are labels; where two inputs share one, positions still work."""
    a, b = T.dscalar("x"), T.dscalar("x")
    f = sd.function([a, b], a - b)
    assert f(5, 3) == 2


# Looking at functions.


def test_stages():
    """Every stage is a named graph, in order, from the user's expression to what runs."""
    x, w = T.dvector("x"), state([1.0, 2.0])
    cost = T.log(1 + T.exp(x * w)).sum()
    cost.name = "cost"
    f = sd.function([x], cost, updates={w: w - sd.grad(cost, w)}, training=False)
    graphs = ["user", "gradient", "specialised", "merged", "rewritten", *["decomposed"] * (f.backend == "native")]
    assert list(f.stages) == [*graphs, "kernels"] and list(f.stages.graphs()) == graphs
    assert all(isinstance(f.stages[name], sd.Graph) for name in graphs)
    assert list(f.stages["kernels"]) == list(f.kernels) and str(f.stages["kernels"]) == f.source("kernels")
    assert not [node for node in f.stages["user"].nodes() if node.origin]
    assert [node for node in f.stages["gradient"].nodes() if node.origin]
    assert "softplus" in str(f.stages["rewritten"]) and "softplus" not in str(f.stages["user"])
    assert "update of w = w - " in str(f.stages["user"])
    assert f.kernels and f.source() and f.backend == sd.config.backend
    with pytest.raises(ValueError, match="kernels"):
        f.source("assembler")
    assert "symdrop function" in repr(f) and "x" in repr(f) and str(f).startswith(repr(f))


def test_default_name():
    """A function without a name is called by the line that made it."""
    x = T.dscalar("x")
    f = sd.function([x], x)
    assert f.name.startswith("the function of test_function.py:") and "sd.function([x], x)" in f.name


def test_eval():
    """expr.eval computes with values by variable or name, changes no state, and says what is wrong."""
    x, w = T.dscalar("x"), state(2.0)
    y = x * w
    assert y.eval({x: 3.0}) == y.eval({"x": 3.0}) == 6
    assert T.where(sd.training, 1.0, 2.0).eval(training=True) == 1
    assert T.where(sd.flag("a"), 1.0, 2.0).eval(flags={"a": False}) == 2
    draw = sd.RandomStream(seed=1).uniform(size=2)
    assert draw.eval().tolist() == draw.eval().tolist()
    with pytest.raises(GraphTypeError, match="no input called 'z'"):
        y.eval({"z": 3.0})
    with pytest.raises(GraphTypeError, match="eval takes a dictionary"):
        y.eval(3.0)
    with pytest.raises(MissingInputError, match="'x'"):
        y.eval()


def test_inputs_that_are_computed():
    """A computed variable as an input cuts off what computes it."""
    x = T.dvector("x")
    h = T.exp(x)
    f = sd.function([h], h * 2)
    assert f([1.0]).tolist() == [2]
    g = sd.function([x, h], x + h)
    assert g([1.0], [10.0]).tolist() == [11]


def test_separate_forward_and_backward_functions():
    """One function computes the activations, another takes them and the gradient from above: seed 001's question."""
    x, W, above = T.dmatrix("x"), sd.shared(np.array([[0.1, 0.2], [0.3, 0.4]]), "W"), T.dmatrix("above")
    h = T.tanh(x @ W)
    forward = sd.function([x], h)
    backward = sd.function([x, h, above], sd.grad(None, W, known_grads={h: above}))
    value = np.array([[1.0, 2.0]])
    out = forward(value)
    g = np.array([[0.5, -1.0]])
    np.testing.assert_allclose(backward(value, out, g), value.T @ (g * (1 - out**2)))
