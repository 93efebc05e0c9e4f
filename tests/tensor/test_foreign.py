"""Symbolic values among foreign code: NumPy's functions, Python's operators, truth values, and declarations."""

import copy
import math

import numpy as np
import pytest
import scipy.special

import symdrop as sd
import symdrop.tensor as T
from symdrop.tensor.foreign import OPERATIONS

# NumPy's functions on symbolic values.


def test_numpy_ufuncs_stay_symbolic():
    """np.exp(x), array @ x, np.sum(x) and their relatives build nodes with the values NumPy would give."""
    x = T.dmatrix("x")
    value = np.array([[0.3, -1.5], [2.0, 0.1]])
    left = np.array([[1.0, 2.0], [3.0, 4.0]])
    cases = [
        (np.exp, lambda f, v: f(v)),
        (np.abs, lambda f, v: f(v)),
        (np.tanh, lambda f, v: f(v)),
        (np.add, lambda f, v: f(left, v)),
        (np.subtract, lambda f, v: f(v, left)),
        (np.maximum, lambda f, v: f(v, 0)),
        (np.power, lambda f, v: f(np.abs(v), 2)),
        (np.greater, lambda f, v: f(v, 0.2)),
        (np.square, lambda f, v: f(v)),
        (np.isfinite, lambda f, v: f(v)),
        (np.logical_and, lambda f, v: f(v, left)),
        (np.logical_xor, lambda f, v: f(v > 0, left)),
        (np.logical_not, lambda f, v: f(v)),
        (np.floor_divide, lambda f, v: f(v, 0.7)),
        (np.remainder, lambda f, v: f(v, 0.7)),
        (np.sign, lambda f, v: f(v)),
        (np.matmul, lambda f, v: f(left, v)),
        (np.sum, lambda f, v: f(v)),
        (np.sum, lambda f, v: f(v, axis=1)),
        (np.mean, lambda f, v: f(v, axis=0)),
        (np.max, lambda f, v: f(v, axis=0, keepdims=True)),
        (np.argmax, lambda f, v: f(v, axis=1)),
        (np.where, lambda f, v: f(v > 0, v, left)),
        (np.dot, lambda f, v: f(v, left)),
        (np.transpose, lambda f, v: f(v)),
        (np.reshape, lambda f, v: f(v, (4,))),
        (np.concatenate, lambda f, v: f([v, left], axis=1)),
        (np.stack, lambda f, v: f([v, left])),
        (np.clip, lambda f, v: f(v, -1, 1)),
        (np.zeros_like, lambda f, v: f(v)),
        (np.expand_dims, lambda f, v: f(v, 0)),
        (np.add.reduce, lambda f, v: f(v, axis=0)),
    ]
    nodes = [call(function, x) for function, call in cases]
    assert all(isinstance(node, sd.Node) for node in nodes)
    for (function, call), found in zip(cases, sd.function([x], nodes)(value), strict=True):
        np.testing.assert_allclose(found, call(function, value), rtol=1e-14, err_msg=str(function))


