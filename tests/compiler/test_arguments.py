"""Arguments: what a call takes for an array, and what it refuses, naming the argument."""

import numpy as np
import pandas
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import (
    GraphTypeError,
    ShapeError,
)


@pytest.mark.parametrize(("arguments", "message"), [
    (((1, 2, 3), {}), r"takes 2 arguments \(x, y\), got 3"),
    (((1,), {}), r"needs a value for y; its inputs are x, y"),
    (((), {}), "needs a value for x, y"),
    (((1, 2), {"z": 3}), "has no input 'z'; its inputs are x, y"),
    (((1, 2), {"x": 3}), "got input 'x' twice"),
])  # fmt: skip
def test_wrong_calls(arguments, message):
    """A wrong number or name of arguments is a TypeError naming the function and its inputs."""
    x, y = T.dscalar("x"), T.dscalar("y")
    f = sd.function([x, y], x + y, name="adder")
    args, kwargs = arguments
    with pytest.raises(TypeError, match="adder.*" + message):
        f(*args, **kwargs)


# What may be given for an input.


class Foreign:
    """An array of another library: nothing but the two methods of DLPack."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_lists_arrays_dlpack_and_pandas():
    """Lists, tuples, arrays of any layout, DLPack tensors, pandas series and frames are all arrays."""
    x, m = T.dvector("x"), T.dmatrix("m")
    f, g = sd.function([x], x * 2), sd.function([m], m * 2)
    base = np.array([1.0, 2.0, 3.0])
    for given in ([1, 2, 3], (1.0, 2.0, 3.0), base[::-1][::-1], np.float32([1, 2, 3]), Foreign(base), range(1, 4)):
        assert f(given).tolist() == [2, 4, 6]
    assert f(pandas.Series([1, 2, 3])).tolist() == [2, 4, 6]
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    assert g(frame).tolist() == [[2, 6], [4, 8]]
    assert g(np.asfortranarray([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[2, 4], [6, 8]]
    assert g(Foreign(np.ones((1, 2)))).tolist() == [[2, 2]]
    assert f(np.array([1.0, 2.0, 3.0], dtype=">f8")).tolist() == [2, 4, 6]


@pytest.mark.parametrize("bad", [
    "text", None, {"a": 1}, object(), [1, [2, 3]], [1, "a"], np.array(["a"]), np.array([1j]), np.array([None]),
    pandas.Series(["a", "b"]), {1, 2},
])  # fmt: skip
def test_what_is_no_array(bad):
    """Anything else is one sentence naming function, position, input, type and value."""
    x = T.dvector("x")
    f = sd.function([x], x, name="f")
    with pytest.raises(GraphTypeError, match=r"Bad input argument to f at position 0: 'x' of type float64\[\?\]"):
        f(bad)


def test_a_symbolic_argument():
    """Calling a function with a variable says that a call takes values."""
    x = T.dvector("x")
    with pytest.raises(TypeError, match="a call takes values"):
        sd.function([x], x)(x)


DOWNCASTS = [
    # input dtype, value, accepted when allow_input_downcast is None, True, False
    ("float32", np.ones(2), True, True, False),
    ("float32", [0.1, 0.2], True, True, False),
    ("float32", [0.5, 0.25], True, True, True),
    ("float32", np.float64(0.1) * np.ones(2), True, True, False),
    ("float32", np.array([1, 2]), True, True, True),
    ("float64", np.float32([1, 2]), True, True, True),
    ("float64", [1, 2], True, True, True),
    ("int32", [1, 2], True, True, True),
    ("int32", [1.0, 2.0], False, True, False),
    ("int32", np.ones(2), False, True, False),
    ("int32", [2**40, 0], False, True, False),
    ("int8", [300, 0], False, True, False),
    ("int64", np.int32([1, 2]), True, True, True),
    ("int32", np.array([1, 2]), True, True, False),
    ("uint8", [-1, 2], False, True, False),
    ("bool", [True, False], True, True, True),
    ("float32", [True, False], True, True, True),
    ("int8", np.array([1, 300]), False, True, False),
    ("uint8", np.array([1, -2]), False, True, False),
    ("uint64", np.array([1, -2]), False, True, False),
    ("int64", np.array([1, 2**63 + 5], "uint64"), False, True, False),
    ("int64", np.array([1, 5], "uint64"), True, True, False),
    ("bool", np.array([0, 1]), True, True, False),
    ("bool", np.array([0, 2]), False, True, False),
    ("int32", np.array([True, False]), True, True, True),
    ("float32", np.array([1e300, 1]), False, True, False),
    ("float32", np.array([np.inf, np.nan]), True, True, False),
    ("float16", np.array([1e5, 1]), False, True, False),
    ("float16", [1e5, 1], False, True, False),
    ("float32", np.array([2**24 + 1, 1]), False, True, False),
    ("float64", np.array([2**63 - 1, 1]), True, True, True),
    ("float32", np.array([0, 255], "uint8"), True, True, True),
    ("float16", np.float32([1, 2]), True, True, False),
]


@pytest.mark.parametrize(("dtype", "value", "default", "allowed", "strict"), DOWNCASTS)
def test_downcasts(dtype, value, default, allowed, strict):
    """Arrays keep their precision unless told otherwise; Python floats have none to lose; integers survive."""
    x = T.tensor(dtype, (None,), "x")
    for option, accepted in ((None, default), (True, allowed), (False, strict)):
        f = sd.function([x], x, allow_input_downcast=option)
        if accepted:
            with np.errstate(all="ignore"):
                assert f(value).dtype == dtype
        else:
            with pytest.raises(GraphTypeError, match=r"cannot store a value of dtype .* loss of precision"):
                f(value)


def test_wrong_rank_and_size():
    """Rank and known sizes are checked before anything runs, naming the input and what was given."""
    m = T.matrix("m", shape=(None, 3))
    f = sd.function([m], m, name="f")
    with pytest.raises(GraphTypeError, match=r"'m' of type .*: Wrong number of dimensions: expected 2, got 1"):
        f(np.ones(3, "float32"))
    with pytest.raises(ShapeError, match=r"axis 1 must have size 3, got shape \(2, 4\)"):
        f(np.ones((2, 4), "float32"))
    row = T.drow("row")
    with pytest.raises(ShapeError, match="axis 0 must have size 1"):
        sd.function([row], row)(np.ones((2, 2)))


def test_sizes_may_change_from_call_to_call():
    """One compilation serves every size, empty ones too; compile_count says so."""
    x = T.dmatrix("x")
    f = sd.function([x], [T.exp(x).sum(axis=0), x @ x.T])
    for shape in ((2, 3), (5, 3), (1, 1), (0, 3), (3, 0), (2, 3), (7, 2), (4, 4), (2, 3)):
        value = np.ones(shape)
        got = f(value)
        np.testing.assert_allclose(got[0], np.exp(value).sum(axis=0))
        np.testing.assert_allclose(got[1], value @ value.T)
    assert f.compile_count == 1


def test_subclasses_of_arrays():
    """Masked arrays are refused or taken as plain arrays, but never silently computed with their own rules."""
    x = T.dvector("x")
    f = sd.function([x], x * 2)
    got = f(np.ma.masked_array([1.0, 2.0]))
    assert type(got) is np.ndarray and got.tolist() == [2, 4]

    class Other(np.ndarray):
        def __mul__(self, other):
            raise AssertionError("the subclass's own rules")

    assert type(f(np.ones(2).view(Other))) is np.ndarray


@pytest.mark.parametrize(
    ("dtype", "value", "words"),
    [
        ("int8", np.array([1, 300]), "the value 300 at position 1 of dtype int64 does not fit into int8"),
        ("bool", np.array([0, 2]), "the value 2 at position 1"),
        ("float32", np.array([1, -1e300]), r"the value -1e\+300 at position 1"),
        ("float32", np.array([1, 2**24 + 1]), "the value 16777217 at position 1"),
        ("int32", np.array([1.0, 2.0]), "without losing fractions"),
        ("float32", np.ma.array([1.0, 2.0], mask=[0, 1]), "masked array, whose mask would be lost"),
    ],
)
def test_which_value_does_not_fit(dtype, value, words):
    """Wherever a value enters, the error says which one does not fit, and what fits is taken and keeps its value."""
    x, state = T.tensor(dtype, (None,), "x"), sd.shared(np.zeros(2, dtype), "state")
    for attempt in (
        lambda: sd.function([x], x)(value),
        lambda: sd.function([sd.In(x, value=value)], x),
        lambda: x.eval({x: value}),
        lambda: state.set_value(value),
    ):
        with pytest.raises(TypeError, match=words):
            attempt()
    assert state.get_value().tolist() == [0, 0]
    if isinstance(value, np.ma.MaskedArray):
        for attempt in (sd.shared, T.constant, lambda v: x + v, lambda v: T.stack([x, v]), lambda v: sd.shared([v, v])):
            with pytest.raises(TypeError, match=words):
                attempt(value)
    else:
        for attempt in (
            lambda: sd.function([], x * 2, givens={x: value}),
            lambda: sd.function([], updates={state: value}),
        ):
            with pytest.raises(TypeError):
                attempt()


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_values_that_fit_are_taken_everywhere(backend):
    """Int64 labels for int32 and float64 data for float32, in calls, defaults, states, givens and updates."""
    y, x = T.ivector("y"), T.fvector("x")
    labels, data = np.array([1, 2]), np.array([0.1, 0.2])
    f = sd.function([y, sd.In(x, value=data)], [y * 2, x], backend=backend)
    for found in (f(labels), f(labels, data), f(labels.astype("uint8"), data), f([1, 2], data.tolist())):
        assert found[0].dtype == "int32" and found[0].tolist() == [2, 4]
        np.testing.assert_array_equal(found[1], data.astype("float32"))
    w, n = sd.shared(np.zeros(2, "float32")), sd.shared(np.zeros(2, "int32"))
    for value in (data, data.tolist(), np.asfortranarray(data)[::-1][::-1], data.astype(">f8")):
        w.set_value(value, borrow=True)
        assert w.get_value().tolist() == data.astype("float32").tolist() and w.get_value().dtype == "float32"
    w.set_value(labels)
    n.set_value(labels)
    assert w.get_value().tolist() == [1, 2] and n.get_value().tolist() == [1, 2] and n.get_value().dtype == "int32"
    sd.function([], updates={w: data * 2, n: labels + 1}, backend=backend)()
    assert n.get_value().tolist() == [2, 3] and w.get_value().tolist() == (data * 2).astype("float32").tolist()
    given = sd.function([], y + 1, givens={y: labels}, backend=backend)()
    assert given.dtype == "int32" and given.tolist() == [2, 3]
    strict = sd.function([y], y, allow_input_downcast=False, backend=backend)
    with pytest.raises(TypeError, match="without risking loss"):
        strict(labels)
    assert strict([1, 2]).tolist() == [1, 2]


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize(("dtype", "empty", "shape"), [
    ("int32", [], (0,)), ("bool", (), (0,)), ("uint8", [[]], (1, 0)), ("int64", [[], ()], (2, 0)),
    ("float32", [], (0,)), ("int16", [[[]]], (1, 1, 0)),
])  # fmt: skip
def test_lists_without_numbers_have_any_dtype(backend, dtype, empty, shape):
    """NumPy calls them float64; a last, empty batch of labels is one of integers wherever it enters."""
    x = T.tensor(dtype, (None,) * len(shape), "x")
    state = sd.shared(np.ones((2,) * len(shape), dtype), "state", broadcastable=(False,) * len(shape))
    for option in (None, True, False, "python"):
        got = sd.function([x], x, allow_input_downcast=option, backend=backend)(empty)
        assert got.dtype == dtype and got.shape == shape
    with sd.config.change(backend=backend):
        evaluated = x.eval({x: empty})
    for found in (
        sd.function([sd.In(x, value=empty)], x, backend=backend)(),
        sd.function([], T.identity(x), givens={x: empty}, backend=backend)(),
        evaluated,
        T.constant(empty, dtype).value,
    ):
        assert found.dtype == dtype and found.shape == shape
    sd.function([], updates={state: empty}, backend=backend)()
    assert state.get_value().dtype == dtype and state.get_value().shape == shape
    state.set_value(np.ones((2,) * len(shape), dtype))
    state.set_value(empty)
    assert state.get_value().dtype == dtype and state.get_value().shape == shape


def test_a_mask_at_any_depth_of_lists_is_refused():
    """NumPy drops it, or reads NaN for it, wherever in lists of lists the masked array stands."""
    masked = np.ma.array([1.0, 2.0], mask=[1, 0])
    x, state = T.dtensor3("x"), sd.shared(np.zeros((1, 1, 2)))
    plain = np.ma.array([1.0, 2.0])
    assert sd.function([x], x * 2)([[plain]]).tolist() == [[[2.0, 4.0]]]
    for value in ([[masked]], ([plain], [masked]), [[[np.ma.masked, 1.0]]], [[list(masked)]]):
        for take in (sd.function([x], x), state.set_value, sd.shared, T.constant):
            with pytest.raises(GraphTypeError, match="masked array, whose mask would be lost"):
                take(value)
    assert state.get_value().tolist() == [[[0.0, 0.0]]]


def test_empty_arrays_keep_their_dtype():
    """An array says of which dtype it is, also inside a list; that of a call without elements is no exception."""
    x, y = T.ivector("x"), T.imatrix("y")
    for variable, value in ((x, np.zeros(0)), (y, [np.zeros(0)])):
        with pytest.raises(GraphTypeError, match="without losing fractions"):
            sd.function([variable], variable)(value)
