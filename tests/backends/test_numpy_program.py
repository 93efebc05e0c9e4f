"""The NumPy back end: plain evaluation in every bit and every error, though it writes over what nobody needs."""

import threading

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.numpy import NumpyProgram
from symdrop.backends.numpy.arena import LARGE, Arena, is_free
from symdrop.backends.numpy.ufunc_call import ufunc_call
from symdrop.graph import Graph
from symdrop.op import evaluate, registry, structured
from symdrop.ops.numpy_maths import MANY, NUMPY, select

# Matrices of more bytes than an array needs to be worth keeping.
ROWS, COLUMNS = 130, 140
assert ROWS * COLUMNS * 4 > LARGE


def programs(inputs, outputs):
    """A program, and what it has to agree with."""
    graph = Graph(inputs, outputs)

    def plainly(*values):
        with np.errstate(all="ignore"):
            return [np.asarray(value) for value in evaluate(graph, NUMPY, dict(zip(inputs, values, strict=True)))]

    program = NumpyProgram(graph)
    return (lambda *values: program(list(values), [])), plainly


def agree(found, expected):
    """Dtypes, shapes and bits are those expected, NaN's and signs of zero included."""
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
        assert ours.tobytes() == theirs.tobytes()


def values_of(seed, *shapes, order="C", dtype="float32"):
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.standard_normal(shape), dtype, order=order) for shape in shapes]


x, w, b, c = T.fmatrix("x"), T.fmatrix("w"), T.fvector("b"), T.col("c", dtype="float32")
CASES = {
    "a chain": T.exp(-(x * 0.5 + w) * x) - w,
    "what is used again later": (x + w) * T.tanh(x + w) + (x + w),
    "a view outlives what it shows": T.exp(x + w).T @ T.tanh(T.exp(x + w) * 2),
    "rows and columns": (x + b) * c - b,
    "both operands stretched": (x * 0).sum() + (b + c) * (c - b),
    "truth values from numbers": T.where(T.lt(x + w, 0.3), x, w * 2) + T.where(x > 0, 0.0, x + 1),
    "sums in memory order": ((x.T + w.T) * 2).sum(axis=0) + ((x + w) * 2).sum(axis=1).mean(),
    "formulas of several calls": T.nnet.sigmoid(x + 1) * T.nnet.softplus(w - 1) + T.clip(x * w, -1, b),
    "an operand twice": (x + 1) * (x + 1) + T.sqr(w - 1),
    "products and states": (x @ w.T) @ w - 0.1 * (x @ w.T @ x),
    "powers": (T.abs(x) + 1) ** 2 + (T.abs(w) + 1) ** -0.5,
    "no axes": (x + w).sum() * 2 + T.exp(x.mean()),
    "a loop and a choice": sd.reduce(lambda row, s: T.tanh(row) + s / 2, x, b)[0] + sd.ifelse(T.gt(b[0], 0), x, w),
    "casts": ((x * 1e10).astype("int8") + 1).astype("float32") * x,
}


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("case", CASES)
def test_every_bit_is_that_of_evaluation(case, order):
    """In-place results change no value, dtype or memory order that a later sum can tell, in calls of several sizes."""
    ours, plainly = programs([x, w, b, c], [CASES[case], CASES[case] * 2 + 1])
    for rows in (ROWS, ROWS + 1, 2, ROWS, 0):
        values = values_of(rows, (rows, COLUMNS), (rows, COLUMNS), (COLUMNS,), (rows, 1), order=order)
        copies = [value.copy() for value in values]
        for _ in range(3):
            found = ours(*values)
            agree(found, plainly(*values))
            # Whoever calls may do with the outputs as they please.
            for result in found:
                assert not any(np.shares_memory(result, other) for other in (*values, *found) if other is not result)
                result.fill(7)
        agree(values, copies)