def test_arrays_on_the_left():
    """An array on the left of an operator does not swallow the symbolic value into an object array."""
    x = T.dvector("x")
    array = np.array([1.0, 2.0])
    for node, expected in (
        (array + x, [4, 6]), (array - x, [-2, -2]), (array * x, [3, 8]), (array / x, [1 / 3, 0.5]), (array**x, [1, 16]),
        (array @ x, 11), (np.eye(2) @ x, [3, 4]), (array > x, [False, False]), (np.float64(2) * x, [6, 8]),
        (array // x, [0, 0]), (array % x, [1, 2]),
    ):  # fmt: skip
        assert isinstance(node, sd.Node)
        np.testing.assert_allclose(node.eval({x: [3.0, 4.0]}), expected)


def test_numpy_functions_without_a_counterpart():
    """What NumPy can do and we cannot is one clear sentence, with the line."""
    x = T.dvector("x")
    for attempt in (
        lambda: np.fft.fft(x),
        lambda: np.add.accumulate(x),
        lambda: np.add.outer(x, x),
        lambda: np.add.reduce(x, initial=1.0),
        lambda: np.exp(x, out=np.zeros(2)),
        lambda: np.sum(x, where=np.array([True])),
        lambda: np.sort_complex(x),
    ):
        with pytest.raises(TypeError) as caught:
            attempt()
        assert isinstance(caught.value, sd.errors.SymdropError), caught.value
        assert "symbolic" in str(caught.value) and "\n" not in str(caught.value)


# What Python may not do with symbolic values.


def test_truth():
    """`if x > 0:` says what to write instead, and where."""
    x = T.dscalar("x")
    advice = r"T\.where\(condition, a, b\).*\.eval\(\).*test_foreign\.py:\d+: if x > 0"
    with pytest.raises(sd.errors.GraphTypeError, match=advice):
        if x > 0:
            pass
    with pytest.raises(TypeError, match="truth"):
        x and 1
    with pytest.raises(TypeError, match="truth"):
        not x
    with pytest.raises(TypeError, match="truth"):
        assert 0 < x < 1
    with pytest.raises(TypeError, match="truth"):
        max(x, T.dscalar("y"))


def test_no_python_number():
    """float, int, index, len, round trips and array conversion are refused, each with what to do instead."""
    x = T.dvector("x")
    attempts = {
        r"x\.shape\[0\]": lambda: len(x),
        r"\.eval\(\)": lambda: float(x),
        r"evaluate it with \.eval\(\)": lambda: int(x),
        r"evaluate it with": lambda: [1, 2][T.iscalar("i")],
        r"use \.eval\(\) or sd\.function": lambda: np.asarray(x),
        r"T\.any\(T\.eq\(x, value\)\)": lambda: 3 in x,
        r"T\.set_subtensor": lambda: x.__setitem__(0, 1.0),
    }
    for message, attempt in attempts.items():
        with pytest.raises(sd.errors.GraphTypeError, match=message + r".*test_foreign\.py") as caught:
            attempt()
        assert "\n" not in str(caught.value)
    with pytest.raises(TypeError):
        range(T.iscalar("n"))
    with pytest.raises(TypeError):
        x[0] = 1


def test_pythons_rounding():
    """``round`` rounds to decimals; what makes Python integers is for Python numbers."""
    x = T.dvector("x")
    assert round(x, 2).eval({x: [0.126]}).tolist() == [0.13] and round(x).eval({x: [2.5]}).tolist() == [2.0]
    for convert in (math.trunc, math.floor, math.ceil):
        with pytest.raises(sd.errors.GraphTypeError, match="not a Python number"):
            convert(T.dscalar("s"))


def test_iteration():
    """A known length can be unpacked; an unknown one is refused with advice; x.shape of a known rank unpacks."""
    a, b = T.dvector("v", shape=(2,))
    assert (a.ndim, b.ndim) == (0, 0)
    rows, columns = T.dmatrix("x").shape
    assert (rows + columns).dtype == "int64"
    with pytest.raises(sd.errors.SymdropError, match="the size of its first axis is not known"):
        list(T.dvector("x"))
    with pytest.raises(sd.errors.SymdropError):
        list(T.dscalar("x"))


def test_equality_is_identity():
    """x == y asks whether they are one node, as in Theano; T.eq compares values."""
    x, y = T.dvector("x"), T.dvector("y")
    assert (x == y) is False and (x == x) is True and (x != y) is True
    assert T.eq(x, y).dtype == "bool"
    assert T.eq(x, y).eval({x: [1, 2], y: [1, 3]}).tolist() == [True, False]


def test_known_sizes_are_python_ints():
    """x.shape gives ints where the type knows them, so that they can be used as such."""
    x = T.matrix("x", shape=(None, 784))
    assert x.shape[1] == 784 and isinstance(x.shape[1], int) and isinstance(x.shape[0], sd.Node)
    assert T.matrix(shape=(2, 3)).size == 6


def test_wrong_declarations():
    """Variables are declared with sizes, names and dtypes of the right kind."""
    for attempt in (
        lambda: T.tensor("float32", (2.5,)),
        lambda: T.tensor("float32", (T.iscalar("n"),)),
        lambda: T.tensor("float32", (True,)),
        lambda: T.tensor("float32", (), 3),
        lambda: T.fmatrix("x", dtype="float64"),
    ):
        with pytest.raises(TypeError, match=r"test_foreign\.py"):
            attempt()
    with pytest.raises(ValueError, match="cannot be negative"):
        T.tensor("float32", (-1,))
    with pytest.raises(ValueError, match="does not fit matrix"):
        T.matrix("x", shape=(3,))


def test_nodes_in_containers():
    """Copying a list of nodes keeps them; a set and a dictionary hold them by identity."""
    x, y = T.vectors("x y")
    assert copy.copy([x, y]) == [x, y] and len({x, y, x}) == 2


def places_of_values():
    """Wherever a symbolic value is expected, by a short program that puts something there."""
    x, c = T.vector("x"), T.scalar("c") > 0
    w, flag = sd.shared(np.ones(2, "float32")), sd.shared(np.bool_(False))
    stream = sd.RandomStream(seed=1)
    return {
        "mean": T.mean,
        "sum": T.sum,
        "where": lambda b: T.where(b, 1, 0),
        "switch": lambda b: T.switch(b, x, 0),
        "then": lambda b: T.where(c, b, x),
        "ifelse": lambda b: sd.ifelse(b, x, x),
        "branch": lambda b: sd.ifelse(c, b, c),
        "operand": lambda b: x * b,
        "left": lambda b: b + x,
        "bits": lambda b: b & c,
        "compare": lambda b: T.eq(x, b),
        "power": lambda b: x**b,
        "any": T.any,
        "cast": lambda b: T.cast(b, "float32"),
        "exp": T.exp,
        "clip": lambda b: T.clip(x, b, 2),
        "index": lambda b: x[b],
        "indices": lambda b: T.take(x, b),
        "dot": lambda b: T.dot(x, b),
        "slice": lambda b: x[:b],
        "stack": lambda b: T.stack([c, b]),
        "size": lambda b: T.zeros(b),
        "sizes": lambda b: T.zeros((2, b)),
        "arange": lambda b: T.arange(b),
        "fill": lambda b: T.full((2,), b),
        "set": lambda b: T.set_subtensor(x[0], b),
        "axis": lambda b: T.sum(x, axis=b),
        "reshape": lambda b: x.reshape((b, 2)),
        "logical": lambda b: T.logical_not(b),
        "variable": T.as_tensor_variable,
        "dropout": lambda b: sd.dropout(x, b, stream=stream),
        "p": lambda b: stream.bernoulli(p=b, size=2),
        "drawn": lambda b: stream.normal(size=b),
        "labels": lambda b: T.nnet.softmax_crossentropy(x, b),
        "output": lambda b: sd.function([x], b),
        "outputs": lambda b: sd.function([x], [x, b]),
        "named": lambda b: sd.function([x], {"same": b}),
        "given": lambda b: sd.function([], flag, givens={flag: b}),
        "update": lambda b: sd.function([], updates={flag: b}),
        "new": lambda b: sd.function([], updates=[(w, b)]),
        "until": sd.until,
        "start": lambda b: sd.scan(lambda s: s, outputs_info=b, n_steps=2),
        "step": lambda b: sd.scan(lambda a: b, x),
        "steps": lambda b: sd.scan(lambda: x, n_steps=b),
        "sequence": lambda b: sd.scan(lambda a: a, [b]),
        "captured": lambda b: sd.scan(lambda a, v: a, x, non_sequences=b),
        "cost": lambda b: sd.grad(b, x),
        "numpy": lambda b: np.add(x, b),
        "repeat": lambda b: T.repeat(x, b),
        "tangent": lambda b: sd.Rop(x.sum(), x, b),
    }


@pytest.mark.parametrize("place", places_of_values())
def test_identity_is_no_value(place):
    """``a == b`` is Python's False: refused where a value is expected; it was the constant 0 for ever."""
    y, z = T.ivector("y"), T.matrix("z")
    with pytest.raises((TypeError, ValueError)) as caught:
        places_of_values()[place](z.argmax(1) == y)
    assert isinstance(caught.value, sd.errors.SymdropError)
    if place not in ("size", "sizes", "reshape", "drawn", "cost"):
        assert "T.eq(a, b)" in str(caught.value), caught.value


def test_truth_values_that_are_meant():
    """NumPy's truth values, arrays, constants, states and the values of a call stay what they are."""
    x, c = T.vector("x"), T.tensor("bool", (), "c")
    assert T.where(np.True_, x, 0).eval({x: [1.0]}) == 1 and T.where(np.array([True]), x, 0).eval({x: [1.0]}) == 1
    assert T.constant(True).dtype == sd.shared(True).dtype == T.constant([True, False]).dtype == "bool"
    assert x[np.array([True, False])].eval({x: [1, 2]}).tolist() == x[[True, False]].eval({x: [1, 2]}).tolist() == [1]
    state = sd.shared(False)
    state.set_value(True)
    assert sd.function([c], c)(True) and c.eval({c: True}) and state.get_value()
    assert sd.function([sd.In(c, value=True)], ~c)() == False  # noqa: E712
    assert T.sum(x, keepdims=True).ndim == 1 and x.eval({x: [True]}).tolist() == [1]
    assert len({x: 1, c: 2}) == 2 and (x == x) is True and (x == c) is False


X, K = np.array([0.5, 1.5, -2.5, -0.2]), np.arange(6.0).reshape(2, 3)
PLACES, ORDER = np.array([[2, 1, 0], [0, 2, 1]]), np.array([2, 0, 1])
# Theano's helpers, arguments by the names that the sentence gives them, and SciPy's or NumPy's value.
HELPERS = {
    "batched_tensordot": ({"x": K[:, None], "y": K[..., None], "axes": 1}, (K * K).sum(1)[:, None, None]),
    "ceil_intdiv": ({"a": np.array([6, 7]), "b": 3}, [2, 3]),
    "chi2sf": ({"k": 3, "x": X**2}, scipy.special.chdtrc(3, X**2)),
    "fill_diagonal_offset": ({"n": 2, "m": 3, "offset": 1, "value": 9.0, "x": K}, [[0, 9, 2], [3, 4, 9]]),
    "gammal": ({"k": 1.5, "x": X**2}, scipy.special.gammainc(1.5, X**2) * scipy.special.gamma(1.5)),
    "gammau": ({"k": 1.5, "x": X**2}, scipy.special.gammaincc(1.5, X**2) * scipy.special.gamma(1.5)),
    "inverse_permutation": ({"p": ORDER}, [1, 2, 0]),
    "iround": ({"x": X}, np.round(X)),
    "join_dims": ({"x": K, "shape": (6,)}, K.ravel()),
    "split_dims": ({"x": K, "shape": (2, 1, 3)}, K[:, None]),
    "nonzero_values": ({"x": K}, K[K != 0]),
    "permute_row_elements": ({"x": K, "index": PLACES}, np.take_along_axis(K, PLACES, -1)),
    "round_half_away_from_zero": ({"x": X}, [1, 2, -3, 0]),
    "round_half_to_even": ({"x": X}, np.round(X)),
    "tri_gamma": ({"x": X**2}, scipy.special.polygamma(1, X**2)),
    "xlogx": ({"x": X**2}, scipy.special.xlogy(X**2, X**2)),
}


@pytest.mark.parametrize("name", HELPERS)
def test_what_is_said_of_theanos_helpers_computes_their_value(name):
    """The sentence is a program."""
    given, expected = HELPERS[name]
    scope = {key: T.constant(value) if isinstance(value, np.ndarray) else value for key, value in given.items()}
    node = eval(OPERATIONS[name].removeprefix("write "), {"sd": sd, "T": T, **scope})
    np.testing.assert_allclose(node.eval(), expected, rtol=1e-12)


def test_what_arrays_have_variables_have_or_explain():
    """Every public attribute of a NumPy array, and those of the array API; a sentence is no guess at a name."""
    x = T.dmatrix("x")
    for name in {*dir(np.ndarray), "mT", "device", "to_device"}:
        if name.startswith("_"):
            continue
        try:
            getattr(x, name)
        except sd.errors.MissingNameError as error:
            assert f"has no {name!r}; " in str(error) and "did you mean" not in str(error), error