def test_outputs_are_their_own():
    """An input, a constant, a view, and one value twice, are returned as arrays that nobody else has."""
    constant = T.constant(np.ones((2, 2), "float32"))
    ours, plainly = programs([x], [x, x.T, constant, constant, x + 1, (x + 1).T, x[0]])
    (value,) = values_of(0, (2, 2))
    found = ours(value)
    agree(found, plainly(value))
    for i, result in enumerate(found):
        assert result.flags.writeable
        assert not any(np.shares_memory(result, other) for other in (value, *found[:i], constant.value))


def test_what_an_op_keeps_is_left_alone():
    """A user's op may hold on to its operand or its value; both stay what they were."""
    kept = []

    @structured(name="keeping_for_tests")
    def keeping(m, x):
        "Twice x; both are kept."
        kept.extend([x, x * 2])
        return kept[-1]

    keeping.infer(lambda x: x.type)
    try:
        ours, plainly = programs([x], [T.exp(keeping(x + 1) - 3) * 2])
        (value,) = values_of(1, (ROWS, COLUMNS))
        agree(ours(value), plainly(value))
        for k in range(0, len(kept), 2):
            np.testing.assert_array_equal(kept[k], value + 1)
            np.testing.assert_array_equal(kept[k + 1], (value + 1) * 2)
    finally:
        del registry["keeping_for_tests"]


REFUSED = {
    "two operands": lambda: x * w,
    "behind a stretched one": lambda: T.clip(x, b, w),
    "of a stretched one": lambda: (x + T.zeros((3, 4), "float32")) * w,
    "a product": lambda: (x @ w) + 1,
    "a row that is none": lambda: x + w[0],
    "negative powers of integers": lambda: x.astype("int32") ** (w.astype("int32") - 9),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("large", [False, True])
def test_errors_are_those_of_evaluation(case, large):
    """Kind, text and notes: the node, its inputs' dtypes and shapes, the user's line, and what is around the node."""
    size = COLUMNS if large else 4
    ours, plainly = programs([x, w, b], [T.tanh(REFUSED[case]())])
    values = values_of(2, (size, size), (size, size) if "power" in case else (size + 1, size - 1), (size,))
    raised = []
    for run in (ours, plainly):
        with pytest.raises(Exception) as caught:
            run(*values)
        raised.append((type(caught.value), str(caught.value), caught.value.__notes__))
    assert raised[0] == raised[1]


def test_which_formulas_are_one_call():
    """One ufunc of the operands and of numbers; not Python's operators, choices, casts, and what ignores an operand."""

    def call(node):
        return getattr(ufunc_call(node), "__name__", None)

    assert [call(node) for node in (x + w, T.exp(x), T.lt(x, w))] == ["add", "exp", "less"]
    two = np.full((2, 2), 2, "float32")
    for node, expected in ((T.nnet.relu(-x), 2), (T.sqr(x), 4), (1 / x, 0.5), (T.isnan(x), False)):
        made = ufunc_call(node)
        assert made is not None and made(*[two] * len(node.inputs), out=None).dtype == node.dtype, expected
    assert ufunc_call(T.sqr(x))(two, out=None).tolist() == [[4, 4], [4, 4]]
    for node in (T.where(x > 0, x, w), x.astype("int32"), T.nnet.sigmoid(x), x @ w, x.T, x.sum()):
        assert ufunc_call(node) is None

    @sd.elementwise(name="second_for_tests")
    def second(m, x, y):
        "-y, whatever x is."
        return m.negative(y)

    @sd.elementwise(name="operator_for_tests")
    def operator(m, x):
        "x squared, as arrays square."
        return x**2

    try:
        assert ufunc_call(second(x, w)) is None and ufunc_call(operator(x)) is None
    finally:
        for name in ("second_for_tests", "operator_for_tests"):
            del registry[name]


def test_memory_is_used_again():
    """A step's new values are written into what its old ones left; of another size nothing is kept for long."""
    v, s = (sd.shared(value, name=name) for name, value in zip("vs", values_of(3, *[(ROWS, COLUMNS)] * 2), strict=True))
    speed = 0.9 * s - 0.01 * (x.T @ (x @ v))
    f = sd.function([x], (x @ v).sum(), updates={s: speed, v: v + speed}, backend="numpy")
    seen = set()
    for rows in (5, 5, 5, 6, 5, 700, 5, 5, 5, 5, 5, 5):
        f(*values_of(rows, (rows, ROWS)))
        seen |= {state.get_value(borrow=True).ctypes.data for state in (v, s)}
    assert len(seen) <= 6
    arena = f._program._kept["arena"]
    kept = [array for arrays in arena._free.values() for array in arrays]
    assert sum(array.nbytes for array in kept) <= 4 * ROWS * COLUMNS * 4


def test_the_arena():
    """It takes over large arrays that nobody else has, and gives each once; what is left is for the next call."""
    size = LARGE // 4
    first, watched = np.empty(size, "float32"), np.empty(size, "float32")
    given = [first, watched, watched[:], np.empty(3), None, 2.5]
    del first
    assert [is_free(given, i) for i in range(3)] == [True, False, False]
    arena = Arena(None)
    arena.give(given)
    given.clear()
    later = Arena(arena)
    assert later.take((size,), np.dtype("float64")) is None
    assert later.take((size,), np.dtype("float32")) is not None and later.take((size,), np.dtype("float32")) is None
    assert Arena(Arena(later)).take((size,), np.dtype("float32")) is None


def test_calls_at_once():
    """Threads that call one program share no memory: each has the values of its own arguments, every time."""
    ours, plainly = programs([x, w], [T.exp(-(x * 0.5 + w) * x) - w, (x @ w.T) * 2 + 1])
    wrong = []

    def call(seed):
        values = values_of(seed, (ROWS, COLUMNS), (ROWS, COLUMNS))
        expected = [value.tobytes() for value in plainly(*values)]
        for _ in range(20):
            if [value.tobytes() for value in ours(*values)] != expected:
                wrong.append(seed)

    threads = [threading.Thread(target=call, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_readable():
    """A line for every step, in order; each says which node it computes."""
    x, b = T.fmatrix("x", shape=(None, 3)), T.fvector("b", shape=(3,))
    f = sd.function([x, b], T.exp(x + b).sum(axis=0), backend="numpy")
    lines = ["v2 = add(v0, v1)", "v3 = exp(v2)", "v4 = sum(v3, axis=(0,))"]
    assert f.source("kernels").splitlines() == list(f.kernels) == lines
    assert [node.op.name for listing in f.listings() for node in listing.nodes] == ["add", "exp", "sum"]
    with pytest.raises(ValueError, match=r"numpy has no 'llvm' source; it has 'kernels'"):
        f.source("llvm")


@pytest.mark.parametrize("dtype", ["bool", "int8", "float16", "float32", "int64", "float64", "complex128"])
def test_select_is_where(dtype):
    """Masks of bits choose as np.where does, NaN, infinity and -0.0 included, for arrays and numbers on both sides."""
    rng = np.random.default_rng(4)
    shape = (65, MANY // 64)
    condition = rng.random(shape) < 0.5
    a, other = ((rng.standard_normal(shape) * 3).astype(dtype) for _ in range(2))
    if a.dtype.kind == "f":
        a[0, :4] = other[1, :4] = [np.nan, np.inf, -0.0, 0.0]
    numbers = [np.asarray(value, dtype) for value in (0, -0.0, 1, np.nan if a.dtype.kind == "f" else 1)]
    for first in (a, a.T.copy().T, *numbers):
        for second in (other, other.T.copy().T, *numbers):
            for mask in (condition, np.asfortranarray(condition), ~condition, np.zeros(shape, bool)):
                expected = np.where(mask, first, second)
                found = [NUMPY.where(mask, first, second)]
                if a.itemsize <= 8:
                    found.append(select(mask, first, second))
                for made in found:
                    assert made.dtype == expected.dtype and made.tobytes() == expected.tobytes()
    assert NUMPY.where(condition, a, 0).dtype == np.where(condition, a, 0).dtype
